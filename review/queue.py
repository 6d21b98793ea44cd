"""Open work: a query over routing decisions, never a second list that could disagree."""

from __future__ import annotations

import uuid
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from django.db.models import Count, Exists, Max, Min, OuterRef, Q, QuerySet
from django.utils import timezone

from grading.models import RoutingDecision
from lti_tool.models import Context, Membership, Person
from lti_tool.rights import contexts
from lti_tool.roles import Right
from review import urgency
from review.filters import BESIDE, Filter, narrow
from review.models import Claim, Conflict, Review, Skip
from review.team import suited

Lane = RoutingDecision.Lane
# A second look is worth something when it is somebody else's.
INDEPENDENT = (Lane.SECOND, Lane.ADJUDICATION, Lane.APPEAL)


def open_work(
    reviewer: Person, course: Context, narrowed: Filter | None = None
) -> QuerySet[RoutingDecision]:
    """Unsettled responses of a course that this reviewer may mark: never their own, never of
    somebody they must not mark, never a second look at what they have marked; with a double-blind
    policy not of a course that they teach. A comparison that is reserved for them is among it, as
    if it were any other.
    """
    theirs = Q(reserved_for=None) | Q(reserved_for=reviewer)
    work = RoutingDecision.objects.filter(theirs, settled_at=None, context=course)
    looked = Review.objects.filter(
        response=OuterRef("response"), reviewer=reviewer, marked_at__isnull=False
    ).exclude(Q(decision__lane=Lane.CALIBRATION) | Q(decision=OuterRef("pk")))
    conflict = Conflict.objects.filter(
        reviewer=reviewer, learner=OuterRef("response__submission__person")
    )
    work = work.exclude(response__submission__person=reviewer).exclude(Exists(conflict))
    work = work.exclude(Q(lane__in=INDEPENDENT) & Exists(looked))
    if teaches(reviewer, course):
        work = work.exclude(policy__double_blind=True)
    return narrow(work, narrowed) if narrowed else work


def teaches(person: Person, course: Context) -> bool:
    return Membership.objects.filter(
        person=person, context=course, rights__contains=[Right.TEACH.value]
    ).exists()


def available(
    reviewer: Person, course: Context, narrowed: Filter | None = None
) -> QuerySet[RoutingDecision]:
    """Open work that nobody else holds and that suits what the reviewer has declared, in order."""
    now = timezone.now()
    elsewhere = Claim.objects.filter(decision=OuterRef("pk"), until__gt=now).exclude(
        reviewer=reviewer
    )
    not_theirs = Skip.objects.filter(
        response=OuterRef("response"), reviewer=reviewer, reason__in=Skip.FOR_OTHERS
    )
    wide = urgency.left_at_most(urgency.WIDEN, now)
    work = open_work(reviewer, course, narrowed).exclude(Exists(elsewhere))
    work = work.filter(~Exists(not_theirs) | wide)
    theirs = suited(reviewer, course)
    if theirs is not None:
        work = work.filter(theirs | wide)
    return work.order_by(*RoutingDecision.ORDER)


@dataclass(frozen=True)
class Load:
    """How much waits for one item: `again` are second looks, of `risk` half of the time is gone."""

    code: str
    title: str
    open: int
    extended: int
    again: int
    risk: int
    late: int
    first_due: datetime


def loads(reviewer: Person, course: Context, narrowed: Filter | None = None) -> list[Load]:
    now = timezone.now()
    rows = (
        open_work(reviewer, course, narrowed)
        .values("item_code")
        .annotate(
            open=Count("pk"),
            extended=Count("pk", filter=Q(lane=Lane.EXTENDED) & BESIDE),
            again=Count("pk", filter=Q(lane__in=INDEPENDENT)),
            risk=Count("pk", filter=urgency.left_at_most(urgency.REMIND, now)),
            late=Count("pk", filter=Q(due_at__lte=now)),
            title=Max("response__item__title"),
            first_due=Min("due_at"),
        )
        .order_by("first_due")
    )
    return [
        Load(
            code=row["item_code"],
            title=row["title"],
            open=row["open"],
            extended=row["extended"],
            again=row["again"],
            risk=row["risk"],
            late=row["late"],
            first_due=row["first_due"],
        )
        for row in rows
    ]


def stuck(course: Context) -> int:
    """How many responses wait for a look that nobody of the course may give."""
    waiting = RoutingDecision.objects.filter(settled_at=None, reserved_for=None, context=course)
    asked = list(
        waiting.filter(Q(lane__in=INDEPENDENT) | Q(policy__double_blind=True)).select_related(
            "response__submission", "policy"
        )[:MOST_ASKED]
    )
    may = eligible(course, asked)
    return sum(not may[decision.pk] for decision in asked)


MOST_ASKED = 100


def eligible(course: Context, decisions: Iterable[RoutingDecision]) -> dict[int, set[uuid.UUID]]:
    """Who may mark each of these, by its key: the rule of `open_work`, asked for all people at
    once.
    """
    members = Membership.objects.filter(
        context=course, rights__contains=[Right.REVIEW.value]
    ).values_list("person", "rights")
    rights = dict(members)
    teachers = {person for person, given in rights.items() if Right.TEACH.value in given}
    asked = list(decisions)
    authors = {each.pk: each.response.submission.person_id for each in asked}
    conflicts = set(
        Conflict.objects.filter(learner__in=authors.values()).values_list("reviewer", "learner")
    )
    looked = set(
        Review.objects.filter(
            response__in=[each.response_id for each in asked], marked_at__isnull=False
        )
        .exclude(decision__lane=Lane.CALIBRATION)
        .values_list("reviewer", "response")
    )
    return {
        each.pk: {
            person
            for person in rights
            if person != authors[each.pk]
            and (person, authors[each.pk]) not in conflicts
            and not (each.lane in INDEPENDENT and (person, each.response_id) in looked)
            and not (each.policy.double_blind and person in teachers)
        }
        for each in asked
    }


def courses(reviewer: Person) -> QuerySet[Context]:
    return contexts(reviewer, Right.REVIEW)
