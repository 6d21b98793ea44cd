"""Archives as attackers make them."""

from __future__ import annotations

import io
import stat
import tarfile
import zipfile

Entry = tuple[str, bytes]


def zipped(*entries: Entry, mode: int = 0, compression: int = zipfile.ZIP_DEFLATED) -> bytes:
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w", compression) as archive:
        for name, content in entries:
            info = zipfile.ZipInfo(name)
            info.compress_type = compression
            info.external_attr = (mode or stat.S_IFREG | 0o644) << 16
            archive.writestr(info, content)
    return target.getvalue()


def tarred(
    *entries: Entry, kind: bytes = tarfile.REGTYPE, link: str = "", mode: str = "w"
) -> bytes:
    target = io.BytesIO()
    with tarfile.open(fileobj=target, mode=mode) as archive:  # type: ignore[call-overload]
        for name, content in entries:
            info = tarfile.TarInfo(name)
            info.type = kind
            info.linkname = link
            info.size = len(content) if kind == tarfile.REGTYPE else 0
            archive.addfile(info, io.BytesIO(content))
    return target.getvalue()


def lying_zip(name: str, content: bytes, said: int) -> bytes:
    """A ZIP archive whose lists say another size than what comes out."""
    whole = zipped((name, content))
    size = len(content).to_bytes(4, "little")
    return whole.replace(size, said.to_bytes(4, "little"))


def named_zip(name: bytes, *, utf8: bool = False) -> bytes:
    """A ZIP archive with these bytes as its one name."""
    whole = zipped(("x" * len(name), b"1"))
    whole = whole.replace(b"x" * len(name), name)
    if not utf8:
        return whole
    place = whole.index(b"PK\x01\x02") + 8
    flags = (0x800).to_bytes(2, "little")
    return whole[:6] + flags + whole[8:place] + flags + whole[place + 2 :]


def pax_bomb() -> bytes:
    """A small archive whose first header the library would copy for each file."""
    keys = {f"k{n}": "v" for n in range(20_000)}
    target = io.BytesIO()
    with tarfile.open(
        fileobj=target, mode="w:gz", format=tarfile.PAX_FORMAT, pax_headers=keys
    ) as archive:
        for number in range(50):
            archive.addfile(tarfile.TarInfo(f"f{number}.py"))
    return target.getvalue()


def zip64_behind_a_comment() -> bytes:
    """The longest comment, so that what says where the list is stands far from the end."""
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w") as archive:
        for number in range(70_000):
            archive.writestr(zipfile.ZipInfo(f".{number}"), b"")
        archive.comment = b"c" * 0xFFFF
    return target.getvalue()
