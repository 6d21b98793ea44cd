"""The teacher's page of a regrade: what it would change, publishing it, dropping it."""

from __future__ import annotations

import uuid

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from grading import placements, regrading
from grading.errors import NotAccepted
from grading.guards import placement_for, signed_in
from grading.models import Placement, Regrade
from lti_tool.roles import Right

MOST_ENDED = 20


@require_GET
def page(request: HttpRequest, link_pk: int) -> HttpResponse:
    return _page(request, placement_for(request, link_pk, Right.TEACH))


def _page(
    request: HttpRequest, placement: Placement, problem: str = "", status: int = 200
) -> HttpResponse:
    current = placement.regrades.filter(state__in=regrading.UNFINISHED).first()
    try:
        version = placements.current_assessment(placement)
        outside = regrading.still_marked(placement)
        older = regrading.older_grades(placement, version).exists()
    except NotAccepted as refusal:
        version, outside, older, problem = None, 0, False, problem or str(refusal)
    context = {
        "placement": placement,
        "link": placement.resource_link,
        "version": version,
        "outside": outside,
        "older": older,
        "regrade": current,
        "effects": regrading.effects(current) if current else None,
        "ended": placement.regrades.exclude(state__in=regrading.UNFINISHED)[:MOST_ENDED],
        "problem": problem,
        "reason": request.POST.get("reason", ""),
    }
    part = bool(request.htmx)  # type: ignore[attr-defined]
    template = "grading/_regrade.html" if part else "grading/regrade.html"
    return render(request, template, context, status=status)


@require_POST
def begin(request: HttpRequest, link_pk: int) -> HttpResponse:
    placement = placement_for(request, link_pk, Right.TEACH)
    try:
        regrading.begin(placement, signed_in(request), request.POST.get("reason", ""))
    except NotAccepted as refusal:
        return _page(request, placement, str(refusal), status=409)
    return redirect("grading:regrade", link_pk=link_pk)


@require_POST
def publish(request: HttpRequest, link_pk: int, pk: uuid.UUID) -> HttpResponse:
    placement, regrade = _regrade(request, link_pk, pk)
    try:
        regrading.publish(regrade, signed_in(request))
    except NotAccepted as refusal:
        return _page(request, placement, str(refusal), status=409)
    return redirect("grading:regrade", link_pk=link_pk)


@require_POST
def drop(request: HttpRequest, link_pk: int, pk: uuid.UUID) -> HttpResponse:
    _placement, regrade = _regrade(request, link_pk, pk)
    regrading.drop(regrade)
    messages.success(request, _("Dropped: nothing was changed."))
    return redirect("grading:regrade", link_pk=link_pk)


def _regrade(request: HttpRequest, link_pk: int, pk: uuid.UUID) -> tuple[Placement, Regrade]:
    placement = placement_for(request, link_pk, Right.TEACH)
    return placement, get_object_or_404(Regrade, pk=pk, placement=placement)
