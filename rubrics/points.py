"""From levels to points: exact arithmetic, free of Django.

Points are Decimals in steps of 0.01. The mean over criteria is computed in exact fractions and
rounded once, half up, at the end, so that the order of criteria can never change a grade.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction

HUNDREDTH = Decimal("0.01")


@dataclass(frozen=True)
class CriterionPoints:
    """What one criterion brought: its weight (>= 0), the level's points and the highest level's."""

    weight: Decimal
    points: Decimal
    maximum: Decimal

    def __post_init__(self) -> None:
        if self.weight < 0:
            raise ValueError(f"a weight cannot be negative: {self.weight}")
        if self.maximum <= 0:
            raise ValueError(f"the highest level must have points above 0: {self.maximum}")
        if not 0 <= self.points <= self.maximum:
            raise ValueError(f"points must lie between 0 and {self.maximum}: {self.points}")


def item_points(marks: Iterable[CriterionPoints], item_points: Decimal) -> Decimal:
    """Return item_points × Σ w·p/m ÷ Σ w, rounded half up to 0.01.

    `marks` has one entry per criterion of the item's rubric. Raises ValueError when there is none
    or when all weights are 0, since then no share can be told.
    """
    marks = list(marks)
    weights = sum((Fraction(mark.weight) for mark in marks), Fraction(0))
    if not weights:
        raise ValueError("no criterion with a weight above 0")
    reached = sum(
        (Fraction(mark.weight) * Fraction(mark.points) / Fraction(mark.maximum) for mark in marks),
        Fraction(0),
    )
    return half_up(Fraction(item_points) * reached / weights)


def total(points: Iterable[Decimal]) -> Decimal:
    """Return the sum of the items' points; an empty sum is 0.00."""
    return half_up(sum((Fraction(each) for each in points), Fraction(0)))


def half_up(value: Fraction) -> Decimal:
    """Round a value >= 0 to 0.01; exactly half of 0.01 goes up."""
    cents = (value * 200 + 1) // 2
    return Decimal(cents) * HUNDREDTH
