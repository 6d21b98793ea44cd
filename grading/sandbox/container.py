"""One running sandbox: started, spoken to over pipes, and ended with everything in it."""

from __future__ import annotations

import contextlib
import json
import os
import select
import signal
import subprocess
import time
from collections.abc import Iterator, Mapping
from typing import Any

from grading.sandbox import bubblewrap, interpreter, syscalls
from grading.sandbox.cgroup import Bounds, ControlGroup
from grading.sandbox.errors import SandboxUnavailable
from grading.sandbox.interior import PYTHON, Interior
from grading.sandbox.limits import Limits

INTERPRETER_MB = 40  # address space and memory of the interpreter itself, given on top
START_SECONDS = 15.0
END_SECONDS = 10.0
MESSAGE_BYTES = 8_000_000
_OPEN_FILES = 64
_MB = 1 << 20
_TOGETHER_MB = 512  # what all processes may take where no control group counts them
_PARTS = 16

REMEDY = (
    "Run `manage.py check --tag sandbox` to see what is missing. In a container, user namespaces "
    "must be allowed (for Docker: a seccomp profile that permits unshare and clone); on Ubuntu "
    "24.04 AppArmor must let bubblewrap make them "
    "(kernel.apparmor_restrict_unprivileged_userns=0, or a profile for /usr/bin/bwrap)."
)


class Died(Exception):  # noqa: N818 - says what it is
    """The sandbox has ended or gone silent; a new one can be started."""

    permanent = False


class Container:
    """A sandbox holding one learner's submission. Must be closed by the thread that opened it:
    the kernel ends the sandbox when that thread ends."""

    def __init__(
        self,
        setup: Mapping[str, Any],
        files: Mapping[str, bytes],
        limits: Limits,
        interior: Interior = PYTHON,
    ) -> None:
        self._limits = limits
        self._interior = interior
        self._pidfd = -1
        self._process: subprocess.Popen[bytes] | None = None
        self._buffer = b""
        self.group: ControlGroup | None = None
        try:
            self._start(setup, files)
        except BaseException:
            self.close()
            raise

    def _start(self, setup: Mapping[str, Any], files: Mapping[str, bytes]) -> None:
        limits = self._limits
        self.group = ControlGroup.create(
            Bounds((limits.memory_mb + limits.disk_mb + INTERPRETER_MB) * _MB, limits.processes + 4)
        )
        deadline = time.monotonic() + START_SECONDS
        with contextlib.ExitStack() as stack:
            pid = self._launch(stack, files, deadline)
            try:
                self._pidfd = os.pidfd_open(pid)
                self.send({**setup, "rlimits": self.rlimits()})
                ready = self.receive(deadline) == [b"ready"]
                if self.group is not None:
                    self.group.add(pid)
            except (OSError, Died) as error:
                raise SandboxUnavailable(
                    f"The sandbox did not start: {self._complaint(error)}.", REMEDY
                ) from error
            if not ready:
                raise SandboxUnavailable("The sandbox did not start as it should.", REMEDY)

    def _launch(
        self, stack: contextlib.ExitStack, files: Mapping[str, bytes], deadline: float
    ) -> int:
        """Start bubblewrap; the number, here outside, of the first process inside."""
        python = interpreter.find()
        self._errors = _memory_file(b"")
        info_read, info_write = os.pipe()
        stack.callback(os.close, info_read)
        with contextlib.ExitStack() as ours:
            ours.callback(os.close, info_write)
            given = bubblewrap.Descriptors(
                info=info_write,
                seccomp=_given(ours, syscalls.program()),
                program=_given(ours, python.programs[self._interior.first]),
                files={name: _given(ours, content) for name, content in files.items()},
            )
            user = bubblewrap.User.own()
            self._process = subprocess.Popen(
                user.prefix() + bubblewrap.command(python, self._interior, self._limits, given),
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=self._errors,
                pass_fds=given.all(),
                **user.popen(),
                cwd="/",
                env={},
                bufsize=0,
            )
        return self._first_process(info_read, deadline)

    def _first_process(self, info: int, deadline: float) -> int:
        text = b""
        while not text.rstrip().endswith(b"}"):
            part = os.read(info, 4096) if _readable(info, deadline) else b""
            if not part:
                raise SandboxUnavailable(
                    f"bubblewrap could not make a sandbox: {self._complaint(None)}.", REMEDY
                )
            text += part
        return int(json.loads(text)["child-pid"])

    def _complaint(self, error: Exception | None) -> str:
        """What bubblewrap or the interpreter wrote before it gave up."""
        if self._process is not None:
            with contextlib.suppress(subprocess.TimeoutExpired):
                self._process.wait(1)
        written = os.pread(self._errors, 2000, 0).decode(errors="replace").strip()
        return written.replace("\n", " ") or str(error or "no reason given")

    def rlimits(self, fewest: int = 2) -> dict[str, int]:
        """What each process may take: the names of the kernel's limits and their values. At least
        `fewest` processes are allowed, also where nothing counts their memory together."""
        limits = self._limits
        processes = limits.processes
        if self.group is None:
            processes = min(processes, max(2, fewest, _TOGETHER_MB // limits.memory_mb))
        return {
            "AS": (limits.memory_mb + INTERPRETER_MB) * _MB,
            "NPROC": processes + 1,
            "FSIZE": limits.disk_mb * _MB,
            "NOFILE": _OPEN_FILES,
            "CORE": 0,
        }

    def send(self, message: Mapping[str, Any]) -> None:
        """One request. Raises Died when the sandbox has ended."""
        data = json.dumps(message, separators=(",", ":")).encode()
        pipe = self._running().stdin
        assert pipe is not None  # noqa: S101 - asked for in _launch
        try:
            pipe.write(len(data).to_bytes(4, "big"))
            view = memoryview(data)
            while view:
                view = view[pipe.write(view) :]
        except OSError as error:
            raise Died("the sandbox has ended") from error

    def receive(self, deadline: float) -> list[bytes]:
        """The next answer, in parts. Raises Died at its end, at `deadline` or on nonsense."""
        size = int.from_bytes(self._take(4, deadline), "big")
        if size > MESSAGE_BYTES:
            raise Died("an answer that is too long")
        body = self._take(size, deadline)
        parts = list(_parts(body))
        if len(parts) != body[0]:
            raise Died("an answer that cannot be read")
        return parts

    def _take(self, size: int, deadline: float) -> bytes:
        pipe = self._running().stdout
        assert pipe is not None  # noqa: S101 - asked for in _launch
        while len(self._buffer) < size:
            if not _readable(pipe.fileno(), deadline):
                raise Died("no answer in time")
            part = os.read(pipe.fileno(), 1 << 18)
            if not part:
                raise Died("the sandbox has ended")
            self._buffer += part
        taken, self._buffer = self._buffer[:size], self._buffer[size:]
        return taken

    def _running(self) -> subprocess.Popen[bytes]:
        if self._process is None:
            raise Died("the sandbox was closed")
        return self._process

    def memory_kills(self) -> int:
        """How often the kernel ended a process of this sandbox for want of memory."""
        return 0 if self.group is None else self.group.memory_kills()

    def close(self) -> None:
        """End every process of the sandbox and wait until they are gone."""
        process, self._process = self._process, None
        if process is not None:
            if self._pidfd >= 0:
                with contextlib.suppress(ProcessLookupError):
                    signal.pidfd_send_signal(self._pidfd, signal.SIGKILL)
                _readable(self._pidfd, time.monotonic() + END_SECONDS)  # it ends after all others
                os.close(self._pidfd)
                self._pidfd = -1
            else:
                process.kill()
            if not _ended(process, time.monotonic() + END_SECONDS):
                process.kill()
            process.wait()
            for pipe in (process.stdin, process.stdout):
                if pipe is not None:
                    pipe.close()
            os.close(self._errors)
        if self.group is not None:
            self.group.remove()
            self.group = None


def _parts(body: bytes) -> Iterator[bytes]:
    place = 1
    while place + 4 <= len(body):
        size = int.from_bytes(body[place : place + 4], "big")
        yield body[place + 4 : place + 4 + size]
        place += 4 + size


def _readable(fd: int, deadline: float) -> bool:
    left = deadline - time.monotonic()
    poll = select.poll()
    poll.register(fd, select.POLLIN)
    return left > 0 and bool(poll.poll(left * 1000))


def _ended(process: subprocess.Popen[bytes], deadline: float) -> bool:
    """Wait without asking again and again, as Popen.wait with a timeout does."""
    try:
        pidfd = os.pidfd_open(process.pid)
    except OSError:
        return True
    try:
        return _readable(pidfd, deadline)
    finally:
        os.close(pidfd)


def _memory_file(content: bytes) -> int:
    fd = os.memfd_create("given")
    os.write(fd, content)
    os.lseek(fd, 0, os.SEEK_SET)
    return fd


def _given(stack: contextlib.ExitStack, content: bytes) -> int:
    fd = _memory_file(content)
    stack.callback(os.close, fd)
    return fd
