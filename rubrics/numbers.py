"""How numbers are written for people and in files."""

from __future__ import annotations

from decimal import Decimal


def plain(number: Decimal | float | int) -> str:
    """Write a number without exponent and without zeros that say nothing: 10, 2.5, 0.001.

    A float is written with the fewest digits that read back as the same float.
    """
    exact = number if isinstance(number, Decimal) else Decimal(repr(number))
    if not exact:
        return "0"
    text = format(exact, "f")
    return text.rstrip("0").rstrip(".") if "." in text else text
