"""Open work: a query over routing decisions, never a second list that could disagree."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from django.db.models import Count, Exists, Max, Min, OuterRef, Q, QuerySet
from django.utils import timezone

from grading.models import RoutingDecision
from lti_tool.models import Context, Membership, Person
from lti_tool.rights import contexts
from lti_tool.roles import Right
from review import urgency
from review.filters import Filter, narrow
from review.models import Claim, Conflict, Review
from review.team import suited_items
from review.urgency import Urgency

Lane = RoutingDecision.Lane
# A second look is worth something when it is somebody else's.
INDEPENDENT = (Lane.SECOND, Lane.ADJUDICATION, Lane.APPEAL)


def open_work(
    reviewer: Person, course: Context, narrowed: Filter | None = None
) -> QuerySet[RoutingDecision]:
    """Unsettled responses of a course that this reviewer may mark: never their own, never of
    somebody they must not mark, never a second look at what they have marked; with a double-blind
    policy not of a course that they teach. Calibrations are no work that waits.
    """
    work = RoutingDecision.objects.filter(settled_at=None, reserved_for=None, context=course)
    looked = Review.objects.filter(
        response=OuterRef("response"), reviewer=reviewer, settled_at__isnull=False
    ).exclude(decision__lane=Lane.CALIBRATION)
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
    work = open_work(reviewer, course, narrowed).exclude(Exists(elsewhere))
    suited = suited_items(reviewer, course)
    if suited is not None:
        wide = urgency.left_at_most(urgency.WIDEN, now)
        work = work.filter(Q(item_code__in=suited) | wide)
    return work.order_by(*RoutingDecision.ORDER)


@dataclass(frozen=True)
class Load:
    """How much waits for one item; `urgency` is that of its most pressing response."""

    code: str
    title: str
    open: int
    extended: int
    again: int
    risk: int
    late: int
    first_due: datetime

    @property
    def urgency(self) -> Urgency:
        if self.late:
            return Urgency.LATE
        return Urgency.AT_RISK if self.risk else Urgency.CALM


def loads(reviewer: Person, course: Context, narrowed: Filter | None = None) -> list[Load]:
    now = timezone.now()
    rows = (
        open_work(reviewer, course, narrowed)
        .values("item_code")
        .annotate(
            open=Count("pk"),
            extended=Count("pk", filter=Q(lane=Lane.EXTENDED)),
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
    """How many responses wait for a second look that nobody of the course can give."""
    members = Membership.objects.filter(
        context=course, rights__contains=[Right.REVIEW.value]
    ).values_list("person", flat=True)
    people = set(members)
    waiting = RoutingDecision.objects.filter(
        settled_at=None, reserved_for=None, context=course, lane__in=INDEPENDENT
    ).select_related("response__submission")[:MOST_ASKED]
    return sum(not people - _out_of_question(each) for each in waiting)


MOST_ASKED = 100


def _out_of_question(decision: RoutingDecision) -> set[object]:
    looked = Review.objects.filter(response=decision.response, settled_at__isnull=False)
    return {decision.response.submission.person_id, *looked.values_list("reviewer", flat=True)}


def courses(reviewer: Person) -> QuerySet[Context]:
    return contexts(reviewer, Right.REVIEW)
