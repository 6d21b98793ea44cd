"""What do tools know about me? Where people ask tools for their data (Data Privacy Launch 1.0)."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from practice_lms import messages, vocabulary
from practice_lms.frames import in_window
from practice_lms.house import house
from practice_lms.problems import NotShown
from practice_lms.rows import Person, Tool
from practice_lms.sign_in import for_people


@require_safe
@for_people
def privacy(request: HttpRequest, person: Person) -> HttpResponse:
    """The tools that can be asked, about the visitor or (by an administrator) somebody else."""
    shown = {
        "about": _about(request, person),
        "tools": [
            tool
            for tool in house.state.all(Tool)
            if tool.active and vocabulary.DATA_PRIVACY_REQUEST in tool.messages
        ],
    }
    return render(request, "practice_lms/privacy.html", shown)


@require_safe
@for_people
def ask(request: HttpRequest, person: Person, client_id: str) -> HttpResponse:
    """Open the tool with the question."""
    tool = house.state.get(Tool, client_id)
    if tool is None:
        raise NotShown(404, "There is no such tool", "It was removed.")
    try:
        message = messages.data_privacy(person, tool, _about(request, person))
    except messages.NotPossible as error:
        raise NotShown(409, "This tool cannot be asked", f"The cause: {error}.") from error
    return in_window(request, message)


def _about(request: HttpRequest, person: Person) -> Person | None:
    """The other person of ``?about=``; None when the visitor asks about themself."""
    wanted = request.GET.get("about", "")
    if wanted in ("", person.id):
        return None
    if not person.administers:
        raise NotShown(
            403,
            "This page is for administrators",
            f"{person.name} may ask what tools know about {person.name}, and nobody else.",
            "Switch to the administrator of the LMS to ask about others.",
        )
    found = house.state.get(Person, wanted)
    if found is None:
        raise NotShown(404, "There is no such person", "The account was removed.")
    return found
