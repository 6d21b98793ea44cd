"""How a connection is: for our staff, and for whoever looks after the LMS."""

from __future__ import annotations

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from lti_tool import grade_trial, health, presets
from lti_tool.models import HealthReport, Membership, Person, Registration, ResourceLink
from lti_tool.roles import Right


@never_cache
@require_safe
def show(request: HttpRequest, pk: int) -> HttpResponse:
    """The whole page; htmx asks for its steps alone while a job is at work."""
    registration = _registration(request, pk)
    report = HealthReport.objects.filter(registration=registration).first()
    found = health.steps(registration, report)
    verdict, sentence = health.summary(registration, found)
    context = {
        "registration": registration,
        "preset": presets.of(registration),
        "report": report,
        "running": health.is_running(report),
        "steps": found,
        "verdict": verdict,
        "sentence": sentence,
        "courses": _trial_links(request, registration),
    }
    part = "lti_tool/_health.html" if getattr(request, "htmx", False) else "lti_tool/health.html"
    return render(request, part, context)


@require_POST
def examine(request: HttpRequest, pk: int) -> HttpResponse:
    registration = _registration(request, pk)
    if not health.start(registration):
        _say_busy(request)
    return _back(registration)


@require_POST
def round_trip(request: HttpRequest, pk: int) -> HttpResponse:
    """Send one grade there and back in a course that the person may choose."""
    registration = _registration(request, pk)
    chosen = request.POST.get("link", "")
    link = next((one for one in _trial_links(request, registration) if str(one.pk) == chosen), None)
    if link is None:
        raise Http404
    if not health.start_round_trip(registration, link):
        _say_busy(request)
    return _back(registration)


def _registration(request: HttpRequest, pk: int) -> Registration:
    """The connection, for staff who may see connections and for administrators of its courses.

    Raises ``Http404`` for everybody else, so that nobody learns what exists.
    """
    registration = Registration.objects.filter(pk=pk).first()
    if registration is None:
        raise Http404
    if not _is_staff(request) and not _administered(request, registration):
        raise Http404
    return registration


def _is_staff(request: HttpRequest) -> bool:
    user = request.user
    return user.is_active and user.is_staff and user.has_perm("lti_tool.view_registration")


def _administered(request: HttpRequest, registration: Registration) -> list[int]:
    """The courses of this connection that the person of this request administers."""
    person: Person | None = getattr(request, "person", None)
    if person is None or person.registration_id != registration.pk or not registration.active:
        return []
    held = Membership.objects.filter(person=person, rights__contains=[Right.ADMINISTER.value])
    return list(held.values_list("context_id", flat=True))


def _trial_links(request: HttpRequest, registration: Registration) -> list[ResourceLink]:
    """Whoever administers some courses tries a grade in those alone."""
    found = grade_trial.links(registration)
    if _is_staff(request):
        return found
    mine = _administered(request, registration)
    return [link for link in found if link.context_id in mine]


def _say_busy(request: HttpRequest) -> None:
    messages.info(request, _("An examination is under way, or was a moment ago. Look again soon."))


def _back(registration: Registration) -> HttpResponse:
    return HttpResponseRedirect(reverse("lti_tool:health", args=[registration.pk]))
