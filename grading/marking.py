"""Step 3: the scorer that fits an item proposes a level for each criterion.

Choice, number and code are marked from what is certain; text by the approved model of its
criterion; files, and texts without a model, get no proposal and go to a person.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from grading import registry
from grading.models import CheckResult, MachineMark, Response, Run, ScoringModel
from grading.precheck.base import CheckOutcome
from grading.scoring import base, deterministic
from rubrics.models import Criterion, Item, Policy

EMPTY = "empty"


@dataclass(frozen=True)
class Given:
    """What was handed in for one item, and what its checks found."""

    text: str = ""
    choices: Sequence[int] = ()
    outcomes: Sequence[CheckOutcome] = field(default_factory=tuple)


def machine_marks(response: Response, policy: Policy) -> list[MachineMark]:
    """Unsaved machine marks for every criterion of a response."""
    given = Given(response.text, tuple(response.choices), _outcomes(response))
    marks = propose(response.item, given, policy)
    for mark in marks:
        mark.response = response
    return marks


def propose(item: Item, given: Given, policy: Policy) -> list[MachineMark]:
    criteria = item.rubric.criteria.prefetch_related("levels__anchors")
    return [_mark(item, criterion, given, policy) for criterion in criteria]


def _mark(item: Item, criterion: Criterion, given: Given, policy: Policy) -> MachineMark:
    spec = registry.criterion_spec(criterion, item.prompt)
    proposed, model = _proposal(item, criterion, spec, given)
    levels = sorted(criterion.levels.all(), key=lambda level: level.points)
    return MachineMark(
        criterion=criterion,
        level=None if proposed.level is None else levels[proposed.level],
        confidence=proposed.confidence,
        rationale=proposed.rationale,
        evidence=[[span.start, span.end, span.why] for span in proposed.evidence],
        flags=list(proposed.flags),
        scorer=proposed.scorer,
        scorer_version=proposed.scorer_version,
        model=model,
        policy=policy,
    )
