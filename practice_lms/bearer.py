"""The guard before every service: token, scope, course."""

from __future__ import annotations

import json
from collections.abc import Callable
from functools import wraps
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.views.decorators.csrf import csrf_exempt

from practice_lms.house import house
from practice_lms.misbehaviour import may_misbehave
from practice_lms.problems import Refused, answer
from practice_lms.rate_limit import rate_limit
from practice_lms.rows import Course, Tool

View = Callable[..., HttpResponse]
Scopes = tuple[str, ...]


def tool_service(endpoint: str, **scopes: Scopes) -> Callable[[View], View]:
    """Make ``view(request, tool, ...)`` a service for the methods named in ``scopes``.

    Each method needs a token with any one of its scopes. Refused, raised anywhere inside, becomes
    the answer.
    """

    def wrap(view: View) -> View:
        @may_misbehave(endpoint)
        def answered(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
            try:
                return view(request, _tool(request, scopes), *args, **kwargs)
            except Refused as refused:
                return answer(refused)

        @csrf_exempt
        @wraps(view)
        def wrapped(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
            client = house.access_tokens.client_of(request)
            return rate_limit.around(client, lambda: answered(request, *args, **kwargs))

        return wrapped

    return wrap


def service(endpoint: str, **scopes: Scopes) -> Callable[[View], View]:
    """The same for ``view(request, tool, course, ...)``: the tool must be active in the course."""

    def wrap(view: View) -> View:
        @tool_service(endpoint, **scopes)
        @wraps(view)
        def in_course(
            request: HttpRequest, tool: Tool, course_id: str, *args: Any, **kwargs: Any
        ) -> HttpResponse:
            return view(request, tool, _course(tool, course_id), *args, **kwargs)

        return in_course

    return wrap


def json_body(request: HttpRequest) -> dict[str, Any]:
    """The JSON object of a body. Raises Refused (400)."""
    try:
        body = json.loads(request.body)
    except (ValueError, RecursionError) as error:
        raise Refused(400, "the body is not JSON") from error
    if not isinstance(body, dict):
        raise Refused(400, "the body must be a JSON object")
    return body


def media_type(header: str) -> str:
    """A content type without its parameters, in lower case."""
    return header.split(";", 1)[0].strip().lower()


def check_accept(request: HttpRequest, wanted: str) -> None:
    """Raise Refused (406) when the client accepts neither ``wanted`` nor a wildcard over it."""
    header = request.headers.get("Accept", "")
    accepted = {media_type(part) for part in header.split(",") if part.strip()}
    if house.manner.check_accept and accepted.isdisjoint({"*/*", "application/*", wanted}):
        if not accepted:
            return
        raise Refused(406, f"Accept must name {wanted}")


def check_content_type(request: HttpRequest, wanted: str) -> None:
    """Raise Refused (415) for a body of any other type; parameters such as charset may follow."""
    found = media_type(request.headers.get("Content-Type", ""))
    if found != wanted:
        raise Refused(415, f"Content-Type must be {wanted}, not {found or 'missing'}")


def _tool(request: HttpRequest, scopes: dict[str, Scopes]) -> Tool:
    if house.manner.user_agent_required and not request.headers.get("User-Agent"):
        raise Refused(403, "a User-Agent is required")
    token = house.access_tokens.find(request)
    tool = house.state.get(Tool, token.client_id) if token else None
    if token is None or tool is None or not tool.active:
        raise Refused(
            401,
            "the access token is missing, unknown or expired",
            challenge='Bearer error="invalid_token"',
        )
    request.scope = " ".join(token.scopes)  # type: ignore[attr-defined]
    if request.method not in scopes:
        raise Refused(405, f"{request.method} is not offered here")
    wanted = scopes[request.method]
    if set(wanted).isdisjoint(token.scopes):
        raise Refused(
            403,
            f"the access token lacks the scope {wanted[0]}",
            challenge=f'Bearer error="insufficient_scope", scope="{wanted[0]}"',
        )
    return tool


def _course(tool: Tool, course_id: str) -> Course:
    course = house.state.get(Course, course_id)
    if course is None or not tool.serves(course_id):
        raise Refused(404, "the tool has no such course")
    return course
