"""The control API: tests and demonstrations steer the LMS with it.

Off (404) unless PRACTICE_LMS_CONTROL_TOKEN is set; every call needs it as a bearer token.
Bodies and answers are JSON; a body that is not understood is answered with 400 and the cause.
"""

from __future__ import annotations

import json
import secrets
from collections.abc import Callable
from dataclasses import asdict, replace
from functools import wraps
from typing import Any

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.views.decorators.csrf import csrf_exempt

from practice_lms import (
    deep_linking,
    gradebook,
    keys,
    messages,
    seed,
    settings,
    tool_keys,
    vocabulary,
)
from practice_lms.house import house
from practice_lms.manners import manner
from practice_lms.misbehaviour import faults, rule_of
from practice_lms.registration import invitations
from practice_lms.request_log import log
from practice_lms.sign_in import cookie_value
from practice_lms.state import (
    Course,
    Enrolment,
    Grade,
    LineItem,
    Person,
    ResourceLink,
    Tool,
)

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


@control("POST")
def reset(_request: HttpRequest, _body: dict[str, Any]) -> Any:
    """Back to the seed: state, tokens, rules, manner and log."""
    house.reset()
    faults.clear()
    invitations.clear()
    tool_keys.forget()
    log.clear()
    return {}


@control("GET", "POST")
def misbehave(request: HttpRequest, body: dict[str, Any]) -> Any:
    """Put rules in force instead of those before, or read them with their hits."""
    if request.method == "POST":
        faults.replace([rule_of(values) for values in body["rules"]])
    return [
        {name: value for name, value in vars(rule).items() if name[0] != "_"}
        for rule in faults.rules
    ]


@control("POST")
def set_manner(_request: HttpRequest, body: dict[str, Any]) -> Any:
    """Behave like a named platform, with single fields overridden."""
    house.manner = manner(body["name"], body.get("overrides", {}))
    return asdict(house.manner)


@control("POST")
def rotate_keys(_request: HttpRequest, _body: dict[str, Any]) -> Any:
    """Sign with a new key; the one before stays published."""
    return {"kid": keys.rotate(house.state).kid}


@control("POST")
def revoke_tokens(_request: HttpRequest, _body: dict[str, Any]) -> Any:
    """Forget every access token, as a platform does that lost its cache."""
    house.access_tokens.clear()
    return {}


@control("GET", "DELETE")
def read_log(request: HttpRequest, _body: dict[str, Any]) -> Any:
    """The requests of tools in order; any query (endpoint, method, status, client) is a filter."""
    if request.method == "DELETE":
        log.clear()
        return []
    return log.read(**request.GET.dict())


@control("GET")
def read_gradebook(request: HttpRequest, _body: dict[str, Any]) -> Any:
    """Every cell of the gradebook, or those of ``course``."""
    course = request.GET.get("course", "")
    return [
        _cell(item, grade)
        for grade in house.state.all(Grade)
        if (item := house.state.get(LineItem, grade.line_item)) and course in ("", item.course)
    ]


@control("POST")
def launch(_request: HttpRequest, body: dict[str, Any]) -> Any:
    """What a browser would hold and send: the cookie of ``user`` and the login form of ``link``.

    With ``message`` deep_linking instead, for ``course`` and ``client_id``.
    """
    person = _person(body["user"])
    target: messages.Target = "window" if body.get("target") == "window" else "iframe"
    try:
        if body.get("message") == "deep_linking":
            tool = _need(house.state.get(Tool, body.get("client_id", seed.CLIENT_ID)), "tool")
            course = body.get("course", seed.COURSE)
            message = deep_linking.ask(person, course, tool, target=target)
        else:
            link = _need(house.state.get(ResourceLink, body.get("link", seed.LINK)), "link")
            message = messages.launch(person, link, target=target)
    except messages.NotPossible as error:
        raise Misunderstood(str(error)) from error
    return {
        "cookie": {"name": settings.SIGN_IN_COOKIE, "value": cookie_value(person)},
        "authorize_url": f"{house.url}/lti/authorize",
        "login_url": message.tool.login_url,
        "fields": messages.login_fields(message),
    }


@control("POST")
def override(_request: HttpRequest, body: dict[str, Any]) -> Any:
    """A teacher sets ``points`` (null takes them back) of ``user`` in ``line_item`` or link."""
    item = _line_item(body)
    grade = gradebook.override(
        item, _person(body["user"]), body["points"], body.get("comment", ""), "Tomas Lindgren"
    )
    return _cell(item, grade)


@control("POST")
def invite(_request: HttpRequest, body: dict[str, Any]) -> Any:
    """An invitation to register for the tool at ``url``."""
    invitation = invitations.make(body["url"])
    return {
        "open_url": invitation.open_url,
        "openid_configuration": f"{house.url}/.well-known/openid-configuration",
        "registration_token": invitation.token,
    }


@control("POST")
def activate(_request: HttpRequest, body: dict[str, Any]) -> Any:
    """Switch the tool ``client_id`` on, or off with ``active`` false."""
    tool = _need(house.state.get(Tool, body["client_id"]), "tool")
    house.state.put(replace(tool, active=bool(body.get("active", True))))
    return {}


@control("POST")
def courses(_request: HttpRequest, body: dict[str, Any]) -> Any:
    """Add or replace ``people``, ``tools`` and ``courses`` with their members and links.

    A course: {id, label, title, members: {person: [role, ...]}, learners: n (made up, as
    ``<course>-00001``), links: [{id, title, client_id, deployment, custom, url, maximum}]}.
    """
    with house.state.lock:
        for values in body.get("people", []):
            _put_person(values)
        for values in body.get("tools", []):
            _put_tool(values)
        for values in body.get("courses", []):
            _put_course(values)
    return {
        "subs": {person.id: person.sub for person in house.state.all(Person)},
        "line_items": {
            item.link: messages.line_item_url(item)
            for item in house.state.all(LineItem)
            if item.link
        },
    }


URLS = {
    "reset": reset,
    "misbehave": misbehave,
    "manner": set_manner,
    "rotate-keys": rotate_keys,
    "revoke-tokens": revoke_tokens,
    "log": read_log,
    "gradebook": read_gradebook,
    "launch": launch,
    "override": override,
    "invite": invite,
    "activate": activate,
    "courses": courses,
}


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


def _need(found: Any, what: str) -> Any:
    if found is None:
        raise Misunderstood(f"there is no such {what}")
    return found


def _person(id: str) -> Person:
    found: Person = _need(house.state.get(Person, id), f"person as {id!r}")
    return found


def _line_item(body: dict[str, Any]) -> LineItem:
    """The line item named by its id, or the first one of a link."""
    if "line_item" in body:
        item = house.state.get(LineItem, str(body["line_item"]))
    else:
        link = house.state.get(ResourceLink, body.get("link", seed.LINK))
        item = next(iter(messages.line_items_of(link)), None) if link else None
    found: LineItem = _need(item, "line item")
    return found


def _cell(item: LineItem, grade: Grade) -> dict[str, Any]:
    person = house.state.get(Person, grade.person)
    return {
        **asdict(grade),
        "sub": person.sub if person else "",
        "course": item.course,
        "link": item.link,
        "label": item.label,
        "points": gradebook.points(item, grade),
        "of": item.maximum,
    }


def _put_person(values: dict[str, Any]) -> None:
    made = seed.person(values["id"], values.get("given_name", values["id"]), "")
    known = house.state.get(Person, values["id"]) or made
    house.state.put(replace(known, **values))


def _put_tool(values: dict[str, Any]) -> None:
    """A registration; what is not given is as for the tool of the demo."""
    known = house.state.get(Tool, values["client_id"]) or seed.demo_tool(house.tool_url)
    values = {name: tuple(v) if isinstance(v, list) else v for name, v in values.items()}
    house.state.put(replace(known, **values))


def _put_course(values: dict[str, Any]) -> None:
    course = Course(
        id=values["id"],
        label=values.get("label", values["id"].upper()),
        title=values.get("title", values["id"]),
        introduction=values.get("introduction", ""),
    )
    house.state.put(course)
    for person, roles in values.get("members", {}).items():
        _person(person)
        full = tuple(vocabulary.role_uri(role) for role in roles)
        house.state.put(Enrolment(course.id, person, full, active=bool(full)))
    for number in range(1, values.get("learners", 0) + 1):
        id = f"{course.id}-{number:05}"
        house.state.put(seed.person(id, "Learner", f"{number:05}", about="Learner"))
        house.state.put(Enrolment(course.id, id, (vocabulary.LEARNER,)))
    for link in values.get("links", []):
        _put_link(course, link)


def _put_link(course: Course, values: dict[str, Any]) -> None:
    """A link and, when ``maximum`` (100 unless told) is not null, its line item."""
    values = {"client_id": seed.CLIENT_ID, "deployment": seed.DEPLOYMENT_ID, **values}
    maximum = values.pop("maximum", 100)
    tool = _need(house.state.get(Tool, values["client_id"]), "tool")
    if values["deployment"] not in tool.deployments:
        raise Misunderstood(f"the tool {tool.client_id} has no deployment {values['deployment']!r}")
    link = ResourceLink(course=course.id, **{"title": values["id"], **values})
    house.state.put(link)
    if maximum is not None and not messages.line_items_of(link):
        item = LineItem(
            id=gradebook.next_line_item_id(),
            course=course.id,
            client_id=link.client_id,
            label=link.title,
            maximum=maximum,
            link=link.id,
        )
        house.state.put(item)
