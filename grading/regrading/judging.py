"""What one answer would get by the corrected version. Nothing is stored."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import asdict, dataclass, field, replace
from decimal import Decimal
from typing import Any

from grading import companions, diagnostics, marking, pipeline, release
from grading.models import MachineMark, Mark, Response, Voice
from grading.precheck.base import CheckOutcome
from grading.regrading.carrying import carried, same_standard
from grading.routing import Lane, route
from rubrics.models import Assessment, Criterion, Item, Level


@dataclass(frozen=True)
class NewMark:
    level: Level
    comment: str
    voice: str
    reviewer_id: Any = None


@dataclass
class Judged:
    """`marks`, one per criterion of the corrected `item`, or None where a person is needed; the
    machine's own `proposals` and the `outcomes` of the checks where it was asked anew.
    """

    item: Item
    marks: list[NewMark] | None
    proposals: list[MachineMark] = field(default_factory=list)
    outcomes: list[CheckOutcome] = field(default_factory=list)
    seed: int = 1


class CannotBeCarried(Exception):  # noqa: N818 - a fact about an answer, not a fault
    """What was chosen is not in the corrected version: the answer stays as it was marked."""


def judge(response: Response, assessment: Assessment) -> Judged | None:
    """None where nothing changes: the same standard, or an item that is gone. Raises
    CannotBeCarried.
    """
    item = assessment.items.select_related("rubric").filter(code=response.item.code).first()
    if item is None or same_standard(response.item, item):
        return None
    if carried(response, item) is None:
        raise CannotBeCarried
    marks = {mark.criterion.code: mark for mark in response.marks.select_related("level")}
    human = {code: mark for code, mark in marks.items() if mark.voice == Voice.HUMAN}
    criteria = list(item.rubric.criteria.prefetch_related("levels"))
    by_machine = [criterion for criterion in criteria if criterion.code not in human]
    judged = _asked_anew(response, item, by_machine) if by_machine else Judged(item, [])
    if judged.marks is None:
        return judged
    new = {mark.level.criterion_id: mark for mark in judged.marks}
    for criterion in criteria:
        if criterion.code in human:
            mark = _carried_over(human[criterion.code], criterion)
            if mark is None:
                judged.marks = None
                return judged
            new[criterion.pk] = mark
    judged.marks = [new[criterion.pk] for criterion in criteria]
    return judged


def _carried_over(mark: Mark, criterion: Criterion) -> NewMark | None:
    """A person's mark on the level with the same words; its points may be others."""
    words = (mark.level.title, mark.level.descriptor)
    same = (each for each in criterion.levels.all() if (each.title, each.descriptor) == words)
    level = next(same, None)
    return None if level is None else NewMark(level, mark.comment, mark.voice, mark.reviewer_id)


def _asked_anew(response: Response, item: Item, criteria: Iterable[Criterion]) -> Judged:
    """The machine's marks on these criteria; None where it may not settle them."""
    given = carried(response, item)
    if given is None:
        raise CannotBeCarried
    outcomes, seed = [], diagnostics.fresh_seed()
    if item.is_checked and not response.is_empty:
        files = companions.beside(response, response.text).files
        outcomes = diagnostics.judge(item, response.text, seed=seed, files=files)
    policy = item.assessment.policy
    proposals = marking.propose(item, replace(given, outcomes=outcomes), policy)
    wanted = {criterion.pk for criterion in criteria}
    found = [each for each in proposals if each.criterion_id in wanted]
    # A draw of 1 picks no random audit: what was settled before is not drawn again.
    decision = route(
        [pipeline.proposal_of(each) for each in found], pipeline.routing_policy(policy), draw=1.0
    )
    if decision.lane is not Lane.AUTO:
        return Judged(item, None, proposals, outcomes, seed)
    marks = [
        NewMark(each.level, each.rationale, Voice.MACHINE)
        for each in found
        if each.level is not None
    ]
    return Judged(item, marks, proposals, outcomes, seed)


def points_of(response: Response, judged: Judged | None) -> Decimal:
    """Of the item, as it would be. The caller knows that no person is needed."""
    if judged is None or judged.marks is None:
        return release.response_points(response)
    levels = {mark.level.criterion_id: mark.level for mark in judged.marks}
    return release.points_by_levels(judged.item, levels)


def as_document(judged: Judged) -> dict[str, object]:
    """As a row keeps it: published is what was shown, not what a second run might find."""
    return {
        "item": judged.item.pk,
        "person": judged.marks is None,
        "marks": [
            {
                "level": mark.level.pk,
                "comment": mark.comment,
                "voice": mark.voice,
                "reviewer": str(mark.reviewer_id) if mark.reviewer_id else None,
            }
            for mark in judged.marks or ()
        ],
        "proposals": [_proposal(proposal) for proposal in judged.proposals],
        "outcomes": [asdict(outcome) for outcome in judged.outcomes],
        "seed": judged.seed,
    }


PROPOSED = ("confidence", "rationale", "evidence", "flags", "scorer", "scorer_version")
KEYS = ("criterion_id", "level_id", "model_id", "policy_id")


def _proposal(proposal: MachineMark) -> dict[str, object]:
    return {name: getattr(proposal, name) for name in (*PROPOSED, *KEYS)}
