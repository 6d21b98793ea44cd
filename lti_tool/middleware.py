"""Who is asking, and which LMS may frame the answer."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from typing import TypeVar

from django.http import HttpRequest, HttpResponse

from lti_tool.frames import allow_frames
from lti_tool.models import Person

View = TypeVar("View", bound=Callable[..., HttpResponse])

SESSION_KEY = "person"
# Somebody else was the person of this browser before.
EARLIER_KEY = "earlier"


def asks_no_person(view: View) -> View:
    """Mark a view that serves whoever comes: nobody is looked up for it."""
    view.asks_no_person = True  # type: ignore[attr-defined]
    return view


class PersonMiddleware:
    """Sets ``request.person`` (:class:`Person` or None) and the frame ancestors of the answer.

    Only pages for a person of an LMS may be framed, and only by that LMS.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        if not hasattr(request, "person"):
            # No view was found, or one that asks for nobody and let nobody in.
            return response
        if request.person is not None:
            allow_frames(response, request.person.registration)
        return response

    def process_view(self, request: HttpRequest, view: object, *_arguments: object) -> None:
        if not getattr(view, "asks_no_person", False):
            request.person = person_of(request)  # type: ignore[attr-defined]


def person_of(request: HttpRequest) -> Person | None:
    """The person whom the session names, if there (still) is one."""
    stored = request.session.get(SESSION_KEY)
    try:
        key = uuid.UUID(stored)
    except (TypeError, ValueError, AttributeError):
        return None
    return Person.objects.select_related("registration").filter(pk=key).first()
