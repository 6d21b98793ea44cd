"""An activity as its teacher sees it: everybody who is or was in the course, how far each has
come, and what needs a person. The number of queries does not depend on the size of the course.
"""

from __future__ import annotations

import hashlib
import uuid
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db.models import Count, F, Q, QuerySet
from django.db.models.functions import NullIf
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from grading.models import Grade, Mark, Placement, RoutingDecision, Submission, Voice
from lti_tool import ags
from lti_tool.models import (
    Context,
    CourseGroup,
    LineItem,
    Membership,
    OutgoingScore,
    Person,
    PersonName,
    ResourceLink,
)
from lti_tool.roles import Right, rights_of

Sent = OutgoingScore.State
# What the list can be narrowed down to.
SHOWN = ("all", "missing", "waiting", "graded", "attention")
# A gradebook that was read within this time is not read again just because the page is opened.
FRESH = timedelta(minutes=5)


@dataclass(frozen=True)
class Row:
    """One learner: the newest attempt, the grade that counts, and where that is.

    `human` and `machine` are responses of the newest attempt by who settled them; `late` and
    `appeals` are among those that wait; `waiting` are
    those that nobody has settled.
    """

    person: Person
    name: str
    groups: tuple[CourseGroup, ...]
    departed_at: datetime | None
    submission: Submission | None
    grade: Grade | None
    outgoing: OutgoingScore | None
    human: int
    machine: int
    waiting: int
    late: int = 0
    appeals: int = 0

    @property
    def called(self) -> str:
        return self.name or self.person.code

    @property
    def erased(self) -> bool:
        return self.person.is_erased

    @property
    def anonymous(self) -> bool:
        return self.person.anonymous and not self.erased

    @property
    def state_words(self) -> str:
        """How far the newest attempt is, without the steps of the machine."""
        if self.submission is None:
            return _("not begun")
        match self.submission.state:
            case Submission.State.OPEN:
                return _("being worked on")
            case Submission.State.ROUTED:
                return _("waiting for a reviewer")
            case Submission.State.RELEASED:
                return _("graded")
            case Submission.State.WITHDRAWN:
                return _("withdrawn")
        return _("being marked")

    @property
    def marked_by(self) -> list[str]:
        return [name for name, count in (("human", self.human), ("machine", self.machine)) if count]

    @property
    def handed_in(self) -> bool:
        """Whether any attempt was: a second one begins only when the first has its grade."""
        return self.submission is not None and (
            not self.submission.is_open or self.submission.number > 1
        )

    @property
    def missing(self) -> bool:
        return not self.handed_in and self.departed_at is None

    @property
    def overdue(self) -> bool:
        return self.late > 0

    @property
    def refused(self) -> bool:
        return self.outgoing is not None and self.outgoing.state == Sent.REFUSED

    @property
    def overridden(self) -> bool:
        return self.outgoing is not None and self.outgoing.state == Sent.OVERRIDDEN

    @property
    def held(self) -> bool:
        return self.overridden and self.outgoing is not None and self.outgoing.held

    @property
    def needs_attention(self) -> bool:
        in_trouble = self.submission is not None and bool(self.submission.trouble)
        return self.refused or self.overridden or self.overdue or in_trouble

    def is_shown(self, show: str) -> bool:
        match show:
            case "missing":
                return self.missing
            case "waiting":
                return self.waiting > 0
            case "graded":
                return self.grade is not None
            case "attention":
                return self.needs_attention
        return True

    @property
    def stage(self) -> tuple[Any, ...]:
        """What of it a page shows."""
        attempt = self.submission
        return (
            self.called,
            [group.pk for group in self.groups],
            self.departed_at,
            (attempt.pk, attempt.state, attempt.trouble) if attempt else None,
            self.grade.pk if self.grade else None,
            (self.outgoing.state, self.outgoing.words) if self.outgoing else None,
            (self.human, self.machine, self.waiting, self.late, self.appeals),
        )


@dataclass(frozen=True)
class Cause:
    """Grades that the LMS refused for the same reason."""

    words: str
    rows: tuple[Row, ...]


@dataclass(frozen=True)
class Roster:
    """What is known of the LMS's list of the course's people."""

    offered: bool
    age: str
    problem: str
    reading: bool


@dataclass(frozen=True)
class Gradebook:
    """What is known of the column in the LMS's gradebook; `stale` asks for a look."""

    age: str
    readable: bool
    stale: bool
    problem: str = ""


@dataclass(frozen=True)
class Classroom:
    """`rows` are all, `shown` those that the filters leave."""

    rows: tuple[Row, ...]
    shown: tuple[Row, ...]
    groups: tuple[CourseGroup, ...]
    show: str
    group: int | None
    roster: Roster
    gradebook: Gradebook

    @property
    def learners(self) -> int:
        return sum(row.departed_at is None and not row.erased for row in self.rows)

    @property
    def counts(self) -> list[tuple[str, int]]:
        """How many rows each filter would leave, within the group."""
        mine = [row for row in self.rows if in_group(row, self.group)]
        return [(show, sum(row.is_shown(show) for row in mine)) for show in SHOWN]

    @property
    def waiting(self) -> int:
        return sum(row.waiting for row in self.rows)

    @property
    def overdue(self) -> list[Row]:
        return [row for row in self.rows if row.overdue]

    @property
    def appeals(self) -> int:
        return sum(row.appeals for row in self.rows)

    @property
    def refused(self) -> list[Row]:
        return [row for row in self.rows if row.refused]

    @property
    def causes(self) -> list[Cause]:
        """The refused ones by their cause, the commonest first."""
        found: dict[str, list[Row]] = {}
        for row in self.refused:
            assert row.outgoing is not None  # noqa: S101 - that is what refused means
            found.setdefault(row.outgoing.cause, []).append(row)
        causes = [Cause(words, tuple(rows)) for words, rows in found.items()]
        return sorted(causes, key=lambda cause: -len(cause.rows))

    @property
    def held(self) -> list[Row]:
        return [row for row in self.rows if row.held]

    @property
    def overridden(self) -> list[Row]:
        """Changed in the LMS, and nothing newer of ours was kept back for it."""
        return [row for row in self.rows if row.overridden and not row.held]

    @property
    def confirmed(self) -> int:
        return sum(
            row.outgoing is not None and row.outgoing.state == Sent.CONFIRMED for row in self.rows
        )

    @property
    def moving(self) -> bool:
        """Whether a grade that is shown is on its way, so that its row changes within seconds."""
        on_the_way = (Sent.QUEUED, Sent.SENT)
        return any(
            row.outgoing is not None
            and row.outgoing.state in on_the_way
            and row.outgoing.attempts == 0
            and row.outgoing.run_after is not None
            for row in self.shown
        )

    @property
    def stage(self) -> str:
        """A digest of everything that the page shows: unchanged, the page is left alone."""
        shown = (
            [row.stage for row in self.shown],
            self.counts,
            [(cause.words, len(cause.rows)) for cause in self.causes],
            [row.stage for row in (*self.held, *self.overridden)],
            (self.confirmed, self.learners, self.waiting),
            (self.roster, self.gradebook.age, self.gradebook.problem, self.moving),
        )
        return hashlib.sha256(repr(shown).encode()).hexdigest()[:16]


def classroom(placement: Placement, show: str = "all", group: int | None = None) -> Classroom:
    """`show` is one of `SHOWN`, `group` the id of a group of the course; others show everybody."""
    link = placement.resource_link
    groups = tuple(CourseGroup.objects.filter(context=link.context).order_by("name", "pk"))
    show = show if show in SHOWN else "all"
    group = group if group in {each.pk for each in groups} else None
    rows = tuple(sorted(_rows(placement, groups), key=lambda row: row.called.casefold()))
    return Classroom(
        rows=rows,
        shown=tuple(row for row in rows if row.is_shown(show) and in_group(row, group)),
        groups=groups,
        show=show,
        group=group,
        roster=_roster(link.context),
        gradebook=_gradebook(link),
    )


def in_group(row: Row, group: int | None) -> bool:
    return group is None or any(each.pk == group for each in row.groups)


def column_of(link: ResourceLink) -> LineItem | None:
    """The gradebook column into which grades of an activity go."""
    return link.line_items.order_by("-seen_at", "-pk").first()


def ago(moment: datetime | None) -> str:
    """How long ago, in steps so coarse that a page seldom changes for it; empty for never."""
    if moment is None:
        return ""
    minutes = int((timezone.now() - moment).total_seconds() // 60)
    if minutes < 5:
        return _("just now")
    if minutes < 60:
        n = minutes // 5 * 5
        return ngettext("%(n)d minute ago", "%(n)d minutes ago", n) % {"n": n}
    if minutes < 48 * 60:
        n = minutes // 60
        return ngettext("%(n)d hour ago", "%(n)d hours ago", n) % {"n": n}
    n = minutes // (24 * 60)
    return ngettext("%(n)d day ago", "%(n)d days ago", n) % {"n": n}


def _rows(placement: Placement, groups: Iterable[CourseGroup]) -> list[Row]:
    context = placement.resource_link.context
    newest = _newest(placement)
    memberships = {each.person_id: each for each in _memberships(context)}
    people = {key: each.person for key, each in memberships.items()}
    people.update({key: submission.person for key, submission in newest.items()})
    names = {
        each.person_id: each.name
        for each in PersonName.objects.filter(person__in=people).only("person_id", "name")
    }
    members = _members(context, groups)
    grades, scores = _best_grades(placement), _scores(placement)
    voices, waiting = _voices(newest.values()), _waiting(newest.values())

    def row(key: uuid.UUID, person: Person) -> Row:
        membership, submission = memberships.get(key), newest.get(key)
        attempt = submission.pk if submission else None
        return Row(
            person=person,
            name=names.get(key, ""),
            groups=tuple(members.get(membership.pk, ())) if membership else (),
            departed_at=membership.departed_at if membership else None,
            submission=submission,
            grade=grades.get(key),
            outgoing=scores.get(key),
            human=voices.get((attempt, Voice.HUMAN), 0),
            machine=voices.get((attempt, Voice.MACHINE), 0),
            waiting=waiting.get(attempt, NOTHING).responses,
            late=waiting.get(attempt, NOTHING).late,
            appeals=waiting.get(attempt, NOTHING).appeals,
        )

    return [row(key, person) for key, person in people.items()]


def _memberships(context: Context) -> list[Membership]:
    """Learners, and people who have left but were learners: they have no rights any more."""
    found = Membership.objects.filter(context=context).filter(
        Q(rights__contains=[Right.SUBMIT.value]) | Q(departed_at__isnull=False)
    )
    return [
        each
        for each in found.select_related("person")
        if each.departed_at is None or Right.SUBMIT in rights_of(each.roles)
    ]


def _members(context: Context, groups: Iterable[CourseGroup]) -> dict[int, list[CourseGroup]]:
    """The groups of each membership, by its id."""
    known = {group.pk: group for group in groups}
    pairs = Membership.groups.through.objects.filter(membership__context=context)
    found: dict[int, list[CourseGroup]] = {}
    for membership, group in pairs.values_list("membership_id", "coursegroup_id").order_by("pk"):
        if group in known:
            found.setdefault(membership, []).append(known[group])
    return found


def _newest(placement: Placement) -> dict[uuid.UUID, Submission]:
    submissions = (
        Submission.objects.filter(placement=placement)
        .order_by("person_id", "-number")
        .distinct("person_id")
        .select_related("person", "assessment__policy")
    )
    return {submission.person_id: submission for submission in submissions}


def _best_grades(placement: Placement) -> dict[uuid.UUID, Grade]:
    """The grade that counts, as `release` sends it: the best share, the earliest among equals."""
    grades = (
        Grade.objects.filter(submission__placement=placement)
        .order_by("submission__person_id", -F("score") / NullIf("maximum", 0), "submission__number")
        .distinct("submission__person_id")
        .select_related("submission")
    )
    return {grade.submission.person_id: grade for grade in grades}


def _scores(placement: Placement) -> dict[uuid.UUID, OutgoingScore]:
    scores = OutgoingScore.objects.filter(line_item__resource_link=placement.resource_link)
    return {score.person_id: score for score in scores.order_by("queued_at")}


def _voices(submissions: Iterable[Submission]) -> dict[Any, int]:
    """Responses by attempt and by who settled them."""
    counted = (
        Mark.objects.filter(response__submission__in=[each.pk for each in submissions])
        .values("response__submission", "voice")
        .annotate(n=Count("response", distinct=True))
    )
    return {(each["response__submission"], each["voice"]): each["n"] for each in counted}


@dataclass(frozen=True)
class Waiting:
    """Responses of an attempt that wait for people, and those among them that are late, or that
    the learner asked to be looked at again.
    """

    responses: int = 0
    late: int = 0
    appeals: int = 0


NOTHING = Waiting()


def _waiting(submissions: Iterable[Submission]) -> dict[Any, Waiting]:
    counted = (
        RoutingDecision.objects.filter(
            settled_at=None,
            reserved_for=None,
            response__submission__in=[each.pk for each in submissions],
        )
        .values("response__submission")
        .annotate(
            n=Count("pk"),
            late=Count("pk", filter=Q(due_at__lt=timezone.now())),
            asked=Count("pk", filter=Q(lane=RoutingDecision.Lane.APPEAL)),
        )
    )
    return {
        each["response__submission"]: Waiting(each["n"], each["late"], each["asked"])
        for each in counted
    }


def _roster(context: Context) -> Roster:
    until = context.roster_leased_until
    return Roster(
        offered=bool(context.roster_url),
        age=ago(context.roster_read_at),
        problem=context.roster_problem,
        reading=until is not None and until > timezone.now(),
    )


def _gradebook(link: ResourceLink) -> Gradebook:
    column = column_of(link)
    if column is None:
        return Gradebook("", readable=False, stale=False)
    old = column.read_at is None or column.read_at < timezone.now() - FRESH
    readable = bool(column.url) and ags.RESULTS in column.scopes
    return Gradebook(
        ago(column.read_at),
        readable=readable,
        # One that could not be read is read again by itself, ever more rarely.
        stale=readable and old and not column.read_failures,
        problem=column.read_problem,
    )


def attempts_of(submission: Submission) -> QuerySet[Submission]:
    """What the same learner has handed in at the same activity, in order."""
    return (
        Submission.objects.filter(placement=submission.placement, person=submission.person)
        .exclude(state=Submission.State.OPEN)
        .order_by("number")
    )
