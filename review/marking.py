"""Step 5: a reviewer's marks are stored, the machine's are shown when they may be, and the
judgement is settled.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from audit import record
from grading import pipeline
from grading.diagnostics import storable
from grading.models import Mark, Response, RoutingDecision, Voice
from lti_tool.models import Person
from review import queue
from review.errors import NotPossible
from review.models import Review, ReviewMark
from rubrics.models import Criterion, Level, Policy


@dataclass(frozen=True)
class Choice:
    """What the reviewer chose on one criterion."""

    level: Level
    comment: str


def open_review(reviewer: Person, response: Response) -> Review:
    """The reviewer's review of a response; whether it is blind is decided once, when it opens."""
    policy = response.submission.assessment.policy
    blind = policy.blind or policy.mode == Policy.Mode.SHADOW
    review, _created = Review.objects.get_or_create(
        response=response, reviewer=reviewer, defaults={"blind": blind}
    )
    return review


def choices_from(response: Response, form: Mapping[str, str]) -> dict[Criterion, Choice]:
    """Reads `level-CODE` and `comment-CODE`. Raises NotPossible naming what is missing."""
    read = list(_read(response, form))
    missing = [criterion.title for criterion, choice in read if choice is None]
    if missing:
        raise NotPossible(_("Choose a level for: %(criteria)s.") % {"criteria": ", ".join(missing)})
    return {criterion: choice for criterion, choice in read if choice is not None}


def keep_draft(review: Review, form: Mapping[str, str]) -> None:
    """Autosave: keeps what is chosen so far, without ending anything."""
    with transaction.atomic():
        _still_theirs(review)
        for criterion, choice in _read(review.response, form):
            if choice is not None:
                _store(review, criterion, choice)


def _read(response: Response, form: Mapping[str, str]) -> Iterator[tuple[Criterion, Choice | None]]:
    """What the form says on each criterion; None where it names no level of that criterion."""
    for criterion in response.item.rubric.criteria.prefetch_related("levels"):
        levels = {str(level.pk): level for level in criterion.levels.all()}
        level = levels.get(form.get(f"level-{criterion.code}", ""))
        comment = storable(form.get(f"comment-{criterion.code}")).strip()
        yield criterion, Choice(level, comment) if level is not None else None


def save(
    review: Review,
    chosen: Mapping[Criterion, Choice],
    revision_reason: str = "",
    *,
    saw_machine: bool = True,
) -> Review:
    """Stores the marks. A blind review is then revealed; every other one, and a blind one that
    was revealed before, is settled. `saw_machine` tells whether the page that sent this showed
    the machine's marks: a second press before they were there settles nothing.
    Raises NotPossible when the response is no longer theirs.
    """
    with transaction.atomic():
        _still_theirs(review)
        review = Review.objects.select_for_update().get(pk=review.pk)
        if review.awaits_confirmation and not saw_machine:
            return review
        for criterion, choice in chosen.items():
            _store(review, criterion, choice)
        if review.marked_at is None:
            _mark_first_choice(review)
            if review.reveals_machine and review.blind and _machine_has_something(review.response):
                return review
        _settle(review, revision_reason)
    return review


def _still_theirs(review: Review) -> None:
    decision = RoutingDecision.objects.select_for_update().get(response=review.response)
    if decision.settled_at is not None:
        raise NotPossible(_("This response was settled meanwhile; your marks were not needed."))
    if not queue.claim(review.reviewer, review.response):
        raise NotPossible(
            _("Another reviewer has taken this response, because it was left for a while.")
        )


def _store(review: Review, criterion: Criterion, choice: Choice) -> None:
    ReviewMark.objects.update_or_create(
        review=review,
        criterion=criterion,
        defaults={"level": choice.level, "comment": choice.comment},
    )


def _mark_first_choice(review: Review) -> None:
    """What was chosen before the reveal is kept for good: agreement is measured on it."""
    for mark in review.marks.all():
        mark.first_level_id = mark.level_id
        mark.save(update_fields=["first_level"])
    review.marked_at = timezone.now()
    review.save(update_fields=["marked_at"])
    record.append(
        review.response.submission_id,
        "review.marked",
        f"reviewer:{review.reviewer.code}",
        {"response": str(review.response_id), "blind": review.blind, "marks": _points(review)},
    )


def _machine_has_something(response: Response) -> bool:
    return response.machine_marks.filter(level__isnull=False).exists()


def _settle(review: Review, revision_reason: str) -> None:
    marks = list(review.marks.select_related("criterion", "level", "first_level"))
    revised = [mark for mark in marks if mark.first_level_id != mark.level_id]
    if revised and not revision_reason.strip():
        raise NotPossible(
            _("You changed %(criteria)s after seeing the machine's marks: please say why.")
            % {"criteria": ", ".join(mark.criterion.title for mark in revised)}
        )
    now = timezone.now()
    Mark.objects.bulk_create(
        Mark(
            response=review.response,
            criterion=mark.criterion,
            level=mark.level,
            voice=Voice.HUMAN,
            reviewer=review.reviewer,
            comment=mark.comment,
            settled_at=now,
        )
        for mark in marks
    )
    review.settled_at = now
    review.revision_reason = storable(revision_reason).strip()[:500] if revised else ""
    review.save(update_fields=["settled_at", "revision_reason"])
    RoutingDecision.objects.filter(response=review.response).update(settled_at=now)
    queue.let_go(review.reviewer, review.response)
    record.append(
        review.response.submission_id,
        "response.settled",
        f"reviewer:{review.reviewer.code}",
        {
            "response": str(review.response_id),
            "marks": _points(review),
            "revised": [mark.criterion.code for mark in revised],
            "reason": review.revision_reason,
        },
    )
    submission = review.response.submission
    if pipeline.settle_if_complete(submission):
        transaction.on_commit(lambda: pipeline.wake(submission), robust=True)


def _points(review: Review) -> dict[str, str]:
    return {
        mark.criterion.code: str(mark.level.points)
        for mark in review.marks.select_related("criterion", "level")
    }
