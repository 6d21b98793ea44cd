"""The page on which a teacher copies a course."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.views.decorators.http import require_http_methods

from practice_lms import copying, vocabulary
from practice_lms.pages import course_context
from practice_lms.rows import Person
from practice_lms.sign_in import for_people

TITLE = 200


@require_http_methods(["GET", "POST"])
@for_people
def copy(request: HttpRequest, person: Person, course_id: str) -> HttpResponse:
    """Ask for the title of the copy, make it, and go there."""
    shown = course_context(person, course_id, "course", *vocabulary.TEACHERS)
    if request.method == "POST":
        made = copying.copy(shown["course"], request.POST.get("title", "").strip()[:TITLE])
        return HttpResponseRedirect(f"/courses/{made.id}")
    return render(request, "practice_lms/copy.html", shown)
