"""Step 6: the only door through which a grade leaves, the first time and when it changes."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal

from django.db.models import F

from audit import record
from grading.models import Grade, GradeChange, Mark, Response, Submission
from lti_tool import outbox
from lti_tool.models import Person
from rubrics.models import Item, Level
from rubrics.points import CriterionPoints, item_points, total


def release(submission: Submission) -> Grade:
    """Grade, audit entry and outgoing score, inside the caller's transaction.

    Raises `IntegrityError` when the submission has a grade already, and `ValueError` when a
    criterion is not settled.
    """
    # One release at a time per learner, so that each sees the grades of the others.
    Person.objects.select_for_update(no_key=True).get(pk=submission.person_id)
    score, maximum, comment = _outcome(submission)
    grade = Grade.objects.create(
        submission=submission, score=score, maximum=maximum, comment=comment
    )
    record.append(
        submission.pk,
        "grade.released",
        "release",
        {
            "score": str(grade.score),
            "maximum": str(grade.maximum),
            "marks": [_for_the_record(mark) for mark in _marks(submission)],
        },
    )
    _send_best(submission)
    return grade


def revise(submission: Submission, cause: str, reason: str) -> GradeChange | None:
    """The grade anew from the marks as they are now, inside the caller's transaction; what it was
    before is kept. The LMS is told when the score or what stands beside it is another one.

    Raises `Grade.DoesNotExist` before the first release, and `ValueError` as `release` does.
    """
    Person.objects.select_for_update(no_key=True).get(pk=submission.person_id)
    grade = Grade.objects.select_for_update().get(submission=submission)
    score, maximum, comment = _outcome(submission)
    change = None
    if (score, maximum) != (grade.score, grade.maximum):
        change = GradeChange.objects.create(
            grade=grade,
            cause=cause,
            reason=reason,
            score_before=grade.score,
            maximum_before=grade.maximum,
            score_after=score,
        )
    record.append(
        submission.pk,
        "grade.revised",
        "release",
        {
            "cause": cause,
            "before": f"{grade.score} / {grade.maximum}",
            "after": f"{score} / {maximum}",
            "marks": [_for_the_record(mark) for mark in _marks(submission)],
        },
    )
    grade.score, grade.maximum, grade.comment = score, maximum, comment
    grade.save(update_fields=["score", "maximum", "comment"])
    _send_best(submission)
    return change


def _outcome(submission: Submission) -> tuple[Decimal, Decimal, str]:
    responses = list(submission.responses.select_related("item__rubric").order_by("item__position"))
    earned = {response: response_points(response) for response in responses}
    maximum = total(response.item.points for response in responses)
    return total(earned.values()), maximum, _comment(submission, earned)


def response_points(response: Response) -> Decimal:
    """The settled points of a response: 0 to the item's points, in steps of 0.01."""
    marks = response.marks.select_related("level")
    return points_by_levels(response.item, {mark.criterion_id: mark.level for mark in marks})


def points_by_levels(item: Item, levels: Mapping[int, Level]) -> Decimal:
    """Points of an item for these levels, by their criterion. Raises ValueError without one."""
    criteria = list(item.rubric.criteria.prefetch_related("levels"))
    missing = [criterion.code for criterion in criteria if criterion.pk not in levels]
    if missing:
        raise ValueError(f"{item}: not settled: {', '.join(missing)}")
    return item_points(
        [
            CriterionPoints(
                weight=criterion.weight,
                points=levels[criterion.pk].points,
                maximum=max(level.points for level in criterion.levels.all()),
            )
            for criterion in criteria
        ],
        item.points,
    )


def _send_best(submission: Submission) -> None:
    """The gradebook holds the best attempt: a weaker later one does not take a grade away."""
    best = (
        Grade.objects.filter(
            submission__placement=submission.placement, submission__person=submission.person
        )
        .select_related("submission")
        .order_by(-F("score") / F("maximum"), "submission__number")
        .first()
    )
    if best is None:
        return
    outbox.queue_score(
        resource_link=submission.placement.resource_link,
        person=submission.person,
        score=best.score,
        maximum=best.maximum,
        comment=best.comment,
        started_at=best.submission.started_at,
        submitted_at=best.submission.handed_in_at or best.submission.started_at,
    )


def _marks(submission: Submission) -> list[Mark]:
    return list(
        Mark.objects.filter(response__submission=submission)
        .select_related("criterion", "level", "reviewer", "response__item")
        .order_by("response__item__position", "criterion__position")
    )


def _for_the_record(mark: Mark) -> dict[str, str]:
    reviewer = f":{mark.reviewer.code}" if mark.reviewer else ""
    return {
        "item": mark.response.item.code,
        "criterion": mark.criterion.code,
        "points": str(mark.level.points),
        "voice": f"{mark.voice}{reviewer}",
    }


def _comment(submission: Submission, earned: dict[Response, Decimal]) -> str:
    """What stands beside the grade in the LMS: a line per item and what reviewers wrote."""
    lines = [f"{submission.assessment.title}, attempt {submission.number}"]
    for response, points in earned.items():
        item: Item = response.item
        lines.append(f"{item.title}: {figure(points)} / {figure(item.points)}")
        lines.extend(
            f"  {mark.criterion.title}: {mark.comment}"
            for mark in response.marks.select_related("criterion")
            if mark.comment and mark.voice == "human"
        )
    lines.append("Open the activity for the reasons and for what to practise next.")
    return "\n".join(lines)


def figure(points: Decimal) -> str:
    """Points as people write them: 7, 7.5, 0.25."""
    text = f"{points:.2f}"
    return text.rstrip("0").rstrip(".")


def out_of(points: Decimal, maximum: Decimal) -> str:
    return f"{figure(points)} / {figure(maximum)}"
