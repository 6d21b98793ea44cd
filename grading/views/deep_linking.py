"""A teacher makes a new activity in the LMS and picks its assessment here."""

from __future__ import annotations

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse

from grading import placements
from grading.guards import signed_in
from lti_tool import deep_linking
from rubrics.points import total


def choose(request: HttpRequest, pk: int) -> HttpResponse:
    signed_in(request)
    asked = deep_linking.require(request, pk)
    tenant = asked.context.deployment.registration.tenant
    if request.method != "POST":
        return render(
            request,
            "grading/choose.html",
            {
                "assessments": placements.on_offer(tenant),
                "action": reverse("grading:choose", args=[pk]),
            },
        )
    chosen = placements.offered(tenant, request.POST.get("assessment", ""))
    if chosen is None:
        raise Http404
    item = deep_linking.resource_link(
        title=chosen.title,
        custom={placements.PARAMETER: chosen.code},
        maximum=total(item.points for item in chosen.items.all()),
        resource_id=chosen.code,
    )
    return deep_linking.respond(request, asked, [item])
