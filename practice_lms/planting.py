"""Courses, people and tools from JSON: what a test or a demonstration wants to begin with."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from practice_lms import gradebook, roster, seed, vocabulary
from practice_lms.control_calls import Misunderstood, found
from practice_lms.house import house
from practice_lms.rows import (
    Course,
    Group,
    GroupSet,
    LineItem,
    Person,
    ResourceLink,
    Tool,
    translated,
)


def plant(body: dict[str, Any]) -> None:
    """Add or replace ``people``, ``tools`` and ``courses`` with their members and links.

    A course: {id, label, title, members: {person: [role, ...]}, learners: n (made up, as
    ``<course>-00001``), links: [{id, title, client_id, deployment, custom, url, maximum,
    columns: [{label, maximum, tag, resource_id, review}]}], group_sets: [{id, name}],
    groups: [{id, name, tag, set, members: [person, ...]}]}.
    """
    with house.state.lock:
        for values in body.get("people", []):
            _put_person(values)
        for values in body.get("tools", []):
            _put_tool(values)
        for values in body.get("courses", []):
            _put_course(values)


def _put_person(values: dict[str, Any]) -> None:
    made = seed.person(values["id"], values.get("given_name", values["id"]), "")
    known = house.state.get(Person, values["id"]) or made
    house.state.put(replace(known, **values))


def _put_tool(values: dict[str, Any]) -> None:
    """A registration; what is not given is as for the tool of the demo."""
    known = house.state.get(Tool, values["client_id"]) or seed.demo_tool(house.tool_url)
    values = {
        name: tuple(value) if isinstance(value, list) else value
        for name, value in translated(Tool.table, values).items()
    }
    house.state.put(replace(known, **values))


def _put_course(values: dict[str, Any]) -> None:
    id = values["id"]
    known = house.state.get(Course, id) or Course(id, label=id.upper(), title=id)
    own = {name: values[name] for name in ("label", "title", "introduction") if name in values}
    course = replace(known, **own)
    house.state.put(course)
    for person, roles in values.get("members", {}).items():
        found(Person, person)
        full = tuple(vocabulary.role_uri(role) for role in roles)
        roster.enrol(course.id, person, full, "Active" if full else "Inactive")
    for number in range(1, values.get("learners", 0) + 1):
        id = f"{course.id}-{number:05}"
        house.state.put(seed.person(id, "Learner", f"{number:05}", about="Learner"))
        roster.enrol(course.id, id, (vocabulary.LEARNER,))
    for row in values.get("group_sets", []):
        house.state.put(GroupSet(course=course.id, **row))
    for row in values.get("groups", []):
        members = tuple(found(Person, id).id for id in row.get("members", ()))
        house.state.put(Group(**{**row, "course": course.id, "members": members}))
    for link in values.get("links", []):
        _put_link(course, link)


def _put_link(course: Course, values: dict[str, Any]) -> None:
    """A link with its ``columns``, or one of ``maximum`` points (100 unless told; null: none)."""
    values = {"client_id": seed.CLIENT_ID, "deployment": seed.DEPLOYMENT_ID, **values}
    maximum = values.pop("maximum", 100)
    columns = values.pop("columns", [] if maximum is None else [{"maximum": maximum}])
    tool = found(Tool, values["client_id"])
    if values["deployment"] not in tool.deployments:
        raise Misunderstood(f"the tool {tool.client_id} has no deployment {values['deployment']!r}")
    link = ResourceLink(course=course.id, **{"title": values["id"], **values})
    house.state.put(link)
    if not gradebook.line_items_of(link):
        for column in columns:
            house.state.put(
                LineItem(
                    id=gradebook.next_line_item_id(),
                    course=course.id,
                    client_id=link.client_id,
                    link=link.id,
                    **{"label": link.title, "maximum": 100, **column},
                )
            )
