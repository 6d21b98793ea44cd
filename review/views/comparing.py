"""How people, and people and the machine, agree; and the responses by which they are compared."""

from __future__ import annotations

import uuid

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from grading.diagnostics import storable
from grading.guards import signed_in
from grading.models import Submission
from review import agreement, calibration
from review.filters import Filter
from review.guards import own_review, taught_course, taught_response
from review.models import Gold
from rubrics.models import Level


@require_GET
def agreement_page(request: HttpRequest, course_pk: int) -> HttpResponse:
    course = taught_course(request, course_pk)
    context = {
        "course": course,
        "criteria": list(agreement.by_criterion(course)),
        "fewest": agreement.FEWEST,
        "standings": calibration.standings(course),
        "without_gold": calibration.without_gold(course),
        "candidates": calibration.candidates(course),
        "drift": agreement.machine_drift(course),
        "gold": Gold.objects.filter(retired_at=None, response__decisions__context=course)
        .select_related("response__item")
        .distinct(),
    }
    return render(request, "review/agreement.html", context)


@require_GET
def behind_page(
    request: HttpRequest, course_pk: int, against: str, human: int, other: int
) -> HttpResponse:
    """The responses behind one cell of a table of the page above."""
    course = taught_course(request, course_pk)
    levels = Level.objects.select_related("criterion")
    if against not in agreement.PAIRS:
        raise Http404
    person, beside = get_object_or_404(levels, pk=human), get_object_or_404(levels, pk=other)
    responses = agreement.behind(course, against, person, beside)
    if not responses:
        raise Http404
    context = {
        "course": course,
        "against": against,
        "human": person,
        "other": beside,
        "responses": responses,
    }
    return render(request, "review/behind.html", context)


@require_GET
def compared_page(request: HttpRequest, review_pk: int) -> HttpResponse:
    """At once after a calibration: the reviewer's levels beside those that were agreed on."""
    review = own_review(request, review_pk)
    if not review.is_calibration or review.settled_at is None:
        raise Http404
    context = {
        "review": review,
        "response": review.response,
        "course": review.decision.context,
        "compared": calibration.compare(review),
        "note": Gold.objects.get(response=review.response).note,
        "narrowed": Filter.of(request.GET),
    }
    return render(request, "review/compared.html", context)


@require_POST
def choose_gold(request: HttpRequest, pk: uuid.UUID) -> HttpResponse:
    """Takes a settled response as one to compare reviewers by, or takes that back."""
    response = taught_response(request, pk)
    if response.submission.state != Submission.State.RELEASED:
        raise Http404
    gold = Gold.objects.filter(response=response, retired_at=None).first()
    if request.POST.get("retire"):
        if gold is not None:
            calibration.retire(gold, signed_in(request))
        messages.success(request, _("Reviewers are not compared by it any more."))
    else:
        calibration.choose(response, signed_in(request), storable(request.POST.get("note")))
        messages.success(request, _("Reviewers of this item are compared by it from now on."))
    return redirect("review:response", pk=response.pk)
