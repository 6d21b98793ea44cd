"""The command that starts a sandbox, and the user that it runs as."""

from __future__ import annotations

import functools
import os
import secrets
import shutil
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from grading.sandbox.errors import SandboxUnavailable
from grading.sandbox.interpreter import Interpreter
from grading.sandbox.limits import Limits

# Numbers between what Debian and systemd give to people and to services, so that no account owns
# them. More than one, because some kernel limits count by user.
_FIRST_USER, _USERS = 60_800, 256
_PROGRAMS = "/usr/bin:/bin:/usr/local/bin"
_INSIDE = 1000  # what the learner's code sees as its own number

ENVIRONMENT: Mapping[str, str] = {
    "LANG": "C.UTF-8",
    "PATH": "/usr/bin:/bin",
    "PYTHONPATH": "/cograde",  # for our own two files; the zygote takes it away
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
        worker of 100 MB more than all else here.
        """
        if self.number is None or _setpriv() is None:
            return []
        number = str(self.number)
        return [str(_setpriv()), "--reuid", number, "--regid", number, "--clear-groups", "--"]

    def popen(self) -> dict[str, Any]:
        """What Popen must be told where `prefix` does nothing."""
        if self.number is None or self.prefix():
            return {}
        return {"user": self.number, "group": self.number, "extra_groups": []}


@functools.lru_cache(maxsize=1)
def _setpriv() -> str | None:
    return shutil.which("setpriv", path=_PROGRAMS)


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
    """Open descriptors that bubblewrap reads (filter, files) or writes (`info`)."""

    info: int
    seccomp: int
    zygote: int
    encoding: int
    files: Mapping[str, int]

    def all(self) -> tuple[int, ...]:
        return (self.info, self.seccomp, self.zygote, self.encoding, *self.files.values())


def command(python: Interpreter, limits: Limits, given: Descriptors) -> list[str]:
    """Arguments for bubblewrap: everything unshared, nothing writable but `/tmp`."""
    return [
        executable(),
        *("--unshare-all", "--unshare-user", "--disable-userns", "--die-with-parent"),
        *("--new-session", "--as-pid-1", "--clearenv", "--hostname", "sandbox"),
        *("--uid", str(_INSIDE), "--gid", str(_INSIDE), "--cap-drop", "ALL"),
        *(part for item in ENVIRONMENT.items() for part in ("--setenv", *item)),
        *_interpreter_binds(python),
        *("--perms", "0444", "--ro-bind-data", str(given.zygote), "/cograde/zygote.pyc"),
        *("--perms", "0444", "--ro-bind-data", str(given.encoding), "/cograde/encoding.pyc"),
        *("--dev-bind", "/dev/null", "/dev/null", "--dev-bind", "/dev/urandom", "/dev/urandom"),
        *("--size", str(limits.disk_mb << 20), "--tmpfs", "/tmp"),  # noqa: S108
        *_file_binds(given.files),
        *("--remount-ro", "/", "--chdir", "/tmp"),  # noqa: S108
        *("--seccomp", str(given.seccomp), "--info-fd", str(given.info)),
        # -I would also ignore the variables above; -P and -s are the rest of what it does.
        *("--", python.executable, "-P", "-s", "-S", "-B", "/cograde/zygote.pyc"),
    ]


def _interpreter_binds(python: Interpreter) -> list[str]:
    paths = list(python.folders)
    if not any(python.executable.startswith(folder + "/") for folder in paths):
        paths.append(python.executable)
    binds = [part for path in paths for part in ("--ro-bind", path, path)]
    if python.loader:
        binds += ["--ro-bind", os.path.realpath(python.loader), python.loader]
    return binds


def _file_binds(files: Mapping[str, int]) -> list[str]:
    return [
        part
        for name, fd in files.items()
        for part in ("--perms", "0444", "--ro-bind-data", str(fd), f"/tmp/{name}")  # noqa: S108
    ]
