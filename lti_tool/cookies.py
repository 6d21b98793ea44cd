"""Cookies that survive inside an LMS frame.

Browsers that block third-party cookies keep one set in a frame only when it is ``Partitioned``
(CHIPS). Django 5.2 on Python 3.11 cannot write that attribute: ``http.cookies`` does not know it.
"""

from __future__ import annotations

from collections.abc import Callable
from http.cookies import Morsel, SimpleCookie
from typing import Any

from django.http import HttpRequest, HttpResponse


def teach_morsel_partitioned() -> None:
    """Let ``http.cookies`` write the Partitioned flag; does nothing where it already can."""
    morsel: Any = Morsel
    morsel._reserved.setdefault("partitioned", "Partitioned")
    morsel._flags.add("partitioned")


def partition(cookies: SimpleCookie) -> None:
    """Mark every ``SameSite=None; Secure`` cookie of a response as Partitioned.

    Deleting cookies are marked too: a browser keeps partitioned and plain cookies apart, so a
    deletion without the flag would leave the partitioned one alive.
    """
    for morsel in cookies.values():
        if morsel["samesite"].lower() == "none" and morsel["secure"]:
            morsel["partitioned"] = True


class PartitionedCookieMiddleware:
    """Outermost but for security headers: it must see the cookies all others have set."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        partition(response.cookies)
        return response
