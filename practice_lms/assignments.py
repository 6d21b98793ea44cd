"""Assignments of the LMS itself: learners hand in text and files here, tools process them.

Source: 1EdTech LTI Asset Processor 1.0 as Canvas offers it (`doc/api/document_processor.md`):
every attached processor gets a notice of each hand-in and answers with reports.
"""

from __future__ import annotations

import base64
import mimetypes
import uuid
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

from practice_lms import addresses, claims, notices, vocabulary
from practice_lms.house import house
from practice_lms.rows import (
    Asset,
    Assignment,
    Course,
    Person,
    Processor,
    Report,
    Submission,
    Tool,
)

CLAIM = vocabulary.CLAIM
File = tuple[str, bytes]  # name and content


def of_course(course: str) -> list[Assignment]:
    return [row for row in house.state.all(Assignment) if row.course == course]


def processors_of(assignment: Assignment) -> list[Processor]:
    return [row for row in house.state.all(Processor) if row.assignment == assignment.id]


def submissions_of(assignment: Assignment, person: Person) -> list[Submission]:
    """What a person handed in, newest first."""
    found = [
        row
        for row in house.state.all(Submission)
        if (row.assignment, row.person) == (assignment.id, person.id)
    ]
    return found[::-1]


def assets_of(submission: Submission) -> list[Asset]:
    return [row for row in house.state.all(Asset) if row.submission == submission.id]


def reports_of(asset: Asset, *, for_owner: bool) -> list[Report]:
    """The reports on an asset; its owner sees those alone that are done and meant for them."""
    return [
        row
        for row in house.state.all(Report)
        if row.asset == asset.id and (row.for_owner or not for_owner)
    ]


def hand_in(assignment: Assignment, person: Person, text: str, files: Sequence[File]) -> Submission:
    """Keep a new attempt and tell every attached processor of it."""
    with house.state.lock:
        before = submissions_of(assignment, person)
        root = before[-1].id.rpartition(":")[0] if before else str(uuid.uuid4())
        attempt = len(before) + 1
        made = Submission(f"{root}:{attempt}", assignment.id, person.id, attempt, _now())
        house.state.put(made)
        if text:
            _keep(made, "Text", "", "text/html", text.encode())
        for name, content in files:
            kind = mimetypes.guess_type(name)[0] or "application/octet-stream"
            _keep(made, name, name, kind, content)
    tell(made)
    return made


def tell(submission: Submission) -> None:
    """Send a notice of the submission to every processor of its assignment."""
    assignment = house.state.get(Assignment, submission.assignment)
    person = house.state.get(Person, submission.person)
    course = house.state.get(Course, assignment.course) if assignment else None
    if assignment is None or person is None or course is None:
        return
    for processor in processors_of(assignment):
        tool = house.state.get(Tool, processor.client_id)
        if tool is not None:
            own = _notice(assignment, course, submission, person, processor, tool)
            kind = vocabulary.ASSET_PROCESSOR_NOTICE
            notices.notify(tool, processor.deployment, kind, [own])


def _notice(
    assignment: Assignment,
    course: Course,
    submission: Submission,
    person: Person,
    processor: Processor,
    tool: Tool,
) -> dict[str, Any]:
    """The claims of an LtiAssetProcessorSubmissionNotice beside those of every notice."""
    told: dict[str, Any] = {
        "context": claims.context(course),
        "activity": {"id": assignment.id, "title": assignment.title},
        "submission": {"id": submission.id},
        "for_user": {"user_id": person.sub},
        "roles": [f"{vocabulary.SYSTEM}#None"],
        "custom": {**tool.custom, **processor.custom},
        "assetservice": {
            "scope": [vocabulary.SCOPE_ASSET],
            "assets": [_described(processor, asset) for asset in assets_of(submission)],
        },
        "assetreport": {
            "scope": [vocabulary.SCOPE_REPORT],
            "report_url": addresses.reports_url(processor.id),
        },
    }
    found = {f"{CLAIM}{name}": value for name, value in told.items()}
    grades = claims.grade_service(tool.scopes, course.id)
    return found | ({vocabulary.AGS_CLAIM: grades} if grades else {})


def _described(processor: Processor, asset: Asset) -> dict[str, Any]:
    found: dict[str, Any] = {
        "asset_id": asset.id,
        "url": addresses.asset_url(processor.id, asset.id),
        "sha256_checksum": asset.checksum,
        "timestamp": asset.at,
        "size": asset.size,
        "content_type": asset.content_type,
        "title": asset.title,
    }
    return found | ({"filename": asset.filename} if asset.filename else {})


def _keep(
    submission: Submission, title: str, filename: str, content_type: str, content: bytes
) -> None:
    encoded = base64.b64encode(content).decode()
    house.state.put(
        Asset(
            str(uuid.uuid4()), submission.id, title, filename, content_type, encoded, submission.at
        )
    )


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="seconds")
