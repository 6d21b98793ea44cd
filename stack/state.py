"""Where a checkout keeps its local state, and the secrets and ports kept there."""

from __future__ import annotations

import json
import os
import secrets
import shutil
import socket
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from stack.errors import StackError

CHECKOUT = Path(__file__).resolve().parent.parent
MEGABYTES_NEEDED = 500


class State:
    """The folder `.local` of a checkout (or another folder, in tests)."""

    def __init__(self, root: Path | None = None) -> None:
        self.root = root or CHECKOUT / ".local"
        self.logs = self.root / "logs"
        self.start_lock = self.root / "start.lock"
        self.users_lock = self.root / "users.lock"

    def prepare(self) -> None:
        """Make the folders; StackError when that is not allowed or the disk is full."""
        with filesystem_errors(self.root):
            self.root.mkdir(mode=0o755, parents=True, exist_ok=True)
            self.logs.mkdir(mode=0o700, exist_ok=True)

    def require_space(self) -> None:
        """StackError when fewer than 500 MB are free where the state lives."""
        with filesystem_errors(self.root):
            free = shutil.disk_usage(self.root).free // 1_000_000
        if free < MEGABYTES_NEEDED:
            raise StackError(
                f"The disk of {self.root} is nearly full: {free} MB are free and "
                f"{MEGABYTES_NEEDED} MB are needed. Free some space and start again."
            )

    def secret(self, name: str, generate: Callable[[], str] = secrets.token_urlsafe) -> str:
        """The secret of that name, generated once. Call it under the start lock."""
        return str(self._kept("secrets.json", name, generate))

    def port(self, name: str) -> int:
        """A loopback port for the server of that name: the one it had, if still free."""
        port = int(str(self._kept("ports.json", name, lambda: str(free_port()))))
        return port if port_is_free(port) else self.new_port(name)

    def new_port(self, name: str) -> int:
        """Forget the port that the server had and choose another."""
        port = free_port()
        self._write("ports.json", {**self._read("ports.json"), name: str(port)})
        return port

    def _kept(self, filename: str, name: str, generate: Callable[[], str]) -> str:
        values = self._read(filename)
        if name not in values:
            values[name] = generate()
            self._write(filename, values)
        return values[name]

    def _read(self, filename: str) -> dict[str, str]:
        path = self.root / filename
        try:
            with filesystem_errors(path):
                values = json.loads(path.read_text(encoding="utf-8"))
        except FileNotFoundError:
            return {}
        except ValueError as error:
            raise StackError(
                f"{path} is damaged ({error}). Restore it, or type `make demo-reset` "
                "to start afresh without the local data."
            ) from error
        return {str(name): str(value) for name, value in values.items()}

    def _write(self, filename: str, values: dict[str, str]) -> None:
        path = self.root / filename
        with filesystem_errors(path):
            write_private(path, json.dumps(values, indent=2) + "\n")


def write_private(path: Path, text: str) -> None:
    """Write a file that only its owner reads (mode 600), whole or not at all."""
    partial = path.with_name(f"{path.name}.{os.getpid()}.new")
    descriptor = os.open(partial, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
    partial.replace(path)


@contextmanager
def filesystem_errors(path: Path) -> Iterator[None]:
    """Turn a refused or failed write into a line; FileNotFoundError passes through."""
    try:
        yield
    except FileNotFoundError:
        raise
    except PermissionError as error:
        raise StackError(
            f"No permission for {error.filename or path}. It belongs to another user: run as that "
            "user, or give the folder to yourself with chown."
        ) from error
    except OSError as error:
        raise StackError(f"Cannot use {error.filename or path}: {error.strerror}.") from error


def free_port() -> int:
    """A TCP port on 127.0.0.1 that nobody listens on now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def port_is_free(port: int, host: str = "127.0.0.1") -> bool:
    """Whether a server could listen on that port now (a closing connection does not count)."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError:
            return False
    return True
