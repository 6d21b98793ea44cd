"""Names and Role Provisioning Services 2.0: who is in the course."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest, HttpResponse, JsonResponse

from practice_lms import claims, paging, vocabulary
from practice_lms.bearer import check_accept, service
from practice_lms.house import house
from practice_lms.problems import Refused
from practice_lms.rows import Course, Enrolment, Person, ResourceLink, Tool


@service("members", GET=(vocabulary.SCOPE_MEMBERS,))
def members(request: HttpRequest, tool: Tool, course: Course) -> HttpResponse:
    """The members of a course, all or those with a role, a page at a time.

    With ``rlid`` each member also has the message that a launch of that link would carry.
    """
    check_accept(request, vocabulary.MEMBERS)
    link = _link(request, tool, course)
    role = request.GET.get("role", "")
    wanted = [
        (enrolment, person)
        for enrolment in house.state.all(Enrolment)
        if enrolment.course == course.id
        and (not role or vocabulary.role_uri(role) in enrolment.roles)
        if (person := house.state.get(Person, enrolment.person))
    ]
    rows, links = paging.page_of(request, wanted)
    container = {
        "id": f"{house.url}{request.get_full_path()}",
        "context": {"id": course.id, "label": course.label, "title": course.title},
        "members": [_member(tool, link, enrolment, person) for enrolment, person in rows],
    }
    response = JsonResponse(container)
    response["Content-Type"] = vocabulary.MEMBERS
    paging.add_links(response, links)
    return response


def _link(request: HttpRequest, tool: Tool, course: Course) -> ResourceLink | None:
    """The resource link of ``rlid``. Raises Refused (404) when it is not the tool's here."""
    link_id = request.GET.get("rlid")
    if link_id is None:
        return None
    link = house.state.get(ResourceLink, link_id)
    if link is None or (link.course, link.client_id) != (course.id, tool.client_id):
        raise Refused(404, "the tool has no such resource link here")
    return link


def _member(
    tool: Tool, link: ResourceLink | None, enrolment: Enrolment, person: Person
) -> dict[str, Any]:
    short = house.manner.short_member_roles
    found: dict[str, Any] = {
        "status": "Active" if enrolment.active else "Inactive",
        "user_id": person.sub,
        "roles": [vocabulary.role_name(role) if short else role for role in enrolment.roles],
    }
    if tool.identity == "full":
        found |= {k: v for k, v in claims.names(person).items() if k != "locale"}
        found["lis_person_sourcedid"] = person.id
    if link is not None and enrolment.active:
        prefix = vocabulary.CLAIM
        found["message"] = [
            {
                f"{prefix}message_type": vocabulary.RESOURCE_LINK_REQUEST,
                f"{prefix}resource_link": {"id": link.id, "title": link.title},
                f"{prefix}custom": {**tool.custom, **link.custom},
            }
        ]
    return found
