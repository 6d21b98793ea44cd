"""Who is asking, and which LMS may frame the answer."""

from __future__ import annotations

import uuid
from collections.abc import Callable

from django.http import HttpRequest, HttpResponse

from lti_tool.frames import allow_frames
from lti_tool.models import Person

SESSION_KEY = "person"
# Somebody else was the person of this browser before.
EARLIER_KEY = "earlier"


class PersonMiddleware:
    """Sets ``request.person`` (:class:`Person` or None) and the frame ancestors of the answer.

    Only pages for a person of an LMS may be framed, and only by that LMS.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        person = person_of(request)
        request.person = person  # type: ignore[attr-defined]
        response = self.get_response(request)
        # A view that answers a launch has just put its person there.
        person = getattr(request, "person", None)
        if person is not None:
            allow_frames(response, person.registration)
        return response


def person_of(request: HttpRequest) -> Person | None:
    """The person whom the session names, if there (still) is one."""
    stored = request.session.get(SESSION_KEY)
    try:
        key = uuid.UUID(stored)
    except (TypeError, ValueError, AttributeError):
        return None
    return Person.objects.select_related("registration").filter(pk=key).first()
