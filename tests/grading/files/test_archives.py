from __future__ import annotations

import io
import stat
import tarfile
import zipfile
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from grading.files import archives
from grading.files.paths import PROGRAMS, Refused, checked_path
from tests.grading.files.making import (
    lying_zip,
    named_zip,
    pax_bomb,
    tarred,
    zip64_behind_a_comment,
    zipped,
)

ZIP, TAR, TGZ = "work.zip", "work.tar", "work.tar.gz"
GZIPPED = "w:gz"
MEGABYTE = bytes(1_000_000)


def paths(content: bytes, name: str = ZIP) -> list[str]:
    return [member.path for member in archives.members(io.BytesIO(content), name, main="main.py")]


@pytest.mark.parametrize(
    ("name", "content"),
    [
        (ZIP, zipped(("main.py", b"1"), ("pkg/part.py", b"22"))),
        (TAR, tarred(("main.py", b"1"), ("pkg/part.py", b"22"))),
        (TAR, tarred(("./main.py", b"1"), ("./pkg/part.py", b"22"))),
        (TGZ, tarred(("main.py", b"1"), ("pkg/part.py", b"22"), mode=GZIPPED)),
        ("W.TGZ", tarred(("main.py", b"1"), ("pkg/part.py", b"22"), mode=GZIPPED)),
        (ZIP, zipped(("mine/main.py", b"1"), ("mine/pkg/part.py", b"22"), ("mine/.git/x", b"3"))),
        (ZIP, zipped(("main.py", b"1"), ("__MACOSX/._main.py", b"x"), ("pkg/part.py", b"22"))),
        (ZIP, zipped(("main.py", b"1"), ("pkg/", b""), ("pkg/part.py", b"22"), ("a.pyc", b"3"))),
        (ZIP, zipped(("main.py", b"1"), ("pkg\\part.py", b"22"))),
    ],
)
def test_what_people_hand_in_is_read_and_unpacked(
    tmp_path: Path, name: str, content: bytes
) -> None:
    assert paths(content, name) == ["main.py", "pkg/part.py"]
    unpacked = archives.unpack(io.BytesIO(content), name, tmp_path, main="main.py")
    found = {path: (tmp_path / number).read_bytes() for number, path in unpacked.items()}
    assert found == {"main.py": b"1", "pkg/part.py": b"22"}


LINK = stat.S_IFLNK | 0o777
MANY = [(f"f{n}.py", b"") for n in range(PROGRAMS.files + 1)]
HOSTILE = [
    (ZIP, zipped(("../x.py", b"")), "“../x.py” leads out"),
    (ZIP, zipped(("a/../../x.py", b"")), "“a/../../x.py” leads out"),
    (ZIP, zipped(("..\\x.py", b"")), "leads out"),
    (ZIP, zipped(("/etc/passwd", b"")), "“/etc/passwd” has a path from the root"),
    (ZIP, zipped(("C:\\x.py", b"")), "has a path from the root"),
    (ZIP, zipped(("x.py", b"/etc/passwd"), mode=LINK), "“x.py” is a link"),
    (ZIP, zipped(("pipe", b""), mode=stat.S_IFIFO), "“pipe” is a device"),
    (ZIP, zipped(("sda", b""), mode=stat.S_IFBLK), "“sda” is a device"),
    (TAR, tarred(("x.py", b""), kind=tarfile.SYMTYPE, link="/etc/passwd"), "“x.py” is a link"),
    (TAR, tarred(("x.py", b""), kind=tarfile.LNKTYPE, link="y"), "“x.py” is a link"),
    (TAR, tarred(("null", b""), kind=tarfile.CHRTYPE), "“null” is a device"),
    (TAR, tarred(("sda", b""), kind=tarfile.BLKTYPE), "“sda” is a device"),
    (TAR, tarred(("pipe", b""), kind=tarfile.FIFOTYPE), "“pipe” is a device"),
    (TAR, tarred(("../x.py", b"")), "“../x.py” leads out"),
    (ZIP, zipped(("a.py", b"1"), ("A.py", b"2")), "“A.py” and “a.py” would be one file"),
    (ZIP, zipped(("ß.py", b"1"), ("SS.py", b"2")), "would be one file"),
    (ZIP, zipped(("\u00e9.py", b"1"), ("e\u0301.py", b"2")), "would be one file"),
    (ZIP, zipped(("a", b"1"), ("A/b.py", b"2")), "“A/b.py” lies in “a”, which is a file"),
    (ZIP, zipped(*MANY), "“f200.py” is one more than the 200 files"),
    (TGZ, tarred(*MANY, mode=GZIPPED), "“f200.py” is one more than the 200 files"),
    (ZIP, zipped(("big.py", MEGABYTE * 3)), "“big.py” is larger than 2 MB unpacked"),
    (TGZ, tarred(("big.py", MEGABYTE * 3), mode=GZIPPED), "“big.py” is larger than 2 MB unpacked"),
    (
        ZIP,
        zipped(*((f"{n}.py", MEGABYTE * 2) for n in range(3))),
        "“2.py” and the files before it are larger than 5 MB",
    ),
    (
        TGZ,
        tarred(*((f".git/{n}", MEGABYTE) for n in range(30)), mode=GZIPPED),
        "“work.tar.gz” is larger than 25 MB unpacked",
    ),
    (
        ZIP,
        zipped(*((f".{n}", b"") for n in range(5001))),
        "“work.zip” holds more than 5000 entries",
    ),
    (ZIP, zipped(*((f".{'x' * 90}{n}", b"") for n in range(9000))), "holds more than 5000 entries"),
    (ZIP, named_zip(b"\xe9t\xe9.py"), "in an encoding that is not UTF-8"),
    (ZIP, named_zip(b"\xff\xfe.py", utf8=True), "damaged"),
    (ZIP, named_zip(b"a\x00b.py"), "has a NUL in its name"),
    (ZIP, zipped(("a\nb.py", b"")), "has signs in its name that nobody sees"),
    (ZIP, zipped(("a\u202eyp.exe", b"")), "has signs in its name that nobody sees"),
    (ZIP, zipped(("-rf.py", b"")), "has signs in its name"),
    (ZIP, zipped(("a b.py", b"")), "has signs in its name"),
    (ZIP, zipped(("a/" * 9 + "b.py", b"")), "lies in more than 8 folders"),
    (ZIP, zipped(("x" * 101, b"")), "has a name of more than 100 characters"),
    (ZIP, zipped(("x" * 201, b"")), "has a path of more than 200 characters"),
    (ZIP, zipped((".hidden", b"")), "“work.zip” holds no file"),
    (ZIP, zipped(("evil-1.0.dist-info/METADATA", b"")), "is kept for tests"),
    (TGZ, pax_bomb(), "has a header that is too long"),
    (ZIP, zip64_behind_a_comment(), "holds more than 5000 entries"),
    (ZIP, zipped(("tests/conftest.py", b"")), "has a name that is kept for tests"),
    (ZIP, zipped(("x.py", b"1"), compression=zipfile.ZIP_LZMA), "packed in a way"),
    (ZIP, b"no archive", "“work.zip” is damaged"),
    (ZIP, b"", "“work.zip” is damaged"),
    (TGZ, b"no archive", "“work.tar.gz” is damaged"),
    (TGZ, tarred(("x.py", b"1" * 9999), mode=GZIPPED)[:60], "“work.tar.gz” is damaged"),
    (ZIP, zipped(("x.py", b"1" * 9999))[:-30], "“work.zip” is damaged"),
]


@pytest.mark.parametrize(("name", "content", "why"), HOSTILE, ids=[h[2][:40] for h in HOSTILE])
def test_what_is_hostile_is_refused_by_name_before_and_while_unpacking(
    tmp_path: Path, name: str, content: bytes, why: str
) -> None:
    with pytest.raises(Refused, match=why.replace(".", r"\.").replace("(", r"\(")):
        paths(content, name)
    with pytest.raises(Refused):
        archives.unpack(io.BytesIO(content), name, tmp_path, main="main.py")


def test_a_header_that_lies_about_the_size_is_found_while_unpacking(tmp_path: Path) -> None:
    bomb = lying_zip("bomb.py", MEGABYTE * 4, 12)
    assert paths(bomb) == ["bomb.py"]
    with pytest.raises(Refused):
        archives.unpack(io.BytesIO(bomb), ZIP, tmp_path)
    assert sum(each.stat().st_size for each in tmp_path.iterdir()) <= PROGRAMS.each


def test_a_long_tar_header_is_not_read_into_memory() -> None:
    info = tarfile.TarInfo("x")
    info.type = tarfile.XHDTYPE
    info.size = 8 * 2**30
    with pytest.raises(Refused):
        paths(info.tobuf() + bytes(10_000), TAR)


def test_a_folder_without_the_main_file_stays_a_folder() -> None:
    assert paths(zipped(("shapes/square.py", b"1"))) == ["shapes/square.py"]
    assert paths(zipped(("all/main.py", b"1"), ("all/a/b.py", b"2"))) == ["main.py", "a/b.py"]


def test_one_file_can_be_read_by_its_place() -> None:
    for name, content in ((ZIP, zipped(("x/a", b"1"), ("x/b", b"22"))),):
        assert archives.content_of(io.BytesIO(content), name, 1) == b"22"


def test_a_long_name_takes_no_time() -> None:
    with pytest.raises(Refused, match="path of more than 200"):
        checked_path("a" + "\u0301\u0323" * 40_000)


def test_two_copies_in_one_place_are_refused(tmp_path: Path) -> None:
    twice = tarred(("a.py", b"1"), ("a.py", b"2"))
    with pytest.raises(Refused, match="would be one file"):
        archives.unpack(io.BytesIO(twice), TAR, tmp_path)


@given(st.binary(max_size=600), st.sampled_from([ZIP, TAR, TGZ]))
def test_any_bytes_are_read_or_refused(content: bytes, name: str) -> None:
    try:
        paths(content, name)
    except Refused as refused:
        assert "“" in str(refused)


WHOLE = {
    ZIP: zipped(("main.py", b"1" * 40), ("pkg/part.py", b"2")),
    TAR: tarred(("main.py", b"1" * 40)),
    TGZ: tarred(("main.py", b"1" * 40), mode=GZIPPED),
}


@given(st.sampled_from(sorted(WHOLE)), st.integers(0, 10_000), st.integers(0, 255))
def test_an_archive_with_a_wrong_byte_is_read_or_refused(name: str, at: int, byte: int) -> None:
    content = bytearray(WHOLE[name])
    content[at % len(content)] = byte
    try:
        assert all(checked_path(path) == path for path in paths(bytes(content), name))
    except Refused:
        return


@given(st.text(max_size=60))
def test_a_path_that_is_taken_stays_in_its_folder(name: str) -> None:
    try:
        path = checked_path(name)
    except Refused:
        return
    assert not path.startswith(("/", "-", "."))
    assert ".." not in path.split("/")
    assert checked_path(path) == path
