"""The dry run, as a job: attempt by attempt, for a minute at a time, under a lease."""

from __future__ import annotations

import logging
import time

from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _

from grading import leases, placements, release
from grading.diagnostics import storable
from grading.errors import NotAccepted
from grading.models import Grade, Placement, Regrade, RegradeRow, Response, Submission
from grading.regrading.judging import CannotBeCarried, Judged, as_document, judge, points_of
from grading.regrading.publishing import publish_now
from lti_tool.models import Person
from rubrics.models import Assessment
from rubrics.points import total

logger = logging.getLogger(__name__)

State = Regrade.State
UNFINISHED = (State.TRYING, State.READY, State.PUBLISHING)
AT_WORK = (State.TRYING, State.PUBLISHING)
LONGEST_REASON = 1000
MOST_FAILURES = 5
# A job of the queue may take two minutes; what is left is taken up by the next one.
ONE_TURN = 60.0


def begin(placement: Placement, by: Person, reason: str) -> Regrade:
    """Orders the dry run. Raises NotAccepted when there is nothing to correct by."""
    reason = storable(reason).strip()[:LONGEST_REASON]
    if not reason:
        raise NotAccepted(_("Say what was wrong: the learners read it beside their new grade."))
    assessment = placements.current_assessment(placement)
    with transaction.atomic():
        Placement.objects.select_for_update().get(pk=placement.pk)
        if placement.regrades.filter(state__in=UNFINISHED).exists():
            raise NotAccepted(_("A regrade of this activity is under way already."))
        older = older_grades(placement, assessment)
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
            RegradeRow(regrade=regrade, submission_id=pk, score_before=score)
            for pk, score in older.values_list("submission", "score")
        )
        wake(regrade)
    return regrade


def older_grades(placement: Placement, assessment: Assessment) -> QuerySet[Grade]:
    """Those that rest on another version. Of who was erased the grade stands as it was."""
    released = Grade.objects.filter(
        submission__placement=placement, submission__state=Submission.State.RELEASED
    )
    older = released.exclude(submission__assessment=assessment)
    return older.exclude(submission__person__sub__startswith=Person.TOMBSTONE)


def still_marked(placement: Placement) -> int:
    """Attempts that are being marked by an older version, which a regrade now would leave out."""
    marked = (
        Submission.State.HANDED_IN,
        Submission.State.CHECKED,
        Submission.State.MARKED,
        Submission.State.ROUTED,
        Submission.State.SETTLED,
    )
    attempts = Submission.objects.filter(placement=placement, state__in=marked)
    return attempts.exclude(assessment=placements.current_assessment(placement)).count()


def wake(regrade: Regrade) -> None:
    """Calls a worker when the caller's transaction is through; `wake_due` makes up for a lost
    call.
    """
    pk = regrade.pk
    Regrade.objects.filter(pk=pk).update(woken_until=timezone.now() + leases.PATIENCE)
    transaction.on_commit(lambda: leases.call("default", run, pk), robust=True)


def wake_due() -> int:
    """Wakes regrades whose job or worker was lost."""
    return leases.wake(Regrade.objects.filter(state__in=AT_WORK), "default", run)


def run(pk: str) -> None:
    """The job: tries, or publishes what was ordered to be published."""
    ours = Regrade.objects.filter(pk=pk, state__in=AT_WORK)
    if not leases.claim(ours):
        return
    regrade = Regrade.objects.select_related("assessment__policy", "asked_by").get(pk=pk)
    try:
        if regrade.state == State.PUBLISHING:
            publish_now(regrade)
        elif not _try_for_a_while(regrade):
            return
    except BlockingIOError:
        ours.update(leased_until=None, woken_until=None)
    except NotAccepted as refusal:
        ours.update(state=State.READY, trouble=str(refusal), leased_until=None)
    except Exception as fault:
        logger.exception("regrade %s failed", pk)
        _failed(regrade, type(fault).__name__)


def _failed(regrade: Regrade, trouble: str) -> None:
    failures = regrade.failures + 1
    given_up = failures >= MOST_FAILURES
    Regrade.objects.filter(pk=regrade.pk, state__in=AT_WORK).update(
        state=State.DROPPED if given_up else regrade.state,
        trouble=trouble,
        failures=failures,
        leased_until=None,
        woken_until=None,
    )


def _try_for_a_while(regrade: Regrade) -> bool:
    """False when there is more for another turn, or somebody has dropped it."""
    trying = Regrade.objects.filter(pk=regrade.pk, state=State.TRYING)
    until = time.monotonic() + ONE_TURN
    for row in regrade.rows.filter(tried_at=None).select_related("submission__person"):
        if time.monotonic() > until:
            trying.update(leased_until=None, woken_until=None)
            return False
        _try(regrade, row)
        if not trying.update(leased_until=timezone.now() + leases.LEASE, failures=0):
            return False
    trying.update(state=State.READY, leased_until=None)
    return True


def _try(regrade: Regrade, row: RegradeRow) -> None:
    if row.submission.person.is_erased:  # since it was begun: the grade stands as it was
        row.delete()
        return
    judged: dict[Response, Judged | None] = {}
    for response in responses_of(row.submission):
        try:
            judged[response] = judge(response, regrade.assessment)
        except CannotBeCarried:
            judged[response] = None
            row.left += 1
    row.people = sum(found is not None and found.marks is None for found in judged.values())
    row.responses = {str(each.pk): as_document(found) for each, found in judged.items() if found}
    if not row.people:
        row.score_after = total(points_of(response, found) for response, found in judged.items())
    row.maximum_after = total(
        (found.item if found else response.item).points for response, found in judged.items()
    )
    row.items = [change for each, found in judged.items() if (change := _change(each, found))]
    row.tried_at = timezone.now()
    row.save()


def _change(response: Response, judged: Judged | None) -> dict[str, str] | None:
    """An item whose points would be others, in figures."""
    if judged is None:
        return None
    before, after = release.response_points(response), None
    if judged.marks is not None:
        after = points_of(response, judged)
    if after == before and judged.item.points == response.item.points:
        return None
    return {
        "title": judged.item.title,
        "before": release.out_of(before, response.item.points),
        "after": "" if after is None else release.out_of(after, judged.item.points),
    }


def responses_of(submission: Submission) -> list[Response]:
    return list(
        submission.responses.select_related(
            "item__rubric", "submission__assessment__policy"
        ).order_by("item__position")
    )


def drop(regrade: Regrade) -> None:
    """What was found is not kept: it holds what learners' programs printed."""
    gone = Regrade.objects.filter(pk=regrade.pk, state__in=(State.TRYING, State.READY))
    if gone.update(state=State.DROPPED):
        regrade.rows.update(responses={}, items=[])
