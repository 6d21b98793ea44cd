"""The guard before every control call, and how its JSON names things.

Off (404) unless PRACTICE_LMS_CONTROL_TOKEN is set; every call needs it as a bearer token.
Bodies and answers are JSON; a body that is not understood is answered with 400 and the cause.
"""

from __future__ import annotations

import json
import secrets
from collections.abc import Callable
from functools import wraps
from typing import Any

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.views.decorators.csrf import csrf_exempt

from practice_lms import gradebook, seed, settings
from practice_lms.house import house
from practice_lms.rows import LineItem, ResourceLink
from practice_lms.state import R

Call = Callable[[HttpRequest, dict[str, Any]], Any]


class Misunderstood(Exception):  # noqa: N818 - says what is the case
    """A control call that cannot be done; the text says why."""


def control(*methods: str) -> Callable[[Call], Callable[[HttpRequest], HttpResponse]]:
    """Make ``call(request, body)``, which returns JSON, a guarded view for ``methods``."""

    def wrap(call: Call) -> Callable[[HttpRequest], HttpResponse]:
        @csrf_exempt
        @wraps(call)
        def wrapped(request: HttpRequest) -> HttpResponse:
            if not settings.CONTROL_TOKEN:
                return _problem(
                    404, "the control API is off: PRACTICE_LMS_CONTROL_TOKEN is not set"
                )
            given = request.headers.get("Authorization", "").removeprefix("Bearer ")
            if not secrets.compare_digest(given.encode(), settings.CONTROL_TOKEN.encode()):
                return _problem(401, "the control API needs its bearer token")
            if request.method not in methods:
                return _problem(405, f"use {' or '.join(methods)}")
            try:
                return JsonResponse(call(request, _body(request)), safe=False)
            except (Misunderstood, ValueError, TypeError) as error:
                return _problem(400, str(error))
            except KeyError as error:
                return _problem(400, f"{error.args[0]} is missing")

        return wrapped

    return wrap


def found(kind: type[R], key: Any) -> R:
    """The row of a key. Raises Misunderstood."""
    row = house.state.get(kind, str(key))
    if row is None:
        raise Misunderstood(f"there is no {_WORDS[kind.table]} {key!r}")
    return row


def line_item(body: dict[str, Any]) -> LineItem:
    """The line item of ``line_item``, or the first one of ``link``, of a given ``label`` if any."""
    if "line_item" in body:
        return found(LineItem, body["line_item"])
    link = found(ResourceLink, body.get("link", seed.LINK))
    for item in gradebook.line_items_of(link):
        if body.get("label", item.label) == item.label:
            return item
    raise Misunderstood(f"{link.id} has no such line item")


def _problem(status: int, cause: str) -> HttpResponse:
    return JsonResponse({"error": cause}, status=status)


def _body(request: HttpRequest) -> dict[str, Any]:
    if request.method != "POST" or not request.body:
        return {}
    body = json.loads(request.body)
    if isinstance(body, list):
        return {"rules": body}
    if not isinstance(body, dict):
        raise Misunderstood("the body must be a JSON object")
    return body


_WORDS = {
    "people": "person",
    "courses": "course",
    "tools": "tool",
    "links": "link",
    "line_items": "line item",
    "assignments": "assignment",
    "reports": "report",
}
