"""What is stored about a person, for who asked the LMS for it: to read, to take away, to erase."""

from __future__ import annotations

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse, StreamingHttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from grading import erasure, privacy
from grading.errors import NotAccepted
from grading.guards import privacy_request
from lti_tool.models import DataPrivacyRequest, PersonName


@require_GET
def page(request: HttpRequest, pk: int) -> HttpResponse:
    return _page(request, privacy_request(request, pk))


@require_GET
def download(request: HttpRequest, pk: int) -> HttpResponseBase:
    subject = privacy_request(request, pk).subject
    response = StreamingHttpResponse(privacy.document(subject), content_type="application/json")
    response.headers["Content-Disposition"] = f'attachment; filename="{privacy.filename(subject)}"'
    response.headers["Cache-Control"] = "no-store"
    return response


@require_POST
def erase(request: HttpRequest, pk: int) -> HttpResponse:
    asked = privacy_request(request, pk)
    if not asked.may_erase:
        raise Http404
    typed = request.POST.get("code", "")
    if typed.strip().casefold() != asked.subject.code:
        why = _("That is not the code. Type %(code)s to erase.") % {"code": asked.subject.code}
        return _page(request, asked, typed=typed, why=why)
    try:
        erasure.erase(asked.subject, asked.person)
    except NotAccepted as refusal:
        return _page(request, asked, typed=typed, why=str(refusal))
    if asked.person_id == asked.subject_id:
        request.session.flush()  # nobody is signed in as a person who is no longer known
        return render(request, "grading/erased.html")
    messages.success(request, _("Erased. What stays, and why, is listed here."))
    return redirect("grading:privacy", pk=pk)


def _page(
    request: HttpRequest, asked: DataPrivacyRequest, *, typed: str = "", why: str = ""
) -> HttpResponse:
    subject = asked.subject
    name = PersonName.objects.filter(person=subject).first()
    context = {
        "asked": asked,
        "subject": subject,
        "own": asked.person_id == asked.subject_id,
        "name": name.name if name and name.name else subject.code,
        "holdings": privacy.holdings(subject),
        "erased": subject.is_erased,
        "consequences": erasure.consequences(subject),
        "typed": typed,
        "why": why,
    }
    response = render(request, "grading/privacy.html", context, status=409 if why else 200)
    response.headers["Cache-Control"] = "no-store"
    return response
