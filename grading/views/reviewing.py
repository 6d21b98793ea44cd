"""What a learner handed in, for those of the course who teach or review there."""

from __future__ import annotations

import uuid

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.http import require_GET

from grading import decisions
from grading import submission_review as reviewed
from grading.classroom import attempts_of
from grading.guards import course_submission, known_link, staff_of
from grading.results import outgoing_score, result_of
from lti_tool import rights
from lti_tool.models import Membership, Person, PersonName, ResourceLink
from lti_tool.roles import Right


@require_GET
def submission_review(request: HttpRequest, link_pk: int, person_pk: uuid.UUID) -> HttpResponse:
    """From the LMS's gradebook to what stands behind a grade there."""
    link = known_link(request, link_pk)
    learner = get_object_or_404(Person, pk=person_pk)
    membership = rights.membership(request, link.context)
    asks_for_own = membership is not None and membership.person_id == learner.pk
    if membership is not None and asks_for_own and membership.has(Right.SUBMIT):
        return _own(request, link, learner)
    return _for_staff(request, link, learner, staff_of(request, link))


def _own(request: HttpRequest, link: ResourceLink, learner: Person) -> HttpResponse:
    submission = reviewed.shown(link, learner)
    if submission is None:
        return render(request, "grading/no_submission.html", {"link": link, "own": True})
    return redirect("grading:result", pk=submission.pk)


def _for_staff(
    request: HttpRequest, link: ResourceLink, learner: Person, staff: Membership
) -> HttpResponse:
    if not reviewed.is_of_course(link, learner):
        raise Http404
    response = reviewed.waiting(link, learner)
    if response is not None and staff.has(Right.REVIEW) and staff.person_id != learner.pk:
        return redirect(reverse(settings.GRADING_RESPONSE_URL, args=[response.pk]))
    submission = reviewed.shown(link, learner)
    if submission is not None:
        return redirect("grading:learner_result", pk=submission.pk)
    context = {"link": link, "learner": _called(learner, staff), "teaches": staff.has(Right.TEACH)}
    return render(request, "grading/no_submission.html", context)


@require_GET
def learner_result(request: HttpRequest, pk: uuid.UUID) -> HttpResponse:
    submission, staff = course_submission(request, pk)
    if decisions.compares(staff.person, submission):
        raise Http404  # they are just marking one of these answers by themselves
    outgoing = outgoing_score(submission)
    link = submission.placement.resource_link
    waiting = reviewed.waiting(link, submission.person) if staff.has(Right.REVIEW) else None
    context = {
        "submission": submission,
        "assessment": submission.assessment,
        "link": link,
        "learner": _called(submission.person, staff),
        "teaches": staff.has(Right.TEACH),
        "result": result_of(submission, outgoing),
        "settled": submission.state == submission.State.RELEASED,
        "withdrawn": submission.state == submission.State.WITHDRAWN,
        "attempts": attempts_of(submission),
        "to_review": reverse(settings.GRADING_RESPONSE_URL, args=[waiting.pk]) if waiting else "",
    }
    return render(request, "grading/learner_result.html", context)


def _called(learner: Person, staff: Membership) -> str:
    """The name for a teacher; reviewers and learners are pseudonymous to each other."""
    if not staff.has(Right.TEACH):
        return learner.code
    name = PersonName.objects.filter(person=learner).first()
    return name.name if name and name.name else learner.code
