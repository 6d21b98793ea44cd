"""Marks that follow from facts: check outcomes, ticked choices, a typed number.

Confidence is 1 whenever there is a proposal: the rule leaves no doubt, whatever one thinks of the
rule. Rationales never give the right answer away, because learners with attempts left read them.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from decimal import Decimal
from fractions import Fraction

from grading.scoring import base, numeric
from grading.scoring.base import (
    CheckOutcome,
    ChoiceKey,
    CriterionSpec,
    NumericKey,
    Outcome,
    ProposedMark,
    Response,
)
from grading.scoring.numeric import Comparison, NumericVerdict

CHECKS, CHOICE, NUMERIC = "checks", "choice", "numeric"
VERSION = "1"
UNIT_UNEXPECTED = NumericVerdict.UNIT_UNEXPECTED.value
MOST_NAMED = 5
_NOT_ALL = "Not all and only the right choices are ticked."


def level_for_share(criterion: CriterionSpec, share: Fraction) -> int:
    """Index of the highest level whose points ÷ the top level's points do not exceed `share`.

    `share` lies in 0..1 (ValueError otherwise) and 1 is always the top level. The lowest level is
    the floor. Exact arithmetic: three thirds are a whole.
    """
    if not 0 <= share <= 1:
        raise ValueError(f"A share lies in 0..1, not {share}.")
    if share == 1:
        return criterion.top
    most = Fraction(criterion.levels[-1].points)
    # Points below zero (penalty rubrics) leave nothing to take a share of.
    reached = [
        index
        for index, level in enumerate(criterion.levels)
        if most > 0 and Fraction(level.points) <= share * most
    ]
    return max(reached, default=0)


def from_checks(
    criterion: CriterionSpec, outcomes: Iterable[CheckOutcome], first: bool = False
) -> ProposedMark:
    """The mark that a criterion's checks give: the weighted share that passed, as a level.

    Only checks of this criterion count; with `first` (the rubric's first criterion) also those
    that name no criterion. A check that ended in an error proposes nothing (flag `check-error`),
    no check at all `no-checks`. Weights below zero count as zero.
    """
    own = [c for c in outcomes if c.criterion == criterion.code or (first and not c.criterion)]
    crashed = [c for c in own if c.outcome not in (Outcome.PASS, Outcome.FAIL)]
    if crashed:
        return _nothing(
            criterion,
            f"{_named(crashed)} could not judge this answer, so a person has to.",
            CHECKS,
            base.CHECK_ERROR,
        )
    total = sum((_weight(c) for c in own), Fraction(0))
    if total == 0:
        return _nothing(criterion, "No check belongs to this criterion.", CHECKS, base.NO_CHECKS)
    failed = [c for c in own if c.outcome == Outcome.FAIL]
    flags = tuple(dict.fromkeys(flag for c in own for flag in c.flags))
    share = sum((_weight(c) * c.earned for c in own), Fraction(0)) / total
    if failed and not any(_weight(check) for check in failed):  # a remark, no deduction
        told = f"Failed without weight: {_named(failed)}."
        return _mark(criterion, criterion.top, told, CHECKS, *flags)
    level = level_for_share(criterion, share)
    return _mark(criterion, level, _told(own, failed), CHECKS, *flags)


def _weight(check: CheckOutcome) -> Fraction:
    return Fraction(max(Decimal(check.weight), Decimal(0)))


def _told(own: Sequence[CheckOutcome], failed: Sequence[CheckOutcome]) -> str:
    if not failed:
        return "The check passed." if len(own) == 1 else f"All {len(own)} checks passed."
    passed = len(own) - len(failed)
    return f"{passed} of {len(own)} checks passed. Failed: {_named(failed)}."


def _named(checks: Sequence[CheckOutcome]) -> str:
    named = "; ".join(check.title or check.code for check in checks[:MOST_NAMED])
    more = len(checks) - MOST_NAMED
    return named + (f" and {more} more" if more > 0 else "")


def from_choices(criterion: CriterionSpec, chosen: frozenset[str], key: ChoiceKey) -> ProposedMark:
    """Top level for all and only the right choices. Else the lowest, or with partial credit what
    the right ones ticked less the wrong ones ticked are of all right ones, as a level: to tick
    everything must not pay.
    """
    if not key.right:
        return _nothing(criterion, "The item names no right choice.", CHOICE, base.CHECK_ERROR)
    if chosen == key.right:
        return _mark(criterion, criterion.top, "All and only the right choices are ticked.", CHOICE)
    if not chosen:
        return _mark(criterion, 0, "Nothing is ticked.", CHOICE, base.NO_ANSWER)
    if key.partial:
        return _partly(criterion, chosen, key)
    if len(key.right) == 1 and len(chosen) == 1:
        return _mark(criterion, 0, "The ticked choice is not the right one.", CHOICE)
    return _mark(criterion, 0, _NOT_ALL, CHOICE)


def _partly(criterion: CriterionSpec, chosen: frozenset[str], key: ChoiceKey) -> ProposedMark:
    earned = max(len(chosen & key.right) - len(chosen - key.right), 0)
    level = level_for_share(criterion, Fraction(earned, len(key.right)))
    told = "A part of the right choices is ticked." if level else _NOT_ALL
    return _mark(criterion, level, told, CHOICE)


def from_number(criterion: CriterionSpec, text: str, key: NumericKey) -> ProposedMark:
    """Top level for a number within the tolerance, else the lowest; see `numeric.compare`.

    What cannot be read (no number, an unknown or unexpected unit) proposes nothing: a person can
    often tell what was meant.
    """
    found = numeric.compare(text, key)
    flag = "" if found.verdict in _PLAIN else _FLAGS.get(found.verdict, found.verdict.value)
    flags = (flag,) if flag else ()
    told = _number_told(found, key)
    if found.verdict in _UNREADABLE:
        return _nothing(criterion, told, NUMERIC, *flags)
    level = criterion.top if found.verdict is NumericVerdict.RIGHT else 0
    return _mark(criterion, level, told, NUMERIC, *flags)


_PLAIN = (NumericVerdict.RIGHT, NumericVerdict.WRONG)
_FLAGS = {NumericVerdict.EMPTY: base.NO_ANSWER}
_UNREADABLE = (
    NumericVerdict.NOT_A_NUMBER,
    NumericVerdict.UNIT_UNKNOWN,
    NumericVerdict.UNIT_UNEXPECTED,
)


def _number_told(found: Comparison, key: NumericKey) -> str:
    read = f"{_short(found.value)} {found.unit}".strip() if found.value is not None else ""
    return {
        NumericVerdict.RIGHT: f"Read as {read}, which is right.",
        NumericVerdict.WRONG: f"Read as {read}, which is not the right value.",
        NumericVerdict.FIGURES_WRONG: f"Read as {read}. The question asks for it with "
        f"{key.figures} significant figures.",
        NumericVerdict.EMPTY: "Nothing was answered.",
        NumericVerdict.NOT_A_NUMBER: "This cannot be read as one number. "
        "Write a number such as 1234.5 or 1.2e-3, then its unit.",
        NumericVerdict.UNIT_MISSING: "The unit is missing: the question asks for a value in "
        f"{key.unit}.",
        NumericVerdict.UNIT_UNKNOWN: f"The unit “{found.unit}” is not known.",
        NumericVerdict.UNIT_WRONG: f"The unit “{found.unit}” measures something else than "
        f"{key.unit}.",
        NumericVerdict.UNIT_UNEXPECTED: "The question asks for a plain number, "
        f"without the unit “{found.unit}”.",
    }[found.verdict]


def _short(value: Decimal) -> str:
    return f"{value:.12g}"


def _mark(
    criterion: CriterionSpec, level: int, told: str, scorer: str, *flags: str
) -> ProposedMark:
    return ProposedMark(criterion.code, level, 1.0, told, (), scorer, VERSION, flags)


def _nothing(criterion: CriterionSpec, told: str, scorer: str, *flags: str) -> ProposedMark:
    return base.no_proposal(criterion.code, told, scorer, VERSION, *flags)


class ChecksScorer:
    """Marks a criterion from the outcomes of its checks."""

    name = CHECKS
    version = VERSION

    def score(self, criterion: CriterionSpec, response: Response) -> ProposedMark:
        return from_checks(criterion, response.checks)


class ChoiceScorer:
    """Marks ticked choices against a ChoiceKey. Raises TypeError without one."""

    name = CHOICE
    version = VERSION

    def score(self, criterion: CriterionSpec, response: Response) -> ProposedMark:
        if not isinstance(response.key, ChoiceKey):
            raise TypeError("A choice response needs a ChoiceKey.")
        return from_choices(criterion, response.chosen, response.key)


class NumericScorer:
    """Marks a typed number against a NumericKey. Raises TypeError without one."""

    name = NUMERIC
    version = VERSION

    def score(self, criterion: CriterionSpec, response: Response) -> ProposedMark:
        if not isinstance(response.key, NumericKey):
            raise TypeError("A numeric response needs a NumericKey.")
        return from_number(criterion, response.text, response.key)


for _scorer in (ChecksScorer(), ChoiceScorer(), NumericScorer()):
    base.registry.add(_scorer)
