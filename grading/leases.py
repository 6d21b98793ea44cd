"""Who works on a row: a lease in PostgreSQL, and wake-up calls through the queue.

A queued job is only a wake-up call. Whoever comes claims the row by a conditional UPDATE; a
worker that dies leaves a lease that runs out, and the scheduler wakes the row again. So nothing
is lost when a worker is killed or the queue is emptied, and nothing is done by two at once.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import django_rq
from django.db import transaction
from django.db.models import Model, Q, QuerySet
from django.utils import timezone
from rq import Retry

LEASE = timedelta(seconds=120)
# How long a queued job may take to come before it is taken for lost.
PATIENCE = timedelta(seconds=60)
LONGEST_PAUSE = timedelta(hours=1)


def free(now: datetime) -> Q:
    """Rows that nobody works on."""
    return Q(leased_until=None) | Q(leased_until__lt=now)


def claim(rows: QuerySet[Any]) -> bool:
    """Takes the lease of the one row in `rows`; False when it is gone, changed or taken."""
    now = timezone.now()
    return rows.filter(free(now)).update(leased_until=now + LEASE) == 1


def wake(rows: QuerySet[Any], queue: str, job: Callable[[str], None], limit: int = 500) -> int:
    """Queues `job` for each row that is free and not already woken; returns how many."""
    now = timezone.now()
    with transaction.atomic():
        asleep = rows.filter(free(now)).filter(Q(woken_until=None) | Q(woken_until__lt=now))
        found: list[Model] = list(asleep.select_for_update(skip_locked=True)[:limit])
        rows.model._default_manager.filter(pk__in=[row.pk for row in found]).update(
            woken_until=now + PATIENCE
        )
    for row in found:
        call(queue, job, row.pk)
    return len(found)


def call(queue: str, job: Callable[[str], None], pk: Any) -> None:
    """Queues one job. It carries an id and nothing else."""
    django_rq.get_queue(queue).enqueue(job, str(pk), retry=Retry(max=3))


def pause_after(failures: int) -> timedelta:
    """2 s, 4 s, 8 s … up to an hour."""
    return min(timedelta(seconds=2 ** min(failures, 12)), LONGEST_PAUSE)
