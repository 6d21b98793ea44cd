"""What this machine can contain, tried and not guessed. For operators' checks.

Each trial is a program that does harm, or looks for what it must not find, and what its end must
look like when it was contained.
"""

from __future__ import annotations

import contextlib
import os
import secrets
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from grading.sandbox import bubblewrap, interpreter, syscalls
from grading.sandbox.cgroup import Bounds, ControlGroup
from grading.sandbox.container import INTERPRETER_MB, REMEDY, START_SECONDS
from grading.sandbox.errors import SandboxUnavailable
from grading.sandbox.limits import Limits
from grading.sandbox.outcome import Outcome
from grading.sandbox.session import Session

LIMITS = Limits(wall_seconds=2, cpu_seconds=1, memory_mb=64, processes=8, disk_mb=4, output_kb=16)
SECRET = "COGRADE_PROBE_SECRET"  # noqa: S105 - a name to look for
GONE_SECONDS = 3.0

# Ways out and ways to harm. Those that begin with `no_` give True when they were refused.
_PROGRAM = """
import ctypes, errno, fcntl, mmap, os, signal, socket, sys, time

libc = ctypes.CDLL(None, use_errno=True)

def refused(act):
    try:
        act()
    except OSError:
        return True
    return False

def denied(result):
    return result == -1 and ctypes.get_errno() == errno.EPERM

def no_network():
    return refused(lambda: socket.create_connection(("127.0.0.1", 9), 1))

def no_files():
    outside = "/etc/passwd", "/root", "/home", "/proc/self", "/sys", "/var"
    return not any(os.path.exists(path) for path in outside)

def no_links():
    os.symlink("/etc/passwd", "/tmp/link")
    return refused(lambda: open("/tmp/link"))

def no_writing():
    places = "/", "/dev", "/cograde", "/usr", "/dev/shm"
    return all(refused(lambda: open(place + "/probe", "w")) for place in places)

def no_tracing():
    return denied(libc.ptrace(16, 1, 0, 0))

def no_namespaces():
    return denied(libc.unshare(0x10000000))

def no_typing_for_others():
    return refused(lambda: fcntl.ioctl(0, 0x5412, b"x"))

def no_secrets(name):
    known = {"LANG", "PATH", "PWD", "PYTHONHASHSEED", "PYTHONUTF8", "PYTHONIOENCODING", "LC_CTYPE",
             "MALLOC_ARENA_MAX"}
    return name not in os.environ and set(os.environ) <= known

def no_others():
    for pid in range(2, 400):
        if pid != os.getpid():
            try:
                os.kill(pid, 0)
            except ProcessLookupError:
                continue
            return False
    return True

def filtered():
    return libc.prctl(21, 0, 0, 0, 0) == 2

def forks(most):
    made = 0
    for _ in range(4 * most):
        try:
            if os.fork() == 0:
                time.sleep(20)
                os._exit(0)
        except OSError:
            break
        made += 1
    return made <= most

def hogs():
    held = []
    while True:
        held.append(bytearray(1 << 20))

def hogs_together(count, mb):
    made = 0
    for _ in range(count):
        try:
            made += 1
            if os.fork() == 0:
                held = mmap.mmap(-1, mb << 20)
                for place in range(0, mb << 20, 4096):
                    held[place] = 1
                time.sleep(20)
        except OSError:
            break
    time.sleep(1)
    ended = 0
    try:
        while os.waitpid(-1, os.WNOHANG)[0]:
            ended += 1
    except ChildProcessError:
        pass
    return (made - ended) * mb

def fills(mb):
    written = 0
    try:
        with open("/tmp/filled", "wb", buffering=0) as file:
            for _ in range(8 * mb):
                written += file.write(bytes(1 << 20))
    except OSError:
        pass
    return written <= mb << 20

def floods():
    while True:
        os.write(1, b"x" * 65536)

def closes_and_sleeps():
    os.close(1)
    os.close(2)
    time.sleep(60)

def ignores_and_spins():
    for number in (signal.SIGTERM, signal.SIGINT, signal.SIGXCPU, signal.SIGALRM):
        signal.signal(number, signal.SIG_IGN)
    while True:
        pass

def leaves(name):
    open("/tmp/left", "w").close()
    return True

def finds():
    return os.path.exists("/tmp/left")

def orphans(name):
    if os.fork() == 0:
        os.setsid()
        if os.fork() == 0:
            for fd in range(64):
                try:
                    os.close(fd)
                except OSError:
                    pass
            os.execv(sys.executable, [name, "-S", "-c", "import time; time.sleep(60)"])
        os._exit(0)
    return True
"""

Verdict = Callable[[Outcome], bool]


def _true(outcome: Outcome) -> bool:
    return outcome.status == "ok" and outcome.value is True


def _ends(*statuses: str) -> Verdict:
    return lambda outcome: outcome.status in statuses


@dataclass(frozen=True, slots=True)
class Finding:
    """One fact about this machine. `missing`: nothing is run. `weaker`: it is run, with less."""

    level: Literal["contained", "weaker", "missing"]
    what: str
    remedy: str = ""


@dataclass(frozen=True, slots=True)
class Trial:
    """A call of the program above, and what its end must be."""

    what: str
    call: str
    holds: Verdict = _true


TRIALS: Sequence[Trial] = (
    Trial("no network", "no_network()"),
    Trial("no file of the machine but the interpreter's", "no_files()"),
    Trial("symbolic links lead nowhere", "no_links()"),
    Trial("nothing can be written but /tmp", "no_writing()"),
    Trial("a system call filter is on", "filtered()"),
    Trial("no process can be traced", "no_tracing()"),
    Trial("no namespaces of its own", "no_namespaces()"),
    Trial("nothing is typed into a terminal", "no_typing_for_others()"),
    Trial("no secrets in environment and arguments", f"no_secrets({SECRET!r})"),
    Trial("no other process is seen", "no_others()"),
    Trial("a fork bomb stops at the limit", f"forks({LIMITS.processes})"),
    Trial("one process's memory ends at the limit", "hogs()", _ends("memory")),
    Trial("the disk ends at the limit", f"fills({LIMITS.disk_mb})"),
    Trial("a flood of output is cut off", "floods()", _ends("output")),
    Trial("closed pipes do not hide it", "closes_and_sleeps()", _ends("timeout", "killed")),
    Trial("ignored signals do not help it", "ignores_and_spins()", _ends("cpu", "timeout")),
)


def probe() -> list[Finding]:
    """Starts sandboxes and tries to get out of them. Takes some seconds."""
    findings: list[Finding] = []
    for what, act in (
        ("bubblewrap is installed", bubblewrap.executable),
        ("a Python that the sandbox can use", interpreter.find),
        ("the system call filter can be built", syscalls.program),
    ):
        try:
            act()
            findings.append(Finding("contained", what))
        except SandboxUnavailable as error:
            return [*findings, Finding("missing", error.reason, error.remedy)]
    try:
        return [*findings, *_tried(), *_afterwards(), *_together()]
    except SandboxUnavailable as error:
        return [*findings, Finding("missing", error.reason, error.remedy)]


def _tried() -> Iterator[Finding]:
    with _environment({SECRET: "1"}), _session() as session:
        for trial in TRIALS:
            outcome = session.call(trial.call)
            yield _finding(trial.what, trial.holds(outcome), outcome)


def _afterwards() -> Iterator[Finding]:
    """What must be gone when a run, a sandbox or a worker has ended."""
    with _session() as session:
        session.call("leaves('x')")
        outcome = session.call("finds()")
    left = not (outcome.status == "ok" and outcome.value is False)
    yield _finding("one run leaves nothing for the next", not left, outcome)
    name = f"cograde-orphan-{secrets.token_hex(4)}"
    with _session() as session:
        outcome = session.call(f"orphans({name!r})")
    yield _finding("no process outlives its sandbox", _is_gone(name), outcome)
    name = f"cograde-orphan-{secrets.token_hex(4)}"
    lived = _killed_worker(name)
    yield _finding("no sandbox outlives its worker", lived and _is_gone(name), Outcome("ok"))


def _killed_worker(name: str) -> bool:
    """Kill a worker while a process of a sandbox of its runs; whether that one was seen to run."""
    call = f"orphans({name!r}) and time.sleep(30)"
    program = (
        "from grading.sandbox.probe import _session\n"
        f"with _session() as session:\n    session.call({call!r})\n"
    )
    root = str(Path(__file__).resolve().parents[2])
    worker = subprocess.Popen(
        [sys.executable, "-c", program],
        env={**os.environ, "PYTHONPATH": os.pathsep.join([root, *sys.path])},
    )
    with worker:
        until = time.monotonic() + START_SECONDS
        while not (lived := _runs(name)) and time.monotonic() < until:
            time.sleep(0.02)
        worker.send_signal(signal.SIGKILL)
    return lived


def _is_gone(name: str) -> bool:
    until = time.monotonic() + GONE_SECONDS
    while _runs(name):
        if time.monotonic() > until:
            return False
        time.sleep(0.05)
    return True


def _runs(name: str) -> bool:
    for place in Path("/proc").glob("[0-9]*/cmdline"):
        with contextlib.suppress(OSError):
            if place.read_bytes().startswith(name.encode()):
                return True
    return False


def _together() -> Iterator[Finding]:
    group = ControlGroup.create(Bounds(64 << 20, 8))
    if group is None:
        remedy = "Run the worker as root" if os.geteuid() != 0 else "Make /sys/fs/cgroup writable"
        yield Finding(
            "weaker",
            "memory is limited for each process only, so fewer processes are allowed",
            f"{remedy} with the memory and pids controllers if learners need more processes.",
        )
        return
    group.remove()
    with _session() as session:
        outcome = session.call(f"hogs_together({LIMITS.processes - 2}, {LIMITS.memory_mb - 8})")
    most = LIMITS.memory_mb + LIMITS.disk_mb + INTERPRETER_MB
    holds = outcome.status != "ok" or (type(outcome.value) is int and outcome.value <= most)
    yield _finding("memory of many processes ends at the limit together", holds, outcome)


def _session() -> Session:
    return Session({"solution.py": _PROGRAM}, LIMITS)


@contextlib.contextmanager
def _environment(added: Mapping[str, str]) -> Iterator[None]:
    os.environ.update(added)
    try:
        yield
    finally:
        for name in added:
            os.environ.pop(name, None)


def _finding(what: str, holds: bool, outcome: Outcome) -> Finding:
    if holds:
        return Finding("contained", what)
    return Finding("missing", f"not so: {what} ({outcome.status})", REMEDY)
