"""Fetch an object and check the right to it in one go: who has none learns nothing, not even
that the object exists.
"""

from __future__ import annotations

import uuid
from datetime import timedelta

from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest
from django.shortcuts import get_object_or_404
from django.utils import timezone

from grading.models import Placement, Response, Submission
from lti_tool import rights
from lti_tool.models import DataPrivacyRequest, Membership, Person, ResourceLink
from lti_tool.roles import Right

# How long the page about somebody's data stays open to who asked for it in the LMS.
PRIVACY_PAGE = timedelta(hours=1)


def signed_in(request: HttpRequest) -> Person:
    """The person who launched in this browser. Raises PermissionDenied when there is none."""
    person: Person | None = getattr(request, "person", None)
    if person is None:
        raise PermissionDenied("open the activity from the LMS")
    return person


def known_link(request: HttpRequest, pk: int) -> ResourceLink:
    """The activity, whoever asks: the caller checks the right to it."""
    signed_in(request)
    return get_object_or_404(
        ResourceLink.objects.select_related("context__deployment__registration"), pk=pk
    )


def link_for(request: HttpRequest, pk: int, right: Right) -> ResourceLink:
    """The activity, for a person who has `right` in its course."""
    link = known_link(request, pk)
    rights.require(request, link.context, right)
    return link


def staff_of(request: HttpRequest, link: ResourceLink) -> Membership:
    """The membership of somebody who reviews or teaches in the course of a link."""
    found = rights.membership(request, link.context)
    if found is None or not (found.has(Right.REVIEW) or found.has(Right.TEACH)):
        raise Http404
    return found


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


def course_submission(request: HttpRequest, pk: uuid.UUID) -> tuple[Submission, Membership]:
    """What a learner handed in, for who reviews or teaches in that course; never while it is still
    being worked on.
    """
    signed_in(request)
    submission = get_object_or_404(
        Submission.objects.exclude(state=Submission.State.OPEN).select_related(
            "assessment__policy",
            "placement__resource_link__context__deployment__registration",
            "person",
        ),
        pk=pk,
    )
    return submission, staff_of(request, submission.placement.resource_link)


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


def privacy_request(request: HttpRequest, pk: int) -> DataPrivacyRequest:
    """A question about somebody's data, for who asked it in the LMS within the last hour."""
    person = signed_in(request)
    if not person.registration.active:
        raise Http404
    return get_object_or_404(
        DataPrivacyRequest.objects.select_related("person__registration", "subject__registration"),
        pk=pk,
        person=person,
        created_at__gt=timezone.now() - PRIVACY_PAGE,
    )
