"""Who is signed in to the LMS in this browser: one signed cookie, no passwords."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any
from urllib.parse import urlencode

from django.core import signing
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect

from practice_lms import settings
from practice_lms.house import house
from practice_lms.problems import NotShown, page
from practice_lms.rows import Course, Enrolment, Person

SALT = "practice_lms.sign_in"
View = Callable[..., HttpResponse]


def cookie_value(person: Person) -> str:
    """The value of the sign-in cookie for a person."""
    return signing.dumps(person.id, salt=SALT)


def signed_in(request: HttpRequest) -> Person | None:
    """The person of the request's cookie, if it is genuine and the person still exists."""
    try:
        person = signing.loads(
            request.COOKIES.get(settings.SIGN_IN_COOKIE, ""),
            salt=SALT,
            max_age=settings.SIGN_IN_SECONDS,
        )
    except signing.BadSignature:
        return None
    return house.state.get(Person, person)


def sign_in(response: HttpResponse, person: Person) -> None:
    """Set the cookie. It goes across sites where it can: the tool's frame comes back with it."""
    response.set_cookie(
        settings.SIGN_IN_COOKIE,
        cookie_value(person),
        max_age=settings.SIGN_IN_SECONDS,
        httponly=True,
        secure=settings.CROSS_SITE_COOKIES,
        samesite="None" if settings.CROSS_SITE_COOKIES else "Lax",
    )


def sign_out(response: HttpResponse) -> None:
    response.delete_cookie(
        settings.SIGN_IN_COOKIE, samesite="None" if settings.CROSS_SITE_COOKIES else "Lax"
    )


def for_people(view: View) -> View:
    """Pass the signed-in person to the view, or send the visitor to sign in and back."""

    @wraps(view)
    def wrapped(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        person = signed_in(request)
        if person is None:
            query = urlencode({"next": request.get_full_path()} if request.method == "GET" else {})
            return HttpResponseRedirect("/sign-in" + (f"?{query}" if query else ""))
        try:
            return view(request, person, *args, **kwargs)
        except NotShown as problem:
            return page(request, problem)

    return wrapped


def membership(person: Person, course_id: str, *roles: str) -> tuple[Course, Enrolment]:
    """The course and the person's place in it, with one of ``roles`` when any are named.

    Raises NotShown: 404 for a course that is not theirs, 403 for a part that is not.
    """
    course = house.state.get(Course, course_id)
    enrolment = house.state.enrolment(course_id, person.id)
    if course is None or enrolment is None:
        raise NotShown(404, "There is no such course", "You are in no course at this address.")
    if roles and not enrolment.has(*roles):
        raise NotShown(
            403,
            "This page is for teachers",
            f"{person.name} is not a teacher of {course.title}.",
            "Switch to a teacher to see it.",
        )
    return course, enrolment


def context(request: HttpRequest) -> dict[str, Any]:
    """For every template: who is signed in."""
    return {"me": signed_in(request)}
