"""Where a reviewer goes after one response."""

from __future__ import annotations

from dataclasses import dataclass

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import gettext as _

from grading.guards import signed_in
from lti_tool.models import Context
from review import batches, claims, team, undo
from review.filters import Filter
from review.models import Review

DONE = "done"  # the review that was settled just now, which the next page offers to undo
LONGEST_ID = 18


def to_next(
    request: HttpRequest,
    course: Context,
    narrowed: Filter,
    *,
    more: bool = False,
    done: Review | None = None,
) -> HttpResponse:
    reviewer = signed_in(request)
    full = not more and team.day_of(reviewer).full
    claimed = None if full else claims.claim_next(reviewer, course, narrowed)
    if claimed is not None:
        address = reverse("review:response", args=[claimed.response_id])
        return redirect(_with(address, narrowed, done))
    if not full:
        messages.success(request, _("Nothing is left to review here. Thank you."))
    return redirect(_with(reverse("review:queue", args=[course.pk]), narrowed, done))


def _with(address: str, narrowed: Filter, done: Review | None) -> str:
    ends = [narrowed.query, f"{DONE}={done.pk}" if done else ""]
    query = "&".join(filter(None, ends))
    return f"{address}?{query}" if query else address


@dataclass(frozen=True)
class JustDone:
    """What was settled just before this page, to undo it or to mark answers alike as well."""

    review: Review
    alike: int


def just_done(request: HttpRequest) -> JustDone | None:
    pk = request.GET.get(DONE, "")
    if not (pk.isascii() and pk.isdecimal() and len(pk) <= LONGEST_ID):
        return None
    review = (
        Review.objects.filter(pk=int(pk), reviewer=signed_in(request))
        .select_related("decision__context", "response__item", "response__submission", "reviewer")
        .first()
    )
    if review is None or not undo.possible(review):
        return None
    return JustDone(review, len(batches.alike(review)))
