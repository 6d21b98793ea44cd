"""Names of files that are handed in, alone and together.

This module and `archives` also run inside the sandbox: they import only the standard library.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass

DEEPEST = 8  # folders
LONGEST_PART, LONGEST_PATH = 100, 200  # characters
_MB = 1_000_000

_PART = re.compile(r"\w[\w.+$-]*")
# What systems and editors leave beside the files that are meant.
_LEFT_OUT = re.compile(
    r"(?:^|/)(?:__MACOSX|__pycache__|node_modules|\.(?!\.?(?:/|$))[^/]+|Thumbs\.db|desktop\.ini)"
    r"(?:/|$)|\.pyc$"
)
# What would change how an author's tests are run.
_TAKEN = re.compile(
    r"(?:^|/)(?:conftest\.py|pytest\.(?:ini|toml)|tox\.ini|setup\.cfg|pyproject\.toml|[^/]*\.pth|"
    r"(?:site|user)customize\.py|cograde_\w+\.py|[^/]+\.(?:dist|egg)-info)(?:/|$)",
    re.IGNORECASE,
)


@dataclass(frozen=True)
class Bounds:
    """What is taken: how many files, how large each and all together in bytes, and how much of an
    archive is read in all, with what is left out. With `plain_names` the paths must be such as can
    stand on a command line.
    """

    files: int
    each: int
    together: int
    read: int
    plain_names: bool


# The sandbox gives no more back: sandbox.commands.MOST_BYTES.
PROGRAMS = Bounds(200, 2 * _MB, 5 * _MB, 25 * _MB, plain_names=True)
# What a person unpacks on their own machine.
DOCUMENTS = Bounds(2000, 100 * _MB, 200 * _MB, 250 * _MB, plain_names=False)


class Refused(ValueError):  # noqa: N818 - says what it is
    """`name` cannot be taken; `why` ends the sentence that begins with it."""

    def __init__(self, name: str, why: str) -> None:
        super().__init__(f"“{shown(name)}” {why}.")


@dataclass(frozen=True)
class Member:
    """A file: its path as it will lie, and its size in bytes, as far as that is known."""

    path: str
    size: int


def shown(name: str) -> str:
    """A name that can stand in a sentence: cut, without signs that nobody sees or that turn."""
    cut = name if len(name) <= 80 else f"{name[:79]}…"
    return "".join(c if c.isprintable() else "\N{REPLACEMENT CHARACTER}" for c in cut)


def checked_path(name: str, *, plain: bool = True) -> str:
    """The relative path of a file, in NFC and with `/`. Raises Refused.

    A `plain` one has only letters, digits and `_ . + $ -`: it becomes one in the sandbox, and a
    word on a compiler's command line.
    """
    if len(name) > LONGEST_PATH:  # before all else: to normalise a long one takes for ever
        raise Refused(name, f"has a path of more than {LONGEST_PATH} characters")
    path = unicodedata.normalize("NFC", name).replace("\\", "/").removeprefix("./")
    if path.startswith("/") or re.match(r"[A-Za-z]:", path):
        raise Refused(name, "has a path from the root; only what lies inside can be handed in")
    parts = path.split("/")
    if ".." in parts:
        raise Refused(name, "leads out of its folder (..)")
    if any(len(part) > LONGEST_PART for part in parts):
        raise Refused(name, f"has a name of more than {LONGEST_PART} characters")
    if len(parts) > DEEPEST + 1:
        raise Refused(name, f"lies in more than {DEEPEST} folders")
    if not all(part and part.isprintable() for part in parts):
        raise Refused(name, "has signs in its name that nobody sees, or a part without a name")
    if plain and not all(_PART.fullmatch(part) for part in parts):
        raise Refused(
            name, "has signs in its name that cannot be used: letters, digits and _ . + - can"
        )
    if plain and _TAKEN.search(path):
        raise Refused(name, "has a name that is kept for tests; leave it out or name it otherwise")
    return path


def is_left_out(name: str) -> bool:
    return len(name) <= LONGEST_PATH and bool(_LEFT_OUT.search(name.replace("\\", "/")))


def beside(members: Sequence[Member], main: str) -> list[Member]:
    """The members as they lie beside the main file, where all came in one folder with it."""
    folder = members[0].path.partition("/")[0] if members else ""
    paths = [member.path for member in members]
    if f"{folder}/{main}" not in paths or not all(p.startswith(f"{folder}/") for p in paths):
        return list(members)
    return [Member(m.path.partition("/")[2], m.size) for m in members]


def check_together(members: Sequence[Member], bounds: Bounds = PROGRAMS) -> None:
    """Raises Refused where two would be one file, where one is a folder to another, or where they
    are too many or too large.
    """
    if len(members) > bounds.files:
        one_more = members[bounds.files].path
        raise Refused(one_more, f"is one more than the {bounds.files} files allowed")
    seen: dict[str, str] = {}
    size = 0
    for member in members:
        size += member.size
        if size > bounds.together:
            raise Refused(member.path, f"and the files before it are {too_large(bounds.together)}")
        key = member.path.casefold()
        if key in seen:
            raise Refused(
                member.path, f"and “{shown(seen[key])}” would be one file on some systems"
            )
        seen[key] = member.path
    for member in members:
        folder = member.path.casefold()
        while "/" in folder:
            folder = folder.rpartition("/")[0]
            if folder in seen:
                raise Refused(member.path, f"lies in “{shown(seen[folder])}”, which is a file")


def too_large(limit: int) -> str:
    return f"larger than {limit // _MB} MB unpacked"
