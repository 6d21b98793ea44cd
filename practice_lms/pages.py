"""The pages of the LMS for learners and teachers."""

from __future__ import annotations

import math
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from practice_lms import deep_linking, gradebook, messages, vocabulary
from practice_lms.house import house, origin
from practice_lms.problems import NotShown, page
from practice_lms.sign_in import TEACHERS, for_people, membership, sign_in, sign_out
from practice_lms.state import (
    Course,
    Enrolment,
    Grade,
    LineItem,
    Person,
    ResourceLink,
    Tool,
    grade_key,
)

ROWS = 50
SIGN_IN_CARDS = 60
MOST_POINTS = 1_000_000
PROGRESS = {
    "Pending": "being graded",
    "PendingManual": "waiting for a reviewer",
    "Failed": "could not be graded",
    "NotReady": "started",
}


@dataclass(frozen=True)
class Cell:
    """One learner's standing in one gradebook column, as pages show it."""

    item: LineItem
    person: Person
    points: float | None
    comment: str
    when: datetime | None
    progress: str
    overridden_by: str


def cell(item: LineItem, person: Person) -> Cell:
    """The cell of the gradebook, empty when there is nothing yet."""
    grade = house.state.get(Grade, grade_key(item.id, person.id)) or Grade(item.id, person.id)
    return Cell(
        item=item,
        person=person,
        points=gradebook.points(item, grade),
        comment=gradebook.comment(grade),
        when=datetime.fromisoformat(grade.stored_at) if grade.stored_at else None,
        progress=PROGRESS.get(grade.grading, "") if grade.grading != "FullyGraded" else "",
        overridden_by=grade.override_by,
    )


# Who is here


@require_http_methods(["GET", "POST"])
def sign_in_page(request: HttpRequest) -> HttpResponse:
    """Cards of people; choosing one signs in as that person."""
    following = request.POST.get("next") or request.GET.get("next") or "/"
    if not url_has_allowed_host_and_scheme(following, allowed_hosts=None):
        following = "/"
    if request.method == "POST":
        person = house.state.get(Person, request.POST.get("person", ""))
        if person is None:
            return page(
                request, NotShown(404, "There is no such person", "Choose one of the cards.")
            )
        response = HttpResponseRedirect(following)
        sign_in(response, person)
        return response
    people = house.state.all(Person)[:SIGN_IN_CARDS]
    teachers = {e.person for e in house.state.all(Enrolment) if e.has(*TEACHERS)}
    shown = {
        "learners": [person for person in people if person.id not in teachers],
        "staff": [person for person in people if person.id in teachers],
        "next": following,
    }
    return render(request, "practice_lms/sign_in.html", shown)


@require_POST
def sign_out_page(_request: HttpRequest) -> HttpResponse:
    response = HttpResponseRedirect("/sign-in")
    sign_out(response)
    return response


@require_safe
@for_people
def home(request: HttpRequest, person: Person) -> HttpResponse:
    """The person's courses; a single one opens at once."""
    mine = [
        (course, enrolment)
        for course in house.state.all(Course)
        if (enrolment := house.state.enrolment(course.id, person.id))
    ]
    if len(mine) == 1:
        return HttpResponseRedirect(f"/courses/{mine[0][0].id}")
    return render(request, "practice_lms/home.html", {"courses": mine})


# The course


def course_context(person: Person, course_id: str, here: str, *roles: str) -> dict[str, Any]:
    """What every page of a course needs. Raises NotShown, like ``membership``."""
    course, enrolment = membership(person, course_id, *roles)
    return {
        "course": course,
        "enrolment": enrolment,
        "teaches": enrolment.has(*TEACHERS),
        "here": here,
    }


@require_safe
@for_people
def course_page(request: HttpRequest, person: Person, course_id: str) -> HttpResponse:
    """The activities, each with the grade of the learner or the count for the teacher."""
    shown = course_context(person, course_id, "course")
    learners = gradebook.learners(course_id) if shown["teaches"] else []
    activities = []
    for link in house.state.all(ResourceLink):
        if link.course != course_id:
            continue
        item = next(iter(messages.line_items_of(link)), None)
        graded = [p for p, _ in learners if item and cell(item, p).points is not None]
        activities.append(
            {
                "link": link,
                "tool": house.state.get(Tool, link.client_id),
                "item": item,
                "cell": cell(item, person) if item and not shown["teaches"] else None,
                "graded": len(graded),
            }
        )
    shown |= {"activities": activities, "learners": len(learners)}
    return render(request, "practice_lms/course.html", shown)


@require_safe
@for_people
def people(request: HttpRequest, person: Person, course_id: str) -> HttpResponse:
    """Who is in the course."""
    shown = course_context(person, course_id, "people")
    enrolments = [e for e in house.state.all(Enrolment) if e.course == course_id and e.active]
    rows, shown["pages"] = _page(request, enrolments)
    shown["people"] = [
        (house.state.get(Person, enrolment.person), _role_words(enrolment)) for enrolment in rows
    ]
    return render(request, "practice_lms/people.html", shown)


def _role_words(enrolment: Enrolment) -> str:
    """The roles in words; a principal role is not said beside a sub-role of it."""
    names = [vocabulary.role_name(role) for role in enrolment.roles]
    refined = {name.split("#")[0] for name in names if "#" in name}
    return ", ".join(name.replace("#", " · ") for name in names if name not in refined)


# Activities


@require_safe
@for_people
def activity(request: HttpRequest, person: Person, link_id: str) -> HttpResponse:
    """The activity with the tool in a frame; a form posts the login there by itself."""
    link, message = _launch(person, link_id, "iframe")
    shown = course_context(person, link.course, "course")
    item = next(iter(messages.line_items_of(link)), None)
    shown |= {
        "link": link,
        "cell": cell(item, person) if item and not shown["teaches"] else None,
        **_frame(message),
    }
    return render(request, "practice_lms/activity.html", shown)


@require_safe
@for_people
def activity_window(request: HttpRequest, person: Person, link_id: str) -> HttpResponse:
    """The same launch for a window of its own."""
    _, message = _launch(person, link_id, "window")
    shown = {
        "action": message.tool.login_url,
        "fields": messages.login_fields(message),
        "tool": message.tool,
    }
    return render(request, "practice_lms/post.html", shown)


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


def _frame(message: messages.Message) -> dict[str, Any]:
    tool = message.tool
    return {
        "tool": tool,
        "action": tool.login_url,
        "fields": messages.login_fields(message),
        "storage": house.manner.storage,
        "origins": sorted({origin(url) for url in (tool.login_url, *tool.redirect_uris)}),
    }


@require_safe
@for_people
def add(request: HttpRequest, person: Person, course_id: str) -> HttpResponse:
    """Choose the tool to add an activity from."""
    shown = course_context(person, course_id, "course", *TEACHERS)
    shown["tools"] = [tool for tool in house.state.all(Tool) if tool.serves(course_id)]
    return render(request, "practice_lms/add.html", shown)


@require_safe
@for_people
def add_from(request: HttpRequest, person: Person, course_id: str, client_id: str) -> HttpResponse:
    """The tool's own page for choosing activities, in a frame (deep linking)."""
    shown = course_context(person, course_id, "course", *TEACHERS)
    tool = house.state.get(Tool, client_id)
    if tool is None:
        raise NotShown(404, "There is no such tool", "It was removed.")
    try:
        message = deep_linking.ask(person, course_id, tool, target="iframe")
    except messages.NotPossible as error:
        raise NotShown(409, "This tool cannot be opened", f"The cause: {error}.") from error
    return render(request, "practice_lms/add_from.html", shown | _frame(message))


# Grades


@require_safe
@for_people
def my_grades(request: HttpRequest, person: Person, course_id: str) -> HttpResponse:
    """The learner's own grades."""
    shown = course_context(person, course_id, "grades")
    shown["cells"] = [cell(item, person) for item in _columns(course_id)]
    return render(request, "practice_lms/my_grades.html", shown)


@require_safe
@for_people
def gradebook_page(request: HttpRequest, person: Person, course_id: str) -> HttpResponse:
    """Learners by columns."""
    shown = course_context(person, course_id, "gradebook", *TEACHERS)
    items = _columns(course_id)
    rows, pages = _page(request, gradebook.learners(course_id))
    shown |= {
        "items": items,
        "rows": [(learner, [cell(item, learner) for item in items]) for learner, _ in rows],
        "pages": pages,
    }
    return render(request, "practice_lms/gradebook.html", shown)


@require_http_methods(["GET", "POST"])
@for_people
def override(
    request: HttpRequest, person: Person, course_id: str, item_id: str, learner_id: str
) -> HttpResponse:
    """A teacher's own grade for one cell."""
    shown = course_context(person, course_id, "gradebook", *TEACHERS)
    item = house.state.get(LineItem, item_id)
    learner = house.state.get(Person, learner_id)
    enrolment = house.state.enrolment(course_id, learner_id)
    if item is None or item.course != course_id or learner is None or enrolment is None:
        raise NotShown(404, "There is no such grade", "The column or the learner was removed.")
    now = cell(item, learner)
    shown |= {"cell": now, "typed": now.points, "comment": now.comment, "error": ""}
    if request.method == "POST":
        typed, comment = request.POST.get("points", ""), request.POST.get("comment", "")
        points = _points(typed)
        if "remove" in request.POST or points is not None:
            taken_back = None if "remove" in request.POST else points
            gradebook.override(item, learner, taken_back, comment.strip(), person.name)
            return HttpResponseRedirect(f"/courses/{course_id}/gradebook")
        shown |= {
            "typed": typed,
            "comment": comment,
            "error": f"“{typed}” is not a number of points. Write a number such as 78.5.",
        }
    status = 400 if shown["error"] else 200
    return render(request, "practice_lms/override.html", shown, status=status)


def _points(typed: str) -> float | None:
    try:
        points = float(typed.replace(",", "."))
    except ValueError:
        return None
    return points if math.isfinite(points) and 0 <= points <= MOST_POINTS else None


def _columns(course_id: str) -> list[LineItem]:
    return [item for item in house.state.all(LineItem) if item.course == course_id]


def _page(request: HttpRequest, rows: list[Any]) -> tuple[list[Any], dict[str, int]]:
    """The rows of ``?page=`` and the numbers of the pages around it (0: none)."""
    last = max(1, -(-len(rows) // ROWS))
    text = request.GET.get("page", "1")
    number = min(max(1, int(text) if text.isdecimal() else 1), last)
    pages = {
        "number": number,
        "last": last,
        "before": number - 1,
        "after": number + 1 if number < last else 0,
    }
    return rows[(number - 1) * ROWS : number * ROWS], pages
