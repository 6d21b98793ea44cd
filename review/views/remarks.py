"""What reviewers write to an answer beside its marks: to the learner, or to each other."""

from __future__ import annotations

import uuid

from django.contrib import messages
from django.db import IntegrityError, transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from grading.diagnostics import storable
from grading.guards import signed_in
from grading.models import Annotation, Response
from grading.row_keys import is_key
from review import claims, notes
from review.filters import Filter
from review.guards import own_to_judge
from review.models import Flag, Note, Review
from review.screen import screen_for

LONGEST = 2000
MOST = 100


@require_POST
def annotate(request: HttpRequest, pk: uuid.UUID) -> HttpResponse:
    """Adds a remark on a stretch of the text, or removes an own one that is not settled."""
    response = own_to_judge(request, pk)
    reviewer = signed_in(request)
    own = Annotation.objects.filter(response=response, reviewer=reviewer)
    problem = ""
    remove = request.POST.get("remove", "")
    if is_key(remove):
        own.filter(pk=int(remove), settled_at=None).delete()
    else:
        text = storable(request.POST.get("text")).strip()[:LONGEST]
        start, end = _stretch(request, response)
        if text and start < end and own.count() < MOST:
            Annotation.objects.create(
                response=response, reviewer=reviewer, start=start, end=end, text=text
            )
        else:
            problem = _(
                "Not kept: select words, or name lines that are not empty, and write to them."
            )
    if request.htmx:  # type: ignore[attr-defined]
        step = claims.open_to(reviewer, response)
        opened = step and Review.objects.filter(decision=step, reviewer=reviewer).first()
        context = {
            "response": response,
            "annotations": notes.remarks(response, reviewer, step),
            "settled": False,
            "problem": problem,
            "typed": request.POST.get("text", "") if problem else "",
            "screen": screen_for(opened) if opened else None,
        }
        return render(request, "review/_annotated.html", context)
    if problem:
        messages.warning(request, problem)
    return _back(request, response)


def _stretch(request: HttpRequest, response: Response) -> tuple[int, int]:
    """Characters of the text; whole lines where lines were named, counted from 1. What makes no
    sense is an empty stretch.
    """
    length = len(response.text)
    if "line" in request.POST:
        first = _number(request.POST.get("line"))
        last = max(_number(request.POST.get("to")), first)
        lines = response.text.split("\n")
        if not 1 <= first <= len(lines):
            return 0, 0
        start = sum(len(line) + 1 for line in lines[: first - 1])
        return start, start + len("\n".join(lines[first - 1 : last]).rstrip())
    return _number(request.POST.get("start")), min(_number(request.POST.get("end")), length)


def _number(text: str | None) -> int:
    return int(text) if text and is_key(text) else 0


@require_POST
def note(request: HttpRequest, pk: uuid.UUID) -> HttpResponse:
    """A note to other reviewers; learners never see it."""
    response = own_to_judge(request, pk)
    text = storable(request.POST.get("note")).strip()[:LONGEST]
    if text:
        Note.objects.create(response=response, author=signed_in(request), text=text)
    if request.htmx:  # type: ignore[attr-defined]
        reviewer = signed_in(request)
        readable = notes.readable(response, reviewer, claims.open_to(reviewer, response))
        context = {"notes": readable, "response": response}
        return render(request, "review/_notes.html", context)
    return _back(request, response)


@require_POST
def flag(request: HttpRequest, pk: uuid.UUID) -> HttpResponse:
    """Puts a flag up, or takes it down; a second press of the same says the same."""
    response = own_to_judge(request, pk)
    reviewer = signed_in(request)
    up = Flag.objects.filter(response=response, lowered_at=None)
    if request.POST.get("up") == "0":
        up.update(lowered_at=timezone.now(), lowered_by=reviewer)
    elif not up.exists():
        try:
            with transaction.atomic():
                Flag.objects.create(response=response, raised_by=reviewer)
        except IntegrityError:  # somebody else was faster: it is up
            pass
    if request.htmx:  # type: ignore[attr-defined]
        return render(request, "review/_flag.html", {"flag": up.first(), "response": response})
    return _back(request, response)


def _back(request: HttpRequest, response: Response) -> HttpResponse:
    query = Filter.of(request.GET).query
    return redirect(f"{reverse('review:response', args=[response.pk])}?{query}")
