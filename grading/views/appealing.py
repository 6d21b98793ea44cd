"""A learner asks for another look at one criterion."""

from __future__ import annotations

import uuid

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _

from grading import appeals
from grading.errors import NotAccepted
from grading.guards import own_response
from grading.models import Mark, Submission


def appeal(request: HttpRequest, pk: uuid.UUID, code: str, criterion_code: str) -> HttpResponse:
    response = own_response(request, pk, code)
    if response.submission.state != Submission.State.RELEASED:
        raise Http404  # marks are told with the grade
    criterion = get_object_or_404(response.item.rubric.criteria, code=criterion_code)
    mark = get_object_or_404(
        Mark.objects.select_related("level"), response=response, criterion=criterion
    )
    problem = ""
    if request.method == "POST":
        try:
            appeals.ask(response, criterion, request.POST.get("reason", ""))
        except NotAccepted as refusal:
            problem = str(refusal)
        else:
            messages.success(request, _("A reviewer who has not marked it will answer you here."))
            address = reverse("grading:result", args=[pk])
            return redirect(f"{address}#{code}-{criterion_code}")
    context = {
        "submission": response.submission,
        "item": response.item,
        "criterion": criterion,
        "mark": mark,
        "allowance": appeals.allowance(response.submission),
        "hours": response.submission.assessment.policy.appeal_hours,
        "longest": appeals.LONGEST_REASON,
        "problem": problem,
        "reason": request.POST.get("reason", ""),
    }
    status = 409 if problem else 200
    return render(request, "grading/appeal.html", context, status=status)
