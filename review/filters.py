"""What a reviewer has narrowed the queue to: it stands in the address, so it can be kept."""

from __future__ import annotations

import re
import uuid
from collections.abc import Iterable
from dataclasses import dataclass, fields
from datetime import timedelta
from urllib.parse import urlencode

from django.db.models import Exists, OuterRef, Q, QuerySet
from django.http import QueryDict
from django.utils import timezone
from django.utils.translation import gettext as _

from grading.diagnostics import storable
from grading.models import MachineMark, RoutingDecision
from grading.routing import PEOPLE_LOOK_AT
from grading.row_keys import is_key
from lti_tool.models import Context, CourseGroup, Membership, Person
from review.models import Flag, Review
from review.team import items_of
from rubrics.models import Criterion, Policy

LONGEST = 100
LARGEST = 10_000


@dataclass(frozen=True)
class Filter:
    """One item across learners is the default; `learner` is an attempt, for all of whose answers
    somebody asked. `age` is hours since the response came to the queue, `below` a confidence in
    per cent; `criterion` narrows what `below` and `flag` look at.
    """

    item: str = ""
    learner: str = ""
    assessment: str = ""
    lane: str = ""
    age: str = ""
    criterion: str = ""
    below: str = ""
    flag: str = ""
    reviewer: str = ""
    group: str = ""

    @classmethod
    def of(cls, given: QueryDict) -> Filter:
        """From an address; what makes no sense in a field narrows to nothing else."""
        return cls(**{each.name: storable(given.get(each.name))[:LONGEST] for each in fields(cls)})

    @property
    def query(self) -> str:
        """The end of an address, without the question mark."""
        said = {each.name: getattr(self, each.name) for each in fields(self)}
        return urlencode({name: value for name, value in said.items() if value})

    @property
    def narrows(self) -> bool:
        return bool(self.query)


# A flag of a reviewer's, beside the machine's own words.
RAISED = "raised"


def narrow(work: QuerySet[RoutingDecision], by: Filter) -> QuerySet[RoutingDecision]:
    if by.item:
        work = work.filter(item_code=by.item)
    if by.lane:
        work = work.filter(_in_lane(by.lane))
    if by.assessment:
        work = work.filter(response__submission__assessment__code=by.assessment)
    if by.learner:
        work = work.filter(response__submission=_uuid(by.learner))
    if by.age:
        work = work.filter(at__lte=timezone.now() - timedelta(hours=_number(by.age)))
    if by.reviewer:
        reviewed = Review.objects.filter(
            response=OuterRef("response"), reviewer__in=_called(by.reviewer)
        )
        work = work.filter(Exists(reviewed))
    if by.group:
        member = Membership.objects.filter(
            groups=_key(by.group),
            context=OuterRef("context"),
            person=OuterRef("response__submission__person"),
        )
        work = work.filter(Exists(member))
    return _by_machine(work, by)


# Where the machine's marks may be seen from the start, so that asking for them tells nothing.
BESIDE = Q(policy__blind=False, audited=False) & ~Q(policy__mode=Policy.Mode.SHADOW)
FIRST = RoutingDecision.FIRST


def _in_lane(lane: str) -> Q:
    """That the machine was doubtful is its word as well: where nobody may know it yet, both lanes
    of first reviews are one.
    """
    if lane == RoutingDecision.Lane.EXTENDED:
        return Q(lane=lane) & BESIDE
    if lane == RoutingDecision.Lane.REVIEW:
        compared = Q(lane=RoutingDecision.Lane.CALIBRATION)
        return Q(lane=lane) | compared | (Q(lane__in=FIRST) & ~BESIDE)
    return Q(lane=lane) & ~Q(lane=RoutingDecision.Lane.CALIBRATION)


def _by_machine(work: QuerySet[RoutingDecision], by: Filter) -> QuerySet[RoutingDecision]:
    """What the machine said, of one criterion or of any; only where it may be known."""
    if by.flag == RAISED:
        raised = Flag.objects.filter(response=OuterRef("response"), lowered_at=None)
        work = work.filter(Exists(raised))
    marks = MachineMark.objects.filter(response=OuterRef("response"))
    if by.criterion:
        marks = marks.filter(criterion__code=by.criterion)
        work = work.filter(Exists(_criteria(by.criterion)))
    if by.below:
        doubtful = Q(confidence__lt=_number(by.below) / 100) | Q(level=None)
        work = work.filter(BESIDE, Exists(marks.filter(doubtful)))
    if by.flag and by.flag != RAISED:
        work = work.filter(BESIDE, Exists(marks.filter(flags__contains=[by.flag])))
    return work


def _criteria(code: str) -> QuerySet[Criterion]:
    return Criterion.objects.filter(code=code, rubric=OuterRef("response__item__rubric"))


def _called(code: str) -> QuerySet[Person]:
    """People by the pseudonym that others see, which is the beginning of their id."""
    if not re.fullmatch(r"[0-9a-f]{8}", code.lower()):
        return Person.objects.none()
    first = uuid.UUID(code + "0" * 24)
    return Person.objects.filter(pk__gte=first, pk__lte=uuid.UUID(code + "f" * 24))


def _uuid(text: str) -> uuid.UUID | None:
    try:
        return uuid.UUID(text)
    except ValueError:
        return None


def _number(text: str) -> int:
    """0 for what is no number."""
    return min(_key(text), LARGEST)


def _key(text: str) -> int:
    """The key of a row; 0, which no row has, for what is none."""
    return int(text) if is_key(text) else 0


@dataclass(frozen=True)
class Offered:
    """What the lists of the filter hold: codes and what people read."""

    items: list[tuple[str, str]]
    assessments: list[tuple[str, str]]
    criteria: list[tuple[str, str]]
    lanes: list[tuple[str, str]]
    flags: list[tuple[str, str]]
    groups: list[tuple[str, str]]


def offered(course: Context) -> Offered:
    items = items_of(course)
    lanes = [each for each in RoutingDecision.Lane.choices if each[0] not in NO_WORK]
    groups = CourseGroup.objects.filter(context=course)
    return Offered(
        items=_listed(items.values_list("code", "title")),
        assessments=_listed(items.values_list("assessment__code", "assessment__title")),
        criteria=_listed(items.values_list("rubric__criteria__code", "rubric__criteria__title")),
        lanes=[(value, str(label)) for value, label in lanes],
        flags=[
            (RAISED, _("flagged by a reviewer")),
            *sorted(PEOPLE_LOOK_AT.items(), key=lambda each: each[1]),
        ],
        groups=[(str(group.pk), str(group)) for group in groups],
    )


NO_WORK = (RoutingDecision.Lane.AUTO, RoutingDecision.Lane.CALIBRATION)


def _listed(pairs: Iterable[tuple[str, str]]) -> list[tuple[str, str]]:
    """Each code once, with one of its titles, in the order of the titles."""
    return sorted({code: title for code, title in pairs if code}.items(), key=lambda each: each[1])
