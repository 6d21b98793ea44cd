"""Hand-ins to assignments of the LMS itself: marked like every attempt, told there as a report.

A teacher attaches an assessment of one item to such an assignment (Asset Processor 1.0). What a
learner then hands in to the LMS becomes an attempt of theirs through the same doors as everybody's
(``grading.intake``), and the pipeline marks it. No grade leaves for it: in the LMS the teacher
grades, with our report at hand.

The notice waits in ``lti_tool`` until its work is done here, so nothing is lost when a worker is.
"""

from __future__ import annotations

import hashlib
import json
import logging
from datetime import timedelta
from decimal import Decimal
from pathlib import PurePosixPath
from typing import Any

import django_rq
from django.core.cache import cache
from django.db import transaction
from django.utils.translation import gettext as _
from rq import Retry

from grading import decisions, intake, placements
from grading.asset_text import Candidate, NotTextError, best, text_of
from grading.errors import NotAccepted
from grading.models import Grade, Placement, Response, Submission
from grading.release import figure
from lti_tool import asset_processor, asset_reports, notices
from lti_tool.asset_processor import AssetTooLarge
from lti_tool.models import Asset, Context, HandIn, Notice, ResourceLink
from lti_tool.notice_services import ASSET_SUBMISSION
from lti_tool.transport import TransportError
from rubrics.models import Assessment, Item

State = Submission.State
# Kinds whose answer is one text.
TEXT_KINDS = (Item.Kind.CODE, Item.Kind.ESSAY, Item.Kind.SHORT_TEXT)
# Reading what was handed in can take two calls of half a minute each, and a token.
LEASE = timedelta(minutes=5)
# Should a job be lost, another one may be enqueued after so long.
WAITING_SECONDS = 60
# While a learner's last attempt is still being marked, the next one waits for so long each time.
WAIT = timedelta(minutes=5)
AT_ONCE = 100
# No LMS has sent this before an id of its own: LMSs' links are never called so.
OF_ACTIVITY = "cograde-activity:"
LONGEST_RESULT = 16
GOOD, FAIR = Decimal("0.8"), Decimal("0.5")
logger = logging.getLogger(__name__)


class _Unfit(Exception):  # noqa: N818 - says what is the case
    """What was handed in is not marked: a code of the specification or our own, and why."""

    def __init__(self, code: str, why: str) -> None:
        super().__init__(code)
        self.code = code
        self.why = why


class _TooEarly(Exception):  # noqa: N818 - says what is the case
    """The last attempt of the same learner is still being marked."""


# Attaching


def suits(assessment: Assessment) -> bool:
    """Whether a text or a file can be the whole answer to an assessment."""
    return _item_of(assessment) is not None


def content_item(assessment: Assessment, title: str, text: str = "") -> dict[str, Any]:
    """The content item by which the LMS lets this assessment judge what is handed in there."""
    custom = {asset_processor.ASSESSMENT: assessment.code}
    return asset_processor.content_item(title=title, text=text, custom=custom)


def is_of_activity(link: ResourceLink) -> bool:
    """Whether a link stands for an assignment of the LMS itself: attempts are made there."""
    return link.lti_id.startswith(OF_ACTIVITY)


def may_try_again(latest: Submission) -> bool:
    """Once the newest attempt has its grade, while there are attempts left. What was handed in to
    the LMS itself is handed in again there.
    """
    return (
        latest.state == Submission.State.RELEASED
        and not intake.attempts(latest.placement, latest.person).exhausted
        and not is_of_activity(latest.placement.resource_link)
    )


def attached(course: Context, code: str) -> Assessment | None:
    """The assessment that a processor in this course names, while it is published."""
    return placements.offered(course.deployment.registration.tenant, code) if code else None


def waiting(handed_in: HandIn) -> Response | None:
    """The response of a hand-in that a reviewer should look at."""
    return decisions.first_waiting(response__submission=handed_in.work)


def _item_of(assessment: Assessment) -> Item | None:
    items = list(assessment.items.all())
    return items[0] if len(items) == 1 and items[0].kind in TEXT_KINDS else None


# From a notice to an attempt


def process_due() -> int:
    """A job for each hand-in that the LMS told of and that is due; returns how many."""
    keys = list(notices.due(ASSET_SUBMISSION).values_list("pk", flat=True)[:AT_ONCE])
    for key in keys:
        # One job at most waits for a notice; the lease lets only one work on it.
        if cache.add(_waiting_key(key), True, WAITING_SECONDS):
            django_rq.get_queue("default").enqueue(
                process, key, job_timeout=int(LEASE.total_seconds()), retry=Retry(max=3)
            )
    return len(keys)


def _waiting_key(pk: int) -> str:
    return f"asset-notice-{pk}"


def process(pk: int) -> None:
    """Make an attempt of what a notice tells, or tell the LMS why there is none."""
    cache.delete(_waiting_key(pk))
    notice = notices.claim(pk, [ASSET_SUBMISSION], LEASE)
    if notice is None:
        return
    handed_in = asset_processor.record(notice)
    try:
        _process(notice, handed_in)
    except _Unfit as unfit:
        _refuse(notice, handed_in, unfit)
    except _TooEarly:
        _wait(notice, handed_in)
    except TransportError as error:
        logger.warning("notice %s: asset not read, HTTP %s", pk, error.status)
        if error.permanent or not notices.put_off(notice, error.cause):
            _refuse(notice, handed_in, _Unfit("DOWNLOAD_FAILED", error.cause))
    except Exception as fault:
        logger.exception("notice %s: hand-in could not be processed", pk)
        # Only its kind: what a fault quotes can be what the learner wrote.
        if not notices.put_off(notice, type(fault).__name__):
            why = _("It could not be marked because of a fault of ours.")
            _refuse(notice, handed_in, _Unfit("PROCESSING_FAILED", why))


def _process(notice: Notice, handed_in: HandIn) -> None:
    if handed_in.work is not None:
        # The teacher had the notice sent once more.
        _tell_again(notice, handed_in)
        return
    placement, item = _asked(handed_in)
    asset, candidate = _answer(handed_in, item)
    if _newer(handed_in):
        why = _("Something newer was handed in before this could be marked.")
        raise _Unfit("SUPERSEDED", why)
    _check_attempts(placement, handed_in)
    text = _text(asset, candidate)
    _attempt(notice, handed_in, placement, asset, text)


def _asked(handed_in: HandIn) -> tuple[Placement, Item]:
    """By what a hand-in is judged, behind a link that stands for the LMS's assignment."""
    code = handed_in.assessment
    assessment = attached(handed_in.context, code)
    if assessment is None:
        why = _("The tool attached to this assignment names no assessment that is published.")
        raise _Unfit("NO_ASSESSMENT", why)
    item = _item_of(assessment)
    if item is None:
        why = _(
            "“%(title)s” asks for more than one text or file, so it can only be taken in a link "
            "of its own in the course."
        )
        raise _Unfit("UNSUITABLE_ASSESSMENT", why % {"title": assessment.title})
    name = hashlib.sha256(json.dumps([handed_in.activity_id, code]).encode()).hexdigest()
    title = handed_in.activity_title or assessment.title
    link, _created = ResourceLink.objects.get_or_create(
        context=handed_in.context,
        lti_id=f"{OF_ACTIVITY}{name}",
        defaults={"title": title, "custom": {placements.PARAMETER: code}},
    )
    if link.title != title:
        link.title = title
        link.save(update_fields=["title"])
    return placements.place(link, assessment), item


def _answer(handed_in: HandIn, item: Item) -> tuple[Asset, Candidate]:
    assets = {asset.pk: asset for asset in handed_in.assets.order_by("pk")}
    candidates = [
        Candidate(asset.pk, asset.content_type, asset.suffix, asset.is_file)
        for asset in assets.values()
    ]
    suffix = PurePosixPath(item.filename).suffix.lower() if item.kind == Item.Kind.CODE else ""
    fitting = best(candidates, code_suffix=suffix)
    if not fitting:
        why = _("Only text can be marked here: typed in, or as a file such as %(kinds)s.")
        raise _Unfit("UNSUPPORTED_ASSET_TYPE", why % {"kinds": f"{suffix or '.md'}, .txt"})
    if len(fitting) > 1:
        why = _("Several files could be the answer. Hand in one of them only.")
        raise _Unfit("SEVERAL_ANSWERS", why)
    return assets[fitting[0].key], fitting[0]


def _newer(handed_in: HandIn) -> bool:
    """A hand-in that waited is passed over for what the same learner handed in since."""
    return HandIn.objects.filter(
        processor=handed_in.processor,
        person=handed_in.person,
        activity_id=handed_in.activity_id,
        assessment=handed_in.assessment,
        received_at__gt=handed_in.received_at,
    ).exists()


def _check_attempts(placement: Placement, handed_in: HandIn) -> None:
    if intake.attempts(placement, handed_in.person).exhausted:
        why = _("All attempts that this assessment allows have been used.")
        raise _Unfit("ATTEMPTS_USED", why)
    marked = (State.OPEN, State.RELEASED, State.WITHDRAWN)
    earlier = Submission.objects.filter(placement=placement, person=handed_in.person)
    if earlier.exclude(state__in=marked).exists():
        raise _TooEarly


def _text(asset: Asset, candidate: Candidate) -> str:
    try:
        text = text_of(asset_processor.content(asset), candidate)
    except AssetTooLarge as error:
        raise _Unfit("ASSET_TOO_LARGE", error.cause) from error
    except NotTextError as error:
        why = _("What was handed in is not text.")
        raise _Unfit("UNSUPPORTED_ASSET_TYPE", why) from error
    if not text.strip():
        raise _Unfit("ASSET_TOO_SMALL", _("What was handed in is empty."))
    if len(text) > intake.LONGEST_TEXT:
        why = _("It is longer than %(n)d characters, which is what is marked.")
        raise _Unfit("ASSET_TOO_LARGE", why % {"n": intake.LONGEST_TEXT})
    return text


def _attempt(
    notice: Notice, handed_in: HandIn, placement: Placement, asset: Asset, text: str
) -> None:
    """All of it or nothing: the attempt, that it is of this hand-in, and the end of the notice."""
    with transaction.atomic():
        try:
            submission = intake.begin(placement, handed_in.person)
        except NotAccepted as refusal:
            raise _TooEarly from refusal
        response = submission.responses.get()
        intake.save(response, text=text)
        submission = intake.hand_in(submission)
        HandIn.objects.filter(pk=handed_in.pk).update(work=submission.pk)
        Asset.objects.filter(pk=asset.pk).update(is_answer=True)
        others = handed_in.assets.exclude(pk=asset.pk).order_by("pk")
        for other in others:
            asset_reports.put(other, _left_out(submission.assessment))
        if not notices.done(notice):
            raise RuntimeError("the lease on the notice ran out")


def _wait(notice: Notice, handed_in: HandIn) -> None:
    report = {
        "title": _title(handed_in),
        "comment": _("This is marked as soon as the marks of the attempt before are there."),
        "priority": 0,
        "processingProgress": "Processing",
    }
    with transaction.atomic():
        if notices.put_off(notice, "", WAIT):
            _put_all(handed_in, report, told="waiting")


def _refuse(notice: Notice, handed_in: HandIn, unfit: _Unfit) -> None:
    with transaction.atomic():
        _put_all(handed_in, _failed(handed_in, unfit), told="refused")
        notices.done(notice)


def _put_all(handed_in: HandIn, report: dict[str, Any], *, told: str) -> None:
    for asset in handed_in.assets.order_by("pk"):
        asset_reports.put(asset, report)
    HandIn.objects.filter(pk=handed_in.pk).update(told=told)


def _tell_again(notice: Notice, handed_in: HandIn) -> None:
    with transaction.atomic():
        for asset in handed_in.assets.exclude(sequence=0).order_by("pk"):
            asset_reports.put(asset, asset.report, again=True)
        notices.done(notice)


# From an attempt to a report


def report_due() -> int:
    """Put what has become of attempts on its way to the LMS; returns how many there were."""
    unsettled = HandIn.objects.filter(work__isnull=False, settled=False)
    ended = Submission.objects.filter(
        pk__in=unsettled.values("work"), state__in=(State.RELEASED, State.WITHDRAWN)
    )
    waiting = Submission.objects.filter(
        pk__in=unsettled.exclude(told="review").values("work"), state=State.ROUTED
    )
    # Two questions: as one, the database would look through all attempts there are.
    found = [pk for rows in (ended, waiting) for pk in rows.values_list("pk", flat=True)[:AT_ONCE]]
    for pk in found:
        with transaction.atomic():
            _report(Submission.objects.select_related("assessment").get(pk=pk))
    return len(found)


def _report(submission: Submission) -> None:
    handed_in = HandIn.objects.select_for_update().get(work=submission.pk)
    match submission.state:
        case State.RELEASED:
            report = _processed(submission.assessment, Grade.objects.get(submission=submission))
            told = "released"
        case State.ROUTED:
            report, told = _pending(submission.assessment), "review"
        case _:
            report, told = _withdrawn(submission.assessment), "withdrawn"
    for asset in handed_in.assets.filter(is_answer=True):
        asset_reports.put(asset, report)
    handed_in.told, handed_in.settled = told, told != "review"
    handed_in.save(update_fields=["told", "settled"])


# The words of reports (Asset Processor 1.0 as Canvas documents it: a result of at most 16
# characters only where something was processed, priority 0 for nothing to do up to 5)


def _processed(assessment: Assessment, grade: Grade) -> dict[str, Any]:
    share = grade.score / grade.maximum if grade.maximum else Decimal(1)
    if share >= GOOD:
        colour, meaning, priority = "#17683A", _("Most of what was asked is there."), 0
    elif share >= FAIR:
        colour, meaning, priority = "#7A4A00", _("A part of what was asked is there."), 0
    else:
        colour, meaning, priority = "#A9231C", _("Much of what was asked is missing."), 1
    return {
        "title": assessment.title,
        "result": _result(grade),
        "comment": _("Open the report for the reasons, and for what to practise next."),
        "indicationColor": colour,
        "indicationAlt": meaning,
        "priority": priority,
        "processingProgress": "Processed",
        "visibleToOwner": True,
    }


def _result(grade: Grade) -> str:
    whole = f"{figure(grade.score)}/{figure(grade.maximum)}"
    if len(whole) <= LONGEST_RESULT or not grade.maximum:
        return whole[:LONGEST_RESULT]
    return f"{grade.score / grade.maximum:.0%}"


def _pending(assessment: Assessment) -> dict[str, Any]:
    return {
        "title": assessment.title,
        "comment": _("A reviewer will look at this before there is a result."),
        "priority": 0,
        "processingProgress": "PendingManual",
    }


def _withdrawn(assessment: Assessment) -> dict[str, Any]:
    return {
        "title": assessment.title,
        "comment": _("This was withdrawn before there was a result. There will be none."),
        "priority": 0,
        "processingProgress": "NotProcessed",
    }


def _left_out(assessment: Assessment) -> dict[str, Any]:
    return {
        "title": assessment.title,
        "comment": _("Another file or text of the same hand-in is the answer that is marked."),
        "priority": 0,
        "processingProgress": "NotProcessed",
    }


def _failed(handed_in: HandIn, unfit: _Unfit) -> dict[str, Any]:
    superseded = unfit.code == "SUPERSEDED"
    report = {
        "title": _title(handed_in),
        "comment": unfit.why,
        "priority": 0 if superseded else 2,
        "processingProgress": "NotProcessed" if superseded else "Failed",
    }
    return report if superseded else {**report, "errorCode": unfit.code}


def _title(handed_in: HandIn) -> str:
    assessment = attached(handed_in.context, handed_in.assessment)
    return assessment.title if assessment else "Cograde"
