"""Taking a settled review back, as long as nothing rests on it: the grade has not left, and nobody
has begun with what it led to.
"""

from __future__ import annotations

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from audit import record
from grading.models import Annotation, Grade, Mark, Response, RoutingDecision, Submission
from review import claims, marking
from review.errors import NotPossible
from review.models import Batch, Claim, Review

State = Submission.State
Lane = RoutingDecision.Lane
BACK = (Lane.REVIEW, Lane.EXTENDED, Lane.SECOND, Lane.ADJUDICATION)


def possible(review: Review) -> bool:
    return not _why_not(review)


def take_back(review: Review) -> None:
    """The response is on the reviewer's screen again, as they had left it. Raises NotPossible."""
    with transaction.atomic():
        _lock_steps(review)
        submission = Submission.objects.select_for_update(of=("self",)).get(
            pk=review.response.submission_id
        )
        review = Review.objects.select_for_update(of=("self",)).get(pk=review.pk)
        why = _why_not(review)
        if why:
            raise NotPossible(why)
        _reopen(review, submission)
        # By hand it is no part of a batch any more.
        blind = review.blind or marking.is_blind(review.decision)
        Review.objects.filter(pk=review.pk).update(batch=None, blind=blind)
        claims.claim(review.reviewer, review.decision)


def take_back_batch(batch: Batch) -> int:
    """All answers of a batch that can be; returns how many. They go back to the queue as if nobody
    had looked at them.
    """
    done = 0
    for found in batch.reviews.select_related("response"):
        pk = found.pk
        with transaction.atomic():
            _lock_steps(found)
            submission = Submission.objects.select_for_update(of=("self",)).get(
                pk=found.response.submission_id
            )
            review = Review.objects.select_for_update(of=("self",)).get(pk=pk)
            if review.batch_id != batch.pk or _why_not(review):
                continue
            _reopen(review, submission)
            review.marks.all().delete()
            blind = marking.is_blind(review.decision)
            Review.objects.filter(pk=pk).update(batch=None, marked_at=None, blind=blind)
        done += 1
    if not batch.reviews.exists():
        Batch.objects.filter(pk=batch.pk).update(undone_at=timezone.now())
    return done


def _lock_steps(review: Review) -> None:
    """Whoever takes a step of this response from now on waits until we are done. Steps before the
    attempt: the order in which a save locks them.
    """
    list(RoutingDecision.objects.select_for_update().filter(response=review.response_id))


def _why_not(review: Review) -> str:
    if review.settled_at is None:
        return _("It is not settled.")
    if review.lane not in BACK:
        return _("What was answered here has been told already; it cannot be taken back.")
    submission = Submission.objects.get(pk=review.response.submission_id)
    if submission.state not in (State.ROUTED, State.SETTLED) or _rests_on(review):
        return _("The grade has left already. A regrade or an appeal can change it.")
    if submission.leased_until and submission.leased_until > timezone.now():
        return _("The grade is leaving at this very moment.")
    after = _after(review)
    if after is not None and _begun(after):
        return _("Somebody else has begun with what came of it.")
    return ""


def _begun(step: RoutingDecision) -> bool:
    held = Claim.objects.filter(decision=step, until__gt=timezone.now())
    return step.settled_at is not None or step.reviews.exists() or held.exists()


def _rests_on(review: Review) -> bool:
    """Whether a grade was made of this review: a regrade may have opened its attempt again."""
    grade = Grade.objects.filter(submission=review.response.submission_id).first()
    settled = review.settled_at
    return grade is not None and settled is not None and grade.last_made_at >= settled


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
    # Those of an earlier reviewer, whose mark counted before, stay with the learner.
    since = Annotation.objects.filter(response=response, settled_at__gte=review.settled_at)
    since.update(settled_at=None)
    RoutingDecision.objects.filter(pk=review.decision_id).update(settled_at=None)
    Review.objects.filter(pk=review.pk).update(settled_at=None)
    if review.batch_id is not None or not marking.was_revealed(review):
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
