"""The learner's page after handing in."""

from __future__ import annotations

import uuid

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_GET

from grading import assets, intake
from grading.guards import own_submission, signed_in
from grading.models import Upload
from grading.results import outgoing_score, result_of
from lti_tool import rights
from lti_tool.roles import Right


@require_GET
def result(request: HttpRequest, pk: uuid.UUID) -> HttpResponse:
    submission = own_submission(request, pk)
    if submission.is_open:
        return redirect("grading:attempt", pk=pk)
    outgoing = outgoing_score(submission)
    stage = f"{submission.state}-{outgoing.state if outgoing else ''}"
    if request.GET.get("seen") == stage:  # nothing new: the page is left as it is being read
        return HttpResponse(status=204)
    attempts = intake.attempts(submission.placement, submission.person)
    settled = submission.state == submission.State.RELEASED
    context = {
        "submission": submission,
        "assessment": submission.assessment,
        "result": result_of(submission, outgoing),
        "stage": stage,
        "attempts": attempts,
        "may_try_again": assets.may_try_again(submission),
        "before": [
            each
            for each in intake.handed_in(submission.placement, submission.person)
            if each.pk != submission.pk
        ],
        "settled": settled,
        "show_all_keys": settled and attempts.exhausted,
    }
    # The page asks again while there is something to wait for, and gets only its changing part.
    template = "grading/_result.html" if request.htmx else "grading/result.html"  # type: ignore[attr-defined]
    return render(request, template, context)


@require_GET
def file(request: HttpRequest, pk: int) -> HttpResponse:
    """A file handed in, for its learner and for who may review in that course: they get of a
    picture its pixels alone, since cameras write into it who took it and where.
    """
    upload, own = _upload(request, pk)
    content = upload.content if own or not upload.is_picture else upload.shown
    response = HttpResponse(bytes(content), content_type="application/octet-stream")
    response.headers["Content-Disposition"] = "attachment"
    response.headers["Content-Security-Policy"] = "sandbox; default-src 'none'"
    return response


@require_GET
def picture(request: HttpRequest, pk: int) -> HttpResponse:
    """The pixels of a picture handed in, for the same people."""
    upload, _own = _upload(request, pk)
    if not upload.shown:
        raise Http404
    response = HttpResponse(bytes(upload.shown), content_type="image/png")
    response.headers["Content-Security-Policy"] = "sandbox; default-src 'none'"
    response.headers["Cache-Control"] = "private, max-age=3600"
    return response


def _upload(request: HttpRequest, pk: int) -> tuple[Upload, bool]:
    """The file, and whether it is one's own. Of others' work there is nothing before it is handed
    in. Raises Http404 and PermissionDenied.
    """
    person = signed_in(request)
    upload = get_object_or_404(
        Upload.objects.select_related(
            "response__item",
            "response__submission__person",
            "response__submission__placement__resource_link__context",
        ),
        pk=pk,
    )
    submission = upload.response.submission
    own = submission.person == person
    right = Right.SUBMIT if own else Right.REVIEW
    rights.require(request, submission.placement.resource_link.context, right)
    if submission.is_open and not own:
        raise Http404
    return upload, own
