"""Opening activities, and adding them from tools."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from practice_lms import deep_linking, gradebook, messages, vocabulary
from practice_lms.cells import cell
from practice_lms.frames import framed, in_window
from practice_lms.house import house
from practice_lms.pages import course_context
from practice_lms.problems import NotShown
from practice_lms.rows import Person, ResourceLink, Tool
from practice_lms.sign_in import for_people


@require_safe
@for_people
def activity(request: HttpRequest, person: Person, link_id: str) -> HttpResponse:
    """The activity with the tool in a frame; a form posts the login there by itself."""
    link, message = _launch(person, link_id, "iframe")
    shown = course_context(person, link.course, "course")
    items = [] if shown["teaches"] else gradebook.line_items_of(link)
    shown |= {
        "link": link,
        "height": (link.iframe or {}).get("height", 0),
        "cells": [cell(item, person) for item in items],
        **framed(message),
    }
    return render(request, "practice_lms/activity.html", shown)


@require_safe
@for_people
def activity_window(request: HttpRequest, person: Person, link_id: str) -> HttpResponse:
    """The same launch for a window of its own."""
    _, message = _launch(person, link_id, "window")
    return in_window(request, message)


def _launch(
    person: Person, link_id: str, target: messages.Target
) -> tuple[ResourceLink, messages.Message]:
    link = house.state.get(ResourceLink, link_id)
    if link is None or house.state.enrolment(link.course, person.id) is None:
        raise NotShown(404, "There is no such activity", "It was removed, or is not for you.")
    try:
        return link, messages.launch(person, link, target=target)
    except messages.NotPossible as error:
        raise NotShown(409, "This activity cannot be opened", f"The cause: {error}.") from error


@require_safe
@for_people
def add(request: HttpRequest, person: Person, course_id: str) -> HttpResponse:
    """Choose the tool to add an activity from."""
    shown = course_context(person, course_id, "course", *vocabulary.TEACHERS)
    shown["tools"] = [tool for tool in house.state.all(Tool) if tool.serves(course_id)]
    return render(request, "practice_lms/add.html", shown)


@require_safe
@for_people
def add_from(request: HttpRequest, person: Person, course_id: str, client_id: str) -> HttpResponse:
    """The tool's own page for choosing activities, in a frame (deep linking)."""
    shown = course_context(person, course_id, "course", *vocabulary.TEACHERS)
    return render(
        request,
        "practice_lms/add_from.html",
        shown | framed(_ask(person, course_id, client_id, "iframe")),
    )


@require_safe
@for_people
def add_from_window(
    request: HttpRequest, person: Person, course_id: str, client_id: str
) -> HttpResponse:
    """The same for a window of its own."""
    course_context(person, course_id, "course", *vocabulary.TEACHERS)
    return in_window(request, _ask(person, course_id, client_id, "window"))


def _ask(
    person: Person, course_id: str, client_id: str, target: messages.Target
) -> messages.Message:
    tool = house.state.get(Tool, client_id)
    if tool is None:
        raise NotShown(404, "There is no such tool", "It was removed.")
    try:
        return deep_linking.ask(person, course_id, tool, target=target)
    except messages.NotPossible as error:
        raise NotShown(409, "This tool cannot be opened", f"The cause: {error}.") from error
