from __future__ import annotations

from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rubrics.points import CriterionPoints, item_points, total

cents = st.decimals(min_value=0, max_value="9999.99", places=2)
positive = st.decimals(min_value="0.01", max_value="9999.99", places=2)


@st.composite
def criterion_points(draw: st.DrawFn) -> CriterionPoints:
    maximum = draw(positive)
    points = draw(st.decimals(min_value=0, max_value=maximum, places=2))
    return CriterionPoints(draw(positive), points, maximum)


marks = st.lists(criterion_points(), min_size=1, max_size=6)


@pytest.mark.parametrize(
    ("given_marks", "of", "expected"),
    [
        ([("1", "0", "4")], "10", "0.00"),
        ([("1", "4", "4")], "10", "10.00"),
        ([("1", "1", "3")], "10", "3.33"),
        ([("1", "2", "3")], "10", "6.67"),
        ([("2", "3", "3"), ("1", "0", "3")], "9", "6.00"),
        ([("1", "1", "2"), ("1", "1", "4")], "10", "3.75"),
        ([("0", "0", "2"), ("1", "2", "2")], "10", "10.00"),
        ([("1", "1", "8")], "0.04", "0.01"),  # exactly half of 0.01 goes up
        ([("1", "1", "8")], "0.03", "0.00"),
        ([("0.1", "1", "3"), ("0.2", "1", "3")], "0.3", "0.10"),
        ([("1", "1", "1")] * 3, "0", "0.00"),
    ],
)
def test_points_are_the_weighted_mean_rounded_half_up(
    given_marks: list[tuple[str, str, str]], of: str, expected: str
) -> None:
    read = [CriterionPoints(*map(Decimal, mark)) for mark in given_marks]
    assert str(item_points(read, Decimal(of))) == expected


@given(marks, cents)
def test_points_lie_between_nothing_and_everything(
    given_marks: list[CriterionPoints], of: Decimal
) -> None:
    assert 0 <= item_points(given_marks, of) <= of


@given(marks, cents)
def test_the_order_of_criteria_changes_nothing(
    given_marks: list[CriterionPoints], of: Decimal
) -> None:
    assert item_points(given_marks, of) == item_points(reversed(given_marks), of)


@given(marks, cents)
def test_points_are_within_half_a_cent_of_the_exact_value(
    given_marks: list[CriterionPoints], of: Decimal
) -> None:
    weights = sum(Fraction(each.weight) for each in given_marks)
    share = sum(
        Fraction(each.weight) * Fraction(each.points) / Fraction(each.maximum)
        for each in given_marks
    )
    exact = Fraction(of) * share / weights
    off = Fraction(item_points(given_marks, of)) - exact
    assert Fraction(-1, 200) < off <= Fraction(1, 200)


@given(marks, cents, st.integers(min_value=0), positive)
def test_a_better_level_never_brings_less(
    given_marks: list[CriterionPoints], of: Decimal, which: int, more: Decimal
) -> None:
    index = which % len(given_marks)
    old = given_marks[index]
    better = CriterionPoints(old.weight, min(old.maximum, old.points + more), old.maximum)
    improved = [*given_marks[:index], better, *given_marks[index + 1 :]]
    assert item_points(improved, of) >= item_points(given_marks, of)


@pytest.mark.parametrize("weights", [[], ["0"], ["0", "0"]])
def test_no_weight_means_no_share_can_be_told(weights: list[str]) -> None:
    given_marks = [CriterionPoints(Decimal(each), Decimal(1), Decimal(1)) for each in weights]
    with pytest.raises(ValueError, match="weight above 0"):
        item_points(given_marks, Decimal(10))


@pytest.mark.parametrize(
    ("weight", "points", "maximum"),
    [("-1", "0", "1"), ("1", "0", "0"), ("1", "2", "1"), ("1", "-0.01", "1")],
)
def test_impossible_points_are_refused(weight: str, points: str, maximum: str) -> None:
    with pytest.raises(ValueError, match=r"must|cannot"):
        CriterionPoints(Decimal(weight), Decimal(points), Decimal(maximum))


@pytest.mark.parametrize(
    ("parts", "expected"),
    [([], "0.00"), (["1"], "1.00"), (["0.01"] * 3, "0.03"), (["3.33", "6.67"], "10.00")],
)
def test_the_total_is_the_exact_sum(parts: list[str], expected: str) -> None:
    assert str(total(map(Decimal, parts))) == expected
