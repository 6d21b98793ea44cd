"""What an item counts as right, in the words of the scorers."""

from __future__ import annotations

from decimal import Decimal

from grading.scoring.base import ChoiceKey, GapKey, GapsKey, NumericKey, OrderKey, PairsKey
from rubrics.models import Gap, Item


def choice_key(item: Item) -> ChoiceKey:
    choices = list(item.choices.all())
    return ChoiceKey(
        right=frozenset(str(choice.pk) for choice in choices if choice.correct),
        titles={str(choice.pk): choice.text for choice in choices},
        partial=item.partial_credit,
    )


def numeric_key(item: Item) -> NumericKey:
    """Raises ValueError for an item without a right number, which cannot be published."""
    if item.numeric_answer is None:
        raise ValueError(f"item {item.code} was published without a right number")
    return NumericKey(
        item.numeric_answer, item.numeric_tolerance, item.numeric_unit, item.numeric_figures
    )


def pairs_key(item: Item) -> PairsKey:
    """Partners are told apart by their text: two pairs may have the same."""
    return PairsKey({str(pair.pk): pair.partner for pair in item.pairs.all() if pair.text.strip()})


def order_key(item: Item) -> OrderKey:
    return OrderKey(tuple(str(step.pk) for step in item.choices.all()))


def gaps_key(item: Item) -> GapsKey:
    return GapsKey(tuple(gap_key(gap) for gap in item.gaps.all()))


def gap_key(gap: Gap) -> GapKey:
    tolerance = gap.tolerance
    numbers = (
        ()
        if tolerance is None
        else tuple(NumericKey(Decimal(each.strip()), tolerance, gap.unit) for each in gap.answers)
    )
    return GapKey(
        code=gap.code,
        answers=tuple(gap.answers),
        numbers=numbers,
        typed=not gap.wrong,
        match_case=gap.match_case,
        weight=gap.weight,
    )
