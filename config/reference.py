"""One short reference per request: on every error page and on every log line of that request."""

from __future__ import annotations

import logging
import re
import secrets
from collections.abc import Callable
from contextvars import ContextVar

from django.http import HttpRequest, HttpResponse

# No vowels and no look-alikes: a reference is read out on the telephone and spells no word.
ALPHABET = "23456789BCDFGHJKMNPQRSTVWXZ"
# See lti_tool.tabs, which cannot be imported before the settings are read.
TAB = re.compile(r"/t/[a-z0-9]{32}/")
current: ContextVar[str] = ContextVar("reference", default="-")
LENGTH = 8


class ReferenceMiddleware:
    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        token = current.set(_new())
        request.reference = current.get()  # type: ignore[attr-defined]
        try:
            response = self.get_response(request)
            response["X-Reference"] = current.get()
            return response
        finally:
            current.reset(token)


def _new() -> str:
    """Eight signs of the alphabet from one random number: the system is asked once, not eight
    times."""
    number, signs = secrets.randbelow(len(ALPHABET) ** LENGTH), ""
    for _ in range(LENGTH):
        number, place = divmod(number, len(ALPHABET))
        signs += ALPHABET[place]
    return signs


class ReferenceFilter(logging.Filter):
    def filter(self, record: logging.LogRecord) -> bool:
        record.reference = current.get()
        # The address of a tab holds its session: it is nobody's who reads logs.
        record.msg = TAB.sub("/t/-/", record.getMessage())
        record.args = ()
        return True


def context(_request: HttpRequest) -> dict[str, str]:
    """Template variable `reference`."""
    return {"reference": current.get()}
