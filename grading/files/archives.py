"""ZIP and tar archives: what is in them, and unpacking them with every danger refused by name.

The same rules twice: `members` reads what an archive says of itself, so that a learner hears at
once what cannot be taken; `main` unpacks inside the sandbox and believes nothing of that. Only the
standard library and `paths` are there.
"""

from __future__ import annotations

import contextlib
import gzip
import json
import os
import stat
import struct
import tarfile
import zipfile
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import IO, Any, cast

from grading.files.paths import (
    PROGRAMS,
    Bounds,
    Member,
    Refused,
    beside,
    check_together,
    checked_path,
    is_left_out,
    too_large,
)

ENDINGS = (".zip", ".tar", ".tar.gz", ".tgz")
MOST_MEMBERS = 5000  # with what is left out, such as folders
MOST_DIRECTORY = 1_000_000  # bytes of the list in a ZIP archive
LONGEST_HEADER = 4096  # bytes in which a tar archive tells more about a file, such as a long name
_CHUNK = 1 << 16

Entry = tuple[str, int, "IO[bytes] | None"]


def is_archive(name: str) -> bool:
    return name.lower().endswith(ENDINGS)


def members(
    file: IO[bytes], name: str, bounds: Bounds = PROGRAMS, *, main: str = ""
) -> list[Member]:
    """What an archive says that it holds, checked; `main` is a program's main file, beside which
    the others come to lie. Raises Refused naming the file.
    """
    with _told(name):
        found = [member for member, _read in _opened(file, name, bounds)]
        return _together(found, name, bounds, main)


def content_of(file: IO[bytes], name: str, place: int) -> bytes:
    """The file at that place of what `members` gives, of an archive of programs. Raises Refused."""
    file.seek(0)
    with _told(name):
        for number, (member, source) in enumerate(_opened(file, name, PROGRAMS)):
            if number == place:
                found = source.read(PROGRAMS.each + 1)
                if len(found) > PROGRAMS.each:
                    raise Refused(member.path, f"is {too_large(PROGRAMS.each)}")
                return found
    raise IndexError(place)


def unpack(file: IO[bytes], name: str, folder: Path, *, main: str = "") -> dict[str, str]:
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
        found = _together(written, name, PROGRAMS, main)
    return {str(number): member.path for number, member in enumerate(found)}


def _together(found: list[Member], name: str, bounds: Bounds, main: str) -> list[Member]:
    if not found:
        raise Refused(name, "holds no file")
    found = beside(found, main)
    check_together(found, bounds)
    return found


def main(archive: str, name: str, main_file: str, folder: str) -> None:
    """Inside the sandbox: the files and `paths.json` in `folder`, or `refused.txt` alone."""
    place = Path(folder)
    place.mkdir()
    try:
        with Path(archive).open("rb") as file:
            paths = unpack(file, name, place, main=main_file)
    except Refused as refused:
        for written in place.iterdir():
            written.unlink()
        (place / "refused.txt").write_text(str(refused), encoding="utf-8")
        return
    (place / "paths.json").write_text(json.dumps(paths), encoding="utf-8")


@contextlib.contextmanager
def _told(name: str) -> Iterator[None]:
    """What the libraries say of an archive that is broken, in our words: they raise whatever their
    reading of it leads to.
    """
    try:
        yield
    except (
        *(zipfile.BadZipFile, tarfile.TarError, gzip.BadGzipFile, zlib.error, struct.error),
        *(EOFError, NotImplementedError, RecursionError, OverflowError, AssertionError),
        *(ValueError, TypeError, KeyError, IndexError, AttributeError),
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
            raise Refused(path, f"is {too_large(bounds.each)}")
        yield Member(checked_path(path, plain=bounds.plain_names), size), source


def _zipped(file: IO[bytes], name: str) -> Iterator[Entry]:
    _check_directory(file, name)
    with zipfile.ZipFile(file) as archive:
        for info in archive.infolist():
            if not info.filename:
                raise Refused(name, "holds a file without a name")
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
    (APPNOTE.TXT 6.3.10, 4.3.15 and 4.3.16: the end of the central directory and what may stand
    before it). What it finds by looking at the end is found here in the same way.
    """
    file.seek(0, os.SEEK_END)
    length = file.tell()
    window = 22 + 0xFFFF + 20 + 56
    file.seek(max(length - window, 0))
    tail = file.read()
    file.seek(0)
    end = tail.rfind(b"PK\5\6")
    if end < 0 or len(tail) < end + 22:
        raise zipfile.BadZipFile("its list is missing")
    size = int.from_bytes(tail[end + 12 : end + 16], "little")
    if size > MOST_DIRECTORY or b"PK\6\7" in tail[max(end - 20, 0) : end]:
        raise Refused(name, f"holds more than {MOST_MEMBERS} entries")


def _no_special_file(name: str, mode: int) -> None:
    kind = stat.S_IFMT(mode)
    if kind == stat.S_IFLNK:
        raise Refused(name, "is a link; hand in the file itself")
    if kind not in (0, stat.S_IFREG, stat.S_IFDIR):
        raise Refused(name, "is a device or something else that is no plain file")


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
            raise Refused(self.name, f"is {too_large(self.most)}")
        return data


class _TarInfo(tarfile.TarInfo):
    """Headers that tell more about files are kept by the library, and copied for each file."""

    def _proc_member(self, tar: tarfile.TarFile) -> Any:
        further = (*"xgX", *"LK")
        if self.type.decode("latin-1") in further and self.size > LONGEST_HEADER:
            raise Refused(self.name, "has a header that is too long")
        return super()._proc_member(tar)  # type: ignore[misc]


def _tarred(file: IO[bytes], name: str, most: int) -> Iterator[Entry]:
    packed = not name.lower().endswith(".tar")
    plain = cast("IO[bytes]", gzip.GzipFile(fileobj=file, mode="rb")) if packed else file
    # As a stream, so that nothing is read twice and sizes count as they come.
    stream = cast("IO[bytes]", _Bounded(plain, name, most))
    with tarfile.open(
        fileobj=stream, mode="r|", encoding="utf-8", errors="surrogateescape", tarinfo=_TarInfo
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


def _copied(source: IO[bytes], target: IO[bytes], path: str, room: int) -> int:
    length = 0
    while chunk := source.read(_CHUNK):
        length += len(chunk)
        if length > PROGRAMS.each:
            raise Refused(path, f"is {too_large(PROGRAMS.each)}")
        if length > room:
            raise Refused(path, f"and the files before it are {too_large(PROGRAMS.together)}")
        target.write(chunk)
    return length
