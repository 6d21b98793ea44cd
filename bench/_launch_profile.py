"""Where the time of a launch goes on our side: statements, and functions of lti_tool.

The tool runs in this process without a server; every login and launch goes through the whole
stack of middleware. Only the figures of one column should be compared with one another: looking
costs time too.
"""

from __future__ import annotations

import importlib
import inspect
import io
import os
import pkgutil
import re
import sys
import time
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import wraps
from typing import Any
from urllib.parse import urlsplit

from bench import _learners, _servers
from bench._learners import Answer, Learner, Platform, Request

WARM_UP = 20
WIDTH = 100


@dataclass
class Phase:
    """What one kind of request cost; times in seconds over all ``requests``."""

    requests: int = 0
    seconds: float = 0.0
    sql: Counter[str] = field(default_factory=Counter)
    sql_seconds: defaultdict[str, float] = field(default_factory=lambda: defaultdict(float))
    exchanges: int = 0
    exchange_seconds: float = 0.0
    commands: Counter[str] = field(default_factory=Counter)
    calls: Counter[str] = field(default_factory=Counter)
    inclusive: defaultdict[str, float] = field(default_factory=lambda: defaultdict(float))
    own: defaultdict[str, float] = field(default_factory=lambda: defaultdict(float))


class Watch:
    """Adds up what happens into ``phase``; a stack of running calls gives own times."""

    def __init__(self) -> None:
        self.phase = Phase()
        self.running: list[tuple[str, list[float]]] = []

    def function(self, name: str, call: Callable[..., Any]) -> Callable[..., Any]:
        @wraps(call)
        def timed(*arguments: Any, **options: Any) -> Any:
            below: list[float] = [0.0]
            self.running.append((name, below))
            begun = time.perf_counter()
            try:
                return call(*arguments, **options)
            finally:
                took = time.perf_counter() - begun
                self.running.pop()
                self.phase.calls[name] += 1
                self.phase.own[name] += took - below[0]
                if name not in (running for running, _ in self.running):
                    self.phase.inclusive[name] += took
                if self.running:
                    self.running[-1][1][0] += took

        return timed

    def statement(self, execute: Any, sql: str, params: Any, many: bool, context: Any) -> Any:
        begun = time.perf_counter()
        try:
            return execute(sql, params, many, context)
        finally:
            where = self.running[-1][0] if self.running else "middleware"
            line = f"{_shape(sql)}  [{where}]"
            self.phase.sql[line] += 1
            self.phase.sql_seconds[line] += time.perf_counter() - begun


def _shape(sql: str) -> str:
    """A statement without its columns, in one short line."""
    text = re.sub(r"\s+", " ", sql)
    text = re.sub(r'SAVEPOINT ".*"', "SAVEPOINT", text)
    text = re.sub(r"^SELECT .*? FROM", "SELECT … FROM", text)
    text = re.sub(r"\([^()]*%s[^()]*\)", "(…)", text)
    return text if len(text) <= WIDTH else text[: WIDTH - 1] + "…"


def run(platform: Platform, environment: dict[str, str], url: str, count: int) -> int:
    """Print the tables for ``count`` first launches and as many repeated ones."""
    os.environ.update(environment)
    os.environ["DJANGO_SETTINGS_MODULE"] = "config.settings"
    watch = Watch()
    _watch_driver(watch)
    application = _application(watch)
    with _watched(watch):
        people = _learners.learners(0, WARM_UP + count)
        for one in people[:WARM_UP]:
            _launch(platform, application, url, one, watch, Phase(), Phase())
        found = {
            name: Phase()
            for name in ("login, first", "launch, first", "login, again", "launch, again")
        }
        for when in ("first", "again"):
            _servers.let_an_hour_pass(environment)
            for one in people[WARM_UP:]:
                login, launch = found[f"login, {when}"], found[f"launch, {when}"]
                _launch(platform, application, url, one, watch, login, launch)
    for name, phase in found.items():
        _print(name, phase)
    return 0


def _application(watch: Watch) -> Callable[..., Any]:
    """The tool, with the functions of lti_tool and every middleware watched."""
    import django

    django.setup()
    import lti_tool

    for module in pkgutil.walk_packages(lti_tool.__path__, "lti_tool."):
        if not any(part in module.name for part in (".migrations", ".management", ".admin")):
            _watch_module(watch, importlib.import_module(module.name))
    from django.contrib.sessions.backends.base import SessionBase
    from django.core.handlers.wsgi import WSGIHandler

    engine = importlib.import_module(_setting("SESSION_ENGINE"))
    for owner in (engine.SessionStore, SessionBase):
        for name in ("load", "save", "create", "delete", "cycle_key", "flush", "exists"):
            if name in vars(owner):
                setattr(owner, name, watch.function(f"session.{name}", vars(owner)[name]))
    handler = WSGIHandler()
    call: Callable[..., Any] = watch.function("everything", handler)
    return call


def _setting(name: str) -> str:
    from django.conf import settings

    return str(getattr(settings, name))


def _watch_module(watch: Watch, module: Any) -> None:
    short = module.__name__.removeprefix("lti_tool.")
    for name, found in list(vars(module).items()):
        if inspect.isfunction(found) and found.__module__ == module.__name__:
            setattr(module, name, watch.function(f"{short}.{name}", found))


def _watch_driver(watch: Watch) -> None:
    """Count what goes over the wire beside Django's statements: BEGIN, COMMIT, health checks."""
    import psycopg

    connection = psycopg.Connection
    wait, command = connection.wait, connection._exec_command

    def counted(self: Any, gen: Any, *arguments: Any, **options: Any) -> Any:
        begun = time.perf_counter()
        try:
            return wait(self, gen, *arguments, **options)
        finally:
            watch.phase.exchanges += 1
            watch.phase.exchange_seconds += time.perf_counter() - begun

    def noted(self: Any, text: Any, *arguments: Any, **options: Any) -> Any:
        watch.phase.commands[text.decode() if isinstance(text, bytes) else str(text)] += 1
        return command(self, text, *arguments, **options)

    connection.wait = counted  # type: ignore[method-assign]
    connection._exec_command = noted  # type: ignore[method-assign,assignment]


@contextmanager
def _watched(watch: Watch) -> Iterator[None]:
    from django.db import connection

    with connection.execute_wrapper(watch.statement):
        yield


def _launch(
    platform: Platform,
    application: Callable[..., Any],
    url: str,
    one: Learner,
    watch: Watch,
    login: Phase,
    launch: Phase,
) -> None:
    answer = _through(application, url, platform.login(one, url), watch, login)
    one.keep(answer)
    form = platform.form(one, answer)
    request = Request("POST", "/lti/launch/", form, one.cookie)
    answer = _through(application, url, request, watch, launch)
    one.keep(answer)
    if answer.status != 302:
        raise RuntimeError(f"launch answered with {answer.status}: {answer.body!r}")


def _through(
    application: Callable[..., Any], url: str, request: Request, watch: Watch, phase: Phase
) -> Answer:
    """One request through the WSGI application, as gunicorn would call it."""
    body = request.body.encode()
    address = urlsplit(url)
    environ = {
        "REQUEST_METHOD": request.method,
        "PATH_INFO": request.path,
        "QUERY_STRING": "",
        "CONTENT_TYPE": "application/x-www-form-urlencoded",
        "CONTENT_LENGTH": str(len(body)),
        "HTTP_HOST": address.netloc,
        "HTTP_COOKIE": request.cookie,
        "SERVER_NAME": address.hostname,
        "SERVER_PORT": str(address.port),
        "SERVER_PROTOCOL": "HTTP/1.1",
        "REMOTE_ADDR": "127.0.0.1",
        "wsgi.version": (1, 0),
        "wsgi.url_scheme": "http",
        "wsgi.input": io.BytesIO(body),
        "wsgi.errors": sys.stderr,
        "wsgi.multithread": True,
        "wsgi.multiprocess": False,
        "wsgi.run_once": False,
    }
    began: list[Any] = []
    watch.phase = phase
    started = time.perf_counter()
    response = application(environ, lambda status, headers, _=None: began.extend([status, headers]))
    content = b"".join(response)
    response.close()  # gives the database connection back
    phase.seconds += time.perf_counter() - started
    phase.requests += 1
    watch.phase = Phase()
    status, headers = began
    cookies = []
    for name, value in headers:
        if name == "Set-Cookie":
            key, _, text = value.partition(";")[0].partition("=")
            cookies.append((key, text.strip('"')))
    return Answer(int(status[:3]), dict(headers).get("Location", ""), tuple(cookies), content)


def _print(name: str, phase: Phase) -> None:
    each = phase.requests or 1
    sql = sum(phase.sql_seconds.values())
    beside = [f"{count / each:.1f} {text}" for text, count in phase.commands.most_common()]
    print(
        f"\n{name}: {phase.seconds / each * 1e3:.2f} ms, of them {sql / each * 1e3:.2f} in "
        f"{sum(phase.sql.values()) / each:.1f} SQL statements; in all {phase.exchanges / each:.1f} "
        f"driver calls of {phase.exchange_seconds / each * 1e3:.2f} ms, with health checks and "
        f"{', '.join(beside) or 'no transaction'}"
    )
    print("   times      ms  statement [innermost function of ours]")
    for line, count in sorted(phase.sql.items(), key=lambda item: -phase.sql_seconds[item[0]]):
        print(f"  {count / each:6.2f}  {phase.sql_seconds[line] / each * 1e3:6.3f}  {line}")
    print("   times  all ms  own ms  function (statements are in its own time)")
    shown = [one for one in phase.calls if phase.inclusive[one] / each * 1e3 >= 0.03]
    for one in sorted(shown, key=lambda one: -phase.inclusive[one]):
        print(
            f"  {phase.calls[one] / each:6.2f}  {phase.inclusive[one] / each * 1e3:6.3f}  "
            f"{phase.own[one] / each * 1e3:6.3f}  {one}"
        )
