"""What follows when a reviewer's marks are final: the response is settled, or it is sent on.

A first review may be followed by a second one, two that are too far apart by a third person's who
decides between them; nothing is ever averaged. An appeal changes the mark and the grade, a
calibration neither.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta

from django.conf import settings
from django.db import transaction
from django.utils import timezone

from audit import record
from grading import decisions, pipeline
from grading.models import Annotation, Mark, Response, RoutingDecision, Voice
from review import appeals, calibration, second
from review.models import Review
from review.placeholders import filled

Lane = RoutingDecision.Lane
FIRST = RoutingDecision.FIRST


def settle(review: Review, revised: Sequence[str] = ()) -> None:
    """Inside the caller's transaction, with the decision locked."""
    if review.is_calibration:
        calibration.finish(review)
        return
    review.close()
    if review.lane in FIRST:
        _after_first(review, revised)
    elif review.lane == Lane.SECOND:
        _after_second(review, revised)
    elif review.lane == Lane.APPEAL:
        _annotations_stand(review)
        appeals.answer(review)
    else:
        make_final(review, revised)


def _after_first(review: Review, revised: Sequence[str]) -> None:
    why = second.wanted(review)
    if why and second.somebody_else(review):
        _send_on(review, Lane.SECOND, [why])
    else:
        make_final(review, revised)


def _after_second(review: Review, revised: Sequence[str]) -> None:
    """Within the tolerance the first reviewer's marks stand, and both are kept."""
    first = first_of(review)
    criteria = list(review.response.item.rubric.criteria.prefetch_related("levels"))
    apart = second.too_far_apart(
        _levels(first),
        _levels(review),
        second.places(criteria),
        review.decision.policy.second_tolerance,
    )
    if not apart:
        make_final(first, revised, by=review)
        return
    named = ", ".join(f"“{each.title}”" for each in criteria if each.pk in apart)
    _send_on(review, Lane.ADJUDICATION, [f"Two reviewers differ on {named}."])


def first_of(review: Review) -> Review:
    """The review that this second one was asked for."""
    earlier = Review.objects.filter(
        response=review.response, decision__lane__in=FIRST, settled_at__isnull=False
    )
    return earlier.select_related("decision__policy", "reviewer").latest("settled_at")


def _levels(review: Review) -> dict[int, int]:
    return dict(review.marks.values_list("criterion", "level"))


def _send_on(review: Review, lane: str, reasons: list[str]) -> None:
    decisions.send(review.response, lane, reasons, due_at=review.decision.due_at)
    record.append(
        review.response.submission_id,
        "response.sent_on",
        f"reviewer:{review.reviewer.code}",
        {
            "response": str(review.response_id),
            "lane": lane,
            "reasons": reasons,
            "marks": points_of(review),
        },
    )


def make_final(counted: Review, revised: Sequence[str] = (), *, by: Review | None = None) -> None:
    """The marks of a review become those of the response; `by` is the review that settled it,
    where that is another one.
    """
    acting = by or counted
    _write_marks(counted)
    for review in {counted, acting}:
        _annotations_stand(review)
    record.append(
        counted.response.submission_id,
        "response.settled",
        f"reviewer:{acting.reviewer.code}",
        {
            "response": str(counted.response_id),
            "lane": acting.lane,
            "marks": points_of(counted),
            "marked_by": counted.reviewer.code,
            "revised": list(revised),
            "reason": acting.revision_reason,
            "batch": str(counted.batch_id or ""),
        },
    )
    _go_on(counted.response)


def _write_marks(review: Review) -> None:
    now = timezone.now()
    Mark.objects.filter(response=review.response).delete()
    Mark.objects.bulk_create(
        Mark(
            response=review.response,
            criterion=mark.criterion,
            level=mark.level,
            voice=Voice.HUMAN,
            reviewer=review.reviewer,
            comment=filled(mark.comment, mark.level),
            settled_at=now,
        )
        for mark in review.marks.select_related("criterion", "level")
    )


def _annotations_stand(review: Review) -> None:
    Annotation.objects.filter(
        response=review.response, reviewer=review.reviewer, settled_at=None
    ).update(settled_at=timezone.now())


def _go_on(response: Response) -> None:
    """The grade leaves when it is complete, a moment later: until then a slip can be undone."""
    hold = timedelta(seconds=settings.REVIEW_UNDO_SECONDS)
    submission = response.submission
    if pipeline.settle_if_complete(submission, hold) and not hold:
        transaction.on_commit(lambda: pipeline.wake(submission), robust=True)


def points_of(review: Review) -> dict[str, str]:
    return {
        mark.criterion.code: str(mark.level.points)
        for mark in review.marks.select_related("criterion", "level")
    }
