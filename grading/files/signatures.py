"""Whether a file is of the kind that its name says, as far as its first bytes tell."""

from __future__ import annotations

from pathlib import PurePosixPath

_ZIPPED = (b"PK\x03\x04", b"PK\x05\x06")
_BEGINNINGS: dict[str, tuple[str, tuple[bytes, ...]]] = {
    ".pdf": ("PDF", (b"%PDF-",)),
    ".zip": ("ZIP", _ZIPPED),
    ".docx": ("Word", _ZIPPED),
    ".xlsx": ("Excel", _ZIPPED),
    ".pptx": ("PowerPoint", _ZIPPED),
    ".odt": ("OpenDocument", _ZIPPED),
    ".ods": ("OpenDocument", _ZIPPED),
    ".odp": ("OpenDocument", _ZIPPED),
    ".gz": ("gzip", (b"\x1f\x8b",)),
    ".tgz": ("gzip", (b"\x1f\x8b",)),
}
TEXTS = frozenset({".txt", ".md", ".csv", ".json", ".py", ".c", ".java", ".js", ".sh", ".sql"})


class Misnamed(ValueError):  # noqa: N818 - says what it is
    """The message ends a sentence about the file."""


def check(content: bytes, name: str) -> None:
    """Raises Misnamed. PDF may have up to 1024 bytes before its sign (ISO 32000-1, annex H.3)."""
    ending = PurePosixPath(name.lower()).suffix
    if not content:
        raise Misnamed("is empty")
    if ending in _BEGINNINGS:
        kind, signs = _BEGINNINGS[ending]
        begin = content[:1024] if ending == ".pdf" else content[:8]
        fits = any(sign in begin if ending == ".pdf" else begin.startswith(sign) for sign in signs)
        if not fits:
            raise Misnamed(f"is named like a {kind} file but is none")
    elif ending in TEXTS and b"\0" in content:
        raise Misnamed("is named like a text but is none")
