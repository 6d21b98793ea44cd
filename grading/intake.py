"""Step 1: an attempt is begun, its answers are saved, and it is handed in.

What this module acknowledges is committed to PostgreSQL.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

from django.db import transaction
from django.db.models import DurationField, ExpressionWrapper, F, Max
from django.utils import timezone
from django.utils.formats import time_format
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from audit import record
from grading import offers, pipeline
from grading.errors import NotAccepted
from grading.models import Placement, Response, Submission
from grading.placements import current_assessment
from lti_tool.models import Person

LONGEST_TEXT = 100_000
CONTENT = ("text", "choices", "parts", "revision")
# A page may be slow: what arrives this long after the time is up still counts.
GRACE = timedelta(seconds=60)


@dataclass(frozen=True)
class Attempts:
    """How many attempts a learner has used here and may make; None: as many as they like."""

    used: int
    allowed: int | None

    @property
    def exhausted(self) -> bool:
        return self.allowed is not None and self.used >= self.allowed


def attempts(placement: Placement, person: Person) -> Attempts:
    used = Submission.objects.filter(placement=placement, person=person).count()
    return Attempts(used, current_assessment(placement).policy.attempts or None)


def open_submission(placement: Placement, person: Person) -> Submission | None:
    return Submission.objects.filter(
        placement=placement, person=person, state=Submission.State.OPEN
    ).first()


def latest_submission(placement: Placement, person: Person) -> Submission | None:
    return Submission.objects.filter(placement=placement, person=person).order_by("-number").first()


def handed_in(placement: Placement, person: Person) -> list[Submission]:
    """Attempts that can be looked at, the newest first."""
    ended = Submission.objects.filter(
        placement=placement, person=person, handed_in_at__isnull=False
    ).exclude(state=Submission.State.WITHDRAWN)
    return list(ended.order_by("-number"))


@transaction.atomic
def begin(placement: Placement, person: Person) -> Submission:
    """A new attempt, or the one that is open. Raises NotAccepted when none is left."""
    Placement.objects.select_for_update().get(pk=placement.pk)
    running = open_submission(placement, person)
    if running is not None:
        return running
    if Submission.objects.filter(placement=placement, person=person).exclude(
        state=Submission.State.RELEASED
    ):
        raise NotAccepted(
            _("Your last attempt is still being marked. You can try again when its grade is there.")
        )
    if attempts(placement, person).exhausted:
        raise NotAccepted(_("You have used all your attempts at this assessment."))
    assessment = current_assessment(placement)
    number = Submission.objects.filter(placement=placement, person=person).aggregate(
        last=Max("number")
    )["last"]
    submission = Submission.objects.create(
        placement=placement, person=person, assessment=assessment, number=(number or 0) + 1
    )
    Response.objects.bulk_create(
        Response(submission=submission, item=item, text=item.starter)
        for item in assessment.items.all()
    )
    return submission


@dataclass(frozen=True)
class OpenedPage:
    """A page on which an answer is written: its own name, and the revision that it showed."""

    name: str
    revision: int


class ChangedElsewhere(NotAccepted):
    """Another page has saved something newer; the response holds what it saved."""


def save(
    response: Response,
    *,
    text: str | None = None,
    choices: list[int] | None = None,
    parts: dict[str, str] | None = None,
    page: OpenedPage | None = None,
) -> None:
    """Keeps an answer. Raises NotAccepted with the reason when it cannot be kept, and
    ChangedElsewhere rather than overwrite what another page of the same person has saved since.
    """
    with transaction.atomic():
        submission = Submission.objects.select_for_update().get(pk=response.submission_id)
        response.refresh_from_db(fields=["saved_by", "saved_at", *CONTENT])
        still_open(submission)
        if page is not None and response.saved_by != page.name:
            _not_newer(response, page)
        if text is not None:
            response.text = _acceptable(text)
        if choices is not None:
            response.choices = offers.chosen(response.item, choices)
        if parts is not None:
            response.parts = offers.filled(response.item, parts)
        response.sha256 = response.digest()
        response.saved_at = timezone.now()
        response.revision += 1
        response.saved_by = page.name if page is not None else ""
        response.save(update_fields=["sha256", "saved_at", "saved_by", *CONTENT])


def _not_newer(response: Response, page: OpenedPage) -> None:
    if response.revision > page.revision and response.saved_at is not None:
        at = time_format(timezone.localtime(response.saved_at), "H:i")
        raise ChangedElsewhere(
            _(
                "This answer was changed in another window at %(at)s. Save again to keep what "
                "stands here; what was saved there is shown below."
            )
            % {"at": at}
        )


def hand_in(submission: Submission) -> Submission:
    """Ends the attempt. Handing in twice is the same as once."""
    with transaction.atomic():
        submission = Submission.objects.select_for_update().get(pk=submission.pk)
        if not submission.is_open:
            return submission
        submission.state = Submission.State.HANDED_IN
        submission.handed_in_at = timezone.now()
        submission.run_after = submission.handed_in_at
        submission.save(update_fields=["state", "handed_in_at", "run_after"])
        record.append(
            submission.pk,
            "submission.handed_in",
            f"learner:{submission.person.code}",
            {
                "attempt": submission.number,
                "assessment": f"{submission.assessment.code} v{submission.assessment.version}",
                "responses": {
                    response.item.code: {
                        "sha256": response.digest(),
                        "files": [kept.sha256 for kept in response.uploads.all()],
                    }
                    for response in submission.responses.select_related("item")
                },
            },
        )
        transaction.on_commit(lambda: pipeline.wake(submission), robust=True)
    return submission


def hand_in_overdue() -> int:
    """Hands in what is open beyond its time limit and grace; returns how many."""
    minutes = ExpressionWrapper(
        F("assessment__time_limit_minutes") * timedelta(minutes=1), output_field=DurationField()
    )
    over = Submission.objects.filter(
        state=Submission.State.OPEN,
        assessment__time_limit_minutes__isnull=False,
        started_at__lt=timezone.now() - GRACE - minutes,
    )[:200]
    for submission in over:
        hand_in(submission)
    return len(over)


def still_open(submission: Submission) -> None:
    if not submission.is_open:
        raise NotAccepted(_("This attempt was handed in; its answers no longer change."))
    closes = submission.closes_at
    if closes is not None and timezone.now() > closes + GRACE:
        raise NotAccepted(_("The time for this attempt is over. What you saved before counts."))


def _acceptable(text: str) -> str:
    text = text.replace("\r\n", "\n").replace("\r", "\n")
    if len(text) > LONGEST_TEXT:
        raise NotAccepted(
            ngettext(
                "Your answer is %(over)d character longer than can be handed in.",
                "Your answer is %(over)d characters longer than can be handed in.",
                len(text) - LONGEST_TEXT,
            )
            % {"over": len(text) - LONGEST_TEXT}
        )
    if "\x00" in text:
        raise NotAccepted(
            _("Your answer holds a character that is no text (NUL). Remove it, then save again.")
        )
    return text
