from __future__ import annotations

LONGEST = 18  # digits of the largest key that the database can hold


def is_key(text: str) -> bool:
    """Whether what somebody sent can be the number of a row."""
    return text.isascii() and text.isdecimal() and len(text) <= LONGEST
