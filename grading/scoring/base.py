"""What every scorer takes and gives, and where scorers are registered.

A scorer never decides that a mark is released. It proposes a level for one criterion, says how
sure it is and why; routing decides who looks at it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from enum import StrEnum
from fractions import Fraction
from importlib.metadata import EntryPoint, entry_points
from itertools import pairwise
from types import MappingProxyType
from typing import Protocol, cast, runtime_checkable

ENTRY_POINT_GROUP = "cograde.scorers"

# Flags are words that routing and the review screen know. A scorer may add its own.
NOT_ENOUGH_EVIDENCE = "not-enough-evidence"
CHECK_ERROR = "check-error"
NO_CHECKS = "no-checks"
NO_ANSWER = "no-answer"
NOT_A_NUMBER = "not-a-number"
UNIT_MISSING = "unit-missing"
UNIT_UNKNOWN = "unit-unknown"
UNIT_WRONG = "unit-wrong"
DOUBTFUL_GAP = "doubtful-gap"
UNFAMILIAR = "unfamiliar"
ADDRESSES_THE_MARKER = "addresses-the-marker"
UNUSUAL_TEXT = "unusual-text"


class NotEnoughEvidence(Exception):  # noqa: N818 - the word that the flags use
    """There are too few human marks, or they do not carry a model: a human has to mark.

    `permanent` is false: more marks can change the answer.
    """

    permanent = False

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


@dataclass(frozen=True, slots=True)
class LevelSpec:
    """One level of a criterion.

    `anchors` are example answers that the rubric's author gave for this level, if any.
    """

    points: Decimal
    title: str
    descriptor: str = ""
    anchors: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class CriterionSpec:
    """One criterion of a rubric. `levels` ascend strictly by points; there is at least one.

    `prompt` is the text of the item, where a scorer may compare an answer with it.
    Raises ValueError when levels are missing or not ascending.
    """

    code: str
    title: str
    weight: Decimal
    levels: tuple[LevelSpec, ...]
    prompt: str = ""

    def __post_init__(self) -> None:
        points = [level.points for level in self.levels]
        if not points or any(b <= a for a, b in pairwise(points)):
            raise ValueError(f"Criterion {self.code}: levels must be given in ascending points.")

    @property
    def top(self) -> int:
        """Index of the highest level."""
        return len(self.levels) - 1


@dataclass(frozen=True, slots=True, order=True)
class Span:
    """Evidence in the learner's text: characters `start` (included) to `end` (not included)."""

    start: int
    end: int
    why: str


@dataclass(frozen=True, slots=True)
class ProposedMark:
    """What a scorer proposes for one criterion.

    `level` is an index into the criterion's levels, or None for an honest "no proposal" (the
    flags say why). `confidence` in 0..1 is the estimated probability that the level equals the
    one that humans settle on; it is 0 when there is no proposal. `rationale` is one or two
    sentences that a reviewer and the learner may both read.
    """

    criterion: str
    level: int | None
    confidence: float
    rationale: str
    evidence: tuple[Span, ...]
    scorer: str
    scorer_version: str
    flags: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        if not 0.0 <= self.confidence <= 1.0:
            raise ValueError(f"A confidence lies in 0..1, not {self.confidence}.")
        if self.level is None and (self.confidence > 0.0 or not self.flags):
            raise ValueError("No proposal means confidence 0 and a flag that says why.")


class Outcome(StrEnum):
    """How a check ended. `error` is the check's own failure, never the learner's."""

    PASS = "pass"  # noqa: S105 - an outcome, not a password
    FAIL = "fail"
    ERROR = "error"


@dataclass(frozen=True, slots=True)
class CheckOutcome:
    """One check's result, as the precheck found it.

    `criterion` is the code of the criterion that the check feeds; empty means the rubric's first
    (pass that criterion's code to `deterministic.from_checks` as `default`). `outcome` compares
    equal to the plain strings pass, fail and error; any other word counts as an error. `share` is
    what a check that failed has earned nevertheless, 0 to 1. `flags` go to the mark.
    """

    code: str
    title: str
    outcome: str
    weight: Decimal = Decimal(1)
    criterion: str = ""
    share: Fraction = Fraction(0)
    flags: tuple[str, ...] = ()

    @property
    def earned(self) -> Fraction:
        return Fraction(1) if self.outcome == Outcome.PASS else self.share


@dataclass(frozen=True, slots=True)
class ChoiceKey:
    """The right choices of a choice item, and what each choice is called to a reader.

    With `partial`, some of the right ones earn a share.
    """

    right: frozenset[str]
    titles: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))
    partial: bool = False


@dataclass(frozen=True, slots=True)
class NumericKey:
    """The right number. `tolerance` is absolute, in `unit`, and included; unit may be empty.

    `figures` are the significant figures with which it is to be written; 0 for any.
    """

    value: Decimal
    tolerance: Decimal = Decimal(0)
    unit: str = ""
    figures: int = 0


@dataclass(frozen=True, slots=True)
class PairsKey:
    """The right partner by the code of each text. There is at least one text."""

    partners: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class OrderKey:
    """The codes of the steps in their right order; at least two, each once."""

    steps: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class GapKey:
    """What is right in one gap: any of `answers`, or a number that fits one of `numbers`.

    `typed` is false where the learner chooses from a list.
    """

    code: str
    answers: tuple[str, ...] = ()
    numbers: tuple[NumericKey, ...] = ()
    typed: bool = True
    match_case: bool = False
    weight: Decimal = Decimal(1)


@dataclass(frozen=True, slots=True)
class GapsKey:
    """The gaps of a cloze item; at least one."""

    gaps: tuple[GapKey, ...]


Key = ChoiceKey | NumericKey | PairsKey | OrderKey | GapsKey


@dataclass(frozen=True, slots=True)
class Response:
    """What a scorer may see of an answer to one item. Carries no name and no person.

    `text` holds the short text, essay, source or number as typed; `chosen` the codes of the
    ticked choices; `parts` partners by text or typed words by gap; `order` the steps as arranged;
    `key` what the item counts as right.
    """

    text: str = ""
    checks: tuple[CheckOutcome, ...] = ()
    chosen: frozenset[str] = frozenset()
    parts: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))
    order: tuple[str, ...] = ()
    key: Key | None = None


@runtime_checkable
class Scorer(Protocol):
    """A scorer: `version` changes whenever the same response could get another mark."""

    @property
    def name(self) -> str: ...

    @property
    def version(self) -> str: ...

    def score(self, criterion: CriterionSpec, response: Response) -> ProposedMark: ...


def no_proposal(
    criterion: str, reason: str, scorer: str, version: str, *flags: str
) -> ProposedMark:
    """A mark that proposes nothing; `flags` default to `not-enough-evidence`."""
    return ProposedMark(
        criterion=criterion,
        level=None,
        confidence=0.0,
        rationale=reason,
        evidence=(),
        scorer=scorer,
        scorer_version=version,
        flags=flags or (NOT_ENOUGH_EVIDENCE,),
    )


class ScorerUnavailable(LookupError):  # noqa: N818 - says what is the case
    """No scorer of that name, or its package could not be loaded."""

    permanent = True


class Registry:
    """Scorers by name: our own, added by `add`, and those of installed packages.

    A package offers one through the entry point group `cograde.scorers`; the entry's name is the
    scorer's name and its object is a scorer or a callable without arguments that makes one. It is
    loaded when first asked for, so that one broken package stops only its own scorer.
    """

    def __init__(self, offered: Callable[[], Mapping[str, EntryPoint]] | None = None) -> None:
        self._scorers: dict[str, Scorer] = {}
        self._offered = offered or _installed

    def add(self, scorer: Scorer) -> Scorer:
        """Register `scorer` under its name. Raises ValueError when the name is taken."""
        if scorer.name in self._scorers and self._scorers[scorer.name] is not scorer:
            raise ValueError(f"There is already a scorer named {scorer.name}.")
        self._scorers[scorer.name] = scorer
        return scorer

    def names(self) -> tuple[str, ...]:
        """All names that `get` can be asked for, sorted; packages are not loaded for this."""
        return tuple(sorted({*self._scorers, *self._offered()}))

    def get(self, name: str) -> Scorer:
        """The scorer of that name. Raises ScorerUnavailable."""
        if name not in self._scorers:
            self._scorers[name] = self._load(name)
        return self._scorers[name]

    def _load(self, name: str) -> Scorer:
        entry = self._offered().get(name)
        if entry is None:
            raise ScorerUnavailable(f"There is no scorer named {name}.")
        try:
            loaded = entry.load()
            # An instance is a scorer already; a class or a factory has to be called.
            made = loaded() if isinstance(loaded, type) or not _is_scorer(loaded) else loaded
        except Exception as problem:
            raise ScorerUnavailable(
                f"The scorer {name} ({entry.value}) could not be loaded: {problem}"
            ) from problem
        if not _is_scorer(made):
            raise ScorerUnavailable(f"{entry.value} is no scorer: it lacks name, version or score.")
        return cast(Scorer, made)


def _is_scorer(candidate: object) -> bool:
    return isinstance(candidate, Scorer)


def _installed() -> Mapping[str, EntryPoint]:
    return {entry.name: entry for entry in entry_points(group=ENTRY_POINT_GROUP)}


registry = Registry()
