"""`make demo`: the tool and the Practice LMS on this machine, ready to use."""

from __future__ import annotations

import hashlib
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from types import FrameType

from stack import setup, sharing
from stack.errors import StackError
from stack.local import services
from stack.postgres import Postgres
from stack.progress import DEMO_STEPS, Progress
from stack.state import CHECKOUT, State, port_is_free
from stack.supervisor import Program, Supervisor, has_ipv6, last_lines
from stack.valkey import Valkey

SECONDS_TO_ANSWER = 90
GUNICORN = (sys.executable, "-m", "gunicorn", "--no-control-socket", "--graceful-timeout", "3")
MANAGE = (sys.executable, str(CHECKOUT / "manage.py"))
# The LMS is another party: it must not even see the tool's secrets.
TOOL_ONLY = ("DATABASE_URL", "REDIS_URL", "SECRET_KEY", "ENCRYPTION_KEY", "ADMIN_PASSWORD")


@dataclass(frozen=True)
class Addresses:
    """Where the tool and the LMS are. On two host names, because real ones are on two sites."""

    tool_port: int
    lms_port: int

    @property
    def tool(self) -> str:
        """The tool's address, without a slash at the end."""
        return f"http://127.0.0.1:{self.tool_port}"

    @property
    def lms(self) -> str:
        """The LMS's address and issuer, without a slash at the end."""
        return f"http://localhost:{self.lms_port}"

    @property
    def lms_hosts(self) -> list[str]:
        """The addresses that `localhost` may mean to a browser."""
        return ["127.0.0.1", *(["::1"] if has_ipv6() else [])]


def run(began: float) -> None:
    """Run the demo until a signal stops it. `began`: when the command started (epoch seconds)."""
    state = State()
    state.prepare()
    with _signals_interrupt(), _only_demo(state):
        addresses = Addresses(_port("COGRADE_PORT", 8000), _port("PRACTICE_LMS_PORT", 8001))
        _require_ports(addresses)
        try:
            _run(state, addresses, began)
        except KeyboardInterrupt:
            print("\nStopped. Everything is kept; `make demo` starts it again.", flush=True)


def _run(state: State, addresses: Addresses, began: float) -> None:
    progress = Progress(DEMO_STEPS, done=2)
    os.environ.update(_shared_environment(state, addresses))
    log = state.logs / "prepare.log"
    log.unlink(missing_ok=True)
    with ExitStack() as running:
        with progress.step("Database and queue"):
            running.enter_context(services(state))
        with progress.step("Tables"):
            _manage(log, "migrate", "--noinput")
        with progress.step("Style sheets and scripts"):
            _collect_static(state, log)
        # The processes start while the course is loaded; on a second run there is nothing to load.
        supervisor = running.enter_context(Supervisor(programs(addresses), state.logs))
        with progress.step("Example course"):
            _manage(log, "load_demo")
        with progress.step("Tool and Practice LMS"):
            supervisor.wait_until_ready(SECONDS_TO_ANSWER)
        _greet(addresses, time.time() - began, state)
        supervisor.watch()


def programs(addresses: Addresses) -> list[Program]:
    """What the demo consists of. Call it inside `services`, whose environment they get."""
    tool = dict(os.environ)
    lms = {name: value for name, value in tool.items() if name not in TOOL_ONLY}
    binds = [f"--bind={_bracketed(host)}:{addresses.lms_port}" for host in addresses.lms_hosts]
    worker = [
        *MANAGE, "rqworker", "diagnostics", "default",
        "--worker-class=config.queues.Worker", "--worker-ttl=20",
    ]  # fmt: skip
    return [
        Program(
            "tool",
            [*GUNICORN, "config.wsgi", f"--bind=127.0.0.1:{addresses.tool_port}",
             "--workers=2", "--preload", "--threads=4"],
            tool,
            f"{addresses.tool}/health/",
        ),
        Program("worker-1", worker, tool),
        Program("worker-2", worker, tool),
        Program("scheduler", [*MANAGE, "run_scheduler"], tool),
        Program(
            "practice-lms",
            [*GUNICORN, "practice_lms.wsgi", *binds, "--workers=1", "--threads=16"],
            lms,
            f"{addresses.lms}/",
        ),
    ]  # fmt: skip


def reset() -> None:
    """Remove the local data. StackError when something still uses it."""
    state = State()
    with (
        _only_demo(state),
        sharing.opened(state.users_lock) as users,
        sharing.locked(state.start_lock),
    ):
        if not sharing.is_last(users):
            raise StackError(
                "Tests or other commands are using the local data. Wait until they have ended, "
                "then type `make demo-reset` again."
            )
        for server in (Valkey(state), Postgres(state)):
            server.stop()  # left behind by a command that was killed
        shutil.rmtree(state.root)
    print("The local data is removed. `make demo` starts afresh.")


def _shared_environment(state: State, addresses: Addresses) -> dict[str, str]:
    return {
        "DJANGO_SETTINGS_MODULE": "config.settings",
        "PYTHONPATH": str(CHECKOUT),
        "PYTHONUNBUFFERED": "1",
        "COGRADE_PORT": str(addresses.tool_port),
        "PRACTICE_LMS_PORT": str(addresses.lms_port),
        "PRACTICE_LMS_DATA": str(state.root / "practice_lms.jsonl"),
        "PRACTICE_LMS_URL": addresses.lms,
        "TOOL_URL": addresses.tool,
    }


def _port(variable: str, default: int) -> int:
    text = os.environ.get(variable) or str(default)
    if not text.isdecimal() or not 1 <= int(text) <= 65535:
        raise StackError(f"{variable} is {text!r}; it must be a number from 1 to 65535.")
    return int(text)


def _require_ports(addresses: Addresses) -> None:
    if addresses.tool_port == addresses.lms_port:
        raise StackError("COGRADE_PORT and PRACTICE_LMS_PORT must be two different ports.")
    wanted = [("127.0.0.1", addresses.tool_port, "COGRADE_PORT")]
    wanted += [(host, addresses.lms_port, "PRACTICE_LMS_PORT") for host in addresses.lms_hosts]
    for host, port, variable in wanted:
        if not port_is_free(port, host):
            raise StackError(
                f"Port {port} on {host} is taken by another program. Stop that program, or "
                f"choose another port: `make demo {variable}={port + 10}`."
            )


def _bracketed(host: str) -> str:
    return f"[{host}]" if ":" in host else host


def _manage(log: Path, *arguments: str) -> None:
    with log.open("ab") as output:
        done = subprocess.run(
            [*MANAGE, *arguments],
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            check=False,
        )
    if done.returncode != 0:
        raise StackError(
            f"`manage.py {' '.join(arguments)}` failed. The end of {log}:\n{last_lines(log)}"
        )


def _collect_static(state: State, log: Path) -> None:
    """Run collectstatic when a file under static/ or a package has changed since."""
    stamp = state.root / "static.stamp"
    digest = hashlib.sha256(setup.STAMP.read_bytes() if setup.STAMP.exists() else b"")
    for path in sorted((CHECKOUT / "static").rglob("*")):
        status = path.stat()
        digest.update(f"{path} {status.st_size} {status.st_mtime_ns}\n".encode())
    now = digest.hexdigest()
    collected = (CHECKOUT / "staticfiles").is_dir() and stamp.exists()
    if not collected or stamp.read_text(encoding="ascii") != now:
        _manage(log, "collectstatic", "--noinput")
        stamp.write_text(now, encoding="ascii")


def _greet(addresses: Addresses, seconds: float, state: State) -> None:
    password = os.environ.get("ADMIN_PASSWORD", "")
    print(
        f"""
Ready after {seconds:.0f} s. Open the Practice LMS and choose who to be:

    {addresses.lms}

    learner   Ada Okafor, Ben Sørensen, Chiara Russo or Dmitri Volkov
    teacher   Tomas Lindgren
    SME       Sofia Mensah, who reviews what the machine leaves to a human

Rubrics and assessments are written in the tool's own admin:

    {addresses.tool}/admin/    user: admin    password: {password}

Logs: {state.logs}. Ctrl-C stops everything and keeps the data.
""",
        flush=True,
    )


@contextmanager
def _only_demo(state: State) -> Iterator[None]:
    descriptor = sharing.try_lock(state.root / "demo.lock")
    if descriptor is None:
        raise StackError(
            "The demo of this checkout is already running. Stop it with Ctrl-C in its terminal."
        )
    try:
        yield
    finally:
        os.close(descriptor)


@contextmanager
def _signals_interrupt() -> Iterator[None]:
    """The first of SIGINT, SIGTERM, SIGHUP interrupts; later ones must not break the clean-up."""
    names = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)

    def interrupt(_number: int, _frame: FrameType | None) -> None:
        for name in names:
            signal.signal(name, signal.SIG_IGN)
        raise KeyboardInterrupt

    before = [signal.signal(name, interrupt) for name in names]
    try:
        yield
    finally:
        for name, handler in zip(names, before, strict=True):
            signal.signal(name, handler)
