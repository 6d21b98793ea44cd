"""ZIP and tar archives: what is in them, and unpacking them with every danger refused by name.

The same rules twice: `members` reads what an archive says of itself, so that a learner hears at
once what cannot be taken; this file run as a program unpacks inside the sandbox and believes
nothing of that. It imports only the standard library; therefore the rules for names stand here.
"""

from __future__ import annotations

import contextlib
import gzip
import json
import os
import re
import stat
import struct
import sys
import tarfile
import unicodedata
import zipfile
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import IO, cast

MOST_MEMBERS = 5000  # with what is left out, such as folders
MOST_DIRECTORY = 1_000_000  # bytes of the list in a ZIP archive
DEEPEST = 8  # folders
LONGEST_PART, LONGEST_PATH = 100, 200  # characters
ENDINGS = (".zip", ".tar", ".tar.gz", ".tgz")

_PART = re.compile(r"\w[\w.+$-]*")
# What systems and editors leave beside the files that are meant.
_LEFT_OUT = re.compile(
    r"(?:^|/)(?:__MACOSX|__pycache__|node_modules|\.(?!\.?(?:/|$))[^/]+|Thumbs\.db|desktop\.ini)(?:/|$)|\.pyc$"
)
# What would change how an author's tests are run.
_TAKEN = re.compile(
    r"(?:^|/)(?:conftest\.py|pytest\.(?:ini|toml)|tox\.ini|setup\.cfg|pyproject\.toml|"
    r"(?:site|user)customize\.py|cograde_\w+\.py)$",
    re.IGNORECASE,
)
_CHUNK = 1 << 16


@dataclass(frozen=True)
class Bounds:
    """What is taken of an archive: how many files, how large each and all together in bytes, and
    how much is read in all, with what is left out. With `plain_names` the paths must be such as can
    stand on a command line.
    """

    files: int
    each: int
    together: int
    read: int
    plain_names: bool


# The sandbox gives no more back: sandbox.commands.MOST_BYTES.
PROGRAMS = Bounds(200, 2_000_000, 5_000_000, 25_000_000, plain_names=True)
# What a person unpacks on their own machine.
DOCUMENTS = Bounds(2000, 100_000_000, 200_000_000, 250_000_000, plain_names=False)


class Refused(ValueError):  # noqa: N818 - says what it is
    """`name` cannot be taken; `why` ends the sentence that begins with it."""

    def __init__(self, name: str, why: str) -> None:
        super().__init__(f"“{shown(name)}” {why}.")


@dataclass(frozen=True)
class Member:
    """A file in an archive: its path as it will lie, and its size as the archive says."""

    path: str
    size: int


def shown(name: str) -> str:
    """A name that can stand in a sentence: cut, without signs that nobody sees or that turn."""
    cut = name if len(name) <= 80 else f"{name[:79]}…"
    return "".join(c if c.isprintable() else "\N{REPLACEMENT CHARACTER}" for c in cut)


def is_archive(name: str) -> bool:
    return name.lower().endswith(ENDINGS)


def checked_path(name: str, *, plain: bool = True) -> str:
    """The relative path of a file, in NFC and with `/`. Raises Refused.

    A `plain` one has only letters, digits and `_ . + $ -`: it becomes one in the sandbox, and a
    word on a compiler's command line.
    """
    path = unicodedata.normalize("NFC", name).replace("\\", "/").removeprefix("./")
    if path.startswith("/") or re.match(r"[A-Za-z]:", path):
        raise Refused(name, "has a path from the root; only what lies inside can be handed in")
    parts = path.split("/")
    if ".." in parts:
        raise Refused(name, "leads out of its folder (..)")
    if len(path) > LONGEST_PATH or any(len(part) > LONGEST_PART for part in parts):
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
    return bool(_LEFT_OUT.search(name.replace("\\", "/")))


def together(members: list[Member], bounds: Bounds = PROGRAMS) -> list[Member]:
    """The members without a folder that encloses them all. Raises Refused where two would be one
    file, where one is a folder to another, or where they are too many or too large.
    """
    paths = [member.path.split("/") for member in members]
    if paths and all(len(parts) > 1 and parts[0] == paths[0][0] for parts in paths):
        members = [Member(m.path.partition("/")[2], m.size) for m in members]
    if len(members) > bounds.files:
        one_more = members[bounds.files].path
        raise Refused(one_more, f"is one more than the {bounds.files} files allowed")
    seen: dict[str, str] = {}
    size = 0
    for member in members:
        size += member.size
        if size > bounds.together:
            raise Refused(member.path, f"and the files before it are {_too_large(bounds.together)}")
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
    return members


def members(file: IO[bytes], name: str, bounds: Bounds = PROGRAMS) -> list[Member]:
    """What an archive says that it holds, checked. Raises Refused naming the file."""
    with _told(name):
        return together([member for member, _read in _opened(file, name, bounds)], bounds)


def content_of(file: IO[bytes], name: str, wanted: str) -> bytes:
    """One file of an archive of programs, by its path in `members`. Raises Refused, KeyError."""
    with _told(name):
        paths = members(file, name)
        file.seek(0)
        for (_member, source), listed in zip(_opened(file, name, PROGRAMS), paths, strict=True):
            if listed.path == wanted:
                found = source.read(PROGRAMS.each + 1)
                if len(found) > PROGRAMS.each:
                    raise Refused(wanted, f"is {_too_large(PROGRAMS.each)}")
                return found
    raise KeyError(wanted)


def unpack(file: IO[bytes], name: str, folder: Path) -> dict[str, str]:
    """Writes the files as `0`, `1` … into `folder`; the paths by these names. Raises Refused.

    Sizes are counted while reading, whatever the archive says of them.
    """
    written: list[Member] = []
    room = PROGRAMS.together
    with _told(name):
        for number, (member, source) in enumerate(_opened(file, name, PROGRAMS)):
            with (folder / str(number)).open("xb") as target:
                length = _copied(source, target, member.path, room)
            room -= length
            written.append(Member(member.path, length))
            if len(written) > PROGRAMS.files:
                break
    return {str(number): member.path for number, member in enumerate(together(written))}


@contextlib.contextmanager
def _told(name: str) -> Iterator[None]:
    """What the libraries say of an archive that is broken, in our words."""
    try:
        yield
    except (
        zipfile.BadZipFile,
        tarfile.TarError,
        gzip.BadGzipFile,
        zlib.error,
        EOFError,
        NotImplementedError,
        RecursionError,
        ValueError,
        OverflowError,
        struct.error,
    ) as error:
        if isinstance(error, Refused):
            raise
        raise Refused(name, f"is damaged, or no archive of that kind ({error})") from None


def _opened(file: IO[bytes], name: str, bounds: Bounds) -> Iterator[tuple[Member, IO[bytes]]]:
    zipped = name.lower().endswith(".zip")
    found = _zipped(file, name) if zipped else _tarred(file, name, bounds.read)
    for count, (path, size, source) in enumerate(found):
        if count >= MOST_MEMBERS:
            raise Refused(name, f"holds more than {MOST_MEMBERS} entries")
        if source is None or is_left_out(path):
            continue
        if size > bounds.each:
            raise Refused(path, f"is {_too_large(bounds.each)}")
        yield Member(checked_path(path, plain=bounds.plain_names), size), source


def _zipped(file: IO[bytes], name: str) -> Iterator[tuple[str, int, IO[bytes] | None]]:
    _check_directory(file, name)
    with zipfile.ZipFile(file) as archive:
        for info in archive.infolist():
            # Names without the sign for UTF-8 are in an encoding that the archive does not tell.
            if not info.flag_bits & 0x800 and not info.orig_filename.isascii():
                raise Refused(info.filename, "has a name in an encoding that is not UTF-8")
            if "\0" in info.orig_filename:
                raise Refused(info.orig_filename, "has a NUL in its name")
            if info.flag_bits & 0x1:
                raise Refused(info.filename, "is locked with a password")
            _no_special_file(info.filename, info.external_attr >> 16)
            if info.is_dir():
                yield info.filename, 0, None
                continue
            if info.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
                raise Refused(
                    info.filename, "is packed in a way that is not supported: use deflate"
                )
            with archive.open(info) as source:
                yield info.filename, info.file_size, source


def _check_directory(file: IO[bytes], name: str) -> None:
    """The library reads the whole list of an archive into memory before it gives any of it
    (APPNOTE.TXT 6.3.10, 4.3.15 and 4.3.16: the end of the central directory).
    """
    file.seek(0, os.SEEK_END)
    begin = max(file.tell() - (1 << 16) - 22, 0)
    file.seek(begin)
    tail = file.read()
    end = tail.rfind(b"PK\5\6")
    if end < 0 or len(tail) < end + 22:
        raise zipfile.BadZipFile("its list is missing")
    size = int.from_bytes(tail[end + 12 : end + 16], "little")
    if size > MOST_DIRECTORY or tail[max(end - 20, 0) : end].startswith(b"PK\6\7"):
        raise Refused(name, f"holds more than {MOST_MEMBERS} entries")
    file.seek(0)


class _Bounded:
    """What tar reads. However large a header says that it is, no more than this comes."""

    def __init__(self, file: IO[bytes], name: str, most: int) -> None:
        self.file = file
        self.name = name
        self.most = most
        self.room = most

    def read(self, size: int = -1) -> bytes:
        data = self.file.read(min(size, _CHUNK) if size >= 0 else _CHUNK)
        self.room -= len(data)
        if self.room < 0:
            raise Refused(self.name, f"is {_too_large(self.most)}")
        return data


def _tarred(file: IO[bytes], name: str, most: int) -> Iterator[tuple[str, int, IO[bytes] | None]]:
    packed = not name.lower().endswith(".tar")
    plain = cast("IO[bytes]", gzip.GzipFile(fileobj=file, mode="rb")) if packed else file
    # As a stream, so that nothing is read twice and sizes count as they come.
    stream = cast("IO[bytes]", _Bounded(plain, name, most))
    with tarfile.open(
        fileobj=stream, mode="r|", encoding="utf-8", errors="surrogateescape"
    ) as archive:
        for info in archive:
            if any(0xDC80 <= ord(letter) <= 0xDCFF for letter in info.name):
                raise Refused(info.name, "has a name in an encoding that is not UTF-8")
            if info.issym() or info.islnk():
                raise Refused(info.name, "is a link; hand in the file itself")
            if info.isdir():
                yield info.name, 0, None
                continue
            if not info.isreg() or info.sparse is not None:
                raise Refused(info.name, "is a device or something else that is no plain file")
            yield info.name, info.size, archive.extractfile(info)


def _no_special_file(name: str, mode: int) -> None:
    kind = stat.S_IFMT(mode)
    if kind == stat.S_IFLNK:
        raise Refused(name, "is a link; hand in the file itself")
    if kind not in (0, stat.S_IFREG, stat.S_IFDIR):
        raise Refused(name, "is a device or something else that is no plain file")


def _copied(source: IO[bytes], target: IO[bytes], path: str, room: int) -> int:
    length = 0
    while chunk := source.read(_CHUNK):
        length += len(chunk)
        if length > PROGRAMS.each:
            raise Refused(path, f"is {_too_large(PROGRAMS.each)}")
        if length > room:
            raise Refused(path, f"and the files before it are {_too_large(PROGRAMS.together)}")
        target.write(chunk)
    return length


def _too_large(limit: int) -> str:
    return f"larger than {limit // 1_000_000} MB unpacked"


def _main(archive: Path, name: str, folder: Path) -> None:
    """Inside the sandbox: the files and `paths.json` in `folder`, or `refused.txt` alone."""
    folder.mkdir()
    try:
        with archive.open("rb") as file:
            paths = unpack(file, name, folder)
    except Refused as refused:
        for written in folder.iterdir():
            written.unlink()
        (folder / "refused.txt").write_text(str(refused), encoding="utf-8")
        return
    (folder / "paths.json").write_text(json.dumps(paths), encoding="utf-8")


if __name__ == "__main__":
    _main(Path(sys.argv[1]), sys.argv[2], Path(sys.argv[3]))
