"""Publishing a regrade: all of it in one transaction, and once."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from django.db import transaction
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext as _

from audit import record
from grading import decisions, diagnostics, release
from grading.errors import NotAccepted
from grading.models import (
    Appeal,
    Grade,
    GradeChange,
    MachineMark,
    Mark,
    Regrade,
    RegradeRow,
    Response,
    RoutingDecision,
    Submission,
)
from grading.precheck.base import CheckOutcome
from grading.regrading.carrying import carried
from grading.routing import Lane
from lti_tool.models import Person
from rubrics.models import Assessment, Item, Level

State = Regrade.State
A_PERSON = "A corrected rubric or check is applied to this answer; a person marks it again."


def publish(regrade: Regrade, by: Person) -> None:
    """Orders it: a worker does it, so that a large class does not keep anybody waiting. Raises
    NotAccepted when it was ordered or dropped before.
    """
    ready = Regrade.objects.filter(pk=regrade.pk, state=State.READY)
    ordered = {"state": State.PUBLISHING, "published_by": by, "trouble": "", "woken_until": None}
    if not ready.update(**ordered, leased_until=None, failures=0):
        raise NotAccepted(_("This regrade is not waiting to be published any more."))


def publish_now(regrade: Regrade) -> int:
    """Returns how many grades are others now. Raises NotAccepted when a grade has changed since
    the dry run: then what was shown is no longer what would happen, and nothing is changed.
    """
    with transaction.atomic():
        regrade = Regrade.objects.select_for_update().get(pk=regrade.pk)
        if regrade.state != State.PUBLISHING:
            return 0
        changed = 0
        # Always people in the same order: two regrades at once must not wait for each other.
        rows = regrade.rows.select_related("submission__person")
        for row in rows.order_by("submission__person", "submission"):
            changed += _apply(regrade, row)
        regrade.rows.update(responses={}, items=[])
        regrade.state = State.PUBLISHED
        regrade.published_at = timezone.now()
        regrade.changed = changed
        regrade.leased_until = None
        regrade.save()
        by = regrade.published_by or regrade.asked_by
        record.append(
            regrade.pk,
            "regrade.published",
            f"person:{by.code}",
            {"changed": changed, "version": regrade.assessment.version, "reason": regrade.reason},
        )
    return changed


def _apply(regrade: Regrade, row: RegradeRow) -> bool:
    """Whether the grade is another one now."""
    submission = Submission.objects.select_for_update(of=("self",)).get(pk=row.submission_id)
    if submission.state == Submission.State.WITHDRAWN or submission.person.is_erased:
        return False
    if _has_moved(submission, row):
        raise NotAccepted(
            _(
                "A mark of %(who)s has changed since, or an appeal is open. Answer that first,"
                " then make the dry run again."
            )
            % {"who": submission.person.code}
        )
    submission.assessment = regrade.assessment
    submission.save(update_fields=["assessment"])
    for response in submission.responses.select_related("item__rubric"):
        document = row.responses.get(str(response.pk))
        if isinstance(document, dict):
            _judge_by(response, document)
        else:
            _move(response, regrade.assessment)
    if row.people:
        submission.state = Submission.State.ROUTED
        submission.save(update_fields=["state"])
        return False
    return release.revise(submission, GradeChange.Cause.REGRADE, regrade.reason) is not None


def _has_moved(submission: Submission, row: RegradeRow) -> bool:
    """Whether anything that the dry run looked at is another by now."""
    grade = Grade.objects.get(submission=submission)
    if submission.state != Submission.State.RELEASED or grade.score != row.score_before:
        return True
    within = Q(response__submission=submission)
    return (
        RoutingDecision.objects.filter(within, settled_at=None, reserved_for=None).exists()
        or Mark.objects.filter(within, settled_at__gt=row.tried_at).exists()
        or Appeal.objects.filter(within, answered_at__gt=row.tried_at).exists()
    )


def _move(response: Response, assessment: Assessment) -> None:
    """An answer whose standard is the same belongs to the corrected version as well."""
    item = assessment.items.filter(code=response.item.code).first()
    if item is not None and item.rubric_id == response.item.rubric_id:
        given = carried(response, item)
        if given is not None:
            _put(response, item, list(given.choices), dict(given.parts))


def _put(response: Response, item: Item, choices: list[int], parts: dict[str, str]) -> None:
    response.item = item
    response.choices, response.parts = choices, parts
    response.save(update_fields=["item", "choices", "parts"])


def _judge_by(response: Response, document: dict[str, Any]) -> None:
    item = Item.objects.select_related("rubric").get(pk=document["item"])
    given = carried(response, item)
    if given is None:
        raise ValueError(f"{response} was judged by an item to which it is no answer")
    _put(response, item, list(given.choices), dict(given.parts))
    Mark.objects.filter(response=response).delete()
    if document["proposals"]:
        MachineMark.objects.filter(response=response).delete()
        MachineMark.objects.bulk_create(
            MachineMark(response=response, **proposal) for proposal in document["proposals"]
        )
    if document["outcomes"]:
        outcomes = [CheckOutcome(**outcome) for outcome in document["outcomes"]]
        diagnostics.keep_run(response, item, outcomes, document["seed"])
    if document["person"]:
        hours = item.assessment.policy.sla_hours
        due = timezone.now() + timedelta(hours=hours)
        decisions.send(response, Lane.REVIEW.value, [A_PERSON], due_at=due)
        return
    _write(response, document["marks"])


def _write(response: Response, marks: list[dict[str, Any]]) -> None:
    levels = Level.objects.in_bulk([mark["level"] for mark in marks])
    now = timezone.now()
    Mark.objects.bulk_create(
        Mark(
            response=response,
            criterion_id=levels[mark["level"]].criterion_id,
            level=levels[mark["level"]],
            voice=mark["voice"],
            reviewer_id=mark["reviewer"],
            comment=mark["comment"],
            settled_at=now,
        )
        for mark in marks
    )
