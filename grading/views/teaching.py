"""The teacher's page of an activity: one line per learner, what needs a person at the top."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_GET, require_POST

from grading.classroom import classroom
from grading.guards import placement_for
from lti_tool import outbox
from lti_tool.models import OutgoingScore
from lti_tool.roles import Right


@require_GET
def class_page(request: HttpRequest, link_pk: int) -> HttpResponse:
    placement = placement_for(request, link_pk, Right.TEACH)
    return render(
        request, "grading/class.html", {"placement": placement, "class": classroom(placement)}
    )


@require_POST
def resend(request: HttpRequest, link_pk: int, score_pk: int) -> HttpResponse:
    placement = placement_for(request, link_pk, Right.TEACH)
    score = get_object_or_404(
        OutgoingScore, pk=score_pk, line_item__resource_link=placement.resource_link
    )
    outbox.resend(score)
    return redirect("grading:class", link_pk=link_pk)
