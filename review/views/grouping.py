"""Marking answers alike: what would be done, doing it, undoing it."""

from __future__ import annotations

import uuid

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_GET, require_POST

from grading.row_keys import is_key
from review import batches, undo
from review.errors import NotPossible
from review.filters import Filter
from review.guards import own_batch, own_review


def alike_page(request: HttpRequest, review_pk: int) -> HttpResponse:
    """Answers like one that was settled, with what each would get."""
    review = own_review(request, review_pk)
    narrowed = Filter.of(request.GET)
    if request.method == "POST":
        chosen = [int(pk) for pk in request.POST.getlist("decision") if is_key(pk)]
        try:
            batch = batches.apply(review, chosen)
        except NotPossible as refusal:
            messages.warning(request, str(refusal))
        else:
            address = reverse("review:batch", args=[batch.pk])
            return redirect(f"{address}?{narrowed.query}")
    context = {
        "review": review,
        "response": review.response,
        "marks": review.marks.select_related("criterion", "level").order_by("criterion__position"),
        "alike": batches.alike(review),
        "course": review.decision.context,
        "narrowed": narrowed,
    }
    return render(request, "review/alike.html", context)


@require_GET
def alike_count(request: HttpRequest, review_pk: int) -> HttpResponse:
    """The fragment that leads to the page above, where there is something on it: it is asked for
    when the next response is on the screen, since comparing takes a moment.
    """
    review = own_review(request, review_pk)
    context = {
        "review": review,
        "count": len(batches.alike(review)),
        "narrowed": Filter.of(request.GET),
    }
    return render(request, "review/_alike_count.html", context)


def batch_page(request: HttpRequest, pk: uuid.UUID) -> HttpResponse:
    """What was done, and its undo."""
    batch = own_batch(request, pk)
    context = {
        "batch": batch,
        "course": batch.source.decision.context,
        "reviews": batch.reviews.select_related("response__item", "decision"),
        "narrowed": Filter.of(request.GET),
    }
    return render(request, "review/batch.html", context)


@require_POST
def undo_batch(request: HttpRequest, pk: uuid.UUID) -> HttpResponse:
    batch = own_batch(request, pk)
    n = undo.take_back_batch(batch)
    said = ngettext(
        "%(n)d answer is back in the queue.", "%(n)d answers are back in the queue.", n
    ) % {"n": n}
    kept = batch.reviews.count()
    if kept:
        late = _("For %(n)d it was too late: the grade has left, or somebody has begun with it.")
        said += " " + late % {"n": kept}
    messages.success(request, said)
    query = Filter.of(request.GET).query
    return redirect(f"{reverse('review:queue', args=[batch.source.decision.context_id])}?{query}")
