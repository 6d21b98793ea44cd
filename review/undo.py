"""Taking a settled review back, as long as nothing rests on it: the grade has not left, and nobody
has begun with what it led to.
"""

from __future__ import annotations

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from audit import record
from grading.models import Annotation, Mark, Response, RoutingDecision, Submission
from review import claims, marking
from review.errors import NotPossible
from review.models import Batch, Review

State = Submission.State
Lane = RoutingDecision.Lane
BACK = (Lane.REVIEW, Lane.EXTENDED, Lane.SECOND, Lane.ADJUDICATION)


def possible(review: Review) -> bool:
    return not _why_not(review)


def take_back(review: Review) -> None:
    """The response is on the reviewer's screen again, as they had left it. Raises NotPossible."""
    with transaction.atomic():
        submission = Submission.objects.select_for_update(of=("self",)).get(
            pk=review.response.submission_id
        )
        review = Review.objects.select_for_update(of=("self",)).get(pk=review.pk)
        why = _why_not(review)
        if why:
            raise NotPossible(why)
        _reopen(review, submission)
        claims.claim(review.reviewer, review.decision)


def take_back_batch(batch: Batch) -> int:
    """All answers of a batch that can be; returns how many. They go back to the queue."""
    done = 0
    for review in batch.reviews.select_related("decision", "response", "reviewer"):
        with transaction.atomic():
            submission = Submission.objects.select_for_update(of=("self",)).get(
                pk=review.response.submission_id
            )
            if _why_not(review):
                continue
            _reopen(review, submission)
            review.marks.all().delete()
            review.delete()
        done += 1
    Batch.objects.filter(pk=batch.pk).update(undone_at=timezone.now())
    return done


def _why_not(review: Review) -> str:
    if review.settled_at is None:
        return _("It is not settled.")
    if review.lane not in BACK:
        return _("What was answered here has been told already; it cannot be taken back.")
    submission = Submission.objects.get(pk=review.response.submission_id)
    if submission.state not in (State.ROUTED, State.SETTLED):
        return _("The grade has left already. A regrade or an appeal can change it.")
    if submission.leased_until and submission.leased_until > timezone.now():
        return _("The grade is leaving at this very moment.")
    after = _after(review)
    if after is not None and (after.settled_at or after.reviews.exists()):
        return _("Somebody else has begun with what came of it.")
    return ""


def _after(review: Review) -> RoutingDecision | None:
    """The step that the response was sent on to."""
    later = review.response.decisions.filter(reserved_for=None, pk__gt=review.decision_id)
    return later.first()


def _reopen(review: Review, submission: Submission) -> None:
    response: Response = review.response
    after = _after(review)
    if after is not None:
        after.delete()
    Mark.objects.filter(response=response).delete()
    Annotation.objects.filter(response=response, reviewer=review.reviewer).update(settled_at=None)
    RoutingDecision.objects.filter(pk=review.decision_id).update(settled_at=None)
    Review.objects.filter(pk=review.pk).update(settled_at=None)
    if not marking.was_revealed(review):
        # Nothing was shown that a choice could lean on, so the next one is a first one again.
        Review.objects.filter(pk=review.pk).update(marked_at=None)
        review.marks.update(first_level=None)
    if submission.state == State.SETTLED:
        Submission.objects.filter(pk=submission.pk).update(state=State.ROUTED)
    record.append(
        submission.pk,
        "review.undone",
        f"reviewer:{review.reviewer.code}",
        {"response": str(response.pk), "lane": review.lane},
    )
