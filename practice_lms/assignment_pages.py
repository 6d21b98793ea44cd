"""Assignments of the LMS itself: made and watched by teachers, handed in by learners."""

from __future__ import annotations

import uuid
from typing import Any

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.utils.http import content_disposition_header
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from practice_lms import assignments, deep_linking, gradebook, messages, vocabulary
from practice_lms.frames import framed
from practice_lms.house import house
from practice_lms.page_rows import page_rows
from practice_lms.pages import course_context
from practice_lms.problems import NotShown
from practice_lms.rows import (
    Asset,
    Assignment,
    Person,
    Report,
    Submission,
    Tool,
    report_key,
)
from practice_lms.sign_in import for_people

TITLE = 200
TEXT = 100_000  # characters
LARGEST = 5 * 1024 * 1024  # bytes of a file
MOST_FILES = 10


@require_http_methods(["GET", "POST"])
@for_people
def new(request: HttpRequest, person: Person, course_id: str) -> HttpResponse:
    """Make an assignment."""
    shown = course_context(person, course_id, "course", *vocabulary.TEACHERS)
    if request.method == "POST":
        title = request.POST.get("title", "").strip()[:TITLE]
        if title:
            text = request.POST.get("text", "").strip()[:TEXT]
            made = Assignment(str(uuid.uuid4()), course_id, title, text)
            house.state.put(made)
            return HttpResponseRedirect(f"/assignments/{made.id}")
        shown |= {"error": "The assignment needs a title.", "text": request.POST.get("text", "")}
    status = 400 if "error" in shown else 200
    return render(request, "practice_lms/new_assignment.html", shown, status=status)


@require_http_methods(["GET", "POST"])
@for_people
def assignment(request: HttpRequest, person: Person, assignment_id: str) -> HttpResponse:
    """Hand in, or see what was handed in with the reports on it."""
    found = _assignment(assignment_id)
    shown = course_context(person, found.course, "course")
    shown |= {"assignment": found, "processors": assignments.processors_of(found)}
    if shown["teaches"]:
        return _for_teacher(request, found, shown)
    if request.method == "POST":
        error = _hand_in(request, found, person)
        if not error:
            return HttpResponseRedirect(f"/assignments/{found.id}")
        shown |= {"error": error, "typed": request.POST.get("text", "")}
    shown["attempts"] = [_attempt(row, True) for row in assignments.submissions_of(found, person)]
    status = 400 if "error" in shown else 200
    return render(request, "practice_lms/assignment.html", shown, status=status)


@require_safe
@for_people
def attach(
    request: HttpRequest, person: Person, assignment_id: str, client_id: str
) -> HttpResponse:
    """The tool's own page for choosing how it processes what is handed in (deep linking)."""
    found = _assignment(assignment_id)
    shown = course_context(person, found.course, "course", *vocabulary.TEACHERS)
    tool = house.state.get(Tool, client_id)
    if tool is None:
        raise NotShown(404, "There is no such tool", "It was removed.")
    try:
        message = deep_linking.ask(person, found.course, tool, target="iframe", activity=found)
    except messages.NotPossible as error:
        raise NotShown(409, "This tool cannot be opened", f"The cause: {error}.") from error
    shown |= {"assignment": found, **framed(message)}
    return render(request, "practice_lms/attach.html", shown)


@require_POST
@for_people
def tell_again(request: HttpRequest, person: Person, submission_id: str) -> HttpResponse:  # noqa: ARG001
    """Send the notice of a submission once more."""
    submission = house.state.get(Submission, submission_id)
    if submission is None:
        raise NotShown(404, "There is no such submission", "It was removed.")
    found = _assignment(submission.assignment)
    course_context(person, found.course, "course", *vocabulary.TEACHERS)
    assignments.tell(submission)
    return HttpResponseRedirect(f"/assignments/{found.id}")


@require_safe
@for_people
def asset(request: HttpRequest, person: Person, asset_id: str) -> HttpResponse:  # noqa: ARG001
    """A file or text that was handed in, for its owner and for teachers."""
    found, _ = _readable(person, asset_id)
    response = HttpResponse(found.content, content_type="application/octet-stream")
    name = found.filename or f"{found.title}.html"
    response.headers["Content-Disposition"] = content_disposition_header(True, name) or "attachment"
    return response


@require_safe
@for_people
def report(
    request: HttpRequest, person: Person, processor_id: str, asset_id: str, kind: str
) -> HttpResponse:
    """A report in the tool's frame (LtiReportReviewRequest)."""
    _, place = _readable(person, asset_id)
    found = house.state.get(Report, report_key(processor_id, asset_id, kind))
    if found is None:
        raise NotShown(404, "There is no such report", "It was replaced or removed.")
    try:
        message = messages.report_review(person, found)
    except messages.NotPossible as error:
        raise NotShown(409, "This report cannot be opened", f"The cause: {error}.") from error
    shown = course_context(person, place.course, "course")
    shown |= {"assignment": place, "report": found, **framed(message)}
    return render(request, "practice_lms/report.html", shown)


def _for_teacher(request: HttpRequest, found: Assignment, shown: dict[str, Any]) -> HttpResponse:
    rows, shown["pages"] = page_rows(request, gradebook.learners(found.course))
    shown["rows"] = [
        (learner, [_attempt(row, False) for row in assignments.submissions_of(found, learner)[:1]])
        for learner, _ in rows
    ]
    shown["tools"] = [
        tool
        for tool in house.state.all(Tool)
        if tool.serves(found.course) and vocabulary.ASSET_PROCESSOR_PLACEMENT in tool.messages
    ]
    return render(request, "practice_lms/handed_in.html", shown)


def _attempt(submission: Submission, for_owner: bool) -> dict[str, Any]:
    return {
        "submission": submission,
        "assets": [
            (asset, assignments.reports_of(asset, for_owner=for_owner))
            for asset in assignments.assets_of(submission)
        ],
    }


def _hand_in(request: HttpRequest, found: Assignment, person: Person) -> str:
    """Keep what was sent; the cause when it is not."""
    text = request.POST.get("text", "").strip()
    files = request.FILES.getlist("files")
    if not text and not files:
        return "Nothing was handed in: write a text or choose a file."
    if len(text) > TEXT:
        return f"The text has {len(text):,} characters. Hand in at most {TEXT:,}."
    if len(files) > MOST_FILES:
        return f"{len(files)} files were chosen. Hand in at most {MOST_FILES}."
    for file in files:
        if (file.size or 0) > LARGEST:
            return f"“{file.name}” is larger than {LARGEST // 1024 // 1024} MB."
    contents = [(file.name or "file", file.read()) for file in files]
    assignments.hand_in(found, person, text, contents)
    return ""


def _assignment(id: str) -> Assignment:
    found = house.state.get(Assignment, id)
    if found is None:
        raise NotShown(404, "There is no such assignment", "It was removed.")
    return found


def _readable(person: Person, asset_id: str) -> tuple[Asset, Assignment]:
    """What the person may read, and where it was handed in. Raises NotShown."""
    found = house.state.get(Asset, asset_id)
    submission = house.state.get(Submission, found.submission) if found else None
    if found is None or submission is None:
        raise NotShown(404, "There is no such file", "It was removed.")
    place = _assignment(submission.assignment)
    own = submission.person == person.id
    course_context(person, place.course, "course", *(() if own else vocabulary.TEACHERS))
    return found, place
