"""Refusals: what a service answers in its platform's manner, and what a person is shown."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render

from practice_lms.house import house


class Refused(Exception):  # noqa: N818 - says what is the case
    """A request that is not done. ``cause`` says why in words; ``status`` is the HTTP status."""

    def __init__(self, status: int, cause: str, *, challenge: str = "") -> None:
        super().__init__(cause)
        self.status = status
        self.cause = cause
        self.challenge = challenge  # for WWW-Authenticate


class NotShown(Exception):  # noqa: N818 - says what is the case
    """A page that cannot be shown. ``remedy`` says what the person can do."""

    def __init__(self, status: int, title: str, cause: str, remedy: str = "") -> None:
        super().__init__(cause)
        self.status = status
        self.title = title
        self.cause = cause
        self.remedy = remedy


def answer(refused: Refused) -> HttpResponse:
    """The answer of a service, in the manner that is set."""
    manner = house.manner
    body: Any = {"status": refused.status, "title": refused.cause}
    if manner.error_body == "empty list":
        body = []
    elif manner.error_body == "errors":
        body = {"errors": {"type": "refused", "message": refused.cause}}
    response = JsonResponse(body, status=refused.status, safe=False)
    if manner.error_body == "problem":
        response["Content-Type"] = "application/problem+json"
    if manner.cause_in_reason:
        response.reason_phrase = _one_line(refused.cause)
    if refused.challenge:
        response["WWW-Authenticate"] = refused.challenge
    return response


def page(request: HttpRequest, problem: NotShown) -> HttpResponse:
    """The problem as a page."""
    return render(request, "practice_lms/problem.html", {"problem": problem}, status=problem.status)


def csrf_failure(request: HttpRequest, reason: str = "") -> HttpResponse:  # noqa: ARG001
    """Django's answer to a form that did not come from this LMS's own page."""
    return page(
        request,
        NotShown(
            403,
            "This form could not be checked",
            "The form was not sent from a page of Practice LMS, or your cookies were removed.",
            "Go back, reload the page and send the form again.",
        ),
    )


def not_found(request: HttpRequest, exception: Exception) -> HttpResponse:  # noqa: ARG001
    return page(
        request,
        NotShown(404, "There is no such page", f"Nothing is kept at {request.path}."),
    )


def server_error(request: HttpRequest) -> HttpResponse:
    return page(
        request,
        NotShown(500, "Practice LMS made a mistake", "The cause is in the log of the service."),
    )


def _one_line(text: str) -> str:
    """A text that may stand in an HTTP status line."""
    return " ".join(text.encode("ascii", "replace").decode().split())[:200]
