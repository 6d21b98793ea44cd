"""Pictures: whether they can be opened, and a copy that is safe to show.

People photograph a page and hand in where and when they did it, and some put scripts behind the
pixels. So nobody is shown the file itself but its pixels, drawn anew.
"""

from __future__ import annotations

import io
import warnings
from pathlib import PurePosixPath

from PIL import Image, ImageOps, UnidentifiedImageError

FORMATS = {
    ".png": "PNG",
    ".jpg": "JPEG",
    ".jpeg": "JPEG",
    ".gif": "GIF",
    ".webp": "WEBP",
}
MOST_PIXELS = 40_000_000  # what a photograph of a good telephone has
LARGEST_SIDE = 2400  # pixels of the copy


class NoPicture(ValueError):  # noqa: N818 - says what it is
    """The content is no picture of the kind that its name says; the message says what is wrong."""


def is_picture(name: str) -> bool:
    return PurePosixPath(name.lower()).suffix in FORMATS


def check(content: bytes, name: str) -> None:
    """Decodes the whole picture. Raises NoPicture; the message ends a sentence about the file."""
    with _opened(content, name) as picture:
        _loaded(picture)


def copy(content: bytes, name: str) -> bytes:
    """The pixels alone as PNG, upright, at most LARGEST_SIDE high and wide; of several pictures in
    one file the first. Raises NoPicture.
    """
    with _opened(content, name) as picture:
        _loaded(picture)
        upright = ImageOps.exif_transpose(picture)
        upright.thumbnail((LARGEST_SIDE, LARGEST_SIDE))
        plain = upright.convert("RGBA" if upright.has_transparency_data else "RGB")
        fresh = Image.new(plain.mode, plain.size)
        fresh.paste(plain)
        target = io.BytesIO()
        fresh.save(target, "PNG")
    return target.getvalue()


def _opened(content: bytes, name: str) -> Image.Image:
    kind = FORMATS[PurePosixPath(name.lower()).suffix]
    try:
        with warnings.catch_warnings():
            warnings.simplefilter(
                "ignore", Image.DecompressionBombWarning
            )  # our own limit is below
            picture = Image.open(io.BytesIO(content), formats=[kind])
    except (UnidentifiedImageError, OSError, ValueError, SyntaxError, Image.DecompressionBombError):
        raise NoPicture(f"is named like a {kind} picture but is none") from None
    if picture.width * picture.height > MOST_PIXELS:
        raise NoPicture(f"has more than {MOST_PIXELS // 1_000_000} million pixels")
    return picture


def _loaded(picture: Image.Image) -> None:
    try:
        picture.load()
    except (OSError, ValueError, SyntaxError, EOFError, MemoryError, IndexError) as error:
        raise NoPicture(f"is damaged: {error}") from None
