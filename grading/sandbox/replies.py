"""From what the zygote tells about one request to an `Outcome`. All of it may be forged."""

from __future__ import annotations

import json
import os
import signal
from dataclasses import dataclass
from typing import Any, get_args

from grading.sandbox.encoding import MEMORY_EXIT
from grading.sandbox.outcome import Fault, Outcome, Phase, Status
from grading.sandbox.plain import Unreadable, decode

_CRASHES = {
    signal.SIGSEGV,
    signal.SIGBUS,
    signal.SIGABRT,
    signal.SIGILL,
    signal.SIGFPE,
    signal.SIGSYS,
}
_LAST_LINE = 10_000_000


@dataclass(frozen=True, slots=True)
class Report:
    """One answer of the zygote: how the request ended, the child's own reply, and the facts."""

    how: str
    reply: bytes
    stdout: str
    stderr: str
    seconds: float
    wait_status: int
    cpu_seconds: float

    @classmethod
    def read(cls, parts: list[bytes]) -> Report:
        """Raises ValueError when these are not the parts of a result."""
        kind, how, reply, out, err, microseconds, status, cpu = parts
        if kind != b"result":
            raise ValueError("not a result")
        return cls(
            how=how.decode(),
            reply=reply,
            stdout=out.decode(errors="replace"),
            stderr=err.decode(errors="replace"),
            seconds=int(microseconds) / 1e6,
            wait_status=int(status),
            cpu_seconds=int(cpu) / 1e6,
        )

    def outcome(self, cpu_limit: int, memory_killed: bool) -> Outcome:
        """The verdict on the run; `memory_killed`: the kernel ended a process for its memory."""
        if self.how == "reply":
            return self._replied()
        if memory_killed:
            return self._ended("memory")
        if self.how in ("timeout", "output"):
            return self._ended("timeout" if self.how == "timeout" else "output")
        if self.how == "ended":
            return self._ended(*self._how_it_ended(cpu_limit))
        return self._ended("killed", "protocol")

    def ended(self, cpu_limit: int, memory_killed: bool) -> Outcome:
        """The same for a program that gives no reply: ending well is exit code 0."""
        if memory_killed or self.how != "ended":
            return self.outcome(cpu_limit, memory_killed)
        code = os.waitstatus_to_exitcode(self.wait_status)
        if code >= 0:  # also the one by which a child of our own says that it had no memory left
            return self._ended("exit" if code else "ok", f"exit code {code}" if code else "")
        return self.outcome(cpu_limit, memory_killed)

    def _ended(self, status: Status, detail: str = "") -> Outcome:
        return Outcome(
            status, stdout=self.stdout, stderr=self.stderr, seconds=self.seconds, detail=detail
        )

    def _how_it_ended(self, cpu_limit: int) -> tuple[Status, str]:
        code = os.waitstatus_to_exitcode(self.wait_status)
        if code == MEMORY_EXIT:
            return "memory", ""
        if code >= 0:
            return "exit", f"exit code {code}"
        if -code == signal.SIGXCPU or (-code == signal.SIGKILL and self.cpu_seconds >= cpu_limit):
            return "cpu", ""
        return ("crashed" if -code in _CRASHES else "killed"), f"signal {-code}"

    def _replied(self) -> Outcome:
        try:
            reply = json.loads(self.reply)
            status = reply["status"]
            if status == "large":
                return self._ended("output", "result")
            if status == "ok":
                value = decode(reply["value"])
                return Outcome("ok", value, self.stdout, self.stderr, seconds=self.seconds)
            if status not in ("exception", "memory", "exit"):
                raise Unreadable("an unknown status")
            return Outcome(
                status,
                stdout=self.stdout,
                stderr=self.stderr,
                exception=_fault(reply),
                seconds=self.seconds,
            )
        except (ValueError, TypeError, KeyError, RecursionError, MemoryError):
            return self._ended("killed", "protocol")


def _fault(reply: dict[str, Any]) -> Fault:
    kind, message, line, phase = (reply[name] for name in ("type", "message", "line", "phase"))
    if type(kind) is not str or type(message) is not str or phase not in get_args(Phase):
        raise Unreadable("an exception that cannot be read")
    frames = tuple((_line(number), str(name)[:100]) for number, name in reply["frames"][:20])
    return Fault(
        type=kind[:100],
        message=message[:2000],
        line=None if line is None else _line(line),
        phase=phase,
        frames=frames,
    )


def _line(number: object) -> int:
    if type(number) is not int or not 0 <= number <= _LAST_LINE:
        raise Unreadable("a line number that is none")
    return number
