"""Pictures: whether they can be opened, and a copy that is safe to show.

People photograph a page and hand in where and when they did it, and some put scripts behind the
pixels. So nobody else is shown the file itself but its pixels, drawn anew: once, when it comes.
"""

from __future__ import annotations

import io
from pathlib import PurePosixPath

from PIL import Image

FORMATS = {
    ".png": "PNG",
    ".jpg": "JPEG",
    ".jpeg": "JPEG",
    ".gif": "GIF",
    ".webp": "WEBP",
}
MOST_PIXELS = 25_000_000
LARGEST_SIDE = 2000  # pixels of the copy
# A JPEG is drawn in as many scans as it says, each over the whole picture.
_SCAN, _MOST_SCANS = b"\xff\xda", 64
_ORIENTATION = 0x0112
_UPRIGHT = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}


class NoPicture(ValueError):  # noqa: N818 - says what it is
    """The content is no picture of the kind that its name says; the message says what is wrong."""


def is_picture(name: str) -> bool:
    return PurePosixPath(name.lower()).suffix in FORMATS


def copy(content: bytes, name: str) -> bytes:
    """The pixels alone as PNG, upright, at most LARGEST_SIDE high and wide; of several pictures in
    one file the first. Raises NoPicture; the message ends a sentence about the file.
    """
    picture = _opened(content, name)
    try:
        turned = _UPRIGHT.get(_orientation(picture))
        picture.draft("RGB", (LARGEST_SIDE, LARGEST_SIDE))  # a JPEG can be read smaller at once
        picture.load()
        if picture.mode.startswith("I"):  # 16 bits of grey
            picture = picture.convert("I").point(lambda grey: grey * (1 / 256)).convert("L")
        picture.thumbnail((LARGEST_SIDE, LARGEST_SIDE))
        plain = picture.convert("RGBA" if picture.has_transparency_data else "RGB")
        plain = plain.transpose(turned) if turned is not None else plain
        plain.info = {}
        target = io.BytesIO()
        plain.save(target, "PNG", compress_level=3)
    except Exception as error:  # noqa: BLE001 - decoders raise whatever a broken file leads to
        raise NoPicture(f"is damaged: {error}") from None
    return target.getvalue()


def _opened(content: bytes, name: str) -> Image.Image:
    kind = FORMATS[PurePosixPath(name.lower()).suffix]
    if kind == "JPEG" and content.count(_SCAN) > _MOST_SCANS:
        raise NoPicture("is built in more steps than a picture needs; save it anew")
    try:
        picture = Image.open(io.BytesIO(content), formats=[kind])
    except Image.DecompressionBombError:
        raise NoPicture(_too_many()) from None
    except Exception:  # noqa: BLE001 - decoders raise whatever a broken file leads to
        raise NoPicture(f"is named like a {kind} picture but is none") from None
    if picture.width * picture.height > MOST_PIXELS:
        raise NoPicture(_too_many())
    return picture


def _too_many() -> str:
    return f"has more than {MOST_PIXELS // 1_000_000} million pixels"


def _orientation(picture: Image.Image) -> int:
    """How a camera lay; 1 is upright (EXIF 2.32, 4.6.4)."""
    try:
        return int(picture.getexif().get(_ORIENTATION, 1))
    except Exception:  # noqa: BLE001 - what cannot be read turns nothing
        return 1
