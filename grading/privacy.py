"""What is stored about a person: said in plain words, and as one document to take away.

Who someone is stands in `lti_tool`, what they handed in here; the document holds both. Marks of
an attempt that is still being marked are left out of it, as they are on the learner's own page:
an unfinished judgement would be known before the people who make it have agreed.
"""

from __future__ import annotations

import base64
import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from importlib import import_module
from typing import Any, Protocol, cast

from django.conf import settings
from django.db.models import Q, Sum
from django.template.defaultfilters import filesizeformat
from django.utils import timezone
from django.utils.translation import gettext as _

from audit import record
from audit.models import Entry
from grading import offers
from grading.models import (
    Appeal,
    CheckResult,
    Grade,
    GradeChange,
    Mark,
    Response,
    Run,
    Submission,
    Upload,
)
from grading.release import figure
from lti_tool.models import (
    DeepLinkingRequest,
    HandIn,
    Membership,
    OutgoingScore,
    Person,
    PersonName,
)
from rubrics.models import Item

FORM = 1
Document = dict[str, Any]


@dataclass(frozen=True)
class Holding:
    """One kind of data. `kept` says for how long; all texts are for the person concerned."""

    what: str
    count: str
    where: str
    why: str
    kept: str


class Room(Protocol):
    """A module of a room above that stores something about people."""

    def holdings(self, subject: Person) -> Iterator[Holding]: ...
    def lists(self, subject: Person) -> Iterator[tuple[str, Iterator[Document]]]: ...
    def erase(self, subject: Person) -> None: ...


def rooms_above() -> list[Room]:
    """By name: this room knows nobody above it."""
    return [cast(Room, import_module(name)) for name in settings.PERSONAL_DATA]


def holdings(subject: Person) -> list[Holding]:
    """Everything that is stored about a person, kind by kind; kinds without any are left out."""
    found = [
        *_who_they_are(subject),
        *_what_they_handed_in(subject),
        *_what_was_judged(subject),
        *(holding for room in rooms_above() for holding in room.holdings(subject)),
        *_what_was_recorded(subject),
    ]
    return [holding for holding in found if holding.count != "0"]


def _who_they_are(subject: Person) -> Iterator[Holding]:
    name = PersonName.objects.filter(person=subject).first()
    parts = [_("name")] if name and name.name else []
    parts += [_("e-mail address")] if name and name.email else []
    until_erased = _("until it is erased")
    yield Holding(
        what=_("Name and e-mail address, as the LMS sent them"),
        count=", ".join(parts) or "0",
        where=_("encrypted, in one table of their own"),
        why=_("so that teachers see whose grade it is"),
        kept=until_erased,
    )
    yield Holding(
        what=_("Id in the LMS"),
        count=str(int(not subject.anonymous)),
        where=_("database"),
        why=_("so that the LMS knows to whom a grade belongs"),
        kept=until_erased,
    )
    yield Holding(
        what=_("Courses, with the roles and groups there"),
        count=str(subject.memberships.count()),
        where=_("database, under a code"),
        why=_("they decide what may be opened and done here"),
        kept=_("replaced by every launch and whenever the LMS sends its list; until erased"),
    )
    yield Holding(
        what=_("How pages look: colours, keys, widths"),
        count=str(len(subject.preferences)),
        where=_("database, under a code"),
        why=_("so that pages look the same the next time"),
        kept=until_erased,
    )
    yield Holding(
        what=_("Activities made from the LMS"),
        count=str(DeepLinkingRequest.objects.filter(person=subject).count()),
        where=_("database, under a code"),
        why=_("so that the choice reaches the LMS"),
        kept=_("one day"),
    )


def _what_they_handed_in(subject: Person) -> Iterator[Holding]:
    graded = _("as long as the grade that rests on them; without a grade until erased")
    under_code = _("database, under a code and without a name")
    yield Holding(
        what=_("Attempts, with the times of beginning and handing in"),
        count=str(Submission.objects.filter(person=subject).count()),
        where=under_code,
        why=_("to mark them, and to count how many attempts are left"),
        kept=graded,
    )
    answers = Response.objects.filter(submission__person=subject)
    answered = answers.filter(~Q(text="") | ~Q(choices=[]))
    yield Holding(
        what=_("Answers: texts, code, numbers and choices"),
        count=str(answered.count()),
        where=under_code,
        why=_("they are what is marked"),
        kept=graded,
    )
    files = Upload.objects.filter(response__submission__person=subject)
    size = files.aggregate(all=Sum("size"))["all"] or 0
    yield Holding(
        what=_("Files"),
        count=f"{files.count()} ({filesizeformat(size)})" if size else str(files.count()),
        where=under_code,
        why=_("they are what is marked"),
        kept=graded,
    )
    yield Holding(
        what=_("Runs of code, with what each check found"),
        count=str(Run.objects.filter(response__submission__person=subject).count()),
        where=under_code,
        why=_("to show what does not work yet, and to mark what was handed in"),
        kept=_("the run that was marked as long as its grade; the others until erased"),
    )
    yield Holding(
        what=_("Hand-ins to assignments in the LMS itself, with the reports on them"),
        count=str(HandIn.objects.filter(person=subject).count()),
        where=_("database, under a code and without names of files"),
        why=_("to fetch what was handed in there, and to report on it"),
        kept=_("until erased"),
    )


def _what_was_judged(subject: Person) -> Iterator[Holding]:
    marks = Mark.objects.filter(response__submission__person=subject)
    yield Holding(
        what=_("Marks on these answers, with reasons and comments"),
        count=str(marks.count()),
        where=_("database, under a code and without a name"),
        why=_("they are the reasons of the grade"),
        kept=_("as long as the grade"),
    )
    yield Holding(
        what=_("Grades"),
        count=str(Grade.objects.filter(submission__person=subject).count()),
        where=_("database; the best one also in the gradebook of the LMS"),
        why=_("a certificate may have to be shown to be right"),
        kept=_("as long as the programme keeps its certificates"),
    )
    yield Holding(
        what=_("Grades sent to the LMS, and whether they arrived"),
        count=str(OutgoingScore.objects.filter(person=subject).count()),
        where=_("database, under a code"),
        why=_("so that no grade is lost on its way"),
        kept=_("until erased"),
    )
    yield Holding(
        what=_("Marks given as a reviewer"),
        count=str(Mark.objects.filter(reviewer=subject).count()),
        where=_("database, under a code and without a name"),
        why=_("they are the reasons of other people's grades"),
        kept=_("as long as those grades"),
    )


def _what_was_recorded(subject: Person) -> Iterator[Holding]:
    yield Holding(
        what=_("Entries of the audit record"),
        count=str(_entries(subject).count()),
        where=_(
            "a record that nobody can change; it holds codes and fingerprints, no names or texts"
        ),
        why=_("so that it can be shown later how a grade came about"),
        kept=_("for good"),
    )


def document(subject: Person) -> Iterator[str]:
    """Everything as one JSON document, in pieces: at no time more than one attempt is in memory."""
    yield f'{{\n"cograde_personal_data": {FORM},\n'
    yield f'"made_at": {_json(timezone.now())},\n'
    yield f'"person": {_json(_person(subject))},\n'
    for name, rows in (
        ("memberships", _memberships(subject)),
        ("attempts", _attempts(subject)),
        ("handed_in_to_lms", _handed_in_to_lms(subject)),
        ("grades_sent", _grades_sent(subject)),
        ("marks_given", _marks_given(subject)),
        ("activities_made", _activities_made(subject)),
        *(each for room in rooms_above() for each in room.lists(subject)),
    ):
        yield from _listed(name, rows)
        yield ",\n"
    yield from _listed("audit_record", map(record.as_document, _entries(subject)))
    yield "\n}\n"


def filename(subject: Person) -> str:
    return f"cograde-{subject.code}-{timezone.localdate():%Y-%m-%d}.json"


def _json(value: object) -> str:
    return json.dumps(value, ensure_ascii=False, indent=1, default=_plain)


def _plain(value: object) -> str:
    return value.isoformat() if isinstance(value, datetime) else str(value)


def _listed(name: str, rows: Iterator[Document]) -> Iterator[str]:
    yield f'"{name}": ['
    for place, row in enumerate(rows):
        yield f"{',' if place else ''}\n{_json(row)}"
    yield "]"


def _person(subject: Person) -> Document:
    name = PersonName.objects.filter(person=subject).first()
    return {
        "id": subject.pk,
        "code": subject.code,
        "name": name.name if name else "",
        "email": name.email if name else "",
        "lms": subject.registration.name,
        "lms_issuer": subject.registration.issuer,
        "id_in_lms": "" if subject.anonymous else subject.sub,
        "id_in_lti_1_1": subject.legacy_id,
        "known_since": subject.created_at,
        "how_pages_look": subject.preferences,
    }


def _memberships(subject: Person) -> Iterator[Document]:
    rows = Membership.objects.filter(person=subject).select_related("context")
    for membership in rows.prefetch_related("groups").order_by("pk"):
        yield {
            "course": str(membership.context),
            "roles": membership.roles,
            "rights": membership.rights,
            "groups": [str(group) for group in membership.groups.all()],
            "seen_at": membership.seen_at,
            "departed_at": membership.departed_at,
        }


def _attempts(subject: Person) -> Iterator[Document]:
    attempts = Submission.objects.filter(person=subject).select_related(
        "assessment", "placement__resource_link__context", "grade"
    )
    for submission in attempts.order_by("started_at").iterator(chunk_size=1):
        link, assessment = submission.placement.resource_link, submission.assessment
        grade: Grade | None = getattr(submission, "grade", None)
        yield {
            "id": submission.pk,
            "course": str(link.context),
            "activity": str(link),
            "assessment": f"{assessment.code} v{assessment.version}",
            "title": assessment.title,
            "number": submission.number,
            "state": submission.state,
            "began_at": submission.started_at,
            "handed_in_at": submission.handed_in_at,
            "answers": [
                _answer(response, released=grade is not None)
                for response in submission.responses.select_related("item", "submission")
            ],
            "grade": _grade(grade),
        }


def _grade(grade: Grade | None) -> Document | None:
    if grade is None:
        return None
    return {
        "score": figure(grade.score),
        "maximum": figure(grade.maximum),
        "comment": grade.comment,
        "released_at": grade.released_at,
        "changes": [_change(change) for change in grade.changes.all()],
    }


def _answer(response: Response, *, released: bool) -> Document:
    by_id = {choice.pk: choice for choice in response.item.choices.all()}
    chosen = [by_id[pk] for pk in response.choices if pk in by_id]
    return {
        "item": response.item.code,
        "title": response.item.title,
        "text": response.text,
        "choices": [choice.text for choice in chosen],
        "parts": _parts(response),
        "saved_at": response.saved_at,
        "sha256": response.sha256,
        "files": [_file(kept) for kept in response.uploads.all()],
        "runs": [_run(run) for run in response.runs.order_by("number")],
        "marks": [_mark(mark) for mark in response.marks.select_related("criterion", "level")]
        if released
        else _("The marks are here when the grade is released."),
        "proposed_by_the_machine": _proposed(response) if released else [],
        "remarks_in_the_text": [
            {"about": response.text[each.start : each.end], "remark": each.text}
            for each in response.annotations.filter(settled_at__isnull=False)
        ]
        if released
        else [],
        "appeals": [_appeal(appeal) for appeal in response.appeals.select_related("criterion")],
    }


def _appeal(appeal: Appeal) -> Document:
    return {
        "criterion": appeal.criterion.title,
        "asked_at": appeal.asked_at,
        "reason": appeal.reason,
        "outcome": appeal.outcome,
        "answer": appeal.answer,
        "answered_at": appeal.answered_at,
    }


def _change(change: GradeChange) -> Document:
    return {
        "at": change.at,
        "cause": change.cause,
        "before": figure(change.score_before),
        "after": figure(change.score_after),
        "reason": change.reason,
    }


def _parts(response: Response) -> list[Document]:
    """What was chosen for each text or filled into each gap."""
    if response.item.kind == Item.Kind.MATCHING:
        return [
            {"for": match.pair.text, "given": match.chosen.partner}
            for match in offers.matches(response)
            if match.chosen is not None
        ]
    return [{"for": code, "given": text} for code, text in response.parts.items()]


def _file(kept: Upload) -> Document:
    return {
        "name": kept.name,
        "size": kept.size,
        "sha256": kept.sha256,
        "handed_in_at": kept.at,
        "content_base64": base64.b64encode(bytes(kept.content)).decode(),
    }


def _run(run: Run) -> Document:
    return {
        "number": run.number,
        "at": run.created_at,
        "state": run.state,
        "text": run.source,
        "found": [_found(result) for result in run.found],
    }


def _found(result: CheckResult) -> Document:
    return {
        "check": result.check_definition.title,
        "status": result.status,
        "summary": result.summary,
        "input": result.input,
        "got": result.got,
        "expected": result.expected,
        "hint": result.hint,
        "seconds": result.seconds,
    }


def _mark(mark: Mark) -> Document:
    return {
        "criterion": mark.criterion.title,
        "level": mark.level.title,
        "points": figure(mark.level.points),
        "by": mark.voice,
        "comment": mark.comment,
        "settled_at": mark.settled_at,
    }


def _proposed(response: Response) -> list[Document]:
    return [
        {
            "criterion": mark.criterion.title,
            "level": mark.level.title if mark.level else None,
            "confidence": mark.confidence,
            "reason": mark.rationale,
            "evidence": mark.evidence,
            "scorer": f"{mark.scorer} {mark.scorer_version}",
            "at": mark.created_at,
        }
        for mark in response.machine_marks.select_related("criterion", "level")
    ]


def _handed_in_to_lms(subject: Person) -> Iterator[Document]:
    """Reports as the LMS has them: what is still being marked says no more than that."""
    rows = HandIn.objects.filter(person=subject).prefetch_related("assets")
    for handed_in in rows.order_by("pk"):
        yield {
            "activity": handed_in.activity_title or handed_in.activity_id,
            "id_in_lms": handed_in.submission_id,
            "received_at": handed_in.received_at,
            "attempt": handed_in.work,
            "assets": [
                {
                    "id_in_lms": asset.asset_id,
                    "kind": asset.content_type,
                    "size": asset.size,
                    "report": asset.report,
                    "sent_at": asset.sent_at,
                }
                for asset in handed_in.assets.all()
            ],
        }


def _grades_sent(subject: Person) -> Iterator[Document]:
    scores = OutgoingScore.objects.filter(person=subject).select_related("line_item__resource_link")
    for score in scores.order_by("pk"):
        yield {
            "activity": str(score.line_item.resource_link),
            "score": figure(score.score),
            "maximum": figure(score.maximum),
            "comment": score.comment,
            "where_it_is": score.words,
            "queued_at": score.queued_at,
            "sent_at": score.sent_at,
            "confirmed_at": score.confirmed_at,
        }


def _marks_given(subject: Person) -> Iterator[Document]:
    marks = Mark.objects.filter(reviewer=subject).select_related("criterion", "level", "response")
    for mark in marks.order_by("settled_at", "pk"):
        yield {"response": mark.response.code, **_mark(mark)}


def _activities_made(subject: Person) -> Iterator[Document]:
    for asked in DeepLinkingRequest.objects.filter(person=subject).select_related("context"):
        yield {
            "course": str(asked.context),
            "at": asked.created_at,
            "answered_at": asked.answered_at,
        }


def _entries(subject: Person) -> Any:
    """The record of the person's attempts, and of what was done with their data."""
    attempts = Submission.objects.filter(person=subject).values("pk")
    return Entry.objects.filter(Q(chain__in=attempts) | Q(chain=subject.pk))
