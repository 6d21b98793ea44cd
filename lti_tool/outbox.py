"""Grades on their way to the LMS: nothing lost, nothing doubled, and always known where they are.

One row per gradebook column and learner; the newest score wins. A row is sent under a lease,
never inside a transaction. Its timestamp is fixed for one change, so a repetition after an
unclear answer is recognised by the LMS (409) and then looked up instead of sent again. After
sending, the result is read back: only the LMS can say that a grade arrived.

Jobs on the queue carry a row's id and are mere wake-up calls; ``wake_due`` finds every row that is
due whether or not a job for it survived.
"""

from __future__ import annotations

import logging
import random
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from functools import partial
from typing import Any

import django_rq
from django.db import transaction
from django.db.models import F, Q
from django.utils import timezone
from pylti1p3.grade import Grade
from rq import Retry

from lti_tool import ags, quirks
from lti_tool.ags import Result, StaleScoreError
from lti_tool.models import LineItem, OutgoingScore, Person, Registration, ResourceLink
from lti_tool.models import whole_second as floor
from lti_tool.transport import TransportError

State = OutgoingScore.State

# Longer than every call of one delivery together can last.
LEASE = timedelta(minutes=5)
WOKEN = timedelta(minutes=1)
FIRST_WAIT_SECONDS = 5.0
LONGEST_WAIT_SECONDS = 6 * 3600.0
GIVE_UP_AFTER = timedelta(days=14)
# Some LMSs show a score only a while after they took it: look again before calling it changed.
LOOK_AGAIN_AFTER = (timedelta(seconds=3), timedelta(seconds=30), timedelta(minutes=5))
# LMSs round what they show.
TOLERANCE = Decimal("0.006")
logger = logging.getLogger(__name__)


def queue_score(
    *,
    resource_link: ResourceLink,
    person: Person,
    score: Decimal,
    maximum: Decimal,
    comment: str,
    submitted_at: datetime,
    final: bool = True,
) -> OutgoingScore | None:
    """Put a score on its way, in the caller's transaction; an equal one is not sent twice.

    ``final=False`` only tells the LMS that something was handed in. It never replaces a grade
    that was given, and is left out where the LMS would erase grades by it. Returns None when
    there is nothing to send to.
    """
    column = resource_link.line_items.order_by("-seen_at", "-pk").first()
    if column is None:
        return None
    if not final and not _quirks(resource_link).pending_scores:
        return None
    wanted = {
        "score": score,
        "maximum": maximum,
        "comment": comment,
        "submitted_at": submitted_at,
        "activity_progress": "Completed" if final else "Submitted",
        "grading_progress": "FullyGraded" if final else "PendingManual",
    }
    with transaction.atomic():
        return _put(column, person, wanted)


def resend(score: OutgoingScore) -> None:
    """Send a score once more, whatever became of it."""
    _requeue(score.pk, {})
    score.refresh_from_db()


def deliver(pk: int) -> None:
    """Send what is due of row ``pk``, or look whether it arrived; does nothing when nothing is.

    Safe to call at any time and from several workers.
    """
    score = _claim(pk)
    if score is None:
        return
    try:
        _check_connected(score)
        if score.state == State.QUEUED:
            _send(score)
        else:
            _look(score)
    except TransportError as error:
        _failed(score, error)


def wake_due(limit: int = 200) -> int:
    """Enqueue a job for every row that is due, at most ``limit``; returns how many."""
    now = timezone.now()
    asleep = Q(woken_until=None) | Q(woken_until__lt=now)
    with transaction.atomic():
        due = (
            OutgoingScore.objects.select_for_update(skip_locked=True)
            .filter(asleep, _unleased(now), run_after__lte=now)
            .order_by("run_after")
            .values_list("pk", flat=True)[:limit]
        )
        keys = list(due)
        OutgoingScore.objects.filter(pk__in=keys).update(woken_until=now + WOKEN)
    for key in keys:
        wake(key)
    return len(keys)


def wake(pk: int) -> None:
    """A job for row ``pk``."""
    django_rq.get_queue("default").enqueue(deliver, pk, retry=Retry(max=3))


def _put(column: LineItem, person: Person, wanted: dict[str, Any]) -> OutgoingScore:
    row, created = OutgoingScore.objects.select_for_update().get_or_create(
        line_item=column, person=person, defaults={**wanted, "run_after": timezone.now()}
    )
    if created:
        _wake_after_commit(row.pk)
        return row
    less = row.final and wanted["grading_progress"] != "FullyGraded"
    same = all(getattr(row, name) == value for name, value in wanted.items())
    if less or (same and row.state != State.REFUSED):
        return row
    _requeue(row.pk, wanted)
    row.refresh_from_db()
    return row


def _requeue(pk: int, changes: dict[str, Any]) -> None:
    """A new change of a row. A lease stays: its holder sees the new sequence and hands over."""
    now = timezone.now()
    OutgoingScore.objects.filter(pk=pk).update(
        **changes,
        sequence=F("sequence") + 1,
        state=State.QUEUED,
        cause="",
        attempts=0,
        checks=0,
        run_after=now,
        queued_at=now,
        woken_until=None,
        confirmed_at=None,
        result_score=None,
        result_maximum=None,
    )
    _wake_after_commit(pk)


def _wake_after_commit(pk: int) -> None:
    # Robust: the score is safe in the database even when the queue is down.
    transaction.on_commit(partial(wake, pk), robust=True)


def _unleased(now: datetime) -> Q:
    return Q(leased_until=None) | Q(leased_until__lt=now)


def _claim(pk: int) -> OutgoingScore | None:
    now = timezone.now()
    due = OutgoingScore.objects.filter(_unleased(now), pk=pk, run_after__lte=now)
    if not due.update(leased_until=now + LEASE):
        return None
    return OutgoingScore.objects.select_related(
        "person", "line_item__resource_link__context__deployment__registration"
    ).get(pk=pk)


def _check_connected(score: OutgoingScore) -> None:
    if not _registration(score).active:
        raise TransportError("The connection with this LMS is switched off.", permanent=True)


def _send(score: OutgoingScore) -> None:
    if not _stamp(score):
        return
    registration, column = _registration(score), score.line_item
    try:
        ags.post_score(registration, column.url, column.scopes, _grade(score))
    except StaleScoreError as stale:
        _stale(score, stale)
        return
    now = timezone.now()
    score.sent_at, score.sent_submitted_at = now, score.submitted_at
    # Noted at once: if this process ends here, the next one looks instead of sending again.
    noted = OutgoingScore.objects.filter(pk=score.pk, leased_until=score.leased_until)
    noted.update(sent_at=now, sent_submitted_at=score.submitted_at)
    noted.filter(sequence=score.sequence).update(state=State.SENT, cause="", attempts=0)
    score.state = State.SENT
    score.attempts = 0
    _look(score)


def _stamp(score: OutgoingScore) -> bool:
    """Fix the timestamp of this change; False when it must wait for the next whole second.

    A timestamp is never in the future, because an LMS would refuse every score until then, and
    always later than the one before.
    """
    if score.timestamp_sequence == score.sequence:
        return True
    moment = floor(timezone.now())
    if score.timestamp is not None and moment <= score.timestamp:
        _settle(score, run_after=score.timestamp + timedelta(seconds=1))
        return False
    mine = OutgoingScore.objects.filter(
        pk=score.pk, leased_until=score.leased_until, sequence=score.sequence
    )
    if not mine.update(timestamp=moment, timestamp_sequence=score.sequence):
        _settle(score)
        return False
    score.timestamp, score.timestamp_sequence = moment, score.sequence
    return True


def _grade(score: OutgoingScore) -> Grade:
    profile = quirks.of(_registration(score))
    grade = (
        Grade()
        .set_timestamp(_moment(score.timestamp or timezone.now()))
        .set_submitted_at(_moment(score.submitted_at))
        .set_activity_progress(score.activity_progress)
        .set_grading_progress(score.grading_progress)
        .set_user_id(score.person.sub)
        # Always, even when empty: some LMSs erase a comment that is left out.
        .set_comment(score.comment.replace("\n", profile.line_breaks))
    )
    if score.final:
        grade.set_score_given(float(score.score)).set_score_maximum(float(score.maximum))
    if profile.canvas_submission:
        again = score.sent_submitted_at == score.submitted_at
        grade.set_extra_claims({quirks.CANVAS_SUBMISSION: {"new_submission": not again}})
    return grade


def _moment(moment: datetime) -> str:
    """ISO 8601 with sub-seconds, as AGS 2.0 section 3.4.7 asks."""
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.") + "000Z"


def _stale(score: OutgoingScore, stale: StaleScoreError) -> None:
    """The LMS has this timestamp or a later one: ours arrived before, or something else did."""
    try:
        found = _result(score)
    except TransportError as error:
        if not error.permanent:
            raise
        found = None
    if found is not None and _agrees(score, found):
        _confirm(score, found)
        return
    # The next attempt takes a later timestamp.
    mine = OutgoingScore.objects.filter(pk=score.pk, leased_until=score.leased_until)
    mine.update(timestamp_sequence=0)
    _failed(score, stale)


def _look(score: OutgoingScore) -> None:
    """Read the grade back and say what the gradebook shows."""
    if not score.final or ags.RESULTS not in score.line_item.scopes:
        _settle(score, state=State.SENT, run_after=None, cause="")
        return
    found = _result(score)
    if found is not None and _agrees(score, found):
        _confirm(score, found)
    elif score.checks < len(LOOK_AGAIN_AFTER):
        after = timezone.now() + LOOK_AGAIN_AFTER[score.checks]
        _settle(score, state=State.SENT, run_after=after, checks=score.checks + 1)
    elif found is None:
        cause = "The LMS took the grade but does not show it to us."
        _settle(score, state=State.SENT, run_after=None, cause=cause)
    else:
        _settle(
            score,
            state=State.OVERRIDDEN,
            run_after=None,
            cause="",
            result_score=found.score,
            result_maximum=found.maximum,
        )


def _result(score: OutgoingScore) -> Result | None:
    column = score.line_item
    if ags.RESULTS not in column.scopes:
        return None
    return ags.result(_registration(score), column.url, column.scopes, score.person.sub)


def _agrees(score: OutgoingScore, found: Result) -> bool:
    """Whether the gradebook shows this grade, at its own scale and with its own rounding."""
    if found.score is None:
        return False
    expected = score.score * found.maximum / score.maximum
    return abs(found.score - expected) <= TOLERANCE


def _confirm(score: OutgoingScore, found: Result) -> None:
    _settle(
        score,
        state=State.CONFIRMED,
        run_after=None,
        cause="",
        attempts=0,
        confirmed_at=timezone.now(),
        result_score=found.score,
        result_maximum=found.maximum,
    )


def _failed(score: OutgoingScore, error: TransportError) -> None:
    now = timezone.now()
    logger.warning("score %s: HTTP %s, attempt %s", score.pk, error.status, score.attempts + 1)
    if error.permanent or score.queued_at < now - GIVE_UP_AFTER:
        if score.state == State.SENT:
            # Sent it was; that we cannot look does not make it refused.
            _settle(score, run_after=None, cause=error.cause)
        else:
            _settle(score, state=State.REFUSED, run_after=None, cause=error.cause)
        return
    wait = backoff(score.attempts, random.random())  # noqa: S311 - spreads load, guards nothing
    if error.retry_after is not None:
        wait = max(wait, error.retry_after)
        _slow_down(score, now + timedelta(seconds=error.retry_after))
    _settle(
        score,
        attempts=score.attempts + 1,
        run_after=now + timedelta(seconds=wait),
        cause=error.cause,
    )


def backoff(attempts: int, spread: float) -> float:
    """Seconds to wait after failed attempt number ``attempts`` (from 0): tripling from 5 s to 6 h.

    ``spread`` in [0, 1) takes away up to half, so that many rows do not come back at once.
    """
    full = min(FIRST_WAIT_SECONDS * 3.0 ** min(attempts, 12), LONGEST_WAIT_SECONDS)
    return full * (1 - spread / 2)


def _slow_down(score: OutgoingScore, until: datetime) -> None:
    """An LMS that asks for a pause means all of its rows, not this one alone."""
    OutgoingScore.objects.filter(
        _unleased(timezone.now()),
        line_item__resource_link__context__deployment__registration=_registration(score),
        run_after__lt=until,
    ).update(run_after=until)


def _settle(score: OutgoingScore, **outcome: Any) -> None:
    """End the lease and write the outcome, unless the row has changed since it was sent.

    A lease that ran out belongs to somebody else by now: then nothing is written.
    """
    mine = OutgoingScore.objects.filter(pk=score.pk, leased_until=score.leased_until)
    released = {"leased_until": None, "woken_until": None}
    if mine.filter(sequence=score.sequence).update(**released, **outcome):
        return
    if mine.update(**released, run_after=timezone.now()):
        _wake_after_commit(score.pk)


def _registration(score: OutgoingScore) -> Registration:
    return score.line_item.resource_link.context.deployment.registration


def _quirks(link: ResourceLink) -> quirks.Quirks:
    return quirks.of(link.context.deployment.registration)
