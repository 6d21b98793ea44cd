"""Where responses are sent: routing decisions are made here, and nowhere else.

The queue of the reviewers is a query over the open ones.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta

from django.utils import timezone

from grading.models import MachineMark, Response, RoutingDecision, Submission
from grading.routing import Stake, expected_change
from lti_tool.models import Person
from rubrics.models import Policy

Lane = RoutingDecision.Lane
STAKES = {Policy.Stakes.LOW: 0, Policy.Stakes.MEDIUM: 1, Policy.Stakes.HIGH: 2}


def send(
    response: Response,
    lane: str,
    reasons: Sequence[str],
    *,
    due_at: datetime | None = None,
    audited: bool = False,
    reserved_for: Person | None = None,
) -> RoutingDecision:
    """Sends a response to a lane, inside the caller's transaction. Without `due_at` the policy's
    hours for that lane count, from the handing in or, for an appeal, from now on.

    Raises IntegrityError while another decision on it is open.
    """
    submission = response.submission
    policy = submission.assessment.policy
    due = due_at or _due(response, lane, policy)
    settled = timezone.now() if lane == Lane.AUTO else None
    return RoutingDecision.objects.create(
        context_id=submission.placement.resource_link.context_id,
        item_code=response.item.code,
        response=response,
        lane=lane,
        reasons=list(reasons),
        policy=policy,
        audited=audited,
        reserved_for=reserved_for,
        due_at=due,
        due_hour=due.replace(minute=0, second=0, microsecond=0),
        stakes=STAKES[Policy.Stakes(policy.stakes)],
        expected_change=change_expected(response),
        settled_at=settled,
    )


def _due(response: Response, lane: str, policy: Policy) -> datetime:
    if lane == Lane.APPEAL:
        return timezone.now() + timedelta(hours=policy.appeal_hours)
    submission = response.submission
    hours = policy.sla_hours
    if lane == Lane.EXTENDED and policy.extended_hours:
        hours = policy.extended_hours
    return (submission.handed_in_at or submission.started_at) + timedelta(hours=hours)


def change_expected(response: Response) -> float:
    """Of the assessment's score, 0 to 1."""
    item = response.item
    points = sum(each.points for each in item.assessment.items.all())
    share = float(item.points / points) if points else 0.0
    marks = response.machine_marks.select_related("criterion").prefetch_related("criterion__levels")
    return share * expected_change([_stake(mark) for mark in marks])


def _stake(mark: MachineMark) -> Stake:
    levels = sorted(mark.criterion.levels.all(), key=lambda level: level.points)
    places = {level.pk: place for place, level in enumerate(levels)}
    return Stake(
        weight=float(mark.criterion.weight),
        points=[float(level.points) for level in levels],
        level=places.get(mark.level_id) if mark.level_id else None,
        confidence=mark.confidence,
    )


def of(response: Response) -> RoutingDecision | None:
    """The newest decision on a response that all reviewers share; None before there is one."""
    return response.decisions.filter(reserved_for=None).order_by("-at", "-pk").first()


def waiting(responses: Iterable[Response]) -> dict[object, bool]:
    """Whether each response waits for a person, by its key; those that were never routed are
    left out.
    """
    found = RoutingDecision.objects.filter(response__in=list(responses), reserved_for=None)
    return {each.response_id: each.settled_at is None for each in found.order_by("at", "pk")}


def first_waiting(**among: object) -> Response | None:
    """Of the open decisions that fit, the response that a reviewer should look at first."""
    found = RoutingDecision.objects.filter(settled_at=None, reserved_for=None, **among)
    decision = found.select_related("response").order_by(*RoutingDecision.ORDER).first()
    return decision.response if decision else None


def compares(person: Person, submission: Submission) -> bool:
    """Whether somebody is marking an answer of this attempt to be compared with its marks."""
    return RoutingDecision.objects.filter(
        response__submission=submission, reserved_for=person, settled_at=None
    ).exists()
