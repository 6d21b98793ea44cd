from __future__ import annotations

from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from grading.scoring import base, deterministic
from grading.scoring.base import (
    CheckOutcome,
    ChoiceKey,
    CriterionSpec,
    LevelSpec,
    NumericKey,
    ProposedMark,
)


def _criterion(*points: str) -> CriterionSpec:
    levels = tuple(LevelSpec(Decimal(p), f"level {p}") for p in points)
    return CriterionSpec("correctness", "Correctness", Decimal(1), levels)


FIVE = _criterion("0", "1", "2", "3", "4")
TWO = _criterion("0", "1")


def _checks(outcomes: str, criterion: str = "correctness") -> list[CheckOutcome]:
    words = {"p": "pass", "f": "fail", "e": "error"}
    return [
        CheckOutcome(f"c{i}", f"check {i}", words[o], criterion=criterion)
        for i, o in enumerate(outcomes)
    ]


@pytest.mark.parametrize(
    ("outcomes", "level"),
    [("ffff", 0), ("pfff", 1), ("ppff", 2), ("pppf", 3), ("pppp", 4), ("ppf", 2), ("pff", 1)],
)
def test_the_share_of_passed_checks_becomes_a_level(outcomes: str, level: int) -> None:
    mark = deterministic.from_checks(FIVE, _checks(outcomes))
    assert (mark.level, mark.confidence, mark.flags) == (level, 1.0, ())


def test_weights_count() -> None:
    checks = [
        CheckOutcome("a", "A", "pass", Decimal(3), "correctness"),
        CheckOutcome("b", "B", "fail", Decimal(1), "correctness"),
    ]
    assert deterministic.from_checks(FIVE, checks).level == 3


def test_thirds_add_up_to_a_whole_without_rounding() -> None:
    checks = [CheckOutcome(c, c, "pass", Decimal("0.1"), "correctness") for c in ("a", "b", "c")]
    assert deterministic.from_checks(FIVE, checks).level == 4


def test_failed_checks_are_named_and_long_lists_cut() -> None:
    told = deterministic.from_checks(FIVE, _checks("p" + "f" * 7)).rationale
    assert told.startswith("1 of 8 checks passed. Failed: check 1; check 2")
    assert told.endswith("and 2 more.")


@pytest.mark.parametrize("outcomes", ["e", "pppe", "fe"])
def test_a_crashed_check_proposes_nothing(outcomes: str) -> None:
    mark = deterministic.from_checks(FIVE, _checks(outcomes))
    assert (mark.level, mark.confidence, mark.flags) == (None, 0.0, ("check-error",))


def test_an_unknown_outcome_is_never_a_pass() -> None:
    mark = deterministic.from_checks(
        FIVE, [CheckOutcome("a", "A", "passed?", criterion="correctness")]
    )
    assert mark.level is None


def test_only_the_own_checks_count() -> None:
    checks = [*_checks("p"), *_checks("ef", "style")]
    assert deterministic.from_checks(FIVE, checks).level == 4


def test_checks_without_a_criterion_feed_the_first_one() -> None:
    checks = _checks("p", "")
    assert deterministic.from_checks(FIVE, checks).flags == ("no-checks",)
    assert deterministic.from_checks(FIVE, checks, first=True).level == 4


def test_a_failed_check_without_weight_is_a_remark() -> None:
    checks = [*_checks("p"), CheckOutcome("b", "B", "fail", Decimal(0), "correctness")]
    mark = deterministic.from_checks(FIVE, checks)
    assert mark.level == 4
    assert "B" in mark.rationale


POINTS = st.lists(st.decimals(-5, 100, places=2), min_size=1, max_size=7, unique=True).map(sorted)
SHARES = st.fractions(0, 1)


@given(POINTS, SHARES, SHARES)
def test_more_passed_checks_never_lower_the_level(
    points: list[Decimal], one: Fraction, other: Fraction
) -> None:
    criterion = _criterion(*map(str, points))
    low, high = sorted((one, other))
    assert deterministic.level_for_share(criterion, low) <= deterministic.level_for_share(
        criterion, high
    )
    assert deterministic.level_for_share(criterion, Fraction(1)) == criterion.top


@given(POINTS, SHARES)
def test_the_level_is_the_highest_that_the_share_reaches(
    points: list[Decimal], share: Fraction
) -> None:
    criterion = _criterion(*map(str, points))
    level = deterministic.level_for_share(criterion, share)
    if level > 0 and share < 1:
        assert Fraction(points[level]) <= share * Fraction(points[-1])
    if level < criterion.top and points[-1] > 0:
        assert Fraction(points[level + 1]) > share * Fraction(points[-1])


KEY = ChoiceKey(frozenset({"1", "3"}))


@pytest.mark.parametrize(("chosen", "level"), [("13", 1), ("1", 0), ("123", 0), ("2", 0), ("", 0)])
def test_all_and_only_the_right_choices_count(chosen: str, level: int) -> None:
    mark = deterministic.from_choices(TWO, frozenset(chosen), KEY)
    assert (mark.level, mark.confidence) == (level, 1.0)


@pytest.mark.parametrize(
    ("chosen", "level"),
    [
        ("", 0),
        ("1", 1),
        ("13", 2),
        ("1357", 4),
        ("135", 3),
        ("1352", 2),
        ("12", 0),
        ("12345678", 0),
    ],
)
def test_partial_credit_is_right_ones_less_wrong_ones(chosen: str, level: int) -> None:
    key = ChoiceKey(frozenset("1357"), partial=True)
    assert deterministic.from_choices(FIVE, frozenset(chosen), key).level == level


def test_a_choice_item_without_a_right_choice_goes_to_a_person() -> None:
    mark = deterministic.from_choices(TWO, frozenset(), ChoiceKey(frozenset()))
    assert mark.level is None


MS = NumericKey(Decimal("12.5"), Decimal("0.1"), "ms")


def _number(text: str) -> ProposedMark:
    return deterministic.from_number(TWO, text, MS)


@pytest.mark.parametrize(
    ("text", "level", "flags"),
    [
        ("12.5 ms", 1, ()),
        ("0.0125 s", 1, ()),
        ("12.6ms", 1, ()),
        ("12.61 ms", 0, ()),
        ("12.5", 0, ("unit-missing",)),
        ("12.5 kg", 0, ("unit-wrong",)),
        ("12.5 foo", None, ("unit-unknown",)),
        ("twelve", None, ("not-a-number",)),
        ("", 0, ("no-answer",)),
    ],
)
def test_a_number_is_marked(text: str, level: int | None, flags: tuple[str, ...]) -> None:
    mark = _number(text)
    assert (mark.level, mark.flags) == (level, flags)
    assert mark.confidence == (0.0 if level is None else 1.0)


@pytest.mark.parametrize(
    ("text", "level"),
    [("1200 m", 1), ("1.20 km", 1), ("1.2e3 m", 0), ("1200.0 m", 0), ("0.00120e6 m", 1)],
)
def test_significant_figures_may_be_asked_for(text: str, level: int) -> None:
    key = NumericKey(Decimal(1200), Decimal(0), "m", figures=3)
    mark = deterministic.from_number(TWO, text, key)
    assert (mark.level, mark.flags) == (level, () if level else ("figures-wrong",))
    assert level or "3 significant figures" in mark.rationale


@pytest.mark.parametrize("text", ["3 ms", "12.5", "x", "12.5 kg"])
def test_no_rationale_gives_the_right_number_away(text: str) -> None:
    assert "12.5" not in _number(text).rationale


def test_a_missing_unit_is_said() -> None:
    assert "unit is missing" in _number("12.5").rationale


def test_scorers_follow_the_protocol() -> None:
    for name in ("checks", "choice", "numeric"):
        assert isinstance(base.registry.get(name), base.Scorer)


@pytest.mark.parametrize("name", ["choice", "numeric"])
def test_a_scorer_without_its_key_says_so(name: str) -> None:
    with pytest.raises(TypeError, match="Key"):
        base.registry.get(name).score(TWO, base.Response(text="1"))
