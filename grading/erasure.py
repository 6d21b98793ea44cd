"""Erasing a person: who they are goes, and whatever no grade rests on.

A grade is evidence. What it rests on (the answers that were handed in, the run that was marked,
the marks and their reasons) stays, under a code that leads to nobody; docs/decisions/0016 says
why. The audit record stays whole: it holds no names and no texts.
"""

from __future__ import annotations

import uuid
from dataclasses import asdict, dataclass

from django.db import transaction
from django.db.models import F, Q, QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _

from audit import record
from grading import privacy
from grading.errors import NotAccepted
from grading.models import (
    Annotation,
    Appeal,
    CheckResult,
    Fingerprint,
    Grade,
    MachineMark,
    Mark,
    Match,
    RegradeRow,
    Response,
    RoutingDecision,
    Run,
    Submission,
    Upload,
)
from lti_tool import asset_processor
from lti_tool.models import DeepLinkingRequest, OutgoingScore, Person, PersonName

State = Submission.State
STILL_MARKED = (State.HANDED_IN, State.CHECKED, State.MARKED, State.ROUTED, State.SETTLED)


@dataclass(frozen=True)
class Consequences:
    """What erasing does, as counts: `kept` attempts have a grade, `withdrawn` ones would have
    got one, `deleted` ones were never handed in; `undelivered` grades no longer reach the LMS.
    """

    kept: int
    withdrawn: int
    deleted: int
    undelivered: int


def consequences(subject: Person) -> Consequences:
    attempts = Submission.objects.filter(person=subject)
    graded = attempts.filter(grade__isnull=False)
    undelivered = (OutgoingScore.State.QUEUED, OutgoingScore.State.REFUSED)
    return Consequences(
        kept=graded.count(),
        withdrawn=attempts.filter(state__in=STILL_MARKED, grade=None).count(),
        deleted=attempts.filter(state=State.OPEN).count(),
        undelivered=OutgoingScore.objects.filter(person=subject, state__in=undelivered).count(),
    )


@transaction.atomic
def erase(subject: Person, by: Person) -> None:
    """Erases for good; doing it again changes nothing. Raises NotAccepted while a worker has an
    attempt of theirs in hand, because it would put back what it is reading.
    """
    # Attempts before the person: the order in which a release locks them.
    attempts = list(Submission.objects.select_for_update().filter(person=subject).order_by("pk"))
    subject = Person.objects.select_for_update().get(pk=subject.pk)
    if subject.is_erased:
        return
    now = timezone.now()
    if any(attempt.leased_until and attempt.leased_until > now for attempt in attempts):
        raise NotAccepted(
            _("An attempt is being marked at this very moment. Please try again in two minutes.")
        )
    done = consequences(subject)
    for attempt in attempts:
        if attempt.is_open:
            _delete(attempt)
        elif Grade.objects.filter(submission=attempt).exists():
            _keep_what_was_marked(attempt)
        else:
            _withdraw(attempt, by)
    for room in privacy.rooms_above():
        room.erase(subject)
    _forget_who(subject)
    record.append(subject.pk, "person.erased", f"person:{by.code}", asdict(done))


def _forget_who(subject: Person) -> None:
    PersonName.objects.filter(person=subject).delete()
    OutgoingScore.objects.filter(person=subject).delete()
    DeepLinkingRequest.objects.filter(person=subject).delete()
    # No report goes out any more, and no link leads from the LMS's assignment to the attempt.
    asset_processor.forget(subject)
    subject.memberships.all().delete()
    subject.sub = f"{Person.TOMBSTONE}{uuid.uuid4().hex}"
    subject.legacy_id = ""
    subject.preferences = {}
    # The LMS is never told of an anonymous person: a grade that comes later goes nowhere.
    subject.anonymous = True
    subject.save(update_fields=["sub", "legacy_id", "preferences", "anonymous"])


def _delete(attempt: Submission) -> None:
    """An attempt that was never handed in: nobody has judged it, the record does not know it."""
    _delete_runs(Run.objects.filter(response__submission=attempt))
    Fingerprint.objects.filter(response__submission=attempt).delete()
    Upload.objects.filter(response__submission=attempt).delete()
    Response.objects.filter(submission=attempt).delete()
    attempt.delete()


def _keep_what_was_marked(attempt: Submission) -> None:
    # What they wrote to a reviewer may say who they are; what came of it is part of the grade.
    Appeal.objects.filter(response__submission=attempt).update(reason=_("(erased)"))
    # A regrade or an appeal that had not ended does not go on: the grade stands as it was.
    _close(attempt)
    Submission.objects.filter(pk=attempt.pk).update(state=State.RELEASED)
    earlier = Run.objects.filter(
        response__submission=attempt, created_at__lt=F("response__submission__handed_in_at")
    )
    _delete_runs(earlier)
    for kept in Upload.objects.filter(response__submission=attempt).only("pk", "name"):
        kept.name = kept.neutral_name  # people write their names into file names
        kept.save(update_fields=["name"])


def _withdraw(attempt: Submission, by: Person) -> None:
    """Handed in, but no grade yet: marking ends here, and what was handed in goes.

    The rows stay, because reviewers may have begun; what they chose is in the record already.
    """
    responses = Response.objects.filter(submission=attempt)
    _delete_runs(Run.objects.filter(response__in=responses))
    Upload.objects.filter(response__in=responses).delete()
    Fingerprint.objects.filter(response__in=responses).delete()
    Match.objects.filter(Q(response__in=responses) | Q(earlier__in=responses)).delete()
    MachineMark.objects.filter(response__in=responses).delete()
    Annotation.objects.filter(response__in=responses).delete()
    Mark.objects.filter(response__in=responses).delete()
    _close(attempt)
    responses.update(text="", choices=[], parts={}, sha256="", saved_by="", saved_at=None)
    Submission.objects.filter(pk=attempt.pk).update(state=State.WITHDRAWN, trouble="")
    record.append(attempt.pk, "submission.withdrawn", f"person:{by.code}", {"why": "person erased"})


def _close(attempt: Submission) -> None:
    RoutingDecision.objects.filter(response__submission=attempt, settled_at=None).update(
        settled_at=timezone.now()
    )
    # What a dry run kept of the attempt holds what its programs printed.
    RegradeRow.objects.filter(submission=attempt).update(responses={}, items=[])


def _delete_runs(runs: QuerySet[Run]) -> None:
    CheckResult.objects.filter(run__in=runs).delete()
    runs.delete()
