"""Which account the embedded servers run under.

PostgreSQL refuses to run as root. An ordinary user's servers run as that user; root's run as
the owner of their data, which is `nobody` when root starts them first. Nobody's modes are
changed: where the checkout lies under a private home, the servers get the one capability that
lets them read and traverse it.
"""

from __future__ import annotations

import os
import pwd
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

from stack.errors import StackError
from stack.state import filesystem_errors

# access(2), with which PostgreSQL looks for its own programs, ignores the capability unless the
# change of user leaves capabilities alone; the program itself still starts with this one only.
READ_ANYTHING = (
    "--securebits=+no_setuid_fixup",
    "--inh-caps=+dac_read_search",
    "--ambient-caps=+dac_read_search",
)


@dataclass(frozen=True)
class Account:
    """Who runs a server, and the words before its command line that make it so."""

    uid: int
    gid: int
    prefix: tuple[str, ...] = ()

    def own_folder(self, folder: Path) -> None:
        """Make a folder that this account alone may enter."""
        with filesystem_errors(folder):
            folder.mkdir(mode=0o700, exist_ok=True)
            self.own(folder)

    def own(self, path: Path) -> None:
        """Give one file or folder to this account; nothing to do for an ordinary user."""
        if self.prefix:
            os.chown(path, self.uid, self.gid)


def for_server(folder: Path, binary: Path) -> Account:
    """The account for a server whose data lies in `folder` and whose program is `binary`."""
    if os.geteuid() != 0:
        return Account(os.geteuid(), os.getegid())
    return _unprivileged(folder, binary)


def _unprivileged(folder: Path, binary: Path) -> Account:
    setpriv = shutil.which("setpriv")
    if setpriv is None:
        raise StackError(
            "PostgreSQL does not run as root and `setpriv` is not installed. "
            "Type `apt-get install util-linux`, or run as an ordinary user."
        )
    uid, gid = _owner(folder)
    drop = (setpriv, f"--reuid={uid}", f"--regid={gid}", "--clear-groups")
    for prefix in (drop, (*drop, *READ_ANYTHING)):
        if _reaches(prefix, folder, binary):
            return Account(uid, gid, prefix)
    raise StackError(
        f"Root's servers run as {_name(uid)}, who cannot reach {folder.parent}, and "
        "this machine does not grant the capability for it. Move the checkout out of the private "
        "folder (to /srv, say), or run as an ordinary user."
    )


def _owner(folder: Path) -> tuple[int, int]:
    if folder.exists() and folder.stat().st_uid != 0:
        return folder.stat().st_uid, folder.stat().st_gid
    nobody = pwd.getpwnam("nobody")
    return nobody.pw_uid, nobody.pw_gid


def _reaches(prefix: tuple[str, ...], folder: Path, binary: Path) -> bool:
    script = '"$1" --version && test -x "$2"'
    command = [*prefix, "sh", "-c", script, "sh", str(binary), str(folder.parent)]
    return subprocess.run(command, capture_output=True, check=False, cwd="/").returncode == 0


def _name(uid: int) -> str:
    try:
        return pwd.getpwuid(uid).pw_name
    except KeyError:
        return f"user {uid}"
