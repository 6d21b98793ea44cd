"""The public keys of an LMS, kept in the database and fetched rarely.

At most one request per minute and registration goes out, whoever asks and however often, so a
stream of forged tokens with invented key ids cannot make us pester an LMS.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any, TypeVar

from django.db.models import F, Q
from django.utils import timezone

from lti_tool import transport
from lti_tool.models import PlatformKeySet, Registration
from lti_tool.refusals import LaunchRefused
from lti_tool.transport import TransportError

ASK_AGAIN_AFTER = timedelta(minutes=1)
FRESH_FOR = timedelta(hours=1)
SET_BYTES = 256 * 1024
MOST_KEYS = 100
# How long a launch waits for the answer to a request that another launch has just sent.
WAIT_SECONDS = 3.0
T = TypeVar("T")
_MEMBERS = ("kid", "kty", "alg", "use", "n", "e")


def key_set(registration: Registration, *, newer_than: datetime | None = None) -> dict[str, Any]:
    """The key set of an LMS (RFC 7517), at most an hour old if the LMS can be reached.

    ``newer_than`` asks for a set fetched after that moment, because a key was missing from the
    older one. Raises ``LaunchRefused("keys-unreachable")`` when there is no set at all.
    """
    row: PlatformKeySet | None = getattr(registration, "key_set", None)
    if row is None:
        # By its key: the registration is shared by threads, and must not learn of a row that is
        # only being made.
        row, _created = PlatformKeySet.objects.get_or_create(registration_id=registration.pk)
        registration.key_set = row
    wanted = newer_than or timezone.now() - FRESH_FOR
    if row.fetched_at is None or row.fetched_at <= wanted:
        _refresh(row, registration, patient=row.fetched_at is None or newer_than is not None)
    if row.fetched_at is None:
        raise LaunchRefused("keys-unreachable")
    found: dict[str, Any] = row.jwks
    return found


def vouched(registration: Registration, check: Callable[[dict[str, Any]], T]) -> T:
    """What ``check`` makes of the key set, or of a newer one when a key is missing from it."""
    try:
        return check(key_set(registration))
    except LaunchRefused as refused:
        if refused.code != "key-unknown":
            raise
    return check(key_set(registration, newer_than=fetched_at(registration)))


def fetched_at(registration: Registration) -> datetime | None:
    """When the stored key set of this LMS was fetched."""
    return (
        PlatformKeySet.objects.filter(registration=registration)
        .values_list("fetched_at", flat=True)
        .first()
    )


def _refresh(row: PlatformKeySet, registration: Registration, *, patient: bool) -> None:
    if not _may_ask(row):
        if patient:
            _wait_for_other(row)
        return
    try:
        keys = _fetch(registration.jwks_url)
    except TransportError:
        # The older set, if any, still serves.
        return
    row.jwks, row.fetched_at = {"keys": keys}, timezone.now()
    row.save(update_fields=["jwks", "fetched_at"])


def _may_ask(row: PlatformKeySet) -> bool:
    now = timezone.now()
    due = Q(attempted_at=None) | Q(attempted_at__lte=now - ASK_AGAIN_AFTER)
    return PlatformKeySet.objects.filter(due, pk=row.pk).update(attempted_at=now) == 1


def _wait_for_other(row: PlatformKeySet) -> None:
    """Another launch asked a moment ago: its answer is ours too."""
    ends = time.monotonic() + WAIT_SECONDS
    asked = timezone.now() - timedelta(seconds=transport.TOTAL_SECONDS)
    under_way = Q(fetched_at=None) | Q(fetched_at__lt=F("attempted_at"))
    pending = PlatformKeySet.objects.filter(under_way, pk=row.pk, attempted_at__gt=asked)
    while pending.exists() and time.monotonic() < ends:
        time.sleep(0.05)
    row.refresh_from_db()


def _fetch(url: str) -> list[dict[str, str]]:
    """The keys at ``url``, cut down to the members that are read."""
    answer = transport.send(
        "GET", url, headers={"Accept": "application/json"}, repeatable=True, limit=SET_BYTES
    )
    found = answer.json() if answer.ok else None
    keys = found.get("keys") if isinstance(found, dict) else None
    if not isinstance(keys, list):
        raise TransportError("The LMS did not send its keys.", permanent=False)
    return [_slim(key) for key in keys[:MOST_KEYS] if isinstance(key, dict)]


def _slim(key: dict[str, Any]) -> dict[str, str]:
    return {
        name: key[name]
        for name in _MEMBERS
        if isinstance(key.get(name), str) and key[name].isascii() and "\0" not in key[name]
    }
