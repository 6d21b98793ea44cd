"""What waits in a course, and what reviewers say of themselves and keep."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from django.contrib import messages
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from grading.diagnostics import storable
from grading.guards import signed_in
from grading.models import RoutingDecision
from grading.row_keys import is_key
from review import calibration, claims, marking, queue, team
from review.filters import Filter, offered
from review.forms import ReviewerForm
from review.guards import course_for, decision_in_taught_course, may_teach
from review.models import Claim, Review, Reviewer, SavedView
from review.urgency import Urgency, urgency
from review.views.going_on import just_done, to_next

MOST_LISTED = 50
MOST_VIEWS = 20
MOST_LATELY = 20


@require_GET
def home(request: HttpRequest) -> HttpResponse:
    reviewer = signed_in(request)
    courses = list(queue.courses(reviewer))
    if len(courses) == 1:
        return redirect("review:queue", course_pk=courses[0].pk)
    rows = [(course, queue.open_work(reviewer, course).count()) for course in courses]
    return render(request, "review/home.html", {"courses": rows})


@require_GET
def queue_page(request: HttpRequest, course_pk: int) -> HttpResponse:
    course = course_for(request, course_pk)
    reviewer = signed_in(request)
    narrowed = Filter.of(request.GET)
    loads = queue.loads(reviewer, course, narrowed)
    teaches = may_teach(request, course)
    context = {
        "course": course,
        "loads": loads,
        "others": team.left_to_others(reviewer, course),
        "open": sum(load.open for load in loads),
        "late": sum(load.late for load in loads),
        "risk": sum(load.risk for load in loads),
        "teaches": teaches,
        "now": timezone.now(),
        "day": team.day_of(reviewer),
        "narrowed": narrowed,
        "rows": _rows(queue.open_work(reviewer, course, narrowed)),
        "most": MOST_LISTED,
        "views": SavedView.objects.filter(reviewer=reviewer, course=course),
        "offered": offered(course),
        "stuck": queue.stuck(course) if teaches else 0,
        "without_gold": calibration.without_gold(course) if teaches else [],
        "done": just_done(request),
        "lately": Review.objects.filter(
            reviewer=reviewer, decision__context=course, settled_at__isnull=False
        )
        .select_related("response__item")
        .order_by("-settled_at")[:MOST_LATELY],
    }
    return render(request, "review/queue.html", context)


@dataclass(frozen=True)
class Row:
    """One open response as the list shows it."""

    decision: RoutingDecision
    urgency: Urgency
    claim: Claim | None

    @property
    def lane(self) -> str:
        """In words; that the machine was doubtful is told only where its marks may be seen."""
        lane = RoutingDecision.Lane(self.decision.lane)
        first = lane in (*RoutingDecision.FIRST, lane.CALIBRATION)
        return str(lane.REVIEW.label if first and marking.is_blind(self.decision) else lane.label)


def _rows(work: QuerySet[RoutingDecision]) -> list[Row]:
    now = timezone.now()
    found = work.select_related("response__item", "policy", "claim__reviewer").prefetch_related(
        "response__skips"
    )
    return [
        Row(each, urgency(each.at, each.due_at, now), _held(each, now))
        for each in found.order_by(*RoutingDecision.ORDER)[:MOST_LISTED]
    ]


def _held(decision: RoutingDecision, now: datetime) -> Claim | None:
    claim: Claim | None = getattr(decision, "claim", None)
    return claim if claim is not None and claim.until > now else None


@require_POST
def next_response(request: HttpRequest, course_pk: int) -> HttpResponse:
    """Claims the next response and opens it."""
    course = course_for(request, course_pk)
    return to_next(request, course, Filter.of(request.GET), more=bool(request.POST.get("more")))


@require_POST
def keep_view(request: HttpRequest, course_pk: int) -> HttpResponse:
    """Keeps the question to the queue that the address holds, under a name; or forgets it."""
    course = course_for(request, course_pk)
    reviewer = signed_in(request)
    narrowed = Filter.of(request.GET)
    mine = SavedView.objects.filter(reviewer=reviewer, course=course)
    forget = request.POST.get("forget", "")
    if is_key(forget):
        mine.filter(pk=int(forget)).delete()
    elif (name := storable(request.POST.get("name")).strip()[:60]) and narrowed.narrows:
        if mine.count() >= MOST_VIEWS and not mine.filter(name=name).exists():
            messages.warning(request, _("You keep twenty views already; forget one first."))
        else:
            SavedView.objects.update_or_create(
                reviewer=reviewer, course=course, name=name, defaults={"query": narrowed.query}
            )
    return redirect(f"{reverse('review:queue', args=[course.pk])}?{narrowed.query}")


@require_POST
def release_claim(request: HttpRequest, decision_pk: int) -> HttpResponse:
    """Who teaches gives a response back to the queue that a reviewer holds."""
    decision = decision_in_taught_course(request, decision_pk)
    if claims.release(decision, signed_in(request)):
        said = _("Response %(code)s is free again.") % {"code": decision.response.code}
        messages.success(request, said)
    return redirect("review:queue", course_pk=decision.context_id)


def yourself(request: HttpRequest, course_pk: int) -> HttpResponse:
    """What a reviewer can and wants to mark. While it is being filled in, the fragment of what it
    leaves out.
    """
    course = course_for(request, course_pk)
    reviewer = signed_in(request)
    declared = Reviewer.objects.filter(person=reviewer).first() or Reviewer(person=reviewer)
    ability = team.Ability.of(declared)
    form = ReviewerForm(request.POST or None, instance=declared, course=course)
    trying = bool(request.htmx)  # type: ignore[attr-defined]
    if request.method == "POST" and form.is_valid():
        if not trying:
            form.keep()
            messages.success(request, _("Saved. The queue follows it from now on."))
            return redirect("review:queue", course_pk=course.pk)
        ability = form.ability
    elif trying:
        return HttpResponse(status=204)  # what is wrong is said when it is saved
    context = {
        "course": course,
        "form": form,
        "day": team.day_of(reviewer),
        "left_out": team.left_out(ability, course),
    }
    template = "review/_left_out.html" if trying else "review/yourself.html"
    return render(request, template, context)
