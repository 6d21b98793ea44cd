"""Marks of answers that are made of parts: matched pairs, ordered steps, filled gaps.

The share of the parts that are right, by their weight, becomes a level; a rubric without levels
in between makes it all or nothing. Rationales count and never name what would be right.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import replace
from decimal import Decimal
from difflib import SequenceMatcher
from fractions import Fraction
from itertools import pairwise

from grading.scoring import base, numeric
from grading.scoring.base import (
    CriterionSpec,
    GapKey,
    GapsKey,
    OrderKey,
    PairsKey,
    ProposedMark,
    Response,
)
from grading.scoring.deterministic import level_for_share
from grading.scoring.numeric import NumericVerdict

MATCHING, ORDERING, CLOZE = "matching", "ordering", "cloze"
VERSION = "1"
# From this likeness on a typed word may be a slip of the pen: "recieve" for "receive" has .86.
NEARLY = 0.8
SHORTEST_SLIP = 4  # characters; in shorter words every letter counts
_QUOTES = str.maketrans("‘’“”–—\u00a0\u202f", "''\"\"--  ")


def from_pairs(criterion: CriterionSpec, given: Mapping[str, str], key: PairsKey) -> ProposedMark:
    """The share of the texts that have their right partner."""
    right = sum(given.get(text) == partner for text, partner in key.partners.items())
    return _shared(
        criterion, Fraction(right, len(key.partners)), right, len(key.partners), MATCHING
    )


def from_order(criterion: CriterionSpec, given: Sequence[str], key: OrderKey) -> ProposedMark:
    """The share of the steps that are followed by the right next one: a step that stands in a
    wrong place costs what touches it, not everything behind it. A sequence that is not the steps,
    each once, earns nothing.
    """
    wanted = set(pairwise(key.steps))
    whole = sorted(given) == sorted(key.steps)
    right = sum(step in wanted for step in pairwise(given)) if whole else 0
    share = Fraction(right, len(wanted))
    level = level_for_share(criterion, share)
    told = (
        "All steps are in the right order."
        if share == 1
        else f"{right} of {len(wanted)} steps are followed by the right one."
    )
    return _mark(criterion, level, told, ORDERING)


def from_gaps(criterion: CriterionSpec, given: Mapping[str, str], key: GapsKey) -> ProposedMark:
    """The share of the gaps, by weight, that hold a right answer.

    What is typed in and nearly right, or cannot be read, counts as wrong and raises the flag
    `doubtful-gap`: a person looks whether it was a slip of the pen.
    """
    found = [(gap, gap_verdict(gap, given.get(gap.code, ""))) for gap in key.gaps]
    total = sum((_weight(gap) for gap in key.gaps), Fraction(0))
    right = [gap for gap, verdict in found if verdict == "right"]
    share = sum((_weight(gap) for gap in right), Fraction(0)) / total if total else Fraction(0)
    mark = _shared(criterion, share, len(right), len(found), CLOZE)
    if any(verdict == "doubtful" for _gap, verdict in found):
        return replace(mark, flags=(base.DOUBTFUL_GAP,))
    return mark


def gap_verdict(gap: GapKey, text: str) -> str:
    """`right`, `wrong`, `doubtful`, or `empty` for blank text.

    Typed words are compared without regard to spaces, kinds of quotation marks and, unless
    `match_case`, capitals; numbers as `numeric.compare` reads them.
    """
    if not text.strip():
        return "empty"
    if gap.numbers:
        verdicts = {numeric.compare(text, number).verdict for number in gap.numbers}
        if NumericVerdict.RIGHT in verdicts:
            return "right"
        return "wrong" if verdicts <= _READ else "doubtful"
    typed = _plain(text, gap.match_case)
    accepted = [_plain(answer, gap.match_case) for answer in gap.answers]
    if typed in accepted:
        return "right"
    if not gap.typed:
        return "wrong"
    return "doubtful" if any(_is_slip(typed, answer) for answer in accepted) else "wrong"


_READ = {NumericVerdict.WRONG, NumericVerdict.UNIT_WRONG, NumericVerdict.UNIT_MISSING}


def _plain(text: str, match_case: bool) -> str:
    text = " ".join(unicodedata.normalize("NFC", text).translate(_QUOTES).split())
    return text if match_case else text.casefold()


def _is_slip(typed: str, answer: str) -> bool:
    if typed.casefold() == answer.casefold():
        return True  # only the capitals differ, where they count
    if min(len(typed), len(answer)) < SHORTEST_SLIP or len(typed) > 2 * len(answer):
        return False
    return SequenceMatcher(None, typed, answer, autojunk=False).ratio() >= NEARLY


def _weight(gap: GapKey) -> Fraction:
    return Fraction(max(Decimal(gap.weight), Decimal(0)))


def _shared(
    criterion: CriterionSpec, share: Fraction, right: int, count: int, scorer: str
) -> ProposedMark:
    level = level_for_share(criterion, share)
    told = f"All {count} are right." if share == 1 else f"{right} of {count} are right."
    return _mark(criterion, level, told, scorer)


def _mark(criterion: CriterionSpec, level: int, told: str, scorer: str) -> ProposedMark:
    return ProposedMark(criterion.code, level, 1.0, told, (), scorer, VERSION)


class MatchingScorer:
    """Marks matched pairs against a PairsKey. Raises TypeError without one."""

    name = MATCHING
    version = VERSION

    def score(self, criterion: CriterionSpec, response: Response) -> ProposedMark:
        if not isinstance(response.key, PairsKey):
            raise TypeError("A matching response needs a PairsKey.")
        return from_pairs(criterion, response.parts, response.key)


class OrderingScorer:
    """Marks ordered steps against an OrderKey. Raises TypeError without one."""

    name = ORDERING
    version = VERSION

    def score(self, criterion: CriterionSpec, response: Response) -> ProposedMark:
        if not isinstance(response.key, OrderKey):
            raise TypeError("An ordering response needs an OrderKey.")
        return from_order(criterion, response.order, response.key)


class ClozeScorer:
    """Marks filled gaps against a GapsKey. Raises TypeError without one."""

    name = CLOZE
    version = VERSION

    def score(self, criterion: CriterionSpec, response: Response) -> ProposedMark:
        if not isinstance(response.key, GapsKey):
            raise TypeError("A cloze response needs a GapsKey.")
        return from_gaps(criterion, response.parts, response.key)


for _scorer in (MatchingScorer(), OrderingScorer(), ClozeScorer()):
    base.registry.add(_scorer)
