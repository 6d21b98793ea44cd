"""Reports on what was handed in to assignments of the LMS itself, on their way there.

Source: 1EdTech LTI Asset Processor 1.0, asset report service, as Canvas offers it: one report per
asset and type, the one with the latest ``timestamp`` counts, an older one is answered with 409.

Like a grade, a report is a row before it is sent: other rooms put it in inside their own
transactions, the newest wins, and ``deliver_due`` finds every row that is due whether or not a job
for it survived. The timestamp is in the database before the report goes out, so that a repetition
after an unclear answer says the same once more.
"""

from __future__ import annotations

import json
import logging
import random
import time
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any

import django_rq
from django.core.cache import cache
from django.db.models import F, Q, QuerySet
from django.utils import timezone
from rq import Retry

from lti_tool import backing_off, services
from lti_tool.asset_processor import REPORT, REPORT_TYPE
from lti_tool.models import Asset, Registration
from lti_tool.services import ConflictError
from lti_tool.transport import TransportError

LEASE = timedelta(minutes=2)
# Should the job be lost, another one may be enqueued after so long.
WAITING_SECONDS = 20
# Then the worker lets others' jobs pass.
TURN_SECONDS = 10.0
FIRST_WAIT_SECONDS = 5.0
LONGEST_WAIT_SECONDS = 12 * 3600.0
# About four days.
MOST_ATTEMPTS = 16
_CAUSES = {
    404: "The LMS no longer wants reports here: the tool was taken off the assignment.",
}
backoff = partial(backing_off.backoff, first=FIRST_WAIT_SECONDS, longest=LONGEST_WAIT_SECONDS)
logger = logging.getLogger(__name__)


def put(asset: Asset, report: Mapping[str, Any], *, again: bool = False) -> None:
    """Put a report on its way, in the caller's transaction, in place of an earlier one.

    ``report`` are the members of its body but those that name the asset, the type and the time.
    One that is on its way or there already is not sent twice, unless ``again``.
    """
    row = Asset.objects.select_for_update().get(pk=asset.pk)
    if row.report == report and not again:
        return
    row.report = dict(report)
    row.sequence += 1
    row.due_at = timezone.now()
    row.attempts, row.problem = 0, ""
    row.save(update_fields=["report", "sequence", "due_at", "attempts", "problem"])


def deliver_due() -> int:
    """A job for every LMS to which a report is due and that asked for no pause; how many."""
    now = timezone.now()
    waiting = _due(now).values("handed_in__context__deployment__registration")
    keys = list(Registration.objects.filter(pk__in=waiting).values_list("pk", flat=True))
    for key in keys:
        wake(key)
    return len(keys)


def wake(registration_pk: int) -> None:
    """A job for one LMS, unless one is waiting already."""
    if cache.add(_waiting_key(registration_pk), True, WAITING_SECONDS):
        django_rq.get_queue("default").enqueue(deliver, registration_pk, retry=Retry(max=3))


def deliver(registration_pk: int) -> None:
    """Send what is due to one LMS, one after the other; safe to call at any time."""
    cache.delete(_waiting_key(registration_pk))
    ends = time.monotonic() + TURN_SECONDS
    while time.monotonic() < ends:
        asset = _claim(registration_pk)
        if asset is None:
            return
        _send(asset)


def _waiting_key(registration_pk: int) -> str:
    return f"asset-reports-{registration_pk}"


def _due(now: datetime) -> QuerySet[Asset]:
    """Reports that may be sent now; what is switched off keeps its own until it is on again."""
    place = "handed_in__context__deployment__"
    paused = f"{place}registration__paused_until"
    return Asset.objects.filter(
        Q(leased_until=None) | Q(leased_until__lt=now),
        Q(**{paused: None}) | Q(**{f"{paused}__lte": now}),
        due_at__lte=now,
        **{f"{place}active": True, f"{place}registration__active": True},
    )


def _claim(registration_pk: int) -> Asset | None:
    now = timezone.now()
    until = now + LEASE
    here = _due(now).filter(handed_in__context__deployment__registration=registration_pk)
    for pk in list(here.order_by("due_at").values_list("pk", flat=True)[:10]):
        free = Q(leased_until=None) | Q(leased_until__lt=now)
        mine = Asset.objects.filter(free, pk=pk, due_at__lte=now)
        if mine.update(leased_until=until):
            rows = Asset.objects.select_related("handed_in__context__deployment__registration")
            return rows.filter(pk=pk, leased_until=until).first()
    return None


def _send(asset: Asset) -> None:
    handed_in = asset.handed_in
    registration = handed_in.context.deployment.registration
    body = {
        "assetId": asset.asset_id,
        "type": REPORT_TYPE,
        "timestamp": _stamped(asset).isoformat(timespec="milliseconds").replace("+00:00", "Z"),
        **asset.report,
    }
    try:
        services.call(
            registration,
            handed_in.scopes,
            REPORT,
            "POST",
            handed_in.report_url,
            {"Content-Type": "application/json", "Accept": "application/json"},
            json.dumps(body).encode(),
            causes=_CAUSES,
        )
    except TransportError as error:
        logger.warning("report on asset %s: HTTP %s", asset.pk, error.status)
        _failed(asset, registration, error)
    else:
        _sent(asset)


def _stamped(asset: Asset) -> datetime:
    """The moment that the LMS is told: one per report, later than that of any report before."""
    if asset.timestamp is not None and asset.timestamp_sequence == asset.sequence:
        return asset.timestamp.astimezone(UTC)
    now = timezone.now()
    moment = now.replace(microsecond=now.microsecond // 1000 * 1000)
    if asset.timestamp is not None:
        moment = max(moment, asset.timestamp + timedelta(milliseconds=1))
    asset.timestamp, asset.timestamp_sequence = moment, asset.sequence
    _mine(asset).update(timestamp=moment, timestamp_sequence=asset.sequence)
    return moment.astimezone(UTC)


def _sent(asset: Asset) -> None:
    now = timezone.now()
    taken = {"leased_until": None, "sent_sequence": asset.sequence, "sent_at": now}
    newest = _mine(asset).filter(sequence=asset.sequence)
    if not newest.update(**taken, due_at=None, attempts=0, problem=""):
        # There is a newer one by now, which stays due.
        _mine(asset).update(**taken)


def _failed(asset: Asset, registration: Registration, error: TransportError) -> None:
    now = timezone.now()
    if error.status in (429, 503) and error.retry_after:
        until = now + timedelta(seconds=error.retry_after)
        shorter = Q(paused_until=None) | Q(paused_until__lt=until)
        Registration.objects.filter(shorter, pk=registration.pk).update(paused_until=until)
    newest = _mine(asset).filter(sequence=asset.sequence)
    outcome: dict[str, Any] = {"leased_until": None, "problem": error.cause}
    if error.permanent or asset.attempts + 1 >= MOST_ATTEMPTS:
        outcome["due_at"] = None
    else:
        wait = backoff(asset.attempts, random.random())  # noqa: S311 - guards nothing
        outcome["due_at"] = now + timedelta(seconds=max(wait, error.retry_after or 0.0))
    if isinstance(error, ConflictError):
        # The LMS holds a later moment than ours: the next try says the present one.
        outcome["timestamp_sequence"] = 0
    if not newest.update(**outcome, attempts=F("attempts") + 1):
        _mine(asset).update(leased_until=None)


def _mine(asset: Asset) -> QuerySet[Asset]:
    return Asset.objects.filter(pk=asset.pk, leased_until=asset.leased_until)
