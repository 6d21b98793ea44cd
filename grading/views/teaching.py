"""The teacher's page of an activity: one line per learner, what needs a person at the top."""

from __future__ import annotations

from urllib.parse import urlencode

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_GET, require_POST

from grading.classroom import Classroom, classroom
from grading.guards import placement_for
from grading.models import Placement
from grading.row_keys import is_key
from lti_tool import outbox, quirks, rights, roster
from lti_tool.models import OutgoingScore, PersonName
from lti_tool.roles import Right


@require_GET
def class_page(request: HttpRequest, link_pk: int) -> HttpResponse:
    placement = placement_for(request, link_pk, Right.TEACH)
    seen = _classroom(request, placement)
    if _by_htmx(request):
        if request.GET.get("seen") == seen.stage:  # nothing new: the page is left as it is read
            return HttpResponse(status=204)
        return _part(request, placement, seen)
    if seen.gradebook.stale:
        outbox.read_now(placement.resource_link)
    link = placement.resource_link
    membership = rights.membership(request, link.context)
    administers = membership is not None and membership.has(Right.ADMINISTER)
    context = {**_context(placement, seen), "administers": administers}
    return render(request, "grading/class.html", context)


def resend(request: HttpRequest, link_pk: int, score_pk: int) -> HttpResponse:
    """Sends one grade again; one that somebody changed in the LMS only after a second question."""
    placement = placement_for(request, link_pk, Right.TEACH)
    score = get_object_or_404(
        OutgoingScore.objects.select_related("person__registration"),
        pk=score_pk,
        line_item__resource_link=placement.resource_link,
    )
    name = PersonName.objects.filter(person=score.person).first()
    learner = name.name if name and name.name else score.person.code
    changed = score.state == OutgoingScore.State.OVERRIDDEN
    if request.method != "POST" or (changed and not request.POST.get("sure")):
        context = {"link": placement.resource_link, "score": score, "learner": learner}
        keeps = quirks.of(score.person.registration).keeps_overrides
        return render(
            request, "grading/resend.html", {**context, "changed": changed, "keeps": keeps}
        )
    outbox.resend(score)
    return _done(request, placement, _("The grade of %(who)s is on its way.") % {"who": learner})


@require_POST
def resend_all(request: HttpRequest, link_pk: int) -> HttpResponse:
    """Sends everything again that the LMS refused. What was changed there is not touched."""
    placement = placement_for(request, link_pk, Right.TEACH)
    n = outbox.resend_all(placement.resource_link)
    said = ngettext("%(n)d grade is on its way.", "%(n)d grades are on their way.", n) % {"n": n}
    return _done(request, placement, said)


@require_POST
def read_roster(request: HttpRequest, link_pk: int) -> HttpResponse:
    placement = placement_for(request, link_pk, Right.TEACH)
    if roster.ask(placement.resource_link.context):
        said = _("The list of the course is being read; this page shows it as soon as it is there.")
    else:
        said = _("The list was asked for a moment ago. Please wait a minute before asking again.")
    return _done(request, placement, said)


@require_POST
def read_gradebook(request: HttpRequest, link_pk: int) -> HttpResponse:
    placement = placement_for(request, link_pk, Right.TEACH)
    outbox.read_now(placement.resource_link)
    said = _("The LMS's gradebook is being read; what was changed there shows here in a moment.")
    return _done(request, placement, said)


def _by_htmx(request: HttpRequest) -> bool:
    return bool(request.htmx)  # type: ignore[attr-defined]


def _classroom(request: HttpRequest, placement: Placement) -> Classroom:
    group = request.GET.get("group", "")
    narrowed = int(group) if is_key(group) else None
    return classroom(placement, request.GET.get("show", "all"), narrowed)


def _narrowed(now: Classroom, /, **other: str) -> str:
    """The filters as the end of an address."""
    wanted = {"show": now.show, "group": str(now.group or ""), **other}
    given = {name: value for name, value in wanted.items() if value not in ("", "all")}
    return f"?{urlencode(given)}" if given else ""


def _context(placement: Placement, seen: Classroom) -> dict[str, object]:
    address = reverse("grading:class", args=[placement.resource_link_id])
    return {
        "placement": placement,
        "link": placement.resource_link,
        "class": seen,
        "narrowed": _narrowed(seen),
        "refresh": address + _narrowed(seen, seen=seen.stage),
        "tabs": [
            (show, count, address + _narrowed(seen, show=show)) for show, count in seen.counts
        ],
    }


def _part(
    request: HttpRequest, placement: Placement, seen: Classroom, said: str = ""
) -> HttpResponse:
    context = {**_context(placement, seen), "said": said}
    return render(request, "grading/_class.html", context)


def _done(request: HttpRequest, placement: Placement, said: str) -> HttpResponse:
    """The part of the page that changed, or without JavaScript the whole page."""
    seen = _classroom(request, placement)
    if _by_htmx(request):
        return _part(request, placement, seen, said)
    messages.success(request, said)
    address = reverse("grading:class", args=[placement.resource_link_id])
    return redirect(address + _narrowed(seen))
