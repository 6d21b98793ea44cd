"""HTTP towards an LMS: bounded in time and size, never into our own network, never redirected.

Every address that is called here was named by an LMS or by its admin. Without
``settings.INSECURE_PLATFORMS`` only https to public addresses is called (``lti_tool.sockets``).
"""

from __future__ import annotations

import json
import math
import threading
import time
from collections.abc import Mapping
from dataclasses import dataclass
from email.utils import parsedate_to_datetime
from typing import Any
from urllib.parse import urlsplit

import requests
from django.conf import settings
from django.utils import timezone
from urllib3.exceptions import ReadTimeoutError

from lti_tool import sockets

USER_AGENT = "Cograde/0.1 (LTI 1.3 tool)"
CONNECT_SECONDS = 5.0
READ_SECONDS = 15.0
TOTAL_SECONDS = 30.0
ANSWER_BYTES = 1024 * 1024
LONGEST_WAIT_SECONDS = 24 * 3600
# Canvas refuses at nought, and a call may cost a few dozen units.
LOW_UNITS = 50
# Waits before the repetitions of a request that may be repeated.
REPEAT_AFTER_SECONDS = (0.2, 0.8)
_TRY_AGAIN = frozenset({502, 503, 504})
_local = threading.local()


class TransportError(Exception):
    """A call that failed. ``cause`` is a sentence for people; ``permanent`` says not to retry.

    ``status`` is the HTTP status, 0 without an answer; ``retry_after`` is what the LMS asked for,
    in seconds.
    """

    def __init__(
        self, cause: str, *, permanent: bool, status: int = 0, retry_after: float | None = None
    ) -> None:
        super().__init__(cause)
        self.cause = cause
        self.permanent = permanent
        self.status = status
        self.retry_after = retry_after


class AnswerTooLarge(TransportError):  # noqa: N818 - says what is the case
    """An answer of more bytes than were asked for."""

    def __init__(self) -> None:
        super().__init__("The answer of the LMS was too large.", permanent=False)


@dataclass(frozen=True)
class Answer:
    status: int
    reason: str
    headers: Mapping[str, str]
    body: bytes

    @property
    def ok(self) -> bool:
        return 200 <= self.status < 300

    @property
    def retry_after(self) -> float | None:
        """Seconds until the LMS wants to be asked again (RFC 9110, 10.2.3), at most a day."""
        return retry_after_seconds(self.headers.get("Retry-After", ""))

    @property
    def pause(self) -> float | None:
        """Seconds for which the LMS wants no more calls; None when it says nothing of it.

        Said by Retry-After, or by headers that count what is left: Canvas'
        ``X-Rate-Limit-Remaining`` (units that come back within seconds), and the
        ``RateLimit-Remaining`` and ``-Reset`` of the IETF draft, with or without ``X-``.
        """
        if self.retry_after is not None:
            return self.retry_after
        units = _number(self.headers.get("X-Rate-Limit-Remaining", ""))
        if units is not None and units < LOW_UNITS:
            return 1.0
        for prefix in ("", "X-"):
            left = _number(self.headers.get(prefix + "RateLimit-Remaining", ""))
            reset = _number(self.headers.get(prefix + "RateLimit-Reset", ""))
            if left is not None and left < 1 and reset is not None:
                # Some count from now, some from 1970.
                seconds = reset - time.time() if reset > LONGEST_WAIT_SECONDS else reset
                return min(max(seconds, 0.0), LONGEST_WAIT_SECONDS)
        return None

    def json(self) -> Any:
        """The parsed body; raises :class:`TransportError` (to be retried) when it is no JSON."""
        try:
            return json.loads(self.body.decode("utf-8-sig"))
        except (ValueError, RecursionError) as error:
            raise TransportError(
                "The LMS sent an answer that could not be read.",
                permanent=False,
                status=self.status,
            ) from error


def _number(value: str) -> float | None:
    try:
        number = float(value)
    except ValueError:
        return None
    return number if math.isfinite(number) else None


def retry_after_seconds(value: str) -> float | None:
    """Seconds that a Retry-After header means (a number or a date), None when it means none."""
    value = value.strip()
    if value.isdecimal() and value.isascii():
        return float(min(int(value[:9]), LONGEST_WAIT_SECONDS))
    try:
        wait = (parsedate_to_datetime(value) - timezone.now()).total_seconds()
    except (TypeError, ValueError):
        return None
    return min(max(wait, 0.0), LONGEST_WAIT_SECONDS)


def send(
    method: str,
    url: str,
    *,
    headers: Mapping[str, str] | None = None,
    body: bytes | Mapping[str, str] | None = None,
    repeatable: bool = False,
    limit: int = ANSWER_BYTES,
) -> Answer:
    """The answer of ``url``, whatever its status; a mapping as ``body`` is sent as a form.

    ``repeatable`` marks requests that change nothing: they are repeated after a dropped
    connection, 502, 503 or 504. Raises :class:`TransportError` when there is no answer of at most
    ``limit`` bytes within ``TOTAL_SECONDS``, or when the address may not be called.
    """
    check_address(url)
    waits = REPEAT_AFTER_SECONDS if repeatable else ()
    for wait in waits:
        try:
            answer = _send_once(method, url, headers, body, limit)
        except TransportError as error:
            if error.permanent:
                raise
        else:
            if answer.status not in _TRY_AGAIN or answer.retry_after:
                return answer
        time.sleep(wait)
    return _send_once(method, url, headers, body, limit)


def check_address(url: str) -> None:
    """Raises a permanent :class:`TransportError` unless ``url`` is one that we call at all."""
    try:
        parts = urlsplit(url)
        _ = parts.port
    except ValueError as error:
        raise TransportError("The LMS gave an address that is none.", permanent=True) from error
    schemes = ("https", "http") if settings.INSECURE_PLATFORMS else ("https",)
    if parts.scheme not in schemes or not parts.hostname or parts.username or parts.password:
        raise TransportError(
            "The LMS gave an address that we do not call: only https addresses are.",
            permanent=True,
        )


def _send_once(
    method: str,
    url: str,
    headers: Mapping[str, str] | None,
    body: bytes | Mapping[str, str] | None,
    limit: int,
) -> Answer:
    try:
        with (
            sockets.within(TOTAL_SECONDS),
            _session().request(
                method,
                url,
                headers=dict(headers or {}),
                data=body,
                timeout=(CONNECT_SECONDS, READ_SECONDS),
                allow_redirects=False,
                stream=True,
            ) as response,
        ):
            return Answer(
                status=response.status_code,
                reason=response.reason or "",
                headers=response.headers,
                body=_read(response, limit),
            )
    except requests.RequestException as error:
        raise _failure(error) from error
    except ValueError as error:
        # requests looks at the address of a redirection even where it is not to follow it.
        raise TransportError("The LMS gave an address that is none.", permanent=True) from error


def _read(response: requests.Response, limit: int) -> bytes:
    body = bytearray()
    for chunk in response.iter_content(16 * 1024):
        body += chunk
        if len(body) > limit:
            raise AnswerTooLarge
    return bytes(body)


def _failure(error: requests.RequestException) -> TransportError:
    # requests calls silence in the middle of a body a lost connection.
    inner = error.args[0] if error.args else None
    if isinstance(error, requests.Timeout) or isinstance(inner, ReadTimeoutError):
        return TransportError("The LMS took too long to answer.", permanent=False)
    if isinstance(error, requests.exceptions.SSLError):
        return TransportError("The certificate of the LMS is not valid.", permanent=False)
    if isinstance(error, requests.exceptions.InvalidURL | requests.exceptions.InvalidHeader):
        return TransportError("The LMS gave an address that is none.", permanent=True)
    if "NotPublicError" in repr(error):
        return TransportError(
            "The address of the LMS lies inside a private network, which we do not call.",
            permanent=True,
        )
    return TransportError("The LMS could not be reached.", permanent=False)


def _session() -> requests.Session:
    """One session per thread: requests does not promise that one may be shared."""
    session: requests.Session | None = getattr(_local, "session", None)
    if session is None:
        session = requests.Session()
        # Neither proxies nor credentials of the machine are for addresses that others chose.
        session.trust_env = False
        session.headers["User-Agent"] = USER_AGENT
        session.cookies.set_policy(_NoCookies())
        adapter = sockets.Adapter(pool_connections=20, pool_maxsize=2, max_retries=0)
        session.mount("https://", adapter)
        session.mount("http://", adapter)
        _local.session = session
    return session


class _NoCookies(requests.cookies.cookielib.DefaultCookiePolicy):  # type: ignore[name-defined,misc]
    """LMSs of different schools can share a host: nothing of one call may reach the next."""

    def set_ok(self, cookie: object, request: object) -> bool:  # noqa: ARG002
        return False
