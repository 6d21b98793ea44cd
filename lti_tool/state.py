"""What goes from a login to its launch: signed, carried by the LMS, and good for one use.

Nothing is stored while a login waits, so a flood of logins costs no row. The state fixes the
registration, the target, the deployment, the nonce and the browser; it is used up by one INSERT
whose unique key decides which of several equal messages is the first.

Sources: OpenID Connect core section 3.1.2.1 (state, nonce); 1EdTech Security Framework 1.0
section 5.1.1.2; LTI Client Side postMessages 1.0 and Platform Storage 1.0 (``storage``).
"""

from __future__ import annotations

import hashlib
import hmac
import secrets
from dataclasses import dataclass, fields
from datetime import timedelta

from django.core import signing
from django.db import connection
from django.utils import timezone

from lti_tool.models import UsedState
from lti_tool.refusals import LaunchRefused

LIFETIME = timedelta(minutes=10)
# Kept a while after their end, for clocks that are set back.
REMEMBERED = timedelta(hours=1)
SALT = "lti_tool.state"


@dataclass(frozen=True)
class State:
    """``storage``: the name of the frame of the LMS that keeps things for us, empty for none.

    ``ticket``: the digest of the ticket of a frame that waits for a window of its own.
    """

    registration: int
    nonce: str
    browser: str
    target_link_uri: str
    deployment_hint: str
    storage: str
    ticket: str


_FIELDS = [field.name for field in fields(State)]


def seal(state: State) -> str:
    """The text that the LMS carries; anybody can read it, nobody can change it."""
    return signing.dumps([getattr(state, name) for name in _FIELDS], salt=SALT, compress=True)


def unseal(text: str) -> State:
    """The state of ``text``; raises :class:`LaunchRefused`."""
    try:
        return State(*signing.loads(text, salt=SALT, max_age=LIFETIME))
    except signing.SignatureExpired as error:
        raise LaunchRefused("state-expired") from error
    except (signing.BadSignature, TypeError, ValueError) as error:
        raise LaunchRefused("state-unknown") from error


def use_up(text: str) -> None:
    """Raises :class:`LaunchRefused` unless this is the first use of a state."""
    with connection.cursor() as cursor:
        # Not the ORM: get_or_create would look first, and create breaks a surrounding transaction.
        cursor.execute(
            f"INSERT INTO {UsedState._meta.db_table} (digest, used_at) VALUES (%s, %s)"  # noqa: S608
            " ON CONFLICT DO NOTHING",
            [digest(text), timezone.now()],
        )
        if cursor.rowcount == 0:
            raise LaunchRefused("state-used")


def was_used(text: str) -> bool:
    return UsedState.objects.filter(digest=digest(text)).exists()


def new_secret() -> str:
    return secrets.token_urlsafe(32)


def digest(secret: str) -> str:
    return hashlib.sha256(secret.encode("utf-8", "surrogatepass")).hexdigest()


def matches(secret: str, expected_digest: str) -> bool:
    return hmac.compare_digest(digest(secret), expected_digest)
