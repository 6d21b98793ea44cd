"""An activity as its teacher sees it."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass

from django.db.models import Prefetch
from django.utils import timezone

from grading.models import Grade, Mark, Placement, RoutingDecision, Submission
from lti_tool.models import OutgoingScore, Person, PersonName
from lti_tool.roles import Right


@dataclass(frozen=True)
class Row:
    """One learner: the newest attempt, its grade, and where the grade is."""

    person: Person
    name: str
    submission: Submission | None
    grade: Grade | None
    outgoing: OutgoingScore | None
    human: int
    machine: int
    waiting: int

    @property
    def marked_by(self) -> list[str]:
        return [name for name, count in (("human", self.human), ("machine", self.machine)) if count]

    @property
    def overdue(self) -> bool:
        return (
            self.waiting > 0
            and self.submission is not None
            and self.submission.due_at < timezone.now()
        )


@dataclass(frozen=True)
class Classroom:
    rows: tuple[Row, ...]

    @property
    def waiting(self) -> int:
        return sum(row.waiting for row in self.rows)

    @property
    def overdue(self) -> list[Row]:
        return [row for row in self.rows if row.overdue]

    @property
    def refused(self) -> list[Row]:
        return [
            row
            for row in self.rows
            if row.outgoing is not None and row.outgoing.state == OutgoingScore.State.REFUSED
        ]

    @property
    def confirmed(self) -> int:
        return sum(
            row.outgoing is not None and row.outgoing.state == OutgoingScore.State.CONFIRMED
            for row in self.rows
        )


def classroom(placement: Placement) -> Classroom:
    learners = Person.objects.filter(
        memberships__context=placement.resource_link.context,
        memberships__rights__contains=[Right.SUBMIT.value],
    )
    names = dict(PersonName.objects.filter(person__in=learners).values_list("person_id", "name"))
    newest = _newest(placement)
    scores = {
        score.person_id: score
        for score in OutgoingScore.objects.filter(
            line_item__resource_link=placement.resource_link
        ).order_by("queued_at")
    }
    everybody = {person.pk: person for person in learners}
    everybody.update({submission.person_id: submission.person for submission in newest.values()})
    rows = [
        _row(person, names.get(person.pk, ""), newest.get(person.pk), scores.get(person.pk))
        for person in everybody.values()
    ]
    return Classroom(tuple(sorted(rows, key=lambda row: (row.name.casefold(), row.person.code))))


def _newest(placement: Placement) -> dict[object, Submission]:
    submissions = (
        Submission.objects.filter(placement=placement)
        .order_by("number")
        .select_related("person", "grade", "assessment__policy")
        .prefetch_related(
            Prefetch("responses__marks", Mark.objects.only("voice", "response")),
            Prefetch("responses__routing", RoutingDecision.objects.only("settled_at", "response")),
        )
    )
    return {submission.person_id: submission for submission in submissions}


def _row(
    person: Person, name: str, submission: Submission | None, outgoing: OutgoingScore | None
) -> Row:
    voices: Counter[str] = Counter()
    waiting = 0
    for response in submission.responses.all() if submission else ():
        marks = list(response.marks.all())
        if marks:
            voices[marks[0].voice] += 1
        routing = getattr(response, "routing", None)
        waiting += routing is not None and routing.settled_at is None
    return Row(
        person=person,
        name=name,
        submission=submission,
        grade=getattr(submission, "grade", None),
        outgoing=outgoing,
        human=voices["human"],
        machine=voices["machine"],
        waiting=waiting,
    )
