"""Open work: a query over routing decisions, never a second list that could disagree.

A claim is a row with an end. Whoever asks for the next response gets the first one that nobody
holds, locked while it is taken (`SKIP LOCKED`), so two reviewers never get the same.
"""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from datetime import timedelta

from django.db import transaction
from django.db.models import Count, Exists, Max, Min, OuterRef, Q, QuerySet
from django.utils import timezone

from grading.diagnostics import storable
from grading.models import Response, RoutingDecision
from lti_tool.models import Context, Person
from lti_tool.rights import contexts
from lti_tool.roles import Right
from review.models import Claim, Skip

CLAIM = timedelta(minutes=20)


@dataclass(frozen=True)
class Filter:
    """What a reviewer has narrowed the queue to. Reviewing one item at a time is the default."""

    item: str = ""
    lane: str = ""


def open_work(
    reviewer: Person, course: Context, narrowed: Filter | None = None
) -> QuerySet[RoutingDecision]:
    """Unsettled responses of a course that this reviewer may mark, never their own."""
    work = RoutingDecision.objects.filter(
        settled_at=None,
        lane__in=(RoutingDecision.Lane.REVIEW, RoutingDecision.Lane.EXTENDED),
        context=course,
    ).exclude(response__submission__person=reviewer)
    if narrowed and narrowed.item:
        work = work.filter(item_code=narrowed.item)
    if narrowed and narrowed.lane:
        work = work.filter(lane=narrowed.lane)
    return work


def available(
    reviewer: Person, course: Context, narrowed: Filter | None = None
) -> QuerySet[RoutingDecision]:
    """Open work that nobody else holds.

    Due first; among equals by the response's random id, so that the order tells nothing about
    the learners and marking does not drift along with it.
    """
    elsewhere = Claim.objects.filter(
        response=OuterRef("response"), until__gt=timezone.now()
    ).exclude(reviewer=reviewer)
    work = open_work(reviewer, course, narrowed).exclude(Exists(elsewhere))
    return work.order_by("due_at", "response_id")


def claim_next(
    reviewer: Person, course: Context, narrowed: Filter | None = None
) -> Response | None:
    """The response to mark next, claimed; the one already on the reviewer's screen comes first."""
    with transaction.atomic():
        decision = _held(reviewer, course, narrowed) or _lock_free(reviewer, course, narrowed)
        if decision is None:
            return None
        _take(decision.response_id, reviewer)
    return decision.response


def _lock_free(
    reviewer: Person, course: Context, narrowed: Filter | None
) -> RoutingDecision | None:
    """The first response that nobody holds, its routing row locked. What this reviewer has passed
    on comes last, by a question of its own: to sort by it would look at all that is open.

    A colleague may have claimed it and committed between our reading and our locking, and the
    claim is another table's row: so it is looked at once more under the lock.
    """
    passed_on = Exists(Skip.objects.filter(response=OuterRef("response"), reviewer=reviewer))
    free = available(reviewer, course, narrowed)
    while True:
        found = _locked(free.exclude(passed_on)) or _locked(free.filter(passed_on))
        if found is None or not _held_elsewhere(found.response_id, reviewer):
            return found


def _locked(work: QuerySet[RoutingDecision]) -> RoutingDecision | None:
    return work.select_for_update(skip_locked=True, of=("self",)).first()


def _held_elsewhere(response_id: uuid.UUID, reviewer: Person) -> bool:
    claims = Claim.objects.filter(response_id=response_id, until__gt=timezone.now())
    return claims.exclude(reviewer=reviewer).exists()


def _held(reviewer: Person, course: Context, narrowed: Filter | None) -> RoutingDecision | None:
    return (
        open_work(reviewer, course, narrowed)
        .filter(response__claim__reviewer=reviewer, response__claim__until__gt=timezone.now())
        .order_by("due_at", "response_id")
        .first()
    )


def claim(reviewer: Person, response: Response) -> bool:
    """Takes or renews the claim on one response; False when somebody else holds it."""
    with transaction.atomic():
        RoutingDecision.objects.select_for_update().get(response=response)
        if _held_elsewhere(response.pk, reviewer):
            return False
        _take(response.pk, reviewer)
    return True


def _take(response_id: uuid.UUID, reviewer: Person) -> None:
    Claim.objects.update_or_create(
        response_id=response_id,
        defaults={"reviewer": reviewer, "until": timezone.now() + CLAIM},
    )


def let_go(reviewer: Person, response: Response) -> None:
    Claim.objects.filter(response=response, reviewer=reviewer).delete()


def skip(reviewer: Person, response: Response, reason: str) -> None:
    """Passes a response on to the others."""
    with transaction.atomic():
        Skip.objects.get_or_create(
            response=response, reviewer=reviewer, defaults={"reason": storable(reason)[:200]}
        )
        let_go(reviewer, response)


@dataclass(frozen=True)
class Load:
    """How much waits for one item."""

    code: str
    title: str
    open: int
    extended: int
    first_due: object


def loads(reviewer: Person, course: Context) -> list[Load]:
    rows = (
        open_work(reviewer, course)
        .values("item_code")
        .annotate(
            open=Count("pk"),
            extended=Count("pk", filter=Q(lane=RoutingDecision.Lane.EXTENDED)),
            title=Max("response__item__title"),
            first_due=Min("due_at"),
        )
        .order_by("first_due")
    )
    return [
        Load(
            row["item_code"],
            row["title"],
            row["open"],
            row["extended"],
            row["first_due"],
        )
        for row in rows
    ]


def courses(reviewer: Person) -> QuerySet[Context]:
    return contexts(reviewer, Right.REVIEW)
