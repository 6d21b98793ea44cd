"""Pages of reviewers: their courses, the queue of one, and the marking screen."""

from __future__ import annotations

import uuid

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.formats import time_format
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from grading.diagnostics import storable
from grading.guards import signed_in
from grading.models import Response
from lti_tool import rights
from lti_tool.models import Context
from lti_tool.roles import Right
from review import agreement, attempts, comments, marking, queue, similarity
from review.errors import NotPossible
from review.guards import course_for, may_teach, response_for, taught_course
from review.queue import Filter
from review.screen import screen_for
from rubrics.models import Level

# Counting further tells a reviewer nothing, and would grow with the queue.
MOST_COUNTED = 100


@require_GET
def home(request: HttpRequest) -> HttpResponse:
    reviewer = signed_in(request)
    courses = list(queue.courses(reviewer))
    if len(courses) == 1:
        return redirect("review:queue", course_pk=courses[0].pk)
    rows = [(course, queue.open_work(reviewer, course).count()) for course in courses]
    return render(request, "review/home.html", {"courses": rows})


@require_GET
def queue_page(request: HttpRequest, course_pk: int) -> HttpResponse:
    course = course_for(request, course_pk)
    loads = queue.loads(signed_in(request), course)
    return render(
        request,
        "review/queue.html",
        {
            "course": course,
            "loads": loads,
            "open": sum(load.open for load in loads),
            "teaches": may_teach(request, course),
            "now": timezone.now(),
        },
    )


@require_GET
def agreement_page(request: HttpRequest, course_pk: int) -> HttpResponse:
    course = taught_course(request, course_pk)
    criteria = list(agreement.by_criterion(course))
    context = {"course": course, "criteria": criteria, "fewest": agreement.FEWEST}
    return render(request, "review/agreement.html", context)


@require_GET
def behind_page(request: HttpRequest, course_pk: int, human: int, machine: int) -> HttpResponse:
    """The responses behind one cell of a table of the page above."""
    course = taught_course(request, course_pk)
    levels = Level.objects.select_related("criterion")
    person, other = get_object_or_404(levels, pk=human), get_object_or_404(levels, pk=machine)
    responses = agreement.behind(course, person, other)
    if not responses:
        raise Http404
    context = {"course": course, "human": person, "machine": other, "responses": responses}
    return render(request, "review/behind.html", context)


@require_POST
def next_response(request: HttpRequest, course_pk: int) -> HttpResponse:
    """Claims the next response and opens it."""
    course = course_for(request, course_pk)
    return _to_next(request, course, _filter(request))


def _filter(request: HttpRequest) -> Filter:
    """What the queue is narrowed to, whether the page is opened or its form sent."""
    given = request.POST if request.method == "POST" else request.GET
    return Filter(item=storable(given.get("item")), lane=storable(given.get("lane")))


def _to_next(request: HttpRequest, course: Context, narrowed: Filter) -> HttpResponse:
    claimed = queue.claim_next(signed_in(request), course, narrowed)
    if claimed is None:
        messages.success(request, _("Nothing is left to review here. Thank you."))
        return redirect("review:queue", course_pk=course.pk)
    address = reverse("review:response", args=[claimed.pk])
    return redirect(f"{address}?item={narrowed.item}" if narrowed.item else address)


def response_page(request: HttpRequest, pk: uuid.UUID) -> HttpResponse:
    response = response_for(request, pk)
    if request.method == "POST":
        return _save(request, response)
    reviewer = signed_in(request)
    if response.routing.settled_at is None and not queue.claim(reviewer, response):
        messages.warning(request, _("Another reviewer is at this response; here is the queue."))
        return redirect("review:queue", course_pk=_course(response).pk)
    return _screen(request, response)


def _course(response: Response) -> Context:
    return response.submission.placement.resource_link.context


def _screen(
    request: HttpRequest, response: Response, *, problem: str = "", status: int = 200
) -> HttpResponse:
    reviewer = signed_in(request)
    review = marking.open_review(reviewer, response)
    course = _course(response)
    narrowed = _filter(request)
    context = {
        "screen": screen_for(review, request.POST if problem else None),
        "response": response,
        "item": response.item,
        "routing": response.routing,
        "course": course,
        "narrowed": narrowed,
        "similar": similarity.matches_of(response),
        "before": attempts.attempt_before(response),
        "left": queue.open_work(reviewer, course, narrowed)[:MOST_COUNTED].count(),
        "more": MOST_COUNTED,
        "problem": problem,
        "settled": response.routing.settled_at is not None,
        "reason": request.POST.get("reason", ""),
    }
    return render(request, "review/response.html", context, status=status)


def _save(request: HttpRequest, response: Response) -> HttpResponse:
    review = marking.open_review(signed_in(request), response)
    try:
        chosen = marking.choices_from(response, request.POST)
        review = marking.save(
            review,
            chosen,
            request.POST.get("reason", ""),
            saw_machine=request.POST.get("stage") == "revealed",
        )
    except NotPossible as refusal:
        response.routing.refresh_from_db()
        return _screen(request, response, problem=str(refusal), status=409)
    if review.settled_at is None:  # a blind review: now the machine's marks may be seen
        return redirect(f"{reverse('review:response', args=[response.pk])}?{_kept_filter(request)}")
    return _to_next(request, _course(response), _filter(request))


def _kept_filter(request: HttpRequest) -> str:
    item = request.POST.get("item", "")
    return f"item={item}" if item else ""


@require_GET
def similar_page(request: HttpRequest, pk: uuid.UUID, other_pk: uuid.UUID) -> HttpResponse:
    """Two similar answers side by side; the other one only for who may review where it stands."""
    response = response_for(request, pk)
    match = similarity.match_with(response, other_pk)
    if match is None:
        raise Http404
    other = match.earlier if match.response_id == response.pk else match.response
    membership = rights.membership(request, _course(other))
    context = {
        "response": response,
        "other": other,
        "match": match,
        "course": _course(response),
        "readable": membership is not None and membership.has(Right.REVIEW),
        "shown": similarity.side_by_side(response, other),
    }
    return render(request, "review/similar.html", context)


@require_GET
def comments_page(request: HttpRequest, pk: uuid.UUID, code: str) -> HttpResponse:
    """The fragment of comments given before on a criterion, as somebody searches them."""
    response = response_for(request, pk)
    criterion = get_object_or_404(response.item.rubric.criteria.select_related("rubric"), code=code)
    search = storable(request.GET.get(f"search-{code}")).strip()
    found = comments.used_before(signed_in(request), response, criterion, search)
    context = {"comments": found, "field": f"comment-{code}", "search": search}
    return render(request, "review/_comments.html", context)


@require_POST
def autosave(request: HttpRequest, pk: uuid.UUID) -> JsonResponse:
    review = marking.open_review(signed_in(request), response_for(request, pk))
    try:
        marking.keep_draft(review, request.POST)
    except NotPossible as refusal:
        return JsonResponse({"error": str(refusal)}, status=409)
    return JsonResponse({"saved": time_format(timezone.localtime(), "H:i")})


@require_POST
def skip(request: HttpRequest, pk: uuid.UUID) -> HttpResponse:
    response = response_for(request, pk)
    queue.skip(signed_in(request), response, request.POST.get("why", ""))
    return _to_next(request, _course(response), _filter(request))
