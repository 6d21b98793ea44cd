"""Where a reviewer goes after one response."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils.translation import gettext as _

from grading.guards import signed_in
from grading.row_keys import is_key
from lti_tool.models import Context, Person
from review import claims, queue, team, undo
from review.filters import Filter
from review.models import Review

DONE = "done"  # the review that was settled just now, which the next page offers to undo


def to_next(
    request: HttpRequest,
    course: Context,
    narrowed: Filter,
    *,
    more: bool = False,
    done: Review | None = None,
) -> HttpResponse:
    """To the next response, or to the queue when there is none. A page that has fetched it before
    (static/js/ahead.js) asks for the address as JSON, and for what is said of the one before.
    """
    reviewer = signed_in(request)
    full = not more and team.day_of(reviewer).full
    claimed = None if full else claims.claim_next(reviewer, course, narrowed)
    if claimed is None:
        kept = narrowed
        if not full:
            said, kept = _nothing_to_take(reviewer, course, narrowed)
            messages.success(request, said)
        queue_page = reverse("review:queue", args=[course.pk])
        return answer(request, _with(queue_page, kept, done))
    address = reverse("review:response", args=[claimed.response_id])
    if not wants_json(request):
        return redirect(_with(address, narrowed, done))
    said = ""
    if done is not None and undo.possible(done):
        context = {"done": done, "narrowed": narrowed}
        said = render_to_string("review/_done.html", context, request=request)
    whole = _with(address, narrowed, done)
    return JsonResponse({"next": _with(address, narrowed, None), "whole": whole, "said": said})


def wants_json(request: HttpRequest) -> bool:
    return request.headers.get("Accept") == "application/json"


def answer(request: HttpRequest, address: str) -> HttpResponse:
    """Leads to another page, in the form that was asked for."""
    if wants_json(request):
        return JsonResponse({"next": address, "whole": address})
    return redirect(address)


def _nothing_to_take(reviewer: Person, course: Context, narrowed: Filter) -> tuple[str, Filter]:
    """Why there is nothing, in words, and what the queue is narrowed down to then: to nothing when
    that part of it is done.
    """
    if not queue.open_work(reviewer, course).exists():
        return _("Nothing is left to review here. Thank you."), narrowed
    if narrowed.narrows and not queue.open_work(reviewer, course, narrowed).exists():
        return _("That is done. Here is what else waits."), Filter()
    return (
        _(
            "What is left is on the screens of others, or is left to others by what you said you"
            " mark. When it is nearly late it is offered to you too."
        ),
        narrowed,
    )


def _with(address: str, narrowed: Filter, done: Review | None) -> str:
    ends = [narrowed.query, f"{DONE}={done.pk}" if done else ""]
    query = "&".join(filter(None, ends))
    return f"{address}?{query}" if query else address


def just_done(request: HttpRequest) -> Review | None:
    """What was settled just before this page, as long as it can be undone."""
    pk = request.GET.get(DONE, "")
    if not is_key(pk):
        return None
    review = (
        Review.objects.filter(pk=int(pk), reviewer=signed_in(request))
        .select_related("decision", "response")
        .first()
    )
    return review if review is not None and undo.possible(review) else None
