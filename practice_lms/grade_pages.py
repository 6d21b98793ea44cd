"""Grades: the learner's own, the teacher's gradebook, and what is behind a grade."""

from __future__ import annotations

import math

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.views.decorators.http import require_http_methods, require_safe

from practice_lms import gradebook, messages, vocabulary
from practice_lms.cells import cell
from practice_lms.frames import framed
from practice_lms.house import house
from practice_lms.page_rows import page_rows
from practice_lms.pages import course_context
from practice_lms.problems import NotShown
from practice_lms.rows import LineItem, Person
from practice_lms.sign_in import for_people

MOST_POINTS = 1_000_000


@require_safe
@for_people
def my_grades(request: HttpRequest, person: Person, course_id: str) -> HttpResponse:
    """The learner's own grades."""
    shown = course_context(person, course_id, "grades")
    shown["cells"] = [cell(item, person) for item in gradebook.columns(course_id)]
    return render(request, "practice_lms/my_grades.html", shown)


@require_safe
@for_people
def gradebook_page(request: HttpRequest, person: Person, course_id: str) -> HttpResponse:
    """Learners by columns."""
    shown = course_context(person, course_id, "gradebook", *vocabulary.TEACHERS)
    items = gradebook.columns(course_id)
    rows, pages = page_rows(request, gradebook.learners(course_id))
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
    shown = course_context(person, course_id, "gradebook", *vocabulary.TEACHERS)
    item, learner = _item_and_learner(course_id, item_id, learner_id)
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


@require_safe
@for_people
def submission(
    request: HttpRequest, person: Person, course_id: str, item_id: str, learner_id: str
) -> HttpResponse:
    """What a learner handed in, in the tool's frame: for teachers, and the learner."""
    mine = person.id == learner_id
    roles = () if mine else vocabulary.TEACHERS
    shown = course_context(person, course_id, "grades" if mine else "gradebook", *roles)
    item, learner = _item_and_learner(course_id, item_id, learner_id)
    try:
        message = messages.submission_review(person, item, learner)
    except messages.NotPossible as error:
        raise NotShown(409, "This cannot be opened", f"The cause: {error}.") from error
    shown |= {"cell": cell(item, learner), "mine": mine, **framed(message)}
    return render(request, "practice_lms/submission.html", shown)


def _item_and_learner(course_id: str, item_id: str, learner_id: str) -> tuple[LineItem, Person]:
    item = house.state.get(LineItem, item_id)
    learner = house.state.get(Person, learner_id)
    enrolment = house.state.enrolment(course_id, learner_id)
    if item is None or item.course != course_id or learner is None or enrolment is None:
        raise NotShown(404, "There is no such grade", "The column or the learner was removed.")
    return item, learner


def _points(typed: str) -> float | None:
    try:
        points = float(typed.replace(",", "."))
    except ValueError:
        return None
    return points if math.isfinite(points) and 0 <= points <= MOST_POINTS else None
