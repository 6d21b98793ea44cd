"""Taking from the queue: a claim is a row with an end.

Whoever asks for the next response gets the first one that nobody holds, locked while it is taken
(`SKIP LOCKED`), so two reviewers never get the same; and who closes the laptop blocks nobody.
"""

from __future__ import annotations

from datetime import timedelta

from django.db import transaction
from django.db.models import Exists, F, OuterRef, QuerySet
from django.utils import timezone

from audit import record
from grading.models import Response, RoutingDecision
from lti_tool.models import Context, Person
from review import calibration
from review.filters import Filter
from review.models import Claim, Conflict, Skip
from review.queue import available, open_work

CLAIM = timedelta(minutes=20)
AHEAD = timedelta(minutes=5)  # of what is only fetched beforehand


def claim_next(
    reviewer: Person, course: Context, narrowed: Filter | None = None
) -> RoutingDecision | None:
    """What to mark next, claimed; what is already on the reviewer's screen comes first, and a
    response to compare by (`review.calibration`) before the work that it opens.
    """
    with transaction.atomic():
        # One press at a time of each reviewer: two must not bring two responses.
        Person.objects.select_for_update(no_key=True).get(pk=reviewer.pk)
        decision = _held(reviewer, course, narrowed)
        if decision is None:
            decision = _lock_free(reviewer, course, narrowed)
            if decision is None:
                return None
            if decision.reserved_for_id is None:
                decision = calibration.due_before(reviewer, decision) or decision
        _take(decision, reviewer)
    return decision


def claim_ahead(
    reviewer: Person, course: Context, narrowed: Filter, on_screen: RoutingDecision
) -> RoutingDecision | None:
    """What will come after the response on the screen, so that its page can be fetched meanwhile.
    It is claimed for a short while; `claim_next` then gives it.
    """
    with transaction.atomic():
        Person.objects.select_for_update(no_key=True).get(pk=reviewer.pk)
        decision = _held(reviewer, course, narrowed, but=on_screen)
        if decision is None:
            decision = _lock_free(reviewer, course, narrowed, but=on_screen)
            if decision is None:
                return None
            _take(decision, reviewer, AHEAD)
    return decision


def _lock_free(
    reviewer: Person,
    course: Context,
    narrowed: Filter | None,
    but: RoutingDecision | None = None,
) -> RoutingDecision | None:
    """The first response that nobody holds, its routing row locked. What this reviewer has passed
    on comes last, by a question of its own: to sort by it would look at all that is open.

    A colleague may have claimed it and committed between our reading and our locking, and the
    claim is another table's row: so it is looked at once more under the lock.
    """
    passed_on = Exists(Skip.objects.filter(response=OuterRef("response"), reviewer=reviewer))
    free = _without(available(reviewer, course, narrowed), but)
    while True:
        found = _locked(free.exclude(passed_on)) or _locked(free.filter(passed_on))
        if found is None or not _held_elsewhere(found, reviewer):
            return found


def _locked(work: QuerySet[RoutingDecision]) -> RoutingDecision | None:
    return work.select_for_update(skip_locked=True, of=("self",)).first()


def _held_elsewhere(decision: RoutingDecision, reviewer: Person) -> bool:
    claims = Claim.objects.filter(decision=decision, until__gt=timezone.now())
    return claims.exclude(reviewer=reviewer).exists()


def _held(
    reviewer: Person,
    course: Context,
    narrowed: Filter | None,
    but: RoutingDecision | None = None,
) -> RoutingDecision | None:
    held = open_work(reviewer, course, narrowed).filter(
        claim__reviewer=reviewer, claim__until__gt=timezone.now()
    )
    return _without(held, but).order_by(*RoutingDecision.ORDER).first()


def _without(
    work: QuerySet[RoutingDecision], but: RoutingDecision | None
) -> QuerySet[RoutingDecision]:
    return work.exclude(pk=but.pk) if but else work


def open_to(reviewer: Person, response: Response) -> RoutingDecision | None:
    """The open step of a response that this reviewer may mark, a comparison of theirs first; None
    without any.
    """
    course = response.submission.placement.resource_link.context
    work = open_work(reviewer, course).filter(response=response).select_related("policy", "context")
    return work.order_by(F("reserved_for").asc(nulls_last=True)).first()


def claim(reviewer: Person, decision: RoutingDecision) -> bool:
    """Takes or renews the claim; False when somebody else holds it, or the step was taken back."""
    with transaction.atomic():
        locked = RoutingDecision.objects.select_for_update().filter(pk=decision.pk).first()
        return locked is not None and renew(reviewer, locked)


def renew(reviewer: Person, locked: RoutingDecision) -> bool:
    """The same, for a caller that has the step locked."""
    if _held_elsewhere(locked, reviewer):
        return False
    _take(locked, reviewer)
    return True


def _take(decision: RoutingDecision, reviewer: Person, term: timedelta = CLAIM) -> None:
    Claim.objects.bulk_create(
        [Claim(decision=decision, reviewer=reviewer, until=timezone.now() + term)],
        update_conflicts=True,
        unique_fields=["decision"],
        update_fields=["reviewer", "until"],
    )


def let_go(reviewer: Person, decision: RoutingDecision) -> None:
    Claim.objects.filter(decision=decision, reviewer=reviewer).delete()


def release(decision: RoutingDecision, by: Person) -> bool:
    """Who runs the course gives a response back to the queue that somebody else holds."""
    with transaction.atomic():
        found = Claim.objects.select_for_update().filter(decision=decision).first()
        if found is None:
            return False
        found.delete()
        record.append(
            decision.response.submission_id,
            "claim.released",
            f"person:{by.code}",
            {"response": str(decision.response_id), "held_by": found.reviewer.code},
        )
    return True


def skip(reviewer: Person, decision: RoutingDecision, reason: str) -> None:
    """Passes a response on to the others. Who knows its author is given none of theirs again.

    A comparison is nobody else's: it comes again, unless the reviewer knows its author.
    """
    reason = reason if reason in Skip.Reason.values else Skip.Reason.LATER
    response = decision.response
    with transaction.atomic():
        Skip.objects.update_or_create(
            response=response, reviewer=reviewer, defaults={"reason": reason}
        )
        if reason == Skip.Reason.KNOWN:
            Conflict.objects.get_or_create(
                reviewer=reviewer, learner_id=response.submission.person_id
            )
            if decision.lane == RoutingDecision.Lane.CALIBRATION:
                calibration.give_up(decision)
        let_go(reviewer, decision)
        record.append(
            response.submission_id,
            "response.passed_on",
            f"reviewer:{reviewer.code}",
            {"response": str(response.pk), "reason": reason},
        )
