"""Assignments for tests: making them, handing in, and reading the reports on them."""

from __future__ import annotations

import uuid
from dataclasses import asdict
from typing import Any

from django.http import HttpRequest

from practice_lms import assignments, seed
from practice_lms.control_calls import control, found
from practice_lms.house import house
from practice_lms.rows import Assignment, Course, Person, Processor, Report, Tool


@control("POST")
def assignment(_request: HttpRequest, body: dict[str, Any]) -> Any:
    """An assignment of ``course`` with ``id``, ``title``, ``text`` and attached ``processors``.

    A processor: {client_id, deployment, title, text, url, custom, report}. Tells their ids.
    """
    course = found(Course, body.get("course", seed.COURSE))
    id = body.get("id") or str(uuid.uuid4())
    made = Assignment(id, course.id, body.get("title", id), body.get("text", ""))
    with house.state.lock:
        house.state.put(made)
        attached = [_attach(made, values) for values in body.get("processors", [])]
    return {"assignment": made.id, "processors": attached}


@control("POST")
def hand_in(_request: HttpRequest, body: dict[str, Any]) -> Any:
    """``user`` hands in ``text`` and ``files`` ({name: text}); tells submission and asset ids."""
    files = [(name, content.encode()) for name, content in body.get("files", {}).items()]
    submission = assignments.hand_in(
        found(Assignment, body["assignment"]),
        found(Person, body["user"]),
        body.get("text", ""),
        files,
    )
    assets = {asset.title: asset.id for asset in assignments.assets_of(submission)}
    return {"submission": submission.id, "assets": assets}


@control("GET")
def reports(_request: HttpRequest, _body: dict[str, Any]) -> Any:
    """All reports of asset processors."""
    return [asdict(row) for row in house.state.all(Report)]


def _attach(made: Assignment, values: dict[str, Any]) -> str:
    tool = found(Tool, values.get("client_id", seed.CLIENT_ID))
    chosen = {"deployment": tool.deployments[0], "title": tool.name, **values}
    processor = Processor(
        id=str(uuid.uuid4()), assignment=made.id, **{**chosen, "client_id": tool.client_id}
    )
    house.state.put(processor)
    return processor.id
