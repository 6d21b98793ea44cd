"""Names and Role Provisioning Services 2.0: who is in the course."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode

from django.http import HttpRequest, HttpResponse, JsonResponse

from practice_lms import addresses, claims, groups, paging, roster, vocabulary
from practice_lms.bearer import check_accept, service
from practice_lms.house import house
from practice_lms.problems import Refused
from practice_lms.rows import Course, Enrolment, Person, ResourceLink, Tool

CARRIED = ("role", "rlid", "limit", "groups")


@service("members", GET=(vocabulary.SCOPE_MEMBERS,))
def members(request: HttpRequest, tool: Tool, course: Course) -> HttpResponse:
    """The members of a course, all or those with a role, a page at a time.

    With ``rlid`` each member also has the message that a launch of that link would carry, with
    ``groups=true`` the groups that they are in (Course Groups Service 1.0). The last page names
    an address for what changes from the first page on (NRPS 2.0 section 2.4.3), where those who
    were taken out are told as Deleted. Changed names are not told there.
    """
    check_accept(request, vocabulary.MEMBERS)
    link = _link(request, tool, course)
    as_of = _counted(request, "as_of", house.state.changes)
    wanted = _wanted(request, course)
    carried = {"as_of": as_of} if house.manner.differences else {}
    rows, links = paging.page_of(request, wanted, **carried)
    container: dict[str, Any] = {
        "id": f"{house.url}{request.get_full_path()}",
        "context": {"id": course.id, "label": course.label, "title": course.title},
        "members": [_member(tool, link, enrolment, person) for enrolment, person in rows],
    }
    if house.manner.groups and request.GET.get("groups") == "true":
        own = groups.of_course(course.id)
        for member, (_, person) in zip(container["members"], rows, strict=True):
            member["group_enrollments"] = [
                {"group_id": group.id} for group in own if person.id in group.members
            ]
    response = JsonResponse(container)
    response["Content-Type"] = vocabulary.MEMBERS
    if house.manner.differences and "next" not in links:
        links["differences"] = _differences(request, course, as_of)
    paging.add_links(response, links)
    return response


def _wanted(request: HttpRequest, course: Course) -> list[tuple[Enrolment, Person]]:
    role = request.GET.get("role", "")
    since = _counted(request, "since", 0) if "since" in request.GET else None
    return [
        (enrolment, person)
        for enrolment in roster.members(course.id, since=since)
        if (not role or vocabulary.role_uri(role) in enrolment.roles)
        if (person := house.state.get(Person, enrolment.person))
    ]


def _counted(request: HttpRequest, name: str, default: int) -> int:
    """A number of a change that was given out before. Raises Refused (400)."""
    if name not in request.GET:
        return default
    number = paging.whole_number(request, name, 0, least=0)
    if number > house.state.changes:
        raise Refused(400, f"{name} is not one that this LMS gave out")
    return number


def _differences(request: HttpRequest, course: Course, as_of: int) -> str:
    kept = {name: value for name, value in request.GET.items() if name in CARRIED}
    return f"{addresses.members_url(course.id)}?{urlencode({**kept, 'since': as_of})}"


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
        "status": enrolment.status,
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
