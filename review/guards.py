"""Fetch an object and check the reviewer's right to it in one go."""

from __future__ import annotations

import uuid

from django.http import Http404, HttpRequest
from django.shortcuts import get_object_or_404

from grading.guards import signed_in
from grading.models import Response, RoutingDecision
from lti_tool import rights
from lti_tool.models import Context, Membership, Person
from lti_tool.roles import Right
from review.models import Batch, Conflict, Review


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
    """The response, for who may review in its course; never one's own, never before it was
    routed.
    """
    reviewer = signed_in(request)
    response = get_object_or_404(
        Response.objects.select_related(
            "item__rubric",
            "submission__assessment__policy",
            "submission__placement__resource_link__context__deployment__registration",
            "submission__person",
        ),
        pk=pk,
    )
    _membership(request, response)
    if response.submission.person_id == reviewer.pk or not response.decisions.exists():
        raise Http404
    return response


def own_to_judge(request: HttpRequest, pk: uuid.UUID) -> Response:
    """The response, for who may say something about it: nobody who knows its author."""
    response = response_for(request, pk)
    _no_conflict(signed_in(request), response)
    return response


def _no_conflict(reviewer: Person, response: Response) -> None:
    if knows_author(reviewer, response):
        raise Http404


def knows_author(reviewer: Person, response: Response) -> bool:
    learner = response.submission.person_id
    return Conflict.objects.filter(reviewer=reviewer, learner=learner).exists()


def _membership(request: HttpRequest, response: Response) -> Membership:
    return rights.require(
        request, response.submission.placement.resource_link.context, Right.REVIEW
    )


def taught_response(request: HttpRequest, pk: uuid.UUID) -> Response:
    """The response, for who teaches its course; never one's own."""
    response = response_for(request, pk)
    rights.require(request, response.submission.placement.resource_link.context, Right.TEACH)
    return response


def own_review(request: HttpRequest, pk: int) -> Review:
    """A review by who asks, while they may review in that course."""
    reviewer = signed_in(request)
    review = get_object_or_404(
        Review.objects.select_related(
            "decision__policy",
            "decision__context",
            "reviewer",
            "response__item__rubric",
            "response__submission__placement__resource_link__context__deployment__registration",
            "response__submission__assessment__policy",
        ),
        pk=pk,
        reviewer=reviewer,
    )
    _membership(request, review.response)
    _no_conflict(reviewer, review.response)
    return review


def own_batch(request: HttpRequest, pk: uuid.UUID) -> Batch:
    reviewer = signed_in(request)
    batch = get_object_or_404(
        Batch.objects.select_related("source__response__submission"), pk=pk, reviewer=reviewer
    )
    own_review(request, batch.source_id)
    return batch


def decision_in_taught_course(request: HttpRequest, pk: int) -> RoutingDecision:
    signed_in(request)
    decision = get_object_or_404(
        RoutingDecision.objects.select_related("response__submission", "context"), pk=pk
    )
    rights.require(request, decision.context, Right.TEACH)
    return decision
