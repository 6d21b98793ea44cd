"""The command that starts a sandbox, and the user that it runs as."""

from __future__ import annotations

import functools
import os
import secrets
import shutil
import subprocess
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from grading.sandbox.errors import SandboxUnavailable
from grading.sandbox.interior import Interior
from grading.sandbox.interpreter import Interpreter
from grading.sandbox.limits import Limits

# Numbers between what Debian and systemd give to people and to services, so that no account owns
# them. More than one, because some kernel limits count by user.
_FIRST_USER, _USERS = 60_800, 256
_PROGRAMS = "/usr/bin:/bin:/usr/sbin:/sbin:/usr/local/bin"
_INSIDE = 1000  # what the learner's code sees as its own number

ENVIRONMENT: Mapping[str, str] = {
    "LANG": "C.UTF-8",
    "PATH": "/usr/bin:/bin",
    "PYTHONHASHSEED": "0",  # the same program gives the same result each time
    "PYTHONUTF8": "1",
    "PYTHONIOENCODING": "utf-8:surrogateescape",
    "MALLOC_ARENA_MAX": "1",  # else each thread reserves 64 MiB of the address space allowed
}


@dataclass(frozen=True, slots=True)
class User:
    """The numeric user and group to become before bubblewrap starts; None: stay who we are."""

    number: int | None

    @classmethod
    def own(cls) -> User:
        """As root one of our numbers: root's processes escape the limit on their count."""
        if os.geteuid() != 0:
            return cls(None)
        return cls(_FIRST_USER + secrets.randbelow(_USERS))

    def prefix(self) -> list[str]:
        """A command that becomes the user and goes on, empty where there is none.

        Popen can change the user too, but then it copies the whole process first, which costs a
        worker of 100 MB more than all else here. chroot, into the folder where we are already, is
        the quickest of the programs that can: setpriv takes a millisecond longer.
        """
        if self.number is None or _chroot() is None:
            return []
        number = f"+{self.number}"  # never looked up as a name
        return [str(_chroot()), f"--userspec={number}:{number}", "--groups=", "/"]

    def popen(self) -> dict[str, Any]:
        """What Popen must be told where `prefix` does nothing."""
        if self.number is None or self.prefix():
            return {}
        return {"user": self.number, "group": self.number, "extra_groups": []}


@functools.lru_cache(maxsize=1)
def _chroot() -> str | None:
    """Of GNU; others know no `--userspec`."""
    found = shutil.which("chroot", path=_PROGRAMS)
    if found is None:
        return None
    told = subprocess.run([found, "--version"], capture_output=True, check=False).stdout
    return found if b"GNU coreutils" in told else None


def executable() -> str:
    """The path of bubblewrap. Raises SandboxUnavailable where it is not installed."""
    found = shutil.which("bwrap", path=_PROGRAMS)
    if found is None:
        raise SandboxUnavailable(
            "bubblewrap is not installed, so no learner's code can be run.",
            "Install it (on Debian and Ubuntu: apt-get install bubblewrap).",
        )
    return found


@dataclass(frozen=True, slots=True)
class Descriptors:
    """Open descriptors that bubblewrap reads (filter, our program, files) or writes (`info`)."""

    info: int
    seccomp: int
    program: int
    files: Mapping[str, int]

    def all(self) -> tuple[int, ...]:
        return (self.info, self.seccomp, self.program, *self.files.values())


def command(
    python: Interpreter, interior: Interior, limits: Limits, given: Descriptors
) -> list[str]:
    """Arguments for bubblewrap: everything unshared, nothing writable but `/tmp`."""
    environment = {**ENVIRONMENT, **dict(interior.environment)}
    return [
        executable(),
        *("--unshare-all", "--unshare-user", "--disable-userns", "--die-with-parent"),
        *("--new-session", "--as-pid-1", "--clearenv", "--hostname", "sandbox"),
        *("--uid", str(_INSIDE), "--gid", str(_INSIDE), "--cap-drop", "ALL"),
        *(part for item in environment.items() for part in ("--setenv", *item)),
        *(part for folder in interior.folders for part in ("--ro-bind", folder, folder)),
        *(part for link in interior.links for part in ("--symlink", *link)),
        *_interpreter_binds(python, interior.folders),
        *_data_binds({f"/cograde/{interior.first}.pyc": given.program}, "0444"),
        *("--dev-bind", "/dev/null", "/dev/null", "--dev-bind", "/dev/urandom", "/dev/urandom"),
        *("--size", str(limits.disk_mb << 20), "--tmpfs", "/tmp"),  # noqa: S108
        *_data_binds({f"/tmp/{name}": fd for name, fd in given.files.items()}, "0555"),  # noqa: S108
        *("--remount-ro", "/", "--chdir", "/tmp"),  # noqa: S108
        *("--seccomp", str(given.seccomp), "--info-fd", str(given.info)),
        # -I would also ignore the variables above; -P and -s are the rest of what it does.
        *("--", python.executable, "-P", "-s", "-S", "-B", f"/cograde/{interior.first}.pyc"),
    ]


def _interpreter_binds(python: Interpreter, seen: tuple[str, ...]) -> list[str]:
    paths = list(python.folders)
    if not _within(python.executable, paths):
        paths.append(python.executable)
    binds = [
        part for path in paths if not _within(path, seen) for part in ("--ro-bind", path, path)
    ]
    if python.loader and not seen:
        binds += ["--ro-bind", os.path.realpath(python.loader), python.loader]
    return binds


def _within(path: str, folders: Iterable[str]) -> bool:
    return any(path == folder or path.startswith(folder + "/") for folder in folders)


def _data_binds(places: Mapping[str, int], mode: str) -> list[str]:
    return [
        part
        for place, fd in places.items()
        for part in ("--perms", mode, "--ro-bind-data", str(fd), place)
    ]
