from __future__ import annotations

from decimal import Decimal
from itertools import permutations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from grading.scoring import base, parts
from grading.scoring.base import (
    CriterionSpec,
    GapKey,
    GapsKey,
    LevelSpec,
    NumericKey,
    OrderKey,
    PairsKey,
)
from rubrics.standard import PARTS_RIGHT

SHARES = CriterionSpec(
    "parts",
    "Parts",
    Decimal(1),
    tuple(LevelSpec(level.points, level.title) for level in PARTS_RIGHT.criteria[0].levels),
)
ALL_OR_NOTHING = CriterionSpec(
    "answer", "Answer", Decimal(1), (LevelSpec(Decimal(0), "no"), LevelSpec(Decimal(1), "yes"))
)
PAIRS = PairsKey({"a": "x", "b": "y", "c": "x"})
ORDER = OrderKey(("wake", "wash", "dress", "eat", "leave"))


def share(level: int | None) -> str:
    assert level is not None
    return SHARES.levels[level].title


@pytest.mark.parametrize(
    ("given", "reached"),
    [
        ({"a": "x", "b": "y", "c": "x"}, "All"),
        ({"a": "x", "b": "x", "c": "x"}, "2/3"),
        ({"a": "x"}, "1/3"),
        ({}, "None"),
        ({"a": "", "d": "x"}, "None"),
    ],
)
def test_each_right_pair_earns_its_share(given: dict[str, str], reached: str) -> None:
    assert share(parts.from_pairs(SHARES, given, PAIRS).level) == reached


def test_without_levels_in_between_it_is_all_or_nothing() -> None:
    assert parts.from_pairs(ALL_OR_NOTHING, {"a": "x", "b": "y"}, PAIRS).level == 0
    assert parts.from_pairs(ALL_OR_NOTHING, {"a": "x", "b": "y", "c": "x"}, PAIRS).level == 1


@pytest.mark.parametrize(
    ("given", "reached"),
    [
        ("wake wash dress eat leave", "All"),
        ("leave wake wash dress eat", "3/4"),  # one in a wrong place, the others still in a row
        ("wash wake dress eat leave", "1/2"),
        ("leave eat dress wash wake", "None"),
        ("wake wash dress eat", "None"),
        ("wake wash dress eat eat", "None"),
        ("", "None"),
    ],
)
def test_a_step_in_a_wrong_place_costs_what_touches_it(given: str, reached: str) -> None:
    assert share(parts.from_order(SHARES, given.split(), ORDER).level) == reached


def test_only_the_right_order_earns_everything() -> None:
    whole = [
        order
        for order in permutations(ORDER.steps)
        if parts.from_order(SHARES, order, ORDER).level == SHARES.top
    ]
    assert whole == [ORDER.steps]


TYPED = GapKey("g", ("don't repeat yourself", "DRY"))
CASED = GapKey("g", ("HEAD",), match_case=True)
LISTED = GapKey("g", ("stack",), typed=False)
NUMBER = GapKey("g", numbers=(NumericKey(Decimal(8), Decimal("0.5"), "bit"),))


@pytest.mark.parametrize(
    ("gap", "text", "verdict"),
    [
        (TYPED, "  Don’t  repeat\u00a0yourself ", "right"),
        (TYPED, "dry", "right"),
        (TYPED, "", "empty"),
        (TYPED, " \t", "empty"),
        (TYPED, "don't repeat yourselv", "doubtful"),
        (TYPED, "dri", "wrong"),  # in three letters each counts
        (TYPED, "keep it simple", "wrong"),
        (TYPED, "don't repeat yourself " * 9, "wrong"),
        (CASED, "HEAD", "right"),
        (CASED, "head", "doubtful"),
        (LISTED, "stack", "right"),
        (LISTED, "stacks", "wrong"),
        (NUMBER, "8 bit", "right"),
        (NUMBER, "1 byte", "right"),
        (NUMBER, "7.6 bits", "right"),
        (NUMBER, "9 bit", "wrong"),
        (NUMBER, "8", "wrong"),
        (NUMBER, "8 ms", "wrong"),
        (NUMBER, "eight", "doubtful"),
    ],
)
def test_what_stands_in_a_gap(gap: GapKey, text: str, verdict: str) -> None:
    assert parts.gap_verdict(gap, text) == verdict


def test_gaps_earn_by_their_weight() -> None:
    key = GapsKey((GapKey("one", ("a",), weight=Decimal(3)), GapKey("two", ("b",))))
    assert share(parts.from_gaps(SHARES, {"one": "a", "two": "x"}, key).level) == "3/4"
    assert share(parts.from_gaps(SHARES, {"one": "x", "two": "b"}, key).level) == "1/4"


def test_what_is_nearly_right_is_marked_wrong_and_shown_to_a_person() -> None:
    mark = parts.from_gaps(SHARES, {"g": "dont repeat yourself"}, GapsKey((TYPED,)))
    assert (mark.level, mark.flags) == (0, (base.DOUBTFUL_GAP,))


@given(st.dictionaries(st.sampled_from(["a", "b", "c"]), st.sampled_from(["x", "y", ""])))
def test_one_more_right_pair_never_lowers_the_mark(given: dict[str, str]) -> None:
    before = parts.from_pairs(SHARES, given, PAIRS).level or 0
    for text, partner in PAIRS.partners.items():
        after = parts.from_pairs(SHARES, {**given, text: partner}, PAIRS).level or 0
        assert after >= before


@given(st.text(max_size=300))
def test_no_text_in_a_gap_breaks_the_marking(text: str) -> None:
    for gap in (TYPED, CASED, LISTED, NUMBER):
        assert parts.gap_verdict(gap, text) in ("right", "wrong", "doubtful", "empty")


def test_rationales_do_not_give_the_answers_away() -> None:
    found = parts.from_gaps(SHARES, {"g": "x"}, GapsKey((TYPED,))).rationale
    assert "DRY" not in found
    assert found == "0 of 1 are right."
