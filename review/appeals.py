"""Step 5 once more: a learner asked for another look, and somebody else answers.

Both marks stand on the screen; every appealed criterion gets an answer in words, whatever
becomes of the mark. Criteria that nobody asked about stay as they were.
"""

from __future__ import annotations

from collections.abc import Iterable

from django.utils import timezone
from django.utils.translation import gettext as _

from audit import record
from grading import release
from grading.models import Appeal, GradeChange, Mark, Voice
from review.errors import NotPossible
from review.models import Review, ReviewMark
from review.placeholders import filled
from rubrics.models import Level

Outcome = Appeal.Outcome


def asked(review: Review) -> list[Appeal]:
    """What this review has to answer."""
    return list(
        Appeal.objects.filter(decision=review.decision_id, outcome="").select_related(
            "criterion", "level_before"
        )
    )


def outcome(before: Level, after: Level) -> Outcome:
    if after.points > before.points:
        return Outcome.RAISED
    return Outcome.LOWERED if after.points < before.points else Outcome.KEPT


def answer(review: Review) -> None:
    """Inside the caller's transaction. Raises NotPossible where an answer is missing."""
    marks = {mark.criterion_id: mark for mark in review.marks.select_related("level", "criterion")}
    appeals = asked(review)
    _all_answered(appeals, marks.values())
    for appeal in appeals:
        _answer(appeal, marks[appeal.criterion_id], review)
    release.revise(review.response.submission, GradeChange.Cause.APPEAL, _reason(appeals))


def _all_answered(appeals: Iterable[Appeal], marks: Iterable[ReviewMark]) -> None:
    said = {mark.criterion_id: mark.comment.strip() for mark in marks}
    silent = [each.criterion.title for each in appeals if not said.get(each.criterion_id)]
    if silent:
        raise NotPossible(
            _("Answer the learner in the comment on %(criteria)s: they read it as your reason.")
            % {"criteria": ", ".join(silent)}
        )


def _answer(appeal: Appeal, mark: ReviewMark, review: Review) -> None:
    now = timezone.now()
    appeal.outcome = outcome(appeal.level_before, mark.level)
    appeal.answer = filled(mark.comment, mark.level)
    appeal.answered_at = now
    appeal.save(update_fields=["outcome", "answer", "answered_at"])
    Mark.objects.filter(response=appeal.response_id, criterion=appeal.criterion_id).update(
        level=mark.level,
        voice=Voice.HUMAN,
        reviewer=review.reviewer,
        comment=appeal.answer,
        settled_at=now,
    )
    record.append(
        review.response.submission_id,
        "appeal.answered",
        f"reviewer:{review.reviewer.code}",
        {
            "response": str(review.response_id),
            "criterion": appeal.criterion.code,
            "outcome": appeal.outcome,
            "before": f"{appeal.level_before.points} by {appeal.voice_before}",
            "after": str(mark.level.points),
        },
    )


def _reason(appeals: Iterable[Appeal]) -> str:
    return "\n".join(f"{each.criterion.title}: {each.answer}" for each in appeals)
