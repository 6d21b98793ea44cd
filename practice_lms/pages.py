"""The pages of the LMS: who is here, the courses, and who is in them."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from practice_lms import assignments, gradebook, vocabulary
from practice_lms.cells import cell
from practice_lms.house import house
from practice_lms.problems import NotShown, page
from practice_lms.rows import Course, Enrolment, Person, ResourceLink, Tool
from practice_lms.sign_in import for_people, membership, sign_in, sign_out

SIGN_IN_CARDS = 60


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
    teachers = {e.person for e in house.state.all(Enrolment) if e.has(*vocabulary.TEACHERS)}
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
        "teaches": enrolment.has(*vocabulary.TEACHERS),
        "here": here,
    }


@require_safe
@for_people
def course_page(request: HttpRequest, person: Person, course_id: str) -> HttpResponse:
    """The activities, each with the grades of the learner or the counts for the teacher."""
    shown = course_context(person, course_id, "course")
    learners = gradebook.learners(course_id) if shown["teaches"] else []
    shown |= {
        "activities": [
            _activity(link, None if shown["teaches"] else person, learners)
            for link in house.state.all(ResourceLink)
            if link.course == course_id
        ],
        "assignments": [
            (row, assignments.submissions_of(row, person))
            for row in assignments.of_course(course_id)
        ],
        "learners": len(learners),
    }
    return render(request, "practice_lms/course.html", shown)


def _activity(
    link: ResourceLink, learner: Person | None, learners: list[tuple[Person, Enrolment]]
) -> dict[str, Any]:
    """An activity with the cells of ``learner``, or else how many of ``learners`` are graded."""
    items = gradebook.line_items_of(link)
    graded = [
        (item, sum(cell(item, person).points is not None for person, _ in learners))
        for item in items
    ]
    return {
        "link": link,
        "tool": house.state.get(Tool, link.client_id),
        "items": items,
        "cells": [cell(item, learner) for item in items] if learner else [],
        "graded": [] if learner else graded,
    }
