"""Where a launch arrives: everybody is sent to the page that is theirs."""

from __future__ import annotations

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from grading import assets, intake, new_links, placements
from grading.diagnostics import storable
from grading.errors import NotAccepted
from grading.guards import known_link, link_for, placement_for, signed_in
from grading.models import Placement
from lti_tool import rights
from lti_tool.models import Membership, ResourceLink
from lti_tool.roles import Right


@require_GET
def open_activity(request: HttpRequest, link_pk: int) -> HttpResponse:
    link = known_link(request, link_pk)
    membership = rights.membership(request, link.context)
    if membership is None:
        raise Http404
    try:
        placement = placements.resolve(link)
    except NotAccepted as refusal:
        return render(request, "grading/not_ready.html", {"why": str(refusal)}, status=409)
    if membership.has(Right.SUBMIT):
        return _for_learner(request, placement)
    return _for_staff(request, link, membership, placement)


def _for_staff(
    request: HttpRequest, link: ResourceLink, membership: Membership, placement: Placement | None
) -> HttpResponse:
    if membership.has(Right.TEACH):
        page = "grading:class" if placement else "grading:choose_for_link"
        return redirect(page, link_pk=link.pk)
    if membership.has(Right.REVIEW):
        return redirect(reverse(settings.GRADING_REVIEW_URL, args=[link.context_id]))
    if membership.has(Right.ADMINISTER):
        # Whoever runs the LMS has no part in the course, but wants to see that it is connected.
        return redirect("lti_tool:health", pk=link.context.deployment.registration_id)
    return render(request, "grading/no_part.html", status=403)


def _for_learner(request: HttpRequest, placement: Placement | None) -> HttpResponse:
    if placement is None:
        return render(request, "grading/not_ready.html", status=409)
    person = signed_in(request)
    running = intake.open_submission(placement, person)
    if running is not None:
        return redirect("grading:attempt", pk=running.pk)
    latest = intake.latest_submission(placement, person)
    if latest is not None:
        return redirect("grading:result", pk=latest.pk)
    return _start(request, placement)


@require_GET
def again(request: HttpRequest, link_pk: int) -> HttpResponse:
    """Before another attempt: what beginning means, the clock above all."""
    placement = placement_for(request, link_pk, Right.SUBMIT)
    person = signed_in(request)
    latest = intake.latest_submission(placement, person)
    if latest is not None and not assets.may_try_again(latest):
        return redirect("grading:open", link_pk=link_pk)
    return _start(request, placement)


def _start(request: HttpRequest, placement: Placement) -> HttpResponse:
    person = signed_in(request)
    try:
        assessment = placements.current_assessment(placement)
    except NotAccepted as refusal:
        return render(request, "grading/not_ready.html", {"why": str(refusal)}, status=409)
    return render(
        request,
        "grading/start.html",
        {
            "placement": placement,
            "assessment": assessment,
            "policy": assessment.policy,
            "before": intake.handed_in(placement, person),
            "attempts": intake.attempts(placement, person),
        },
    )


@require_POST
def begin(request: HttpRequest, link_pk: int) -> HttpResponse:
    placement = placement_for(request, link_pk, Right.SUBMIT)
    if assets.is_of_activity(placement.resource_link):
        why = _("Hand in again in your LMS: it is marked as soon as it is there.")
        return render(request, "grading/not_ready.html", {"why": why}, status=409)
    try:
        submission = intake.begin(placement, signed_in(request))
    except NotAccepted as refusal:
        return render(request, "grading/not_ready.html", {"why": str(refusal)}, status=409)
    return redirect("grading:attempt", pk=submission.pk)


def choose_for_link(request: HttpRequest, link_pk: int) -> HttpResponse:
    """A teacher picks the assessment of an activity whose link names none."""
    link = link_for(request, link_pk, Right.TEACH)
    tenant = link.context.deployment.registration.tenant
    if request.method == "POST" and request.POST.get("action") != "search":
        chosen = placements.offered(tenant, request.POST.get("assessment", ""))
        if chosen is None:
            raise Http404
        placements.place(link, chosen)
        return redirect("grading:class", link_pk=link.pk)
    offered = list(placements.on_offer(tenant).prefetch_related("items"))
    words, chosen_codes = storable(request.POST.get("q"))[:100], request.POST.getlist("assessment")
    context = {
        "link": link,
        "action": reverse("grading:choose_for_link", args=[link.pk]),
        "assessments": new_links.choices(offered, words, chosen_codes),
        "all": len(offered),
        "searchable": len(offered) >= new_links.SEARCH_FROM,
        "words": words,
        "chosen": chosen_codes,
    }
    return render(request, "grading/choose.html", context)
