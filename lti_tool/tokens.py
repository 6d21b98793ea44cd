"""Service tokens of an LMS: asked for once, shared by all workers, kept encrypted until they end.

Source: 1EdTech Security Framework 1.0 section 4.1 (client credentials with a signed assertion,
RFC 7523). Tokens are kept by registration, never by issuer: schools share issuers.
"""

from __future__ import annotations

import math
import time
import uuid
from collections.abc import Iterable
from datetime import timedelta
from typing import Any

from django.db.models import Q
from django.utils import timezone

from lti_tool import keys, quirks, transport
from lti_tool.models import AccessToken, Registration
from lti_tool.transport import Answer, TransportError

ASSERTION_TYPE = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
ASSERTION_SECONDS = 300
# A token this close to its end is not used any more: it could end on its way.
MARGIN = timedelta(seconds=60)
DEFAULT_SECONDS = 3600
# Asked for together where the LMS offers them, so that a grade costs no second token.
TOGETHER = frozenset(
    {
        "https://purl.imsglobal.org/spec/lti-ags/scope/score",
        "https://purl.imsglobal.org/spec/lti-ags/scope/result.readonly",
    }
)
LONGEST_SECONDS = 24 * 3600
# One caller asks while the others wait this long for its answer.
ASKING = timedelta(seconds=40)
WAIT_SECONDS = 20.0


def access_token(registration: Registration, scopes: Iterable[str], *, rejected: str = "") -> str:
    """A token for ``scopes`` that is good for another minute at least.

    ``rejected`` is a token that the LMS has just refused with 401: it is not handed out again.
    However many workers ask at once, one request goes to the LMS. Raises
    :class:`TransportError`. Must not be called inside a transaction.
    """
    row, _created = AccessToken.objects.get_or_create(
        registration=registration, scopes=" ".join(sorted(set(scopes)))
    )
    ends = time.monotonic() + WAIT_SECONDS
    while True:
        if _usable(row, rejected):
            return row.token
        if _may_ask(row):
            return _renewed(row, rejected)
        if time.monotonic() > ends:
            raise TransportError("The LMS took too long to let us in.", permanent=False)
        time.sleep(0.05)
        row.refresh_from_db()


def _usable(row: AccessToken, rejected: str) -> bool:
    return (
        bool(row.token)
        and row.token != rejected
        and row.expires_at is not None
        and row.expires_at > timezone.now() + MARGIN
    )


def _may_ask(row: AccessToken) -> bool:
    now = timezone.now()
    free = Q(refreshing_until=None) | Q(refreshing_until__lt=now)
    return AccessToken.objects.filter(free, pk=row.pk).update(refreshing_until=now + ASKING) == 1


def _renewed(row: AccessToken, rejected: str) -> str:
    try:
        # Somebody may have renewed it between our look and our turn.
        row.refresh_from_db()
        if not _usable(row, rejected):
            asked_at = timezone.now()
            token, seconds = _request(row.registration, row.scopes)
            row.token, row.expires_at = token, asked_at + timedelta(seconds=seconds)
            row.save(update_fields=["token", "expires_at"])
    finally:
        AccessToken.objects.filter(pk=row.pk).update(refreshing_until=None)
    return row.token


def _request(registration: Registration, scopes: str) -> tuple[str, float]:
    now = int(time.time())
    assertion = keys.sign(
        {
            "iss": registration.client_id,
            "sub": registration.client_id,
            "aud": quirks.audience(registration),
            "iat": now,
            "exp": now + ASSERTION_SECONDS,
            "jti": str(uuid.uuid4()),
        }
    )
    answer = transport.send(
        "POST",
        registration.token_url,
        headers={"Accept": "application/json"},
        body={
            "grant_type": "client_credentials",
            "client_assertion_type": ASSERTION_TYPE,
            "client_assertion": assertion,
            "scope": scopes,
        },
        repeatable=True,
    )
    if not answer.ok:
        raise _refused(answer)
    return _read(answer.json())


def _read(found: Any) -> tuple[str, float]:
    """The token and how many seconds it lasts, of a token response (RFC 6749 section 5.1)."""
    token = found.get("access_token") if isinstance(found, dict) else None
    if not isinstance(token, str) or not token or not token.isascii() or not token.isprintable():
        raise TransportError("The LMS sent no access token.", permanent=False)
    try:
        seconds = float(found.get("expires_in", DEFAULT_SECONDS))
    except (TypeError, ValueError):
        seconds = DEFAULT_SECONDS
    if not math.isfinite(seconds) or seconds <= 0:
        seconds = DEFAULT_SECONDS
    return token, min(seconds, LONGEST_SECONDS)


def _refused(answer: Answer) -> TransportError:
    try:
        found = answer.json()
    except TransportError:
        found = None
    error = found.get("error") if isinstance(found, dict) else None
    cause = {
        "invalid_client": "The LMS does not know us any more: our keys or client id do not match.",
        "unauthorized_client": "The LMS does not let this tool use its grade service.",
        "invalid_scope": "The LMS does not let this tool write grades.",
    }.get(str(error), f"The LMS did not let us in (HTTP {answer.status}).")
    # Never permanent: an admin can put every one of these right, and no grade is lost meanwhile.
    return TransportError(
        cause, permanent=False, status=answer.status, retry_after=answer.retry_after
    )
