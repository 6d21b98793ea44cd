"""Django's sessions in the database, with one statement each for what every launch does.

A launch changes the key of the session, so that no key that was known before is worth anything
after. Django does that in six statements; one UPDATE of the row does the same, or the statement
that writes the launch down does it with everything else (``looked_up``). The table is Django's
own, and so is what stands in it.
"""

from __future__ import annotations

import secrets
from copy import deepcopy
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.contrib.sessions.backends import db
from django.contrib.sessions.backends.base import CreateError
from django.db import connection
from django.utils import timezone

KEY_BYTES = 16
_LOAD = "SELECT session_data FROM django_session WHERE session_key = %s AND expire_date > %s"
# The disk is not waited for, by this statement alone: nothing stands in a new session but who came,
# and whatever is written later is on the disk only together with it.
_INSERT = (
    "INSERT INTO django_session (session_key, session_data, expire_date) VALUES (%s, %s, %s)"
    " ON CONFLICT DO NOTHING RETURNING set_config('synchronous_commit', 'off', true)"
)
_RENAME = (
    "UPDATE django_session SET session_key = %s, session_data = %s, expire_date = %s"
    " WHERE session_key = %s"
)


def new_key() -> str:
    return secrets.token_hex(KEY_BYTES)


def ends(now: datetime) -> datetime:
    """When a session ends that is used ``now`` for the last time."""
    return now + timedelta(seconds=settings.SESSION_COOKIE_AGE)


class SessionStore(db.SessionStore):
    """``SESSION_ENGINE`` of this project."""

    def __init__(self, session_key: str | None = None) -> None:
        super().__init__(session_key)
        self._key_before: str | None = None
        # What stands under a key that has just been given; None when that is not known.
        self._stored: dict[str, Any] | None = None

    @property
    def untouched(self) -> bool:
        """Whether a browser named this session and nobody has looked into it yet."""
        return self.session_key is not None and not hasattr(self, "_session_cache")

    def looked_up(self, row: str | None, new_key: str | None) -> None:
        """Take over what a statement of somebody else has found: the row's data, None when there
        is no row, and the new key, None when it is the old one still."""
        self._session_cache = self.decode(row) if row is not None else {}
        if row is None:
            self._session_key = None
        elif new_key is not None:
            self._session_key = new_key
            self._stored = deepcopy(self._session_cache)

    def load(self) -> dict[str, Any]:
        with connection.cursor() as cursor:
            cursor.execute(_LOAD, [self.session_key, timezone.now()])
            row = cursor.fetchone()
        if row is None:
            self._session_key = None
            return {}
        data: dict[str, Any] = self.decode(row[0])
        return data

    def cycle_key(self) -> None:
        """The same session under a new key, from the next ``save`` on."""
        self.get("")  # read it while its key is still the one under which it is stored
        self.modified = True
        if self.session_key is not None and self._stored is None:
            self._key_before = self._key_before or self.session_key
            self._session_key = self._get_new_session_key()

    def save(self, must_create: bool = False) -> None:
        before, self._key_before = self._key_before, None
        stored, self._stored = self._stored, None
        if stored is not None and stored == self._session_cache:
            return
        if self.session_key is None:
            self.create()
        elif before is not None and self._written(_RENAME, before):
            return
        elif before is not None or must_create:
            # A new one, or one that ended in another window meanwhile.
            if not self._written(_INSERT):
                raise CreateError
        else:
            super().save()

    def delete(self, session_key: str | None = None) -> None:
        super().delete(session_key or self._key_before)
        self._key_before = self._stored = None

    def _written(self, statement: str, *where: str) -> bool:
        # Never read under a key that no row has yet: that would make the session forget its key.
        data = self._get_session(no_load=True)  # type: ignore[attr-defined]
        values = [self.session_key, self.encode(data), self.get_expiry_date()]
        with connection.cursor() as cursor:
            cursor.execute(statement, [*values, *where])
            return bool(cursor.rowcount == 1)

    def _get_new_session_key(self) -> str:
        """Without asking whether it is taken: the row's key would refuse it."""
        return new_key()
