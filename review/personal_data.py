"""What this room stores about a person: as a reviewer, and as the author of what is reviewed.

`grading.privacy` and `grading.erasure` ask the rooms above by name (settings.PERSONAL_DATA).
"""

from __future__ import annotations

from collections.abc import Iterator

from django.utils import timezone
from django.utils.translation import gettext as _

from grading.models import Annotation
from grading.privacy import Document, Holding
from lti_tool.models import Person
from review.models import (
    Claim,
    Conflict,
    Flag,
    Gold,
    Note,
    Review,
    Reviewer,
    SavedView,
    Skip,
)


def holdings(subject: Person) -> Iterator[Holding]:
    reviews = Review.objects.filter(reviewer=subject)
    yield Holding(
        what=_("Reviews, with what was chosen first and why it was changed"),
        count=str(reviews.count()),
        where=_("database, under a code and without a name"),
        why=_("they are the reasons of other people's grades, and agreement is measured on them"),
        kept=_("as long as those grades"),
    )
    said = Note.objects.filter(author=subject).count()
    said += Annotation.objects.filter(reviewer=subject).count()
    yield Holding(
        what=_("Notes and remarks written as a reviewer"),
        count=str(said),
        where=_("database, under a code and without a name"),
        why=_("they belong to the answers that they are about"),
        kept=_("as long as those answers"),
    )
    declared = Reviewer.objects.filter(person=subject).count()
    declared += SavedView.objects.filter(reviewer=subject).count()
    declared += Skip.objects.filter(reviewer=subject).count()
    declared += Conflict.objects.filter(reviewer=subject).count()
    yield Holding(
        what=_("What was declared as a reviewer: capacity, competences, views, passed on, known"),
        count=str(declared),
        where=_("database, under a code and without a name"),
        why=_("so that the queue gives what suits, and nothing of people whom one knows"),
        kept=_("until erased"),
    )
    known = Conflict.objects.filter(learner=subject).count()
    known += Note.objects.filter(response__submission__person=subject).count()
    yield Holding(
        what=_("What reviewers noted about these answers, and who of them knows their author"),
        count=str(known),
        where=_("database, under codes and without names"),
        why=_("so that nobody marks somebody whom they know"),
        kept=_("until erased"),
    )


def lists(subject: Person) -> Iterator[tuple[str, Iterator[Document]]]:
    yield "reviews_made", _reviews(subject)
    yield "notes_written", _notes(subject)
    yield "remarks_written", _remarks(subject)
    yield "declared_as_reviewer", _declared(subject)
    yield "notes_of_reviewers", _noted(subject)


def _reviews(subject: Person) -> Iterator[Document]:
    reviews = Review.objects.filter(reviewer=subject).select_related("response", "decision")
    for review in reviews.prefetch_related(
        "marks__criterion", "marks__level", "marks__first_level"
    ):
        yield {
            "response": review.response.code,
            "why": review.decision.lane,
            "blind": review.blind,
            "opened_at": review.opened_at,
            "marked_at": review.marked_at,
            "settled_at": review.settled_at,
            "reason_of_change": review.revision_reason,
            "marks": [
                {
                    "criterion": mark.criterion.title,
                    "level": mark.level.title,
                    "first": mark.first_level.title if mark.first_level else None,
                    "comment": mark.comment,
                }
                for mark in review.marks.all()
            ],
        }


def _notes(subject: Person) -> Iterator[Document]:
    for note in Note.objects.filter(author=subject).select_related("response"):
        yield {"response": note.response.code, "at": note.at, "text": note.text}
    for flag in Flag.objects.filter(raised_by=subject).select_related("response"):
        yield {"response": flag.response.code, "at": flag.raised_at, "flagged": True}


def _remarks(subject: Person) -> Iterator[Document]:
    for remark in Annotation.objects.filter(reviewer=subject).select_related("response"):
        yield {"response": remark.response.code, "at": remark.made_at, "text": remark.text}


def _declared(subject: Person) -> Iterator[Document]:
    for declared in Reviewer.objects.filter(person=subject):
        yield {
            "responses_a_day": declared.per_day,
            "competences": [each.title for each in declared.competencies.all()],
            "languages": declared.languages,
            "reads": declared.reads,
        }
    for view in SavedView.objects.filter(reviewer=subject):
        yield {"view": view.name, "query": view.query}
    for skip in Skip.objects.filter(reviewer=subject).select_related("response"):
        yield {"passed_on": skip.response.code, "reason": skip.reason, "at": skip.at}
    for conflict in Conflict.objects.filter(reviewer=subject).select_related("learner"):
        yield {"knows": conflict.learner.code, "since": conflict.declared_at}


def _noted(subject: Person) -> Iterator[Document]:
    """Notes of reviewers on what this person handed in, once the grade is there."""
    notes = Note.objects.filter(
        response__submission__person=subject, response__submission__grade__isnull=False
    )
    for note in notes.select_related("response"):
        yield {"response": note.response.code, "at": note.at, "text": note.text}
    for conflict in Conflict.objects.filter(learner=subject):
        yield {"known_by_a_reviewer_since": conflict.declared_at}


def erase(subject: Person) -> None:
    """What no grade rests on goes, inside the caller's transaction."""
    Claim.objects.filter(reviewer=subject).delete()
    Reviewer.objects.filter(person=subject).delete()
    SavedView.objects.filter(reviewer=subject).delete()
    Skip.objects.filter(reviewer=subject).delete()
    Conflict.objects.filter(reviewer=subject).delete()
    Conflict.objects.filter(learner=subject).delete()
    # Reviewers write to each other about people.
    theirs = {"response__submission__person": subject}
    Note.objects.filter(**theirs).delete()
    Skip.objects.filter(**theirs).delete()
    Gold.objects.filter(**theirs, retired_at=None).update(retired_at=timezone.now())
