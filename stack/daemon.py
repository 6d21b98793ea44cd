"""A server process that outlives the one who started it: find, start, stop."""

from __future__ import annotations

import subprocess
import time
from collections.abc import Callable
from pathlib import Path

import psutil

from stack.accounts import Account
from stack.errors import StackError
from stack.state import filesystem_errors


class Daemon(subprocess.Popen[bytes]):
    """A process that may outlive this handle and its starter, which is no mistake to warn of."""

    def __del__(self) -> None:
        """Say and do nothing: whoever leaves last stops the server."""


def find(pid_file: Path, program: str, argument: Path) -> psutil.Process | None:
    """The running server that a pid file names, or None when the file is stale.

    A pid alone proves nothing after a crash or a reboot: the process must be `program`
    with `argument` (its data folder or configuration file) on its command line.
    """
    try:
        with filesystem_errors(pid_file):
            pid = int(pid_file.read_text(encoding="ascii").split()[0])
        process = psutil.Process(pid)
        command = process.cmdline()
        alive = process.status() != psutil.STATUS_ZOMBIE
    except (FileNotFoundError, ValueError, IndexError, psutil.Error):
        return None
    named = bool(command) and Path(command[0]).name == program
    return process if alive and named and str(argument) in command else None


def start(account: Account, command: list[str], log: Path) -> Daemon:
    """Start a server in a session of its own, so that Ctrl-C does not reach it."""
    with filesystem_errors(log), log.open("ab") as output:
        return Daemon(
            [*account.prefix, *command],
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
            cwd="/",
        )


def wait_until_ready(
    process: Daemon, answers: Callable[[], bool], seconds: float, number: int
) -> bool:
    """Wait until a server that was just started answers; False when it ends or takes too long.

    A server that does not become ready, or whose waiting is broken off by an exception, is
    ended with the signal `number`.
    """
    deadline = time.monotonic() + seconds
    ready = False
    try:
        while process.poll() is None and time.monotonic() < deadline:
            ready = answers()
            if ready:
                break
            time.sleep(0.02)
    finally:
        if not ready and process.poll() is None:
            process.send_signal(number)
            try:
                process.wait(10)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
    return ready


def stop(process: psutil.Process, number: int, seconds: float, name: str) -> None:
    """Send a signal and wait until the server is gone; kill it when it does not obey."""
    try:
        process.send_signal(number)
        process.wait(seconds)
    except psutil.NoSuchProcess:
        return
    except psutil.TimeoutExpired:
        process.kill()
        process.wait(5)
    except psutil.AccessDenied as error:
        raise StackError(
            f"{name} runs under another user (process {process.pid}) and cannot be stopped "
            "from here. Run as that user."
        ) from error


def last_words(log: Path, since: int, *marks: str) -> str:
    """The line that explains why a server ended, from what it wrote after byte `since`."""
    text = log.read_bytes()[since:].decode(errors="replace") if log.exists() else ""
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    telling = [line for line in lines if any(mark in line for mark in marks)]
    return (telling or lines or ["it wrote nothing"])[-1]


def size(log: Path) -> int:
    """Bytes in a log now; 0 when there is none."""
    return log.stat().st_size if log.exists() else 0
