"""The pages on which a teacher connects tools."""

from __future__ import annotations

from dataclasses import replace
from urllib.parse import urlsplit

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect, JsonResponse
from django.shortcuts import render
from django.views.decorators.http import require_POST, require_safe

from practice_lms import notices, vocabulary
from practice_lms.house import house
from practice_lms.pages import course_context
from practice_lms.problems import NotShown
from practice_lms.registration import Invitation, invitations
from practice_lms.rows import NoticeHandler, Person, Tool
from practice_lms.sign_in import for_people

SENT = 10


@require_safe
@for_people
def tools(request: HttpRequest, person: Person, course_id: str) -> HttpResponse:
    """The registered tools with what each needs to know of this LMS."""
    return _tools(request, person, course_id)


def _tools(
    request: HttpRequest, person: Person, course_id: str, typed: str = "", error: str = ""
) -> HttpResponse:
    shown = course_context(person, course_id, "tools", *vocabulary.TEACHERS)
    shown |= {
        "tools": [
            (tool, _handlers(tool), notices.deliveries.of(tool.client_id)[-SENT:][::-1])
            for tool in house.state.all(Tool)
        ],
        "typed": typed or f"{house.tool_url}/lti/register/",
        "error": error,
        "services": len(vocabulary.SCOPES),
        "platform": {
            "Issuer": house.url,
            "OpenID configuration": f"{house.url}/.well-known/openid-configuration",
            "Authorisation address": f"{house.url}/lti/authorize",
            "Token address": house.token_url,
            "Key set address": f"{house.url}/lti/jwks.json",
        },
    }
    return render(request, "practice_lms/tools.html", shown, status=400 if error else 200)


def _handlers(tool: Tool) -> list[NoticeHandler]:
    return [row for row in house.state.all(NoticeHandler) if row.client_id == tool.client_id]


@require_POST
@for_people
def switch(request: HttpRequest, person: Person, course_id: str, client_id: str) -> HttpResponse:
    """Activate a tool, or switch it off."""
    course_context(person, course_id, "tools", *vocabulary.TEACHERS)
    with house.state.lock:
        tool = house.state.get(Tool, client_id)
        if tool is None:
            raise NotShown(404, "There is no such tool", "It was removed.")
        house.state.put(replace(tool, active=request.POST.get("active") == "yes"))
    return HttpResponseRedirect(f"/courses/{course_id}/tools")


@require_POST
@for_people
def invite(request: HttpRequest, person: Person, course_id: str) -> HttpResponse:
    """Start the dynamic registration of the tool at the address typed."""
    course_context(person, course_id, "tools", *vocabulary.TEACHERS)
    typed = request.POST.get("url", "").strip()
    if not _is_web(typed):
        error = f"“{typed}” is not a web address. It starts with https:// or http://."
        return _tools(request, person, course_id, typed, error)
    invitation = invitations.make(typed)
    return HttpResponseRedirect(f"/courses/{course_id}/tools/register/{invitation.id}")


@require_safe
@for_people
def invited(request: HttpRequest, person: Person, course_id: str, id: str) -> HttpResponse:
    """Open the tool's registration page, and see when the tool has arrived."""
    shown = course_context(person, course_id, "tools", *vocabulary.TEACHERS)
    invitation = _invitation(id)
    shown |= {
        "invitation": invitation,
        "tool": house.state.get(Tool, invitation.client_id),
    }
    return render(request, "practice_lms/invited.html", shown)


@require_safe
@for_people
def invited_state(_request: HttpRequest, person: Person, course_id: str, id: str) -> HttpResponse:
    """Whether the tool has arrived, for the page that waits."""
    course_context(person, course_id, "tools", *vocabulary.TEACHERS)
    return JsonResponse({"arrived": bool(_invitation(id).client_id)})


def _invitation(id: str) -> Invitation:
    found = invitations.get(id)
    if found is None:
        raise NotShown(
            404,
            "This registration is over",
            "The LMS was restarted.",
            "Start it again under Tools.",
        )
    return found


def _is_web(url: str) -> bool:
    try:
        parts = urlsplit(url)
    except ValueError:
        return False
    return parts.scheme in ("http", "https") and bool(parts.hostname)
