"""What this machine can contain, tried and not guessed. For operators' checks."""

from __future__ import annotations

import os
from dataclasses import dataclass
from typing import Literal

from grading.sandbox import bubblewrap, interpreter, syscalls
from grading.sandbox.cgroup import Bounds, ControlGroup
from grading.sandbox.container import REMEDY
from grading.sandbox.errors import SandboxUnavailable
from grading.sandbox.limits import Limits
from grading.sandbox.session import Session

# Tries to get out, by the ways that matter most; each gives True when it is still inside.
_ESCAPES = """
import ctypes, errno, os, socket

libc = ctypes.CDLL(None, use_errno=True)

def refused(act):
    try:
        act()
    except OSError:
        return True
    return False

def no_network():
    return refused(lambda: socket.create_connection(("127.0.0.1", 9), 1))

def no_files():
    outside = "/etc/passwd", "/root", "/home", "/proc/self", "/sys"
    return not any(os.path.exists(path) for path in outside)

def no_writing():
    return all(refused(lambda: open(place + "/probe", "w")) for place in ("/", "/dev", "/cograde"))

def no_tracing():
    return libc.ptrace(16, 1, 0, 0) == -1 and ctypes.get_errno() == errno.EPERM

def no_namespaces():
    return libc.unshare(0x10000000) == -1 and ctypes.get_errno() == errno.EPERM
"""
_QUESTIONS = {
    "no_network": "no network",
    "no_files": "no file of the machine but the interpreter's",
    "no_writing": "nothing can be written but /tmp",
    "no_tracing": "no process can be traced",
    "no_namespaces": "no namespaces of its own",
}


@dataclass(frozen=True, slots=True)
class Finding:
    """One fact about this machine. `missing`: nothing is run. `weaker`: it is run, with less."""

    level: Literal["contained", "weaker", "missing"]
    what: str
    remedy: str = ""


def probe() -> list[Finding]:
    """Starts a sandbox and tries to get out of it. Takes about half a second."""
    findings: list[Finding] = []
    for what, act in (
        ("bubblewrap is installed", bubblewrap.executable),
        ("a Python that the sandbox can use", interpreter.find),
        ("a system call filter", syscalls.program),
    ):
        try:
            act()
            findings.append(Finding("contained", what))
        except SandboxUnavailable as error:
            return [*findings, Finding("missing", error.reason, error.remedy)]
    return [*findings, *_tried(), _together()]


def _tried() -> list[Finding]:
    try:
        with Session({"solution.py": _ESCAPES}, Limits(wall_seconds=5)) as session:
            outcomes = list(session.calls([f"{name}()" for name in _QUESTIONS]))
    except SandboxUnavailable as error:
        return [Finding("missing", error.reason, error.remedy)]
    return [
        Finding("contained", what)
        if outcome.status == "ok" and outcome.value is True
        else Finding("missing", f"not so: {what} ({outcome.status})", REMEDY)
        for what, outcome in zip(_QUESTIONS.values(), outcomes, strict=True)
    ]


def _together() -> Finding:
    group = ControlGroup.create(Bounds(64 << 20, 8))
    if group is not None:
        group.remove()
        return Finding("contained", "memory and processes of a submission are counted together")
    remedy = "Run the worker as root" if os.geteuid() != 0 else "Make /sys/fs/cgroup writable"
    return Finding(
        "weaker",
        "memory is limited for each process only, so fewer processes are allowed",
        f"{remedy} with the memory and pids controllers if learners need more processes.",
    )
