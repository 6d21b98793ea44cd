"""Fetch an object and check the right to it in one go: who has none learns nothing, not even
that the object exists.
"""

from __future__ import annotations

import uuid

from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest
from django.shortcuts import get_object_or_404

from grading.models import Placement, Response, Submission
from lti_tool import rights
from lti_tool.models import Person, ResourceLink
from lti_tool.roles import Right


def signed_in(request: HttpRequest) -> Person:
    """The person who launched in this browser. Raises PermissionDenied when there is none."""
    person: Person | None = getattr(request, "person", None)
    if person is None:
        raise PermissionDenied("open the activity from the LMS")
    return person


def link_for(request: HttpRequest, pk: int, right: Right) -> ResourceLink:
    """The activity, for a person who has `right` in its course."""
    signed_in(request)
    link = get_object_or_404(
        ResourceLink.objects.select_related("context__deployment__registration"), pk=pk
    )
    rights.require(request, link.context, right)
    return link


def placement_for(request: HttpRequest, link_pk: int, right: Right) -> Placement:
    link = link_for(request, link_pk, right)
    return get_object_or_404(Placement.objects.select_related("programme"), resource_link=link)


def own_submission(request: HttpRequest, pk: uuid.UUID) -> Submission:
    """The learner's own attempt, while they may still submit in that course."""
    person = signed_in(request)
    submission = get_object_or_404(
        Submission.objects.select_related(
            "assessment__policy",
            "placement__resource_link__context__deployment__registration",
            "person",
        ),
        pk=pk,
        person=person,
    )
    rights.require(request, submission.placement.resource_link.context, Right.SUBMIT)
    return submission


def own_response(request: HttpRequest, pk: uuid.UUID, item_code: str) -> Response:
    submission = own_submission(request, pk)
    response = (
        submission.responses.select_related("item__rubric", "submission__assessment__policy")
        .filter(item__code=item_code)
        .first()
    )
    if response is None:
        raise Http404
    return response
