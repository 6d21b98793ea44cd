"""A rubric or a check was wrong: all released attempts of an activity are judged by the corrected
version. First a dry run that changes nothing and shows every grade that would change; then it is
published, once and as a whole.

What the machine had settled it judges anew. What people had settled they settled by the words of
the rubric: their levels are carried over where the corrected criterion has the same levels, and
otherwise a person marks again. Answers to an item that the corrected version no longer has stay
as they are.
"""

from __future__ import annotations

import logging
from collections.abc import Iterable
from dataclasses import asdict, dataclass, field, replace
from decimal import Decimal
from typing import Any

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from audit import record
from grading import (
    companions,
    decisions,
    diagnostics,
    leases,
    marking,
    pipeline,
    placements,
    release,
)
from grading.carrying import carried, same_standard
from grading.diagnostics import storable
from grading.errors import NotAccepted
from grading.models import (
    Grade,
    GradeChange,
    MachineMark,
    Mark,
    Placement,
    Regrade,
    RegradeRow,
    Response,
    RoutingDecision,
    Submission,
    Voice,
)
from grading.precheck.base import CheckOutcome
from grading.routing import Lane, route
from lti_tool.models import Person
from rubrics.models import Assessment, Item, Level
from rubrics.points import CriterionPoints, item_points, total

logger = logging.getLogger(__name__)

State = Regrade.State
LONGEST_REASON = 1000
MOST_FAILURES = 5
A_PERSON = "A corrected rubric or check is applied to this answer; a person marks it again."


@dataclass(frozen=True)
class NewMark:
    level: Level
    comment: str
    voice: str
    reviewer_id: Any = None


@dataclass
class Judged:
    """What one answer would get: `marks` by criterion, or None where a person is needed; the
    machine's own `proposals` where it was asked anew. `item` is the corrected one.
    """

    item: Item
    marks: list[NewMark] | None
    proposals: list[MachineMark] = field(default_factory=list)
    outcomes: list[CheckOutcome] = field(default_factory=list)
    seed: int = 1


def begin(placement: Placement, by: Person, reason: str) -> Regrade:
    """Orders the dry run. Raises NotAccepted when there is nothing to correct by."""
    reason = storable(reason).strip()[:LONGEST_REASON]
    if not reason:
        raise NotAccepted(_("Say what was wrong: the learners read it beside their new grade."))
    assessment = placements.current_assessment(placement)
    with transaction.atomic():
        Placement.objects.select_for_update().get(pk=placement.pk)
        if Regrade.objects.filter(placement=placement, state__in=UNFINISHED).exists():
            raise NotAccepted(_("A regrade of this activity is under way already."))
        older = _older(placement, assessment)
        if not older:
            raise NotAccepted(
                _(
                    "Every grade here rests on version %(n)d already. Correct the rubric or the"
                    " check, publish the new version, then come back."
                )
                % {"n": assessment.version}
            )
        regrade = Regrade.objects.create(
            placement=placement, assessment=assessment, reason=reason, asked_by=by
        )
        RegradeRow.objects.bulk_create(
            RegradeRow(regrade=regrade, submission=grade.submission, score_before=grade.score)
            for grade in older
        )
    wake(regrade)
    return regrade


UNFINISHED = (State.TRYING, State.READY)


def _older(placement: Placement, assessment: Assessment) -> list[Grade]:
    return list(
        Grade.objects.filter(
            submission__placement=placement, submission__state=Submission.State.RELEASED
        )
        .exclude(submission__assessment=assessment)
        .select_related("submission")
    )


def wake(regrade: Regrade) -> None:
    Regrade.objects.filter(pk=regrade.pk).update(woken_until=timezone.now() + leases.PATIENCE)
    pk = regrade.pk
    transaction.on_commit(lambda: leases.call("default", try_out, pk), robust=True)


def wake_due() -> int:
    """Wakes dry runs whose job or worker was lost."""
    return leases.wake(Regrade.objects.filter(state=State.TRYING), "default", try_out)


def try_out(pk: str) -> None:
    """The job: judges what is not judged yet, attempt by attempt, under a lease that it renews."""
    trying = Regrade.objects.filter(pk=pk, state=State.TRYING)
    if not leases.claim(trying):
        return
    regrade = Regrade.objects.select_related("assessment__policy").get(pk=pk)
    try:
        for row in regrade.rows.filter(tried_at=None).select_related("submission"):
            _try_row(regrade, row)
            if not trying.update(leased_until=timezone.now() + leases.LEASE):
                return  # somebody dropped it
        trying.update(state=State.READY, leased_until=None)
    except BlockingIOError:
        trying.update(leased_until=None, woken_until=None)
    except Exception:
        logger.exception("regrade %s: the dry run failed", pk)
        failed = regrade.failures + 1
        ended = {"state": State.DROPPED} if failed >= MOST_FAILURES else {}
        trying.update(failures=failed, leased_until=None, woken_until=None, **ended)


def _try_row(regrade: Regrade, row: RegradeRow) -> None:
    judged = {
        response: judge(response, regrade.assessment) for response in _responses(row.submission)
    }
    row.people = sum(found is not None and found.marks is None for found in judged.values())
    row.responses = {
        str(response.pk): _document(found) for response, found in judged.items() if found
    }
    if not row.people:
        points = [_points(response, found) for response, found in judged.items()]
        row.score_after = total(points)
    row.maximum_after = total(
        (found.item if found else response.item).points for response, found in judged.items()
    )
    row.tried_at = timezone.now()
    row.save()


def _responses(submission: Submission) -> list[Response]:
    return list(
        submission.responses.select_related(
            "item__rubric", "submission__assessment__policy"
        ).order_by("item__position")
    )


def judge(response: Response, assessment: Assessment) -> Judged | None:
    """None where nothing changes: the same standard, or an item that is gone."""
    item = assessment.items.select_related("rubric").filter(code=response.item.code).first()
    if item is None or same_standard(response.item, item):
        return None
    marks = list(response.marks.select_related("level", "criterion"))
    if any(mark.voice == Voice.HUMAN for mark in marks):
        return Judged(item, _carried_marks(marks, item))
    return _judged_anew(response, item)


def _carried_marks(marks: Iterable[Mark], item: Item) -> list[NewMark] | None:
    """People's levels on the corrected rubric; None where one of them has no counterpart."""
    settled = {mark.criterion.code: mark for mark in marks}
    found = []
    for criterion in item.rubric.criteria.prefetch_related("levels"):
        mark = settled.get(criterion.code)
        level = _counterpart(mark.level, criterion.levels.all()) if mark else None
        if mark is None or level is None:
            return None
        found.append(NewMark(level, mark.comment, mark.voice, mark.reviewer_id))
    return found


def _counterpart(level: Level, levels: Iterable[Level]) -> Level | None:
    """The level with the same words; its points may be others."""
    same = (each for each in levels if (each.title, each.descriptor) == _words(level))
    return next(same, None)


def _words(level: Level) -> tuple[str, str]:
    return level.title, level.descriptor


def _judged_anew(response: Response, item: Item) -> Judged:
    given = carried(response, item)
    if given is None:
        return Judged(item, None)
    policy = item.assessment.policy
    outcomes, seed = [], diagnostics.fresh_seed()
    if item.is_checked and not response.is_empty:
        files = companions.beside(response, response.text).files
        outcomes = diagnostics.judge(item, response.text, seed=seed, files=files)
    proposals = marking.propose(item, replace(given, outcomes=outcomes), policy)
    for proposal in proposals:
        proposal.response = response
    found = [pipeline.proposal_of(proposal) for proposal in proposals]
    # A draw of 1 picks no random audit: what was settled before is not drawn again.
    decision = route(found, pipeline.routing_policy(policy), draw=1.0)
    if decision.lane is not Lane.AUTO:
        return Judged(item, None, proposals, outcomes, seed)
    marks = [
        NewMark(proposal.level, proposal.rationale, Voice.MACHINE)
        for proposal in proposals
        if proposal.level is not None
    ]
    return Judged(item, marks, proposals, outcomes, seed)


def _points(response: Response, judged: Judged | None) -> Decimal:
    if judged is None or judged.marks is None:
        return release.response_points(response)
    levels = {mark.level.criterion_id: mark.level for mark in judged.marks}
    return item_points(
        [
            CriterionPoints(
                weight=criterion.weight,
                points=levels[criterion.pk].points,
                maximum=max(level.points for level in criterion.levels.all()),
            )
            for criterion in judged.item.rubric.criteria.prefetch_related("levels")
        ],
        judged.item.points,
    )


def _document(judged: Judged) -> dict[str, object]:
    """As the row keeps it: published is what was shown, not what a second run might find."""
    return {
        "item": judged.item.pk,
        "person": judged.marks is None,
        "marks": [
            {
                "level": mark.level.pk,
                "comment": mark.comment,
                "voice": mark.voice,
                "reviewer": str(mark.reviewer_id) if mark.reviewer_id else None,
            }
            for mark in judged.marks or ()
        ],
        "proposals": [_proposal_document(proposal) for proposal in judged.proposals],
        "outcomes": [asdict(outcome) for outcome in judged.outcomes],
        "seed": judged.seed,
    }


PROPOSED = ("confidence", "rationale", "evidence", "flags", "scorer", "scorer_version")


def _proposal_document(proposal: MachineMark) -> dict[str, object]:
    kept = {name: getattr(proposal, name) for name in PROPOSED}
    keys = ("criterion_id", "level_id", "model_id", "policy_id")
    return {**kept, **{name: getattr(proposal, name) for name in keys}}


def drop(regrade: Regrade) -> None:
    Regrade.objects.filter(pk=regrade.pk, state__in=UNFINISHED).update(state=State.DROPPED)


def publish(regrade: Regrade, by: Person) -> int:
    """All of it in one transaction; returns how many grades are others now.

    Raises NotAccepted when it was published or dropped before, or a grade has changed since the
    dry run: then what was shown is no longer what would happen.
    """
    with transaction.atomic():
        regrade = Regrade.objects.select_for_update().get(pk=regrade.pk)
        if regrade.state != State.READY:
            raise NotAccepted(_("This regrade is not waiting to be published any more."))
        changed = 0
        for row in regrade.rows.select_related("submission").order_by("submission_id"):
            changed += _apply(regrade, row)
        regrade.state = State.PUBLISHED
        regrade.published_at = timezone.now()
        regrade.save(update_fields=["state", "published_at"])
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
    grade = Grade.objects.get(submission=submission)
    open_work = RoutingDecision.objects.filter(
        response__submission=submission, settled_at=None, reserved_for=None
    )
    if submission.state == Submission.State.WITHDRAWN:
        return False
    if grade.score != row.score_before or open_work.exists():
        raise NotAccepted(
            _(
                "The grade of %(who)s has changed since, or an appeal on it is open. Answer that"
                " first, then make the dry run again."
            )
            % {"who": submission.person.code}
        )
    submission.assessment = regrade.assessment
    submission.save(update_fields=["assessment"])
    for response in _responses(submission):
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


def _move(response: Response, assessment: Assessment) -> None:
    """An answer whose standard is the same belongs to the corrected version as well."""
    item = assessment.items.filter(code=response.item.code).first()
    if item is not None and item.rubric_id == response.item.rubric_id:
        _put(response, item)


def _put(response: Response, item: Item) -> None:
    given = carried(response, item)
    if given is None:
        return
    response.item = item
    response.choices, response.parts = list(given.choices), dict(given.parts)
    response.save(update_fields=["item", "choices", "parts"])


def _judge_by(response: Response, document: dict[str, Any]) -> None:
    item = Item.objects.select_related("rubric").get(pk=document["item"])
    _put(response, item)
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
        response.item = item
        response.save(update_fields=["item"])
        decisions.send(response, Lane.REVIEW.value, [A_PERSON])
        return
    levels = Level.objects.in_bulk([mark["level"] for mark in document["marks"]])
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
        for mark in document["marks"]
    )


@dataclass(frozen=True)
class Effect:
    """What a regrade would do to one grade."""

    row: RegradeRow
    before: Grade

    @property
    def changes(self) -> bool:
        after = (self.row.score_after, self.row.maximum_after)
        return bool(self.row.people) or after != (self.before.score, self.before.maximum)

    @property
    def difference(self) -> Decimal | None:
        if self.row.score_after is None:
            return None
        return self.row.score_after - self.before.score


@dataclass(frozen=True)
class Effects:
    """Of a dry run: `tried` of `all` attempts are judged; `changed` are those that would change."""

    tried: int
    all: int
    changed: list[Effect]
    people: int

    @property
    def same(self) -> int:
        return self.tried - len(self.changed)


def effects(regrade: Regrade) -> Effects:
    rows = list(regrade.rows.select_related("submission__person", "submission__grade"))
    tried = [Effect(row, row.submission.grade) for row in rows if row.tried_at]
    return Effects(
        tried=len(tried),
        all=len(rows),
        changed=[effect for effect in tried if effect.changes],
        people=sum(effect.row.people for effect in tried),
    )
