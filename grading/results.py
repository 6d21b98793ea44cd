"""What a learner may know about an attempt that was handed in: the state of each response, the
settled marks with the next level's wording, what to practise, and where the grade is.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from decimal import Decimal

from django.utils.translation import gettext as _

from grading import appeals as appealing
from grading import decisions
from grading.diagnostics import finished_runs
from grading.models import (
    Annotation,
    Appeal,
    Grade,
    GradeChange,
    Mark,
    Response,
    Run,
    Submission,
)
from grading.release import response_points
from lti_tool.models import OutgoingScore
from rubrics.models import Criterion, Item, Level


@dataclass(frozen=True)
class CriterionResult:
    """`following` is the next better level, None at the top; `appeal` what the learner asked."""

    criterion: Criterion
    mark: Mark
    following: Level | None
    appeal: Appeal | None = None

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
    remarks: list[Annotation] = field(default_factory=list)

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
    appeals: appealing.Allowance | None = None
    changes: tuple[GradeChange, ...] = ()

    @property
    def marked_again(self) -> bool:
        """A regrade has sent an answer back to people: the grade stands until they have marked."""
        return self.grade is not None and self.submission.state != Submission.State.RELEASED

    @property
    def looked_at_again(self) -> bool:
        """An appeal or a regrade may still change the grade."""
        asked = any(
            result.appeal is not None and result.appeal.is_open
            for item in self.items
            for result in item.criteria
        )
        return asked or self.marked_again

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
    responses = submission.responses.select_related("item__rubric", "submission").order_by(
        "item__position"
    )
    waiting = decisions.waiting(responses)
    return Result(
        submission=submission,
        grade=grade,
        items=tuple(
            _item(response, grade is not None, waiting.get(response.pk)) for response in responses
        ),
        outgoing=outgoing,
        appeals=appealing.allowance(submission),
        changes=tuple(grade.changes.all()) if grade else (),
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


def _item(response: Response, released: bool, waits: bool | None) -> ItemResult:
    run = finished_runs(response).first()
    marks = {mark.criterion_id: mark for mark in response.marks.select_related("level")}
    criteria = list(response.item.rubric.criteria.prefetch_related("levels"))
    if not released or any(criterion.pk not in marks for criterion in criteria):
        return ItemResult(response, None, (), run, _waiting(waits))
    # By code: a regrade may have brought another version of the rubric since.
    asked = response.appeals.select_related("criterion", "decision", "level_before")
    appeals = {appeal.criterion.code: appeal for appeal in asked}
    return ItemResult(
        response=response,
        points=response_points(response),
        criteria=tuple(
            _criterion(criterion, marks[criterion.pk], appeals.get(criterion.code))
            for criterion in criteria
        ),
        remarks=list(response.annotations.filter(settled_at__isnull=False)),
        run=run,
        waiting="",
    )


def _criterion(criterion: Criterion, mark: Mark, appeal: Appeal | None) -> CriterionResult:
    better = [level for level in criterion.levels.all() if level.points > mark.level.points]
    following = min(better, key=lambda level: level.points, default=None)
    return CriterionResult(criterion, mark, following, appeal)


def _waiting(waits: bool | None) -> str:
    if waits is None:
        return _("Your answer is being checked.")
    if waits:
        return _("A reviewer will look at this.")
    return _("Marked. It shows when the whole attempt is.")
