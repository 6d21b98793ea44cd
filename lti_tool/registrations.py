"""The registrations that launches ask for, kept in each process for a few seconds.

A class opens its links within a minute, and the row of its LMS is the same for everybody. What
is switched off or changed takes as long to be noticed: a few seconds, as said in the
administration. What is not found is never kept, so a new registration works at once.
"""

from __future__ import annotations

import time

from lti_tool.models import Registration

KEPT_SECONDS = 5.0
MOST_KEPT = 500
_kept: dict[tuple[str, str] | int, tuple[float, list[Registration]]] = {}


def of_login(issuer: str, client_id: str) -> list[Registration]:
    """At most two registrations of an issuer, those of ``client_id`` where it is not empty."""
    key = (issuer, client_id)
    found = _fresh(key)
    if found is None:
        matching = Registration.objects.select_related("key_set").filter(issuer=issuer)
        if client_id:
            matching = matching.filter(client_id=client_id)
        found = _keep(key, list(matching[:2]))
    return found


def of_state(pk: int) -> Registration | None:
    """The registration of a launch, with the keys of its LMS as far as we have them."""
    found = _fresh(pk)
    if found is None:
        rows = Registration.objects.select_related("key_set").filter(pk=pk)
        found = _keep(pk, list(rows))
    return found[0] if found else None


def forget() -> None:
    """Look at the database again."""
    _kept.clear()


def _fresh(key: tuple[str, str] | int) -> list[Registration] | None:
    until, found = _kept.get(key, (0.0, []))
    return found if until > time.monotonic() else None


def _keep(key: tuple[str, str] | int, found: list[Registration]) -> list[Registration]:
    if found:
        if len(_kept) >= MOST_KEPT:
            _kept.clear()
        _kept[key] = (time.monotonic() + KEPT_SECONDS, found)
    return found
