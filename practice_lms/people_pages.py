"""Who is in a course, and how teachers change that."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.views.decorators.http import require_POST, require_safe

from practice_lms import groups, roster, vocabulary
from practice_lms.house import house
from practice_lms.page_rows import page_rows
from practice_lms.pages import course_context
from practice_lms.problems import NotShown
from practice_lms.rows import Enrolment, Person, Status
from practice_lms.sign_in import for_people

ROLES = {"Learner": "Learner", "Instructor": "Instructor", "Instructor#Grader": "Grader"}
STATUSES: dict[str, Status] = {"suspend": "Inactive", "return": "Active", "remove": "Deleted"}
CHOICES = 200


@require_safe
@for_people
def people(request: HttpRequest, person: Person, course_id: str) -> HttpResponse:
    """Who is in the course; teachers also see who is suspended."""
    shown = course_context(person, course_id, "people")
    rows, shown["pages"] = page_rows(
        request, [e for e in roster.members(course_id) if e.active or shown["teaches"]]
    )
    shown["people"] = [
        (house.state.get(Person, enrolment.person), enrolment, _words(enrolment))
        for enrolment in rows
    ]
    if shown["teaches"]:
        here = {enrolment.person for enrolment in roster.members(course_id)}
        others = [other for other in house.state.all(Person) if other.id not in here]
        shown |= {"others": others[:CHOICES], "roles": ROLES}
    return render(request, "practice_lms/people.html", shown)


@require_POST
@for_people
def enrol(request: HttpRequest, person: Person, course_id: str) -> HttpResponse:
    """Put somebody into the course."""
    course_context(person, course_id, "people", *vocabulary.TEACHERS)
    other = house.state.get(Person, request.POST.get("person", ""))
    role = request.POST.get("role", "")
    if other is None or role not in ROLES:
        raise NotShown(400, "Nobody was added", "Choose a person and a role.")
    roster.enrol(course_id, other.id, (vocabulary.role_uri(role),))
    return HttpResponseRedirect(f"/courses/{course_id}/people")


@require_POST
@for_people
def change(request: HttpRequest, person: Person, course_id: str, other_id: str) -> HttpResponse:
    """Suspend somebody, bring them back or take them out."""
    course_context(person, course_id, "people", *vocabulary.TEACHERS)
    status = STATUSES.get(request.POST.get("change", ""))
    if status is None or other_id == person.id:
        raise NotShown(400, "Nothing was changed", "A teacher cannot leave their own course here.")
    if not roster.set_status(course_id, other_id, status):
        raise NotShown(404, "There is no such person", "They were never in this course.")
    return HttpResponseRedirect(f"/courses/{course_id}/people")


def _words(enrolment: Enrolment) -> str:
    """The roles and the groups in words."""
    own = [g.name for g in groups.of_course(enrolment.course) if enrolment.person in g.members]
    return " · ".join([_role_words(enrolment), *own])


def _role_words(enrolment: Enrolment) -> str:
    """The roles in words; a principal role is not said beside a sub-role of it."""
    names = [vocabulary.role_name(role) for role in enrolment.roles]
    refined = {name.split("#")[0] for name in names if "#" in name}
    return ", ".join(name.replace("#", " · ") for name in names if name not in refined)
