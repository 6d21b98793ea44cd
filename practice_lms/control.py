"""The control API: tests and demonstrations steer the LMS with it.

Who may call, and how bodies and answers look, is told in control_calls.py.
"""

from __future__ import annotations

from dataclasses import asdict, replace
from typing import Any

from django.http import HttpRequest

from practice_lms import (
    addresses,
    copying,
    gradebook,
    keys,
    notices,
    planting,
    roster,
    seed,
    tool_keys,
    vocabulary,
)
from practice_lms.control_assignments import assignment, hand_in, reports
from practice_lms.control_calls import Misunderstood, control, found, line_item
from practice_lms.control_launch import launch
from practice_lms.house import house
from practice_lms.manners import manner
from practice_lms.misbehaviour import faults, rule_of
from practice_lms.rate_limit import rate_limit
from practice_lms.registration import invitations
from practice_lms.request_log import log
from practice_lms.rows import Course, Grade, LineItem, Person, ResourceLink, Tool


@control("POST")
def reset(_request: HttpRequest, _body: dict[str, Any]) -> Any:
    """Back to the seed: state, tokens, rules, manner and log."""
    house.reset()
    faults.clear()
    invitations.clear()
    tool_keys.forget()
    log.clear()
    rate_limit.clear()
    notices.deliveries.clear()
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
    rate_limit.clear()
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
def override(_request: HttpRequest, body: dict[str, Any]) -> Any:
    """A teacher sets ``points`` (null takes them back) of ``user`` in ``line_item`` or link."""
    item, person = line_item(body), found(Person, body["user"])
    grade = gradebook.override(
        item, person, body["points"], body.get("comment", ""), "Tomas Lindgren"
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
    tool = found(Tool, body["client_id"])
    house.state.put(replace(tool, active=bool(body.get("active", True))))
    return {}


@control("POST")
def enrol(_request: HttpRequest, body: dict[str, Any]) -> Any:
    """Put ``user`` into ``course`` with ``roles``, or set their ``status`` there.

    Active, Inactive (suspended) or Deleted (taken out).
    """
    course, person = found(Course, body.get("course", seed.COURSE)), found(Person, body["user"])
    status = body.get("status", "Active")
    if status not in ("Active", "Inactive", "Deleted"):
        raise Misunderstood("status must be Active, Inactive or Deleted")
    if body.get("roles"):
        roles = tuple(vocabulary.role_uri(role) for role in body["roles"])
        roster.enrol(course.id, person.id, roles, status)
    elif not roster.set_status(course.id, person.id, status):
        raise Misunderstood(f"{person.id} was never in {course.id}; roles are needed")
    return {}


@control("POST")
def copy_course(_request: HttpRequest, body: dict[str, Any]) -> Any:
    """Copy ``course`` under a new ``id`` and ``title``; tells the copies of links by the old id."""
    source = found(Course, body.get("course", seed.COURSE))
    made = copying.copy(source, body.get("title", ""), body.get("id", ""))
    links = (link for link in house.state.all(ResourceLink) if link.course == made.id)
    return {"course": made.id, "links": {link.history[0]: link.id for link in links}}


@control("GET", "POST")
def notify(request: HttpRequest, body: dict[str, Any]) -> Any:
    """What was sent to tools, with the status of each; or send ``count`` notices of ``type``.

    A notice carries ``claims``, and goes to ``deployment`` of ``client_id``, if that wants any.
    """
    if request.method == "GET":
        return notices.deliveries.described()
    tool = found(Tool, body.get("client_id", seed.CLIENT_ID))
    claims = [body.get("claims", {})] * body.get("count", 1)
    deployment = body.get("deployment", tool.deployments[0])
    return {"wanted": notices.notify(tool, deployment, body["type"], claims)}


@control("POST")
def courses(_request: HttpRequest, body: dict[str, Any]) -> Any:
    """Plant courses, people and tools (see practice_lms/planting.py), and say what is there.

    ``line_items``: the first column's address by link; ``columns``: all of them.
    """
    planting.plant(body)
    columns: dict[str, list[str]] = {}
    for item in house.state.all(LineItem):
        if item.link:
            columns.setdefault(item.link, []).append(addresses.line_item_url(item))
    return {
        "subs": {person.id: person.sub for person in house.state.all(Person)},
        "line_items": {link: urls[0] for link, urls in columns.items()},
        "columns": columns,
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
    "assignment": assignment,
    "hand-in": hand_in,
    "reports": reports,
    "notices": notify,
    "copy-course": copy_course,
    "enrol": enrol,
}


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
