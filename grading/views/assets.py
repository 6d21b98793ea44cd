"""From an assignment of the LMS itself to what became of the work there."""

from __future__ import annotations

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.http import require_GET

from grading import assets
from grading.guards import signed_in
from lti_tool import rights
from lti_tool.models import Asset, Context, HandIn
from lti_tool.roles import Right


@require_GET
def report(request: HttpRequest, pk: int) -> HttpResponse:
    """What stands behind a report: their own for learners, anybody's for who reviews or teaches."""
    signed_in(request)
    asset = get_object_or_404(Asset.objects.select_related("handed_in__context"), pk=pk)
    handed_in = asset.handed_in
    membership = rights.membership(request, handed_in.context)
    if membership is None:
        raise Http404
    if membership.person_id == handed_in.person_id and membership.has(Right.SUBMIT):
        return _shown(request, asset, "grading:result")
    if not (membership.has(Right.REVIEW) or membership.has(Right.TEACH)):
        raise Http404
    waiting = assets.waiting(handed_in)
    if waiting and membership.has(Right.REVIEW) and membership.person_id != handed_in.person_id:
        return redirect(reverse(settings.GRADING_RESPONSE_URL, args=[waiting.pk]))
    return _shown(request, asset, "grading:learner_result")


def _shown(request: HttpRequest, asset: Asset, page: str) -> HttpResponse:
    if asset.handed_in.work is not None and asset.is_answer:
        return redirect(page, pk=asset.handed_in.work)
    context = {"handed_in": asset.handed_in, "report": asset.report}
    return render(request, "grading/asset_report.html", context)


@require_GET
def processor(request: HttpRequest, context_pk: int) -> HttpResponse:
    """What is attached to an assignment of the LMS, for who teaches or administers the course."""
    signed_in(request)
    course = get_object_or_404(
        Context.objects.select_related("deployment__registration"), pk=context_pk
    )
    membership = rights.membership(request, course)
    if membership is None or not (membership.has(Right.TEACH) or membership.has(Right.ADMINISTER)):
        raise Http404
    code = request.GET.get("assessment", "")
    handed_in = HandIn.objects.filter(context=course, assessment=code)
    context = {
        "course": course,
        "attached": assets.attached(course, code),
        "handed_in": handed_in.count(),
        "unsent": Asset.objects.filter(handed_in__in=handed_in).exclude(problem="").count(),
    }
    return render(request, "grading/asset_processor.html", context)
