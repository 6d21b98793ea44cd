"""What a learner may know about an attempt that was handed in: the state of each response, the
settled marks with the next level's wording, what to practise, and where the grade is.
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

from django.utils.translation import gettext as _

from grading.diagnostics import finished_runs
from grading.models import Grade, Mark, Response, Run, Submission
from grading.release import response_points
from lti_tool.models import OutgoingScore
from rubrics.models import Criterion, Item, Level


@dataclass(frozen=True)
class CriterionResult:
    """`following` is the next better level, None at the top."""

    criterion: Criterion
    mark: Mark
    following: Level | None

    @property
    def top(self) -> Decimal:
        return max(level.points for level in self.criterion.levels.all())


@dataclass(frozen=True)
class ItemResult:
    """`points` and `criteria` are there when a person or the machine has settled the response and
    the grade is released; until then `waiting` says in words what happens.
    """

    response: Response
    points: Decimal | None
    criteria: tuple[CriterionResult, ...]
    run: Run | None
    waiting: str

    @property
    def show_key(self) -> bool:
        """Whether right and wrong choices may be told while attempts are left: only where the mark
        tells them anyway.
        """
        item = self.response.item
        one_of_many = item.kind == Item.Kind.CHOICE and not item.accept_multiple
        return self.points is not None and one_of_many


@dataclass(frozen=True)
class Result:
    submission: Submission
    grade: Grade | None
    items: tuple[ItemResult, ...]
    outgoing: OutgoingScore | None

    @property
    def practise(self) -> list[CriterionResult]:
        """Criteria below their top level that come with advice, the weakest first."""
        found = [
            result
            for item in self.items
            for result in item.criteria
            if result.following is not None and result.criterion.remediation
        ]
        return sorted(found, key=lambda result: result.mark.level.points / (result.top or 1))


def result_of(submission: Submission, outgoing: OutgoingScore | None) -> Result:
    grade = Grade.objects.filter(submission=submission).first()
    responses = submission.responses.select_related(
        "item__rubric", "routing", "submission"
    ).order_by("item__position")
    return Result(
        submission=submission,
        grade=grade,
        items=tuple(_item(response, released=grade is not None) for response in responses),
        outgoing=outgoing,
    )


def outgoing_score(submission: Submission) -> OutgoingScore | None:
    return (
        OutgoingScore.objects.filter(
            line_item__resource_link=submission.placement.resource_link,
            person=submission.person,
        )
        .order_by("-queued_at")
        .first()
    )


def _item(response: Response, *, released: bool) -> ItemResult:
    run = finished_runs(response).first()
    if not released:
        return ItemResult(response, None, (), run, _waiting(response))
    marks = {mark.criterion_id: mark for mark in response.marks.select_related("level")}
    return ItemResult(
        response=response,
        points=response_points(response),
        criteria=tuple(
            _criterion(criterion, marks[criterion.pk])
            for criterion in response.item.rubric.criteria.prefetch_related("levels")
        ),
        run=run,
        waiting="",
    )


def _criterion(criterion: Criterion, mark: Mark) -> CriterionResult:
    better = [level for level in criterion.levels.all() if level.points > mark.level.points]
    following = min(better, key=lambda level: level.points, default=None)
    return CriterionResult(criterion, mark, following)


def _waiting(response: Response) -> str:
    routing = getattr(response, "routing", None)
    if routing is None:
        return _("Your answer is being checked.")
    if routing.settled_at is not None:
        return _("Marked. It shows when the whole attempt is.")
    return _("A reviewer will look at this.")
