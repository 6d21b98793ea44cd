"""One grade there and back, on request: the only test that leaves a trace, for some seconds.

It makes a gradebook column, sends one point for one learner, looks for it, and removes the column.
"""

from __future__ import annotations

import json
import time
import uuid
from typing import Any

from django.utils import timezone
from django.utils.translation import gettext as _
from pylti1p3.lineitem import LineItem as Column

from lti_tool import ags, health, quirks, services
from lti_tool.health import BAD, GOOD, UNKNOWN, Step
from lti_tool.models import HealthReport, Membership, Registration, ResourceLink
from lti_tool.roles import Right
from lti_tool.transport import TransportError

LABEL = "Cograde connection test"
TAG = "cograde-test"
LOOKS_AT_RESULT = 3
SECONDS_BETWEEN_LOOKS = 1.0
MOST_COURSES = 20


def links(registration: Registration) -> list[ResourceLink]:
    """Links, one per course, where a grade can be sent there and back; the latest first."""
    found: dict[int, ResourceLink] = {}
    links = (
        ResourceLink.objects.select_related("context")
        .filter(context__deployment__registration=registration)
        .exclude(line_items_url="")
        .filter(service_scopes__contains=[ags.LINE_ITEMS, ags.SCORE])
        .order_by("-seen_at")[:100]
    )
    for link in links:
        found.setdefault(link.context_id, link)
    return list(found.values())[:MOST_COURSES]


def round_trip(registration_pk: int, link_pk: int) -> None:
    """The job: a column, a grade, a look at it, and the column is gone again."""
    registration = Registration.objects.get(pk=registration_pk)
    link = ResourceLink.objects.select_related("context").get(pk=link_pk)
    report = HealthReport.objects.get(registration=registration)
    try:
        health.put(report, [_there_and_back(registration, link)])
    finally:
        health.finish(report)


def _there_and_back(registration: Registration, link: ResourceLink) -> Step:
    learner = (
        Membership.objects.filter(
            context=link.context,
            rights__contains=[Right.SUBMIT.value],
            departed_at=None,
            person__anonymous=False,
        )
        .exclude(rights__contains=[Right.TEACH.value])
        .order_by("-seen_at")
        .first()
    )
    if learner is None:
        said = _("There is no learner in “%(course)s” yet whose grade could be tried.")
        return Step("grades", UNKNOWN, said % {"course": link.context})
    wanted = Column().set_label(LABEL).set_score_maximum(1).set_tag(TAG)
    wanted.set_resource_id(uuid.uuid4().hex)
    scopes = link.service_scopes
    try:
        column = ags.create_line_item(registration, link.line_items_url, scopes, wanted)
    except TransportError as error:
        said = _("The LMS made no column for us: %(cause)s")
        return Step("grades", BAD, said % {"cause": error.cause})
    url = column.get_id() or ""
    step = _try_grade(registration, url, scopes, learner.person.sub)
    try:
        ags.delete_line_item(registration, scopes, url)
    except TransportError as error:
        said = _("The column “%(label)s” is still in “%(course)s”, delete it there: %(cause)s")
        left = said % {"label": LABEL, "course": link.context, "cause": error.cause}
        return Step("grades", BAD, step.words, details=[left])
    return step


def _try_grade(registration: Registration, url: str, scopes: list[str], sub: str) -> Step:
    try:
        kind = {"Content-Type": ags.SCORE_TYPE}
        body = json.dumps(_score(registration, sub)).encode()
        where = ags.scores_url(url)
        services.call(registration, scopes, ags.SCORE, "POST", where, kind, body, causes=ags.CAUSES)
    except TransportError as error:
        said = _("The LMS did not take the grade: %(cause)s")
        return Step("grades", BAD, said % {"cause": error.cause})
    if ags.RESULTS not in scopes:
        return Step("grades", GOOD, _("The LMS took a grade; it does not let us look at it."))
    try:
        shown = _shows_grade(registration, url, scopes, sub)
    except TransportError as error:
        said = _("The LMS took a grade but does not show it: %(cause)s")
        return Step("grades", BAD, said % {"cause": error.cause})
    if not shown:
        return Step("grades", BAD, _("The LMS took a grade but does not show it."))
    return Step("grades", GOOD, _("A grade was sent, found in the gradebook, and removed again."))


def _score(registration: Registration, sub: str) -> dict[str, Any]:
    now = timezone.now().replace(microsecond=0)
    found: dict[str, Any] = {
        "userId": sub,
        "scoreGiven": 1,
        "scoreMaximum": 1,
        "comment": LABEL,
        "timestamp": now.isoformat().replace("+00:00", ".000Z"),
        "activityProgress": "Completed",
        "gradingProgress": "FullyGraded",
    }
    if quirks.of(registration).canvas_submission:
        found[quirks.CANVAS_SUBMISSION] = {"new_submission": False}
    return found


def _shows_grade(registration: Registration, url: str, scopes: list[str], sub: str) -> bool:
    for look in range(LOOKS_AT_RESULT):
        if look:
            time.sleep(SECONDS_BETWEEN_LOOKS)
        where = ags.result_url(url, sub)
        kind = {"Accept": ags.RESULTS_TYPE}
        answer = services.call(
            registration, scopes, ags.RESULTS, "GET", where, kind, causes=ags.CAUSES
        )
        results = ags.results_of(answer)
        if any(one.user_id == sub and one.score == one.maximum for one in results):
            _read_whole(registration, url, scopes)
            return True
    return False


def _read_whole(registration: Registration, url: str, scopes: list[str]) -> None:
    """As grades are looked for later, many at once: an LMS can fail at that alone."""
    where = ags.results_url(url, quirks.of(registration))
    kind = {"Accept": ags.RESULTS_TYPE}
    answer = services.call(registration, scopes, ags.RESULTS, "GET", where, kind, causes=ags.CAUSES)
    ags.results_of(answer)
