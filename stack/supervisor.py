"""Running several processes as one: start, wait until they answer, restart, stop together."""

from __future__ import annotations

import contextlib
import ctypes
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from stack.errors import StackError

LIBC = ctypes.CDLL(None)  # loaded before any fork
PR_SET_PDEATHSIG = 1
STEADY_SECONDS = 20.0  # who ran this long is well: the next end counts as the first
LONGEST_BACKOFF = 30.0
LOG_BYTES = 5_000_000
LINES_SHOWN = 8


@dataclass(frozen=True)
class Program:
    """One process to keep running. `answers_at` is the URL that shows it is ready."""

    name: str
    command: Sequence[str]
    environment: dict[str, str]
    answers_at: str | None = None


@dataclass
class _Running:
    program: Program
    log: Path
    process: subprocess.Popen[bytes] | None = None
    started: float = 0.0
    due: float = 0.0
    ends: int = 0
    told: bool = field(default=False)


class Supervisor:
    """Keeps programs running until it is left, then stops all of them.

    A context manager. Each program has a process group of its own, so Ctrl-C reaches the
    supervisor alone; if the supervisor is killed, the kernel ends its programs (Linux).
    """

    def __init__(
        self, programs: Sequence[Program], logs: Path, say: Callable[[str], None] = print
    ) -> None:
        self.say = say
        self.running = [_Running(program, logs / f"{program.name}.log") for program in programs]

    def __enter__(self) -> Supervisor:
        for one in self.running:
            _turn_log(one.log)
        try:
            for one in self.running:
                self._start(one)
        except BaseException:
            self.stop()
            raise
        return self

    def __exit__(self, *_exception: object) -> None:
        self.stop()

    def wait_until_ready(self, seconds: float) -> None:
        """Return when every program with a URL answers; StackError names the one that does not."""
        deadline = time.monotonic() + seconds
        for one in self.running:
            while one.program.answers_at and not responds(one.program.answers_at):
                self.look()
                if one.ends >= 3 or time.monotonic() > deadline:
                    raise StackError(
                        f"{one.program.name} does not answer at {one.program.answers_at}. "
                        f"The end of {one.log}:\n{last_lines(one.log)}"
                    )
                time.sleep(0.05)

    def watch(self) -> None:
        """Restart what ends, for ever; left by an exception such as KeyboardInterrupt."""
        while True:
            self.look()
            time.sleep(0.2)

    def look(self) -> None:
        """One round: note who ended, start who is due."""
        now = time.monotonic()
        for one in self.running:
            if one.process is None:
                if now >= one.due:
                    self._start(one)
            elif one.process.poll() is not None:
                self._note_end(one, one.process, now)

    def stop(self, seconds: float = 8.0) -> None:
        """Ask every program to end, again after a third of `seconds`, then kill what is left.

        The first request lets a worker finish what it does, the second lets it stop at once.
        """
        alive = [one.process for one in self.running if one.process]
        for patience in (seconds / 3, seconds * 2 / 3):
            for process in alive:
                if process.poll() is None:
                    _signal_group(process, signal.SIGTERM)
            _wait_for(alive, patience)
        for process in alive:
            _signal_group(process, signal.SIGKILL)  # and its children that did not go
            process.wait()
        for one in self.running:
            one.process = None

    def _start(self, one: _Running) -> None:
        supervisor = os.getpid()
        with one.log.open("ab") as output:
            one.process = subprocess.Popen(
                list(one.program.command),
                env=one.program.environment,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                start_new_session=True,
                preexec_fn=lambda: _die_with(supervisor),
            )
        one.started = time.monotonic()

    def _note_end(self, one: _Running, process: subprocess.Popen[bytes], now: float) -> None:
        code = process.returncode
        _signal_group(process, signal.SIGKILL)  # its children, if it left any
        one.process = None
        if now - one.started >= STEADY_SECONDS:
            one.ends, one.told = 0, False
        delay = min(0.5 * 2**one.ends, LONGEST_BACKOFF)
        one.ends += 1
        one.due = now + delay
        how = f"signal {-code}" if code < 0 else f"exit status {code}"
        self.say(f"{one.program.name} ended ({how}); starting it again in {delay:g} s")
        if one.ends >= 3 and not one.told:
            one.told = True
            self.say(f"{one.program.name} keeps ending. The end of {one.log}:")
            self.say(last_lines(one.log))


def responds(url: str) -> bool:
    """Whether an HTTP server answers there without an error of its own (below 500)."""
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    try:
        with opener.open(url, timeout=5) as response:
            return bool(response.status < 500)
    except urllib.error.HTTPError as error:
        error.close()
        return error.code < 500
    except (OSError, ValueError):
        return False


def last_lines(log: Path) -> str:
    """The end of a log, indented."""
    text = log.read_bytes()[-20_000:].decode(errors="replace") if log.exists() else ""
    lines = [line for line in text.splitlines() if line.strip()][-LINES_SHOWN:]
    return "\n".join(f"    {line}" for line in lines or ["(empty)"])


def has_ipv6() -> bool:
    """Whether a server can listen on ::1 here."""
    try:
        with socket.socket(socket.AF_INET6) as probe:
            probe.bind(("::1", 0))
    except OSError:
        return False
    return True


def _turn_log(log: Path) -> None:
    """Keep one earlier log when the current one has grown long."""
    if log.exists() and log.stat().st_size > LOG_BYTES:
        log.replace(log.with_suffix(".log.1"))


def _wait_for(processes: Sequence[subprocess.Popen[bytes]], seconds: float) -> None:
    deadline = time.monotonic() + seconds
    for process in processes:
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(max(0.0, deadline - time.monotonic()))


def _die_with(parent: int) -> None:
    """In the child: end when the supervisor does, however that ends. Linux only."""
    if sys.platform != "linux":
        return
    LIBC.prctl(PR_SET_PDEATHSIG, signal.SIGTERM, 0, 0, 0)
    if os.getppid() != parent:
        os.kill(os.getpid(), signal.SIGTERM)


def _signal_group(process: subprocess.Popen[bytes], number: int) -> None:
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(process.pid, number)
