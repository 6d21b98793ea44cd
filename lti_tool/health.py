"""What of a connection works, step by step as the LMS sees it, and what to do where it does not.

Some steps are examined: they ask the LMS, in a job (``lti_tool.examination``,
``lti_tool.grade_trial``), and what they found is kept in :class:`HealthReport` as it comes in.
The others are read from our own rows when the page is shown.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import asdict, dataclass, field
from datetime import datetime, timedelta
from typing import Any

import django_rq
from django.db.models import Count, Q
from django.utils import timezone
from django.utils.timesince import timesince
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from redis.exceptions import RedisError

from lti_tool import presets
from lti_tool.models import (
    HealthReport,
    LaunchRefusal,
    OutgoingScore,
    Registration,
    ResourceLink,
)
from lti_tool.refusals import REFUSALS

GOOD, BAD, UNKNOWN = "good", "bad", "unknown"
# While a job asks the LMS it holds the report, step by step; a job that died lets go.
STEP_LASTS = timedelta(minutes=3)
JOB_SECONDS = 900
# The LMS is not examined again before.
REST = timedelta(seconds=10)
LAST_REFUSALS = 5

TITLES = {
    "keys": gettext_lazy("Keys of the LMS"),
    "clock": gettext_lazy("Clock"),
    "token": gettext_lazy("Access to services"),
    "columns": gettext_lazy("Gradebook columns"),
    "roster": gettext_lazy("List of people"),
    "grades": gettext_lazy("A grade there and back"),
    "launch": gettext_lazy("Launches"),
    "refusals": gettext_lazy("Refused launches"),
    "outbox": gettext_lazy("Grades on their way"),
}


EXAMINED = ("keys", "clock", "token", "columns", "roster", "grades")


@dataclass(frozen=True)
class Step:
    """``details`` are further sentences; ``remedy`` says what to do in the LMS's own words."""

    kind: str
    verdict: str
    words: str
    remedy: str = ""
    details: list[str] = field(default_factory=list)

    @property
    def title(self) -> str:
        return str(TITLES.get(self.kind, self.kind))


@dataclass(frozen=True)
class Grades:
    """How many final grades of a connection are where."""

    all: int
    confirmed: int
    waiting: int
    refused: int
    oldest: datetime | None


# Asking the LMS


def start(registration: Registration) -> bool:
    """Have a job examine the connection; False when one does, just did, or cannot."""
    return _start(registration, "lti_tool.examination.examine", registration.pk)


def start_round_trip(registration: Registration, link: ResourceLink) -> bool:
    """Have a job send one grade there and back, in the course of ``link``."""
    return _start(registration, "lti_tool.grade_trial.round_trip", registration.pk, link.pk)


def is_running(report: HealthReport | None) -> bool:
    return (
        report is not None
        and report.running_until is not None
        and report.running_until > timezone.now()
    )


def _start(registration: Registration, job: str, *arguments: int) -> bool:
    HealthReport.objects.get_or_create(registration=registration)
    now = timezone.now()
    free = Q(running_until=None) | Q(running_until__lt=now)
    rested = Q(examined_at=None) | Q(examined_at__lt=now - REST)
    mine = HealthReport.objects.filter(free, rested, registration=registration)
    if not mine.update(running_until=now + STEP_LASTS):
        return False
    try:
        django_rq.get_queue("default").enqueue(job, *arguments, job_timeout=JOB_SECONDS)
    except RedisError:
        HealthReport.objects.filter(registration=registration).update(running_until=None)
        return False
    return True


def put(report: HealthReport, steps: Iterable[Step]) -> None:
    """Keep what was found beside what was found before, and hold the report for the next step."""
    found = {step["kind"]: step for step in report.steps if isinstance(step, dict)}
    found |= {step.kind: asdict(step) for step in steps}
    report.steps = list(found.values())
    report.running_until = timezone.now() + STEP_LASTS
    report.save(update_fields=["steps", "running_until"])


def finish(report: HealthReport) -> None:
    report.examined_at, report.running_until = timezone.now(), None
    report.save(update_fields=["examined_at", "running_until"])


# Saying how it is


def steps(registration: Registration, report: HealthReport | None) -> list[Step]:
    """Every step, those that were not examined yet as unknown, with remedies where needed."""
    stored = {step["kind"]: step for step in (report.steps if report else [])}
    examined = [_examined(kind, stored.get(kind)) for kind in EXAMINED]
    known = [_launch(registration), _refusals(registration), _outbox(registration)]
    return [_with_remedy(registration, step) for step in (*examined, *known)]


def _examined(kind: str, found: dict[str, Any] | None) -> Step:
    if found is None:
        return Step(kind, UNKNOWN, _("Not examined yet."))
    return Step(kind, found["verdict"], found["words"], details=found.get("details", []))


def summary(registration: Registration, found: list[Step]) -> tuple[str, str]:
    """A verdict and one sentence that says how the connection is."""
    name = {"name": registration.name}
    if registration.waiting:
        return BAD, _("%(name)s waits for the approval of our staff.") % name
    if not registration.active:
        return BAD, _("%(name)s is switched off.") % name
    wrong = [step for step in found if step.verdict == BAD]
    if wrong:
        titles = ", ".join(step.title[:1].lower() + step.title[1:] for step in wrong)
        return BAD, _("%(name)s needs you: %(titles)s.") % {**name, "titles": titles}
    if registration.launched_at is None:
        return UNKNOWN, _("%(name)s is connected; nobody has launched from it yet.") % name
    said = _("%(name)s works: last launch %(when)s ago, %(grades)s.")
    when = timesince(registration.launched_at, depth=1)
    return GOOD, said % {**name, "when": when, "grades": _in_words(grades(registration))}


def grades(registration: Registration) -> Grades:
    """Where the final grades of this connection are, in one query."""
    state = OutgoingScore.State
    counted = OutgoingScore.objects.filter(
        line_item__resource_link__context__deployment__registration=registration,
    ).aggregate(
        all=Count("pk"),
        confirmed=Count("pk", filter=Q(state=state.CONFIRMED)),
        waiting=Count("pk", filter=Q(state=state.QUEUED)),
        refused=Count("pk", filter=Q(state=state.REFUSED)),
    )
    oldest = (
        OutgoingScore.objects.filter(
            line_item__resource_link__context__deployment__registration=registration,
            state=state.QUEUED,
        )
        .order_by("queued_at")
        .values_list("queued_at", flat=True)
        .first()
    )
    return Grades(**counted, oldest=oldest)


def _in_words(found: Grades) -> str:
    if not found.all:
        return _("no grade yet")
    if found.confirmed == found.all:
        said = ngettext("its %(all)s grade confirmed", "all %(all)s grades confirmed", found.all)
        return said % {"all": f"{found.all:,}"}
    said = _("%(confirmed)s of %(all)s grades confirmed")
    return said % {"confirmed": f"{found.confirmed:,}", "all": f"{found.all:,}"}


def _launch(registration: Registration) -> Step:
    if registration.launched_at is None:
        return Step("launch", UNKNOWN, _("Nobody has launched from this LMS yet."))
    said = _("The last launch was %(when)s ago.")
    return Step("launch", GOOD, said % {"when": timesince(registration.launched_at, depth=1)})


def _refusals(registration: Registration) -> Step:
    day = timezone.now() - timedelta(days=1)
    last = list(
        LaunchRefusal.objects.filter(registration=registration).order_by("-at")[:LAST_REFUSALS]
    )
    details = [_refusal_words(refusal) for refusal in last]
    lately = LaunchRefusal.objects.filter(registration=registration, at__gt=day).count()
    if not lately:
        said = _("No launch was refused since yesterday.")
        return Step("refusals", GOOD, said, details=details)
    said = ngettext(
        "%(count)d launch was refused since yesterday.",
        "%(count)d launches were refused since yesterday.",
        lately,
    ) % {"count": lately}
    # A refusal after which people launched again was somebody's reload, not a broken connection.
    launched = registration.launched_at
    healed = launched is not None and launched > last[0].at
    return Step("refusals", GOOD if healed else BAD, said, details=details)


def _refusal_words(refusal: LaunchRefusal) -> str:
    known = REFUSALS.get(refusal.code)
    return _("%(when)s ago, %(reference)s, %(code)s: %(check)s") % {
        "when": timesince(refusal.at, depth=1),
        "reference": refusal.reference,
        "code": refusal.code,
        "check": known.for_admin if known else "",
    }


def _outbox(registration: Registration) -> Step:
    found = grades(registration)
    details: list[str] = []
    if found.waiting and found.oldest is not None:
        said = ngettext(
            "%(count)s grade waits to be sent, since %(when)s.",
            "%(count)s grades wait to be sent, the first since %(when)s.",
            found.waiting,
        )
        when = timesince(found.oldest, depth=1)
        details.append(said % {"count": f"{found.waiting:,}", "when": when})
    if found.refused:
        said = ngettext(
            "The LMS refused %(count)s grade; its teacher sees why.",
            "The LMS refused %(count)s grades; their teachers see why.",
            found.refused,
        )
        return Step("outbox", BAD, said % {"count": f"{found.refused:,}"}, details=details)
    late = found.oldest is not None and found.oldest < timezone.now() - timedelta(hours=1)
    words = _in_words(found)
    sentence = words[:1].upper() + words[1:] + "."
    return Step("outbox", BAD if late else GOOD, sentence, details=details)


def _with_remedy(registration: Registration, step: Step) -> Step:
    if step.verdict == GOOD or step.kind == "outbox":
        return step
    if step.verdict == UNKNOWN and step.kind != "launch":
        return step
    remedy = presets.remedy(registration, step.kind)
    return Step(step.kind, step.verdict, step.words, remedy, step.details)
