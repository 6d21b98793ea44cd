"""Fetch an object and check the reviewer's right to it in one go."""

from __future__ import annotations

import uuid

from django.http import Http404, HttpRequest
from django.shortcuts import get_object_or_404

from grading.guards import signed_in
from grading.models import Response
from lti_tool import rights
from lti_tool.models import Context
from lti_tool.roles import Right


def course_for(request: HttpRequest, pk: int) -> Context:
    """The course, for who may review in it."""
    signed_in(request)
    course = get_object_or_404(Context.objects.select_related("deployment__registration"), pk=pk)
    rights.require(request, course, Right.REVIEW)
    return course


def taught_course(request: HttpRequest, pk: int) -> Context:
    """The course, for who teaches it: what the machine marked is seen there in every mode."""
    course = course_for(request, pk)
    rights.require(request, course, Right.TEACH)
    return course


def may_teach(request: HttpRequest, course: Context) -> bool:
    membership = rights.membership(request, course)
    return membership is not None and membership.has(Right.TEACH)


def response_for(request: HttpRequest, pk: uuid.UUID) -> Response:
    """The response, for who may review in its course; never one's own."""
    reviewer = signed_in(request)
    response = get_object_or_404(
        Response.objects.select_related(
            "item__rubric",
            "routing__policy",
            "submission__assessment__policy",
            "submission__placement__resource_link__context__deployment__registration",
            "submission__person",
        ),
        pk=pk,
        routing__isnull=False,
    )
    rights.require(request, response.submission.placement.resource_link.context, Right.REVIEW)
    if response.submission.person_id == reviewer.pk:
        raise Http404
    return response
