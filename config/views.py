"""The front door, the health page, and the pages that say what went wrong."""

from __future__ import annotations

from django.conf import settings
from django.db import DatabaseError, connection
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django_rq import get_connection
from redis.exceptions import RedisError

from lti_tool.middleware import EARLIER_KEY


def home(request: HttpRequest) -> HttpResponse:
    return render(request, "home.html", {"base_url": settings.BASE_URL})


def health(_request: HttpRequest) -> HttpResponse:
    """200 when the database and the queue answer, else 503; for load balancers, says no more."""
    state = {"database": _database_answers(), "queue": _queue_answers()}
    return JsonResponse(state, status=200 if all(state.values()) else 503)


def _database_answers() -> bool:
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")
    except DatabaseError:
        return False
    return True


def _queue_answers() -> bool:
    try:
        return bool(get_connection("default").ping())
    except RedisError:
        return False


def bad_request(request: HttpRequest, exception: Exception) -> HttpResponse:
    return render(request, "400.html", status=400)


def permission_denied(request: HttpRequest, exception: Exception) -> HttpResponse:
    # The commonest cause by far is a session that has ended, and it has a way out of its own.
    signed_in = getattr(request, "person", None) or request.user.is_authenticated
    return render(request, "403.html" if signed_in else "signed_out.html", status=403)


def not_found(request: HttpRequest, exception: Exception) -> HttpResponse:
    return render(request, "404.html", {"earlier": _somebody_before(request)}, status=404)


def csrf_failure(request: HttpRequest, reason: str = "") -> HttpResponse:
    return render(request, "403_csrf.html", {"earlier": _somebody_before(request)}, status=403)


def _somebody_before(request: HttpRequest) -> bool:
    """Whether this may be a page of the person who used this browser before."""
    session = getattr(request, "session", None)
    return bool(session is not None and session.get(EARLIER_KEY))


def server_error(request: HttpRequest) -> HttpResponse:
    return render(request, "500.html", status=500)
