from __future__ import annotations

import io
import struct
import zlib

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from grading.files import pictures, signatures
from grading.files.pictures import NoPicture
from grading.files.signatures import Misnamed


def drawn(kind: str = "PNG", size: tuple[int, int] = (40, 20), **options: object) -> bytes:
    target = io.BytesIO()
    Image.new("RGB", size, (200, 30, 30)).save(target, kind, **options)
    return target.getvalue()


def bomb(side: int) -> bytes:
    """A PNG that says it has side² pixels, in few bytes."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        body = kind + data
        return struct.pack(">I", len(data)) + body + struct.pack(">I", zlib.crc32(body))

    header = struct.pack(">IIBBBBB", side, side, 1, 0, 0, 0, 0)
    rows = zlib.compress(bytes((side // 8 + 1) * 64))
    return (
        b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", rows) + chunk(b"IEND", b"")
    )


@pytest.mark.parametrize(
    ("name", "kind"), [("a.png", "PNG"), ("A.JPG", "JPEG"), ("a.gif", "GIF"), ("a.webp", "WEBP")]
)
def test_pictures_are_opened_and_shown_as_pixels_alone(name: str, kind: str) -> None:
    content = drawn(kind)
    with Image.open(io.BytesIO(pictures.copy(content, name))) as shown:
        assert (shown.format, shown.size) == ("PNG", (40, 20))


def test_where_and_by_whom_a_photograph_was_taken_is_not_in_the_copy() -> None:
    facts = Image.Exif()
    facts[0x013B] = "Ada Lovelace"  # Artist
    facts[0x0112] = 6  # lies on its side
    content = drawn("JPEG", exif=facts, comment=b"Ada Lovelace")
    assert b"Ada Lovelace" in content
    copy = pictures.copy(content, "a.jpg")
    assert b"Ada" not in copy
    with Image.open(io.BytesIO(copy)) as shown:
        assert not shown.getexif()
        assert shown.size == (20, 40)  # upright


def test_what_stands_behind_the_pixels_is_not_in_the_copy() -> None:
    content = drawn() + b"<script>alert(1)</script>"
    assert b"script" not in pictures.copy(content, "a.png")


def test_a_large_picture_is_shown_smaller() -> None:
    with Image.open(io.BytesIO(pictures.copy(drawn(size=(5000, 1000)), "a.png"))) as shown:
        assert shown.size == (2000, 400)


@pytest.mark.parametrize(
    ("content", "name", "why"),
    [
        (b"<svg onload=alert(1)>", "a.png", "named like a PNG picture but is none"),
        (drawn("JPEG"), "a.png", "named like a PNG picture but is none"),
        (b"", "a.gif", "named like a GIF picture but is none"),
        (drawn("JPEG", size=(400, 400))[:-600], "a.jpg", "is damaged"),
        (bomb(7000), "a.png", "more than 25 million pixels"),
        (bomb(60_000), "a.png", "none|more than 25 million"),
    ],
)
def test_what_is_no_picture_is_refused_with_the_reason(content: bytes, name: str, why: str) -> None:
    with pytest.raises(NoPicture, match=why):
        pictures.copy(content, name)


@given(st.integers(0, 10_000), st.integers(0, 255), st.sampled_from(sorted(pictures.FORMATS)))
def test_a_picture_with_a_wrong_byte_is_shown_or_refused(at: int, byte: int, ending: str) -> None:
    content = bytearray(drawn(pictures.FORMATS[ending]))
    content[at % len(content)] = byte
    try:
        pictures.copy(bytes(content), f"a{ending}")
    except NoPicture as refused:
        assert str(refused)


@pytest.mark.parametrize(
    ("content", "name"),
    [
        (b"MZ\x90", "a.pdf"),
        (b"%PDF-1.7", "a.docx"),
        (b"plain", "a.zip"),
        (b"a\0b", "a.txt"),
        (b"", "a.bin"),
    ],
)
def test_a_file_that_is_not_what_its_name_says_is_refused(content: bytes, name: str) -> None:
    with pytest.raises(Misnamed):
        signatures.check(content, name)


@pytest.mark.parametrize(
    ("content", "name"),
    [(b"\n\n%PDF-1.4", "a.PDF"), (b"PK\x03\x04", "a.docx"), (b"a,b", "a.csv"), (b"\0", "a.bin")],
)
def test_a_file_that_is_what_its_name_says_is_taken(content: bytes, name: str) -> None:
    signatures.check(content, name)


def test_a_picture_drawn_in_ever_more_scans_is_refused() -> None:
    content = drawn("JPEG", progressive=True)
    begin = content.rindex(b"\xff\xda")
    scan = content[begin:-2]
    with pytest.raises(NoPicture, match="more steps than a picture needs"):
        pictures.copy(content[:begin] + scan * 100 + content[-2:], "a.jpg")


def test_sixteen_bits_of_grey_keep_their_shades() -> None:
    picture = Image.new("I;16", (2, 1))
    picture.putpixel((0, 0), 20_000)
    picture.putpixel((1, 0), 40_000)
    target = io.BytesIO()
    picture.save(target, "PNG")
    with Image.open(io.BytesIO(pictures.copy(target.getvalue(), "a.png"))) as shown:
        dark, light = shown.getpixel((0, 0)), shown.getpixel((1, 0))
    assert dark == (78, 78, 78)
    assert light == (156, 156, 156)


@pytest.mark.parametrize("orientation", [0, 9, 65_000])
def test_an_odd_orientation_turns_nothing(orientation: int) -> None:
    facts = Image.Exif()
    facts[0x0112] = orientation
    with Image.open(io.BytesIO(pictures.copy(drawn("JPEG", exif=facts), "a.jpg"))) as shown:
        assert shown.size == (40, 20)
