"""Grades on their way to the LMS: nothing lost, nothing doubled, and always known where they are.

One row per gradebook column and learner; the newest score wins. Other rooms put scores in here,
inside their own transactions; ``lti_tool.delivery`` takes them to the LMS and reads them back.

Jobs on the queue name an LMS and are mere wake-up calls; ``wake_due`` finds every row that is due
whether or not a job for it survived.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from decimal import Decimal
from functools import partial
from typing import Any

import django_rq
from django.core.cache import cache
from django.db import transaction
from django.db.models import F, Q
from django.utils import timezone
from rq import Retry

from lti_tool import columns
from lti_tool.models import LineItem, OutgoingScore, Person, Registration, ResourceLink

State = OutgoingScore.State
READ_AT_MOST_EVERY = timedelta(seconds=10)
# Should the job be lost, another one may be enqueued after so long.
WAITING_SECONDS = 20
# Longer than any turn lasts, reading a long column included (delivery.READING_SECONDS).
JOB_SECONDS = 15 * 60
# The grades of courses whose deployment is switched off wait.
IN_USE = Q(line_item__resource_link__context__deployment__active=True)


def queue_score(
    *,
    resource_link: ResourceLink,
    person: Person,
    score: Decimal,
    maximum: Decimal,
    comment: str,
    submitted_at: datetime,
    started_at: datetime | None = None,
) -> OutgoingScore | None:
    """Put a score on its way, in the caller's transaction; an equal one is not sent twice.

    Returns None when there is nothing to send to: no gradebook, or a person whom the LMS did not
    name.
    """
    if person.anonymous:
        return None
    column = columns.for_score(resource_link, maximum)
    if column is None:
        return None
    wanted = {
        "score": score,
        "maximum": maximum,
        "comment": comment,
        "started_at": started_at,
        "submitted_at": submitted_at,
    }
    with transaction.atomic():
        return _put(column, person, wanted)


def resend(score: OutgoingScore) -> None:
    """Send a score once more, whatever became of it and whatever the LMS shows by now."""
    _requeue(score, {"overwrite": True})
    score.refresh_from_db()


def resend_all(resource_link: ResourceLink) -> int:
    """Send every grade of a link again that the LMS refused; returns how many.

    Those that were changed in the LMS stay: each of them is a decision of its own.
    """
    refused = OutgoingScore.objects.filter(
        line_item__resource_link=resource_link, state=State.REFUSED
    ).select_related("person")
    for score in refused:
        _requeue(score, {})
    return len(refused)


def read_now(resource_link: ResourceLink) -> None:
    """Look into the LMS's gradebook, once in ten seconds at most for one column."""
    now = timezone.now()
    columns_in_use = resource_link.line_items.filter(scores__isnull=False).exclude(url="")
    for column in columns_in_use.distinct():
        rested = column.read_at + READ_AT_MOST_EVERY if column.read_at else now
        LineItem.objects.filter(pk=column.pk).update(read_due_at=max(now, rested))
        _wake_after_commit(_registration(resource_link).pk)


def wake_due() -> int:
    """A job for every LMS for which something is due and that asked for no pause; how many."""
    now = timezone.now()
    scores = OutgoingScore.objects.filter(IN_USE, run_after__lte=now)
    reads = LineItem.objects.filter(
        read_due_at__lte=now, resource_link__context__deployment__active=True
    )
    free = Q(delivering_until=None) | Q(delivering_until__lt=now)
    unpaused = Q(paused_until=None) | Q(paused_until__lte=now)
    waiting = Registration.objects.filter(
        Q(pk__in=scores.values("person__registration"))
        | Q(pk__in=reads.values("resource_link__context__deployment__registration")),
        free,
        unpaused,
        active=True,
    )
    keys = list(waiting.values_list("pk", flat=True))
    for key in keys:
        wake(key)
    return len(keys)


def wake(registration_pk: int) -> None:
    """A job for one LMS, unless one is waiting already: it will take all that is due by then."""
    if not cache.add(waiting_key(registration_pk), True, WAITING_SECONDS):
        return
    # By name: what delivers knows this module, not the other way round.
    queue = django_rq.get_queue("default")
    queue.enqueue(
        "lti_tool.delivery.deliver", registration_pk, job_timeout=JOB_SECONDS, retry=Retry(max=3)
    )


def waiting_key(registration_pk: int) -> str:
    """Stands in the cache while a job for this LMS waits; gone when it begins."""
    return f"deliver-{registration_pk}"


def _put(column: LineItem, person: Person, wanted: dict[str, Any]) -> OutgoingScore:
    row, created = OutgoingScore.objects.select_for_update().get_or_create(
        line_item=column, person=person, defaults={**wanted, "run_after": timezone.now()}
    )
    if created:
        _wake_after_commit(person.registration_id)
        return row
    same = all(getattr(row, name) == value for name, value in wanted.items())
    if same and row.state != State.REFUSED:
        return row
    _requeue(row, wanted)
    row.refresh_from_db()
    return row


def _requeue(row: OutgoingScore, changes: dict[str, Any]) -> None:
    """A new change of a row. Whoever is sending it sees the new sequence and sends once more.

    What somebody has changed in the LMS is not overwritten behind their back: then the new grade
    is held until a person sends it.
    """
    now = timezone.now()
    held = row.state == State.OVERRIDDEN and not changes.get("overwrite")
    next_step = {} if held else {"state": State.QUEUED, "run_after": now, "confirmed_at": None}
    OutgoingScore.objects.filter(pk=row.pk).update(
        **changes,
        **next_step,
        sequence=F("sequence") + 1,
        cause="",
        attempts=0,
        checks=0,
        queued_at=now,
    )
    _wake_after_commit(row.person.registration_id)


def _wake_after_commit(registration_pk: int) -> None:
    # Robust: the score is safe in the database even when the queue is down.
    transaction.on_commit(partial(wake, registration_pk), robust=True)


def _registration(link: ResourceLink) -> Registration:
    return link.context.deployment.registration
