"""Small programs that the tests of the stack start as processes of their own."""

from __future__ import annotations

import signal
import sys
import time
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from types import FrameType

from stack.local import services
from stack.state import State
from stack.supervisor import Program, Supervisor


def use_services(root: str) -> None:
    """Be a user of the servers until the standard input is closed."""
    with services(State(Path(root))) as environment:
        print(environment["DATABASE_URL"], environment["REDIS_URL"], flush=True)
        sys.stdin.read()


def answer(port: str) -> None:
    """An HTTP server that says 200 to everything."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200)
            self.end_headers()

    HTTPServer(("127.0.0.1", int(port)), Handler).serve_forever()


def note_start(file: str) -> None:
    """Note each start in a file and fail at once."""
    with Path(file).open("a", encoding="ascii") as notes:
        notes.write("started\n")
    print("cannot go on: the cupboard is bare", flush=True)
    sys.exit(3)


def ignore_term(file: str) -> None:
    """Ignore SIGTERM, and note that this is so."""
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    Path(file).write_text("ready", encoding="ascii")
    time.sleep(600)


def supervise(folder: str) -> None:
    """A supervisor with one program that would run for ten minutes."""

    def leave(_number: int, _frame: FrameType | None) -> None:
        raise KeyboardInterrupt

    signal.signal(signal.SIGTERM, leave)
    program = Program("sleeper", ["sleep", "600"], {"PATH": "/usr/bin:/bin"})
    with Supervisor([program], Path(folder)) as supervisor:
        process = supervisor.running[0].process
        print(process.pid if process else 0, flush=True)
        try:
            supervisor.watch()
        except KeyboardInterrupt:
            return


ROLES: dict[str, Callable[[str], None]] = {
    role.__name__: role for role in (use_services, answer, note_start, ignore_term, supervise)
}

if __name__ == "__main__":
    ROLES[sys.argv[1]](sys.argv[2])
