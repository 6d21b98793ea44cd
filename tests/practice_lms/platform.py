"""A Practice LMS for tests: started as a service of its own, steered through its control API.

platform = Platform(tool_url="http://127.0.0.1:8000")
platform.start()
form = platform.launch(client, user="ada", link="practical")  # what the browser would post
response = client.post(form.path, form.fields)
platform.grade("ada")
"""

from __future__ import annotations

import ctypes
import os
import secrets
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from html.parser import HTMLParser
from http.cookiejar import DefaultCookiePolicy
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import requests

ROOT = Path(__file__).resolve().parents[2]
START_SECONDS = 30
ANSWER_SECONDS = 30
REDIRECTS = (301, 302, 303, 307, 308)


class PlatformError(Exception):
    """The service did not start, or refused a control call."""


@dataclass(frozen=True)
class Form:
    """A form as the browser would post it."""

    action: str
    fields: dict[str, str]

    @property
    def path(self) -> str:
        """The address without its origin, for Django's test client."""
        parts = urlsplit(self.action)
        return parts.path + (f"?{parts.query}" if parts.query else "")


@dataclass(frozen=True)
class Start:
    """What a browser holds before a launch: the LMS's cookie and the login form."""

    cookie: dict[str, str]
    authorize_url: str
    login: Form


class _Forms(HTMLParser):
    """Collects the forms of a page with their hidden fields."""

    def __init__(self) -> None:
        super().__init__()
        self.forms: list[Form] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        values = {name: value or "" for name, value in attrs}
        if tag == "form":
            self.forms.append(Form(values.get("action", ""), {}))
        elif tag == "input" and self.forms and "name" in values:
            self.forms[-1].fields[values["name"]] = values.get("value", "")


def forms(html: str) -> list[Form]:
    """The forms of a page."""
    parser = _Forms()
    parser.feed(html)
    return parser.forms


def browser_session() -> requests.Session:
    """A requests session that, like a browser, sends secure cookies to plain http on localhost."""
    session = requests.Session()
    session.cookies.set_policy(DefaultCookiePolicy(secure_protocols=("http", "https")))
    return session


@dataclass
class Platform:
    """One running Practice LMS. The port is kept for the object's life, over restarts too."""

    tool_url: str = "http://127.0.0.1:8000"
    data: Path | None = None
    threads: int = 16
    control_token: str = field(default_factory=lambda: secrets.token_urlsafe(16))
    _process: subprocess.Popen[bytes] | None = None
    _subs: dict[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        # Held open: no other process can take the port, and calls wait while the LMS restarts.
        self._socket = socket.create_server(("127.0.0.1", 0), backlog=256)
        self.port: int = self._socket.getsockname()[1]
        self.url = f"http://localhost:{self.port}"
        # The address that is dialled: a name that needs no look-up of IPv6 first.
        self.base = f"http://127.0.0.1:{self.port}"
        self._session = requests.Session()
        self._session.headers["Authorization"] = f"Bearer {self.control_token}"
        self._log = tempfile.TemporaryFile()  # noqa: SIM115 - closed in close()

    # The process

    def start(self) -> Platform:
        """Start the service and wait until it answers. Raises PlatformError with its output."""
        environment = {
            **os.environ,
            "PRACTICE_LMS_URL": self.url,
            "TOOL_URL": self.tool_url,
            "PRACTICE_LMS_CONTROL_TOKEN": self.control_token,
            "PRACTICE_LMS_DATA": str(self.data or ""),
        }
        number = self._socket.fileno()
        command = [
            sys.executable,
            "-m",
            "gunicorn",
            "practice_lms.wsgi",
            "--bind",
            f"fd://{number}",
        ]
        options = ["--workers", "1", "--threads", str(self.threads), "--no-control-socket"]
        self._process = subprocess.Popen(
            [*command, *options, "--log-level", "warning"],
            cwd=ROOT,
            env=environment,
            pass_fds=[number],
            stdout=self._log,
            stderr=self._log,
            preexec_fn=_end_with_parent,
        )
        self._wait()
        return self

    def stop(self, how: int = signal.SIGTERM) -> None:
        """End the service (with SIGKILL: as a crash would)."""
        if self._process is None:
            return
        if how == signal.SIGKILL:
            for child in _children(self._process.pid):
                os.kill(child, signal.SIGKILL)
        self._process.send_signal(how)
        self._process.wait(timeout=START_SECONDS)
        self._process = None
        self._session.close()

    def restart(self, how: int = signal.SIGTERM) -> None:
        self.stop(how)
        self.start()

    def close(self) -> None:
        """Stop, and give the port back."""
        self.stop()
        self._socket.close()
        self._log.close()

    def __enter__(self) -> Platform:
        return self.start()

    def __exit__(self, *_: object) -> None:
        self.close()

    def output(self) -> str:
        """What the service wrote to its terminal."""
        self._log.seek(0)
        return self._log.read().decode(errors="replace")

    # Steering

    def control(self, name: str, body: Any = None, *, method: str = "POST", **query: Any) -> Any:
        """One call of the control API. Raises PlatformError with the cause it names."""
        answer = self._session.request(
            method,
            f"{self.base}/control/{name}",
            json=body,
            params=query,
            timeout=ANSWER_SECONDS,
        )
        if answer.status_code != 200:
            raise PlatformError(f"{name}: {answer.status_code} {answer.text}")
        return answer.json()

    def reset(self) -> None:
        """Back to the seed; the signing keys stay."""
        self.control("reset")

    def misbehave(self, endpoint: str, **rule: Any) -> None:
        """Put one rule in force instead of all others (see practice_lms/misbehaviour.py)."""
        self.control("misbehave", [{"endpoint": endpoint, **rule}])

    def misbehave_all(self, rules: list[dict[str, Any]]) -> None:
        """Put several rules in force; an empty list ends all misbehaviour."""
        self.control("misbehave", rules)

    def hits(self) -> list[int]:
        """How often each rule has struck."""
        return [rule["hits"] for rule in self.control("misbehave", method="GET")]

    def manner(self, name: str = "strict", **overrides: Any) -> None:
        """Behave like a platform of practice_lms/manners.py, with single fields overridden."""
        self.control("manner", {"name": name, "overrides": overrides})

    def rotate_keys(self) -> str:
        """Sign with a new key; returns its kid."""
        return str(self.control("rotate-keys")["kid"])

    def revoke_tokens(self) -> None:
        """Make every access token unknown."""
        self.control("revoke-tokens")

    def log(self, **wanted: Any) -> list[dict[str, Any]]:
        """Requests received, e.g. ``log(endpoint="scores", status=204)``."""
        return list(self.control("log", method="GET", **wanted))

    def clear_log(self) -> None:
        self.control("log", method="DELETE")

    def gradebook(self, course: str = "") -> list[dict[str, Any]]:
        """Every cell that holds anything."""
        return list(self.control("gradebook", method="GET", course=course))

    def grade(self, user: str, link: str = "practical") -> dict[str, Any] | None:
        """The cell of a person for an activity: points, comment, timestamp, override ..."""
        cells = (cell for cell in self.gradebook() if cell["person"] == user)
        return next((cell for cell in cells if cell["link"] == link), None)

    def override(
        self, user: str, points: float | None, comment: str = "", link: str = "practical"
    ) -> dict[str, Any]:
        """A teacher sets a grade; None takes it back."""
        body = {"user": user, "points": points, "comment": comment, "link": link}
        return dict(self.control("override", body))

    def seed(
        self,
        courses: list[dict[str, Any]] | None = None,
        *,
        people: list[dict[str, Any]] | None = None,
        tools: list[dict[str, Any]] | None = None,
    ) -> dict[str, dict[str, str]]:
        """Add courses, people, registrations (see practice_lms/control.py, ``courses``).

        Returns ``subs`` by person and ``line_items`` (addresses) by link.
        """
        body = {"courses": courses or [], "people": people or [], "tools": tools or []}
        self._subs.clear()
        return dict(self.control("courses", body))

    def enrol(self, user: str, *roles: str, course: str = "pa-aut", status: str = "Active") -> None:
        """Put a person into a course, or (without roles) set their status there."""
        body = {"user": user, "roles": list(roles), "course": course, "status": status}
        self.control("enrol", body)

    def suspend(self, user: str, course: str = "pa-aut") -> None:
        self.enrol(user, course=course, status="Inactive")

    def unenrol(self, user: str, course: str = "pa-aut") -> None:
        self.enrol(user, course=course, status="Deleted")

    def copy_course(self, course: str = "pa-aut", *, id: str = "", title: str = "") -> Any:
        """Copy a course: the new ``course`` and its ``links`` by the id of the original."""
        return self.control("copy-course", {"course": course, "id": id, "title": title})

    def notices(self, kind: str = "") -> list[dict[str, Any]]:
        """What was sent to tools, of one type if told; waits until all have got an answer."""
        end = time.monotonic() + ANSWER_SECONDS
        sent: list[dict[str, Any]] = []
        while time.monotonic() < end:
            sent = self.control("notices", method="GET")
            if all(delivery["status"] for delivery in sent):
                return [delivery for delivery in sent if kind in ("", delivery["type"])]
            time.sleep(0.02)
        raise PlatformError(f"notices are still on their way: {sent}")

    def notify(self, kind: str, count: int = 1, **choice: Any) -> bool:
        """Send notices of a type (with ``claims`` of their own); whether the tool wants them."""
        return bool(self.control("notices", {"type": kind, "count": count, **choice})["wanted"])

    def assignment(self, id: str = "essay", **values: Any) -> dict[str, Any]:
        """Add an assignment of the LMS itself (``processors``: see control_assignments.py)."""
        return dict(self.control("assignment", {"id": id, **values}))

    def hand_in(
        self, user: str, assignment: str = "essay", *, text: str = "", **files: str
    ) -> dict[str, Any]:
        """Hand in a text and files (``main_py="..."`` is main.py): ``submission``, ``assets``."""
        named = {name.replace("_", "."): content for name, content in files.items()}
        body = {"user": user, "assignment": assignment, "text": text, "files": named}
        return dict(self.control("hand-in", body))

    def reports(self) -> list[dict[str, Any]]:
        """All reports that asset processors sent."""
        return list(self.control("reports", method="GET"))

    def sub(self, user: str) -> str:
        """What tools know a person as."""
        if user not in self._subs:
            self._subs = self.control("courses", {})["subs"]
        return self._subs[user]

    def line_item_url(self, link: str = "practical") -> str:
        """The address of the line item of an activity."""
        return str(self.control("courses", {})["line_items"][link])

    def line_item_urls(self, link: str = "practical") -> list[str]:
        """The addresses of all line items of an activity."""
        return list(self.control("courses", {})["columns"].get(link, []))

    def invite(self, url: str) -> dict[str, str]:
        """Start a dynamic registration: open_url, openid_configuration, registration_token."""
        return dict(self.control("invite", {"url": url}))

    def activate(self, client_id: str, active: bool = True) -> None:
        self.control("activate", {"client_id": client_id, "active": active})

    # Launching

    def begin(self, user: str = "ada", link: str = "practical", **choice: Any) -> Start:
        """The cookie and the login form of a launch.

        ``message``: ``deep_linking`` (with ``course`` and ``client_id`` if not the seeded ones,
        and ``settings``, ``without``, ``assignment``), ``submission_review`` (with ``for_user``),
        ``data_privacy`` (with ``for_user`` if about somebody else) or ``report_review`` (with
        ``processor``, ``asset`` and ``type``). ``identity``: ``full``, ``sub`` or ``none``.
        ``target="window"``: as if opened in a window of its own.
        """
        found = self.control("launch", {"user": user, "link": link, **choice})
        login = Form(found["login_url"], found["fields"])
        return Start(
            {found["cookie"]["name"]: found["cookie"]["value"]}, found["authorize_url"], login
        )

    def launch(
        self, client: Any, user: str = "ada", link: str = "practical", **choice: Any
    ) -> Form:
        """Log in through the tool and return the form that the browser would post to it.

        ``client``: Django's test client or a requests session; it keeps the tool's cookies. The
        form holds ``id_token`` and ``state``, or ``error`` and ``error_description``.
        """
        start = self.begin(user, link, **choice)
        status, location, text = _post(client, start.login)
        if status in REDIRECTS:
            asked = dict(parse_qsl(urlsplit(location).query, keep_blank_values=True))
        else:
            asked = _form_to(start.authorize_url, text, status)
        return self.authorize(asked, start.cookie)

    def authorize(self, asked: Mapping[str, str], cookie: dict[str, str]) -> Form:
        """Send an authentication request as the browser of the person of ``cookie``."""
        answer = self.get("/lti/authorize", params=dict(asked), cookies=cookie)
        found = forms(answer.text)
        if answer.status_code != 200 or not found:
            raise PlatformError(f"authorize: {answer.status_code} {answer.text}")
        return found[0]

    def id_token(
        self,
        user: str = "ada",
        link: str = "practical",
        *,
        nonce: str,
        redirect_uri: str = "",
        **choice: Any,
    ) -> str:
        """An id_token with a nonce of the test's own, without asking the tool."""
        start = self.begin(user, link, **choice)
        asked = authentication_request(start, nonce=nonce)
        asked["redirect_uri"] = redirect_uri or f"{self.tool_url}/lti/launch/"
        return self.authorize(asked, start.cookie).fields["id_token"]

    def deep_linking_return(
        self, jwt: str, user: str = "tomas", *, url: str = "/lti/deep-linking/return"
    ) -> requests.Response:
        """Post a deep linking response as the browser of ``user``, to ``url`` if not the usual."""
        cookie = self.begin(user).cookie
        return self.post(url, data={"JWT": jwt}, cookies=cookie)

    # Plain HTTP

    def get(self, path: str, **options: Any) -> requests.Response:
        """A request without the control token; redirects are not followed."""
        return self._plain("GET", path, **options)

    def post(self, path: str, **options: Any) -> requests.Response:
        return self._plain("POST", path, **options)

    def _plain(self, method: str, path: str, **options: Any) -> requests.Response:
        cookies = options.pop("cookies", {})
        headers = dict(options.pop("headers", {}))
        if cookies:
            headers["Cookie"] = "; ".join(f"{name}={value}" for name, value in cookies.items())
        url = path.replace(self.url, self.base) if "://" in path else f"{self.base}{path}"
        options = {"timeout": ANSWER_SECONDS, "allow_redirects": False, **options}
        return requests.request(method, url, headers=headers, **options)

    def _wait(self) -> None:
        """The socket listens already, so a call waits until the service takes it."""
        end = time.monotonic() + START_SECONDS
        while time.monotonic() < end and self._process and self._process.poll() is None:
            try:
                requests.get(f"{self.base}/alive", timeout=2).raise_for_status()
            except requests.RequestException:
                continue
            return
        raise PlatformError(f"the Practice LMS did not start:\n{self.output()}")


def authentication_request(start: Start, *, nonce: str) -> dict[str, str]:
    """What a tool asks the authorisation endpoint after a login."""
    return {
        "scope": "openid",
        "response_type": "id_token",
        "response_mode": "form_post",
        "prompt": "none",
        "client_id": start.login.fields["client_id"],
        "redirect_uri": start.login.fields["target_link_uri"],
        "login_hint": start.login.fields["login_hint"],
        "lti_message_hint": start.login.fields["lti_message_hint"],
        "state": "a-state",
        "nonce": nonce,
    }


def _post(client: Any, form: Form) -> tuple[int, str, str]:
    """Post a form with either kind of client: status, Location, text."""
    if isinstance(client, requests.Session):
        answer: Any = client.post(
            form.action, data=form.fields, allow_redirects=False, timeout=ANSWER_SECONDS
        )
        return answer.status_code, answer.headers.get("Location", ""), answer.text
    answer = client.post(form.path, form.fields)
    return answer.status_code, answer.headers.get("Location", ""), answer.content.decode()


def _form_to(address: str, text: str, status: int) -> dict[str, str]:
    """The fields of the page's form that goes to ``address`` (by its fields or its query)."""
    for form in forms(text):
        if form.action.split("?")[0] == address:
            return {**dict(parse_qsl(urlsplit(form.action).query)), **form.fields}
    raise PlatformError(f"the tool answered the login with {status} and no way on:\n{text[:2000]}")


def _end_with_parent() -> None:
    """Let Linux end the service when the tests are killed (PR_SET_PDEATHSIG)."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(1, signal.SIGTERM)


def _children(pid: int) -> list[int]:
    listed = Path(f"/proc/{pid}/task/{pid}/children")
    return [int(child) for child in listed.read_text().split()] if listed.exists() else []
