"""A learner asks for another look at one criterion: within a window, and within a budget.

The response goes back to people by a decision of its own; somebody who has not marked it answers
(`review.appeals`).
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from audit import record
from grading import decisions
from grading.diagnostics import storable
from grading.errors import NotAccepted
from grading.models import Appeal, Grade, Mark, Response, RoutingDecision, Submission
from rubrics.models import Criterion

LONGEST_REASON = 2000
Lane = RoutingDecision.Lane


@dataclass(frozen=True)
class Allowance:
    """Whether a learner may still ask: `left` times, until `until`; None where the policy knows
    no appeals or there is no grade yet.
    """

    left: int
    until: datetime

    @property
    def open(self) -> bool:
        return self.left > 0 and self.until > timezone.now()


def allowance(submission: Submission) -> Allowance | None:
    policy = submission.assessment.policy
    grade = Grade.objects.filter(submission=submission).first()
    released = submission.state == Submission.State.RELEASED
    if grade is None or not released or not policy.appeal_budget:
        return None
    # One that was right costs nothing.
    counted = Appeal.objects.filter(response__submission=submission).exclude(
        outcome=Appeal.Outcome.RAISED
    )
    return Allowance(
        left=max(policy.appeal_budget - counted.count(), 0),
        until=grade.last_made_at + timedelta(days=policy.appeal_days),
    )


def ask(response: Response, criterion: Criterion, reason: str) -> Appeal:
    """Raises NotAccepted with the reason, in the learner's words."""
    reason = storable(reason).strip()
    if not reason:
        raise NotAccepted(_("Say what the reviewer should look at; a sentence is enough."))
    if len(reason) > LONGEST_REASON:
        raise NotAccepted(
            _("Please use at most %(n)d characters; these are %(given)d.")
            % {"n": LONGEST_REASON, "given": len(reason)}
        )
    with transaction.atomic():
        submission = Submission.objects.select_for_update(of=("self",)).get(
            pk=response.submission_id
        )
        _still_possible(submission, response, criterion)
        decision = _decision(response, criterion)
        marks = Mark.objects.select_related("level")
        mark = marks.filter(response=response, criterion=criterion).first()
        if mark is None:  # a regrade was published in this very moment
            raise NotAccepted(_("This answer was just marked again. Open the result once more."))
        appeal = Appeal.objects.create(
            response=response,
            criterion=criterion,
            decision=decision,
            reason=reason,
            level_before=mark.level,
            voice_before=mark.voice,
            comment_before=mark.comment,
        )
        record.append(
            submission.pk,
            "appeal.asked",
            f"person:{submission.person.code}",
            {
                "response": str(response.pk),
                "criterion": criterion.code,
                "points": str(mark.level.points),
            },
        )
    return appeal


def _still_possible(submission: Submission, response: Response, criterion: Criterion) -> None:
    allowed = allowance(submission)
    if allowed is None:
        raise NotAccepted(_("There is no grade here that can be looked at again."))
    asked = Appeal.objects.filter(response=response, criterion__code=criterion.code)
    if asked.exists():
        raise NotAccepted(_("You have asked about this criterion already."))
    if allowed.until <= timezone.now():
        raise NotAccepted(_("The time to ask for another look is over."))
    if not allowed.left:
        raise NotAccepted(
            _("You have used up how often you may ask. Appeals that were right do not count.")
        )


def _decision(response: Response, criterion: Criterion) -> RoutingDecision:
    """The open appeal on this response, so that one reviewer sees all that was asked; else new."""
    reason = f"The learner asked for another look at “{criterion.title}”."
    still = response.decisions.select_for_update().filter(settled_at=None, reserved_for=None)
    found = still.first()
    if found is None:
        return decisions.send(response, Lane.APPEAL, [reason])
    if found.lane != Lane.APPEAL:
        raise NotAccepted(_("A reviewer is looking at this answer already."))
    found.reasons = [*found.reasons, reason]
    found.save(update_fields=["reasons"])
    return found
