"""Course Groups Service 1.0: the groups of a course and the sets that they are in.

Media types and members of the answers as celtic-project/LTI-PHP reads them
(`src/Service/Groups.php`); who is in a group is told by the roster with ``groups=true``.
"""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse, JsonResponse

from practice_lms import paging, vocabulary
from practice_lms.bearer import check_accept, service
from practice_lms.house import house
from practice_lms.problems import Refused
from practice_lms.rows import Course, Group, GroupSet, Tool


@service("groups", GET=(vocabulary.SCOPE_GROUPS,))
def groups(request: HttpRequest, tool: Tool, course: Course) -> HttpResponse:  # noqa: ARG001
    """The groups of a course, or those of the person ``user_id``."""
    check_accept(request, vocabulary.GROUPS)
    found = of_course(course.id)
    user_id = request.GET.get("user_id", "")
    if user_id:
        person = house.state.person_of(user_id)
        if person is None:
            raise Refused(404, f"user {user_id} is not in this course")
        found = [group for group in found if person.id in group.members]
    described = [_described(group) for group in found]
    return _container(request, "groups", described, vocabulary.GROUPS)


@service("groupsets", GET=(vocabulary.SCOPE_GROUPS,))
def group_sets(request: HttpRequest, tool: Tool, course: Course) -> HttpResponse:  # noqa: ARG001
    """The sets of groups of a course."""
    check_accept(request, vocabulary.GROUP_SETS)
    found = [
        {"id": row.id, "name": row.name}
        for row in house.state.all(GroupSet)
        if row.course == course.id
    ]
    return _container(request, "sets", found, vocabulary.GROUP_SETS)


def of_course(course: str) -> list[Group]:
    return [group for group in house.state.all(Group) if group.course == course]


def _described(group: Group) -> dict[str, str]:
    found = {"id": group.id, "name": group.name, "tag": group.tag, "set_id": group.set}
    return {name: value for name, value in found.items() if value}


def _container(
    request: HttpRequest, name: str, rows: list[dict[str, str]], media_type: str
) -> HttpResponse:
    shown, links = paging.page_of(request, rows)
    response = JsonResponse({"id": f"{house.url}{request.get_full_path()}", name: list(shown)})
    response["Content-Type"] = media_type
    paging.add_links(response, links)
    return response
