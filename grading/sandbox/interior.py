"""What is inside a sandbox beside what the learner handed in."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

# /usr as the distribution lays it out, where the other top folders are links into it.
SYSTEM_LINKS = (
    *(("usr/bin", "/bin"), ("usr/sbin", "/sbin")),
    *(("usr/lib", "/lib"), ("usr/lib64", "/lib64")),
)


@dataclass(frozen=True, slots=True)
class Interior:
    """`first` names our process that starts there: `zygote` forks a warmed Python for calls,
    `commands` starts programs. `folders` of this machine are seen read-only where they are;
    `links` are (target, place) of symbolic links. `environment` is added to ours.
    """

    first: Literal["zygote", "commands"] = "zygote"
    folders: tuple[str, ...] = ()
    links: tuple[tuple[str, str], ...] = ()
    environment: tuple[tuple[str, str], ...] = ()


PYTHON = Interior()
