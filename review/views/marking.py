"""The reviewer's screen."""

from __future__ import annotations

import secrets
import uuid

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.formats import time_format
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from grading import decisions
from grading.diagnostics import storable
from grading.guards import signed_in
from grading.models import Response, RoutingDecision, Submission
from lti_tool import rights
from lti_tool.models import Context
from lti_tool.roles import Right
from review import attempts, claims, comments, marking, notes, queue, similarity, undo
from review.errors import ChangedElsewhere, NotPossible
from review.filters import Filter
from review.guards import knows_author, may_teach, own_review, response_for
from review.models import Flag, Gold, Review, Skip
from review.placeholders import filled, has_any, unknown
from review.screen import Screen, screen_for, settled_screen
from review.views.going_on import answer, just_done, to_next

# Counting further tells a reviewer nothing, and would grow with the queue.
MOST_COUNTED = 100


def response_page(request: HttpRequest, pk: uuid.UUID) -> HttpResponse:
    response = response_for(request, pk)
    reviewer = signed_in(request)
    decision = claims.open_to(reviewer, response)
    if request.method == "POST":
        return _save(request, response, decision)
    if decision is None:
        return _closed(request, response)
    if not claims.claim(reviewer, decision):
        messages.warning(request, _("Another reviewer is at this response; here is the queue."))
        return redirect("review:queue", course_pk=course_of(response).pk)
    return _screen(request, response, marking.open_review(reviewer, decision))


def course_of(response: Response) -> Context:
    return response.submission.placement.resource_link.context


def _closed(request: HttpRequest, response: Response, problem: str = "") -> HttpResponse:
    """A response that this reviewer cannot mark now. Who marked it, and who teaches, reads it; so
    does everybody else once it is settled.
    """
    reviewer, course = signed_in(request), course_of(response)
    decision = decisions.of(response)
    if decision is None:
        raise Http404
    own = Review.objects.filter(response=response, reviewer=reviewer).order_by("-pk").first()
    teaches = may_teach(request, course)
    if decision.settled_at is None and own is None and not teaches:
        messages.warning(
            request,
            _(
                "Somebody who has not marked this response before, and who does not know its"
                " author, looks at it. Here is the queue."
            ),
        )
        return redirect("review:queue", course_pk=course.pk)
    review = own or marking.unsaved_review(reviewer, decision)
    seen = teaches or (own is not None and own.reveals_machine)
    screen = settled_screen(response, review, revealed=seen)
    status = 409 if problem else 200
    return _page(request, response, screen, closed=True, problem=problem, status=status)


def _screen(
    request: HttpRequest,
    response: Response,
    review: Review,
    refusal: NotPossible | None = None,
) -> HttpResponse:
    if refusal is None:
        return _page(request, response, screen_for(review))
    elsewhere = isinstance(refusal, ChangedElsewhere)
    screen = screen_for(review, request.POST, elsewhere=elsewhere)
    return _page(request, response, screen, problem=str(refusal), status=409)


def _page(
    request: HttpRequest,
    response: Response,
    screen: Screen,
    *,
    closed: bool = False,
    problem: str = "",
    status: int = 200,
) -> HttpResponse:
    reviewer = signed_in(request)
    course = course_of(response)
    narrowed = Filter.of(request.GET)
    released = response.submission.state == Submission.State.RELEASED
    ended = closed and screen.review.settled_at is not None
    leads_on = ended and not knows_author(reviewer, response)
    step = None if closed else screen.review.decision
    on_screen = [response.pk, *_before(request)]
    others = queue.open_work(reviewer, course, narrowed)
    may_be_gold = closed and released and may_teach(request, course)
    golden = Gold.objects.filter(response=response, retired_at=None)
    context = {
        "screen": screen,
        "response": response,
        "item": response.item,
        "review": screen.review,
        "routing": screen.review.decision,
        "course": course,
        "narrowed": narrowed,
        "similar": similarity.matches_of(response),
        "before": attempts.attempt_before(response),
        "left": others.exclude(response__in=on_screen)[:MOST_COUNTED].count(),
        "more": MOST_COUNTED,
        "problem": problem,
        "settled": closed,
        "reason": request.POST.get("reason", screen.review.revision_reason),
        "page_token": secrets.token_hex(8),
        "skip_reasons": Skip.Reason.choices,
        "flag": Flag.objects.filter(response=response, lowered_at=None).first(),
        "notes": notes.readable(response, reviewer, step),
        "annotations": notes.remarks(response, reviewer, step),
        "done": just_done(request),
        "alike_to": screen.review if leads_on else None,
        "may_be_gold": may_be_gold,
        "gold": golden.first() if may_be_gold else None,
    }
    return render(request, "review/response.html", context, status=status)


def _before(request: HttpRequest) -> list[uuid.UUID]:
    """The response after which this page is fetched ahead: settled by the time that it is shown."""
    try:
        return [uuid.UUID(request.headers.get("Ahead-Of", ""))]
    except ValueError:
        return []


def _save(
    request: HttpRequest, response: Response, decision: RoutingDecision | None
) -> HttpResponse:
    if decision is None:
        own = response.reviews.filter(reviewer=signed_in(request)).order_by("-settled_at").first()
        if own is not None and undo.possible(own):  # a second press of what was settled just now
            return to_next(request, course_of(response), Filter.of(request.GET), done=own)
        return _closed(request, response, problem=str(marking.SETTLED_MEANWHILE))
    review = marking.open_review(signed_in(request), decision)
    try:
        chosen = marking.choices_from(response, request.POST)
        review = marking.save(
            review,
            chosen,
            request.POST.get("reason", ""),
            saw_machine=request.POST.get("stage") == "revealed",
            page=marking.OpenedPage.of(request.POST),
        )
    except NotPossible as refusal:
        review.refresh_from_db()
        return _screen(request, response, review, refusal)
    narrowed = Filter.of(request.GET)
    if review.is_calibration:
        compared = reverse("review:compared", args=[review.pk])
        return answer(request, f"{compared}?{narrowed.query}")
    if review.settled_at is None:  # a blind review: now the machine's marks may be seen
        revealed = reverse("review:response", args=[response.pk])
        return answer(request, f"{revealed}?{narrowed.query}")
    if review.lane == RoutingDecision.Lane.APPEAL:
        messages.success(request, _("Your answer is with the learner, and the grade follows it."))
    return to_next(request, course_of(response), narrowed, done=review)


@require_POST
def ahead(request: HttpRequest, pk: uuid.UUID) -> HttpResponse:
    """Where the response after this one is, so that it can be fetched while this one is read."""
    response = response_for(request, pk)
    reviewer = signed_in(request)
    step = claims.open_to(reviewer, response)
    narrowed = Filter.of(request.GET)
    after = step and claims.claim_ahead(reviewer, course_of(response), narrowed, step)
    if not after:
        return HttpResponse(status=204)
    address = reverse("review:response", args=[after.response_id])
    return JsonResponse({"next": f"{address}?{narrowed.query}" if narrowed.query else address})


@require_GET
def similar_page(request: HttpRequest, pk: uuid.UUID, other_pk: uuid.UUID) -> HttpResponse:
    """Two similar answers side by side; the other one only for who may review where it stands."""
    response = response_for(request, pk)
    match = similarity.match_with(response, other_pk)
    if match is None:
        raise Http404
    other = match.earlier if match.response_id == response.pk else match.response
    membership = rights.membership(request, course_of(other))
    context = {
        "response": response,
        "other": other,
        "match": match,
        "course": course_of(response),
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
def comment_preview(request: HttpRequest, pk: uuid.UUID, code: str) -> HttpResponse:
    """The fragment of a comment as the learner will see it."""
    response = response_for(request, pk)
    criterion = get_object_or_404(
        response.item.rubric.criteria.prefetch_related("levels"), code=code
    )
    levels = {str(level.pk): level for level in criterion.levels.all()}
    level = levels.get(request.POST.get(f"level-{code}", ""))
    text = storable(request.POST.get(f"comment-{code}")).strip()
    context = {
        "text": filled(text, level) if level else text,
        "unknown": unknown(text),
        "choose_first": level is None and has_any(text),
    }
    return render(request, "review/_comment_preview.html", context)


@require_POST
def autosave(request: HttpRequest, pk: uuid.UUID) -> JsonResponse:
    response = response_for(request, pk)
    decision = claims.open_to(signed_in(request), response)
    if decision is None:
        return JsonResponse({"error": str(marking.SETTLED_MEANWHILE)}, status=409)
    try:
        marking.keep_draft(marking.open_review(signed_in(request), decision), request.POST)
    except NotPossible as refusal:
        return JsonResponse({"error": str(refusal)}, status=409)
    return JsonResponse({"saved": time_format(timezone.localtime(), "H:i")})


@require_POST
def skip(request: HttpRequest, pk: uuid.UUID) -> HttpResponse:
    response = response_for(request, pk)
    decision = claims.open_to(signed_in(request), response)
    if decision is not None:
        claims.skip(signed_in(request), decision, request.POST.get("why", ""))
        said = _("Response %(code)s is passed on; it stays open for the others.")
        messages.success(request, said % {"code": response.code})
    return to_next(request, course_of(response), Filter.of(request.GET))


@require_POST
def take_back(request: HttpRequest, review_pk: int) -> HttpResponse:
    """Undo: the response that was settled last is on the screen again."""
    review = own_review(request, review_pk)
    query = Filter.of(request.GET).query
    try:
        undo.take_back(review)
    except NotPossible as refusal:
        messages.warning(request, str(refusal))
        return redirect(f"{reverse('review:queue', args=[review.decision.context_id])}?{query}")
    messages.success(request, _("Taken back: nothing of it counts until you save again."))
    return redirect(f"{reverse('review:response', args=[review.response_id])}?{query}")
