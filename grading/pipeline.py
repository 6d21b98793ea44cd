"""The only code that advances a submission: handed in → checked → marked → routed → settled →
released.

Every step may be tried again: it takes the submission under a lease, does its slow work outside
any transaction, and writes its result together with the new state in one transaction that first
looks whether the state is still the one it started from.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta

from django.db import transaction
from django.utils import timezone

from audit import record
from grading import decisions, diagnostics, leases, marking, matches, release
from grading.models import (
    Grade,
    GradeChange,
    MachineMark,
    Mark,
    Regrade,
    Response,
    RoutingDecision,
    Submission,
    Voice,
)
from grading.routing import Decision, Lane, Proposal, RoutingPolicy, draw_for, route
from rubrics.models import Policy

logger = logging.getLogger(__name__)

State = Submission.State
MOST_FAILURES = 5


def advance(pk: str) -> None:
    """The job: takes the submission as far as it can go, unless somebody else is at it."""
    if not leases.claim(Submission.objects.filter(pk=pk, state__in=STEPS)):
        return
    submission = Submission.objects.select_related("assessment__policy", "person").get(pk=pk)
    try:
        while (step := STEPS.get(submission.state)) is not None:
            step(submission)
            submission.refresh_from_db(fields=["state"])
    except BlockingIOError:
        _put_off(submission, failures=0)
    except Exception as fault:
        logger.exception("submission %s: step after %s failed", pk, submission.state)
        # Only its kind: what a fault quotes can be what the learner wrote.
        _put_off(submission, failures=submission.failures + 1, trouble=type(fault).__name__)
    else:
        Submission.objects.filter(pk=pk).update(
            leased_until=None, woken_until=None, failures=0, trouble=""
        )


def _put_off(submission: Submission, failures: int, trouble: str = "") -> None:
    Submission.objects.filter(pk=submission.pk).update(
        leased_until=None,
        woken_until=None,
        run_after=timezone.now() + leases.pause_after(failures),
        failures=failures,
        trouble=trouble,
    )


def wake(submission: Submission) -> None:
    """Calls a worker now; `wake_due` makes up for a call that is lost."""
    Submission.objects.filter(pk=submission.pk).update(woken_until=timezone.now() + leases.PATIENCE)
    leases.call("default", advance, submission.pk)


def wake_due() -> int:
    """Wakes submissions whose job or worker was lost, or whose pause is over."""
    due = Submission.objects.filter(state__in=STEPS, run_after__lte=timezone.now())
    return leases.wake(due.order_by("run_after"), "default", advance)


@contextmanager
def _locked(submission: Submission) -> Iterator[bool]:
    """One transaction that holds the submission; yields False when it has moved on already."""
    with transaction.atomic():
        current = Submission.objects.select_for_update().get(pk=submission.pk)
        yield current.state == submission.state


def _enter(submission: Submission, state: State) -> None:
    Submission.objects.filter(pk=submission.pk).update(state=state)


def check(submission: Submission) -> None:
    """Runs the checks of what was handed in, where that has not been done already."""
    for response in _responses(submission):
        if response.item.is_checked and not response.is_empty:
            diagnostics.final_run(response)
        _compare(response, submission.failures)
    with _locked(submission) as unmoved:
        if unmoved:
            _enter(submission, State.CHECKED)


def _compare(response: Response, failures: int) -> None:
    """A comparison that keeps failing must not keep an answer from being marked."""
    if failures < MOST_FAILURES:
        matches.look(response)


def mark(submission: Submission) -> None:
    """Stores the machine's mark on every criterion of every response.

    A scorer that keeps failing on an answer must not keep it from people for ever: then the
    machine proposes nothing, and says so.
    """
    policy = submission.assessment.policy
    marked = marking.machine_marks
    if submission.failures >= MOST_FAILURES:
        marked = marking.without_proposals
    made = [
        machine_mark
        for response in _responses(submission)
        for machine_mark in marked(response, policy)
    ]
    with _locked(submission) as unmoved:
        if unmoved:
            MachineMark.objects.bulk_create(made)
            _enter(submission, State.MARKED)


def route_responses(submission: Submission) -> None:
    """Sends every response to its lane; what the machine may settle is settled here."""
    policy = submission.assessment.policy
    with _locked(submission) as unmoved:
        if not unmoved:
            return
        for response in _responses(submission):
            decision = decide(response, policy)
            _send(submission, response, decision, policy)
        _enter(submission, State.ROUTED)
        settle_if_complete(submission)


def decide(response: Response, policy: Policy) -> Decision:
    """The routing decision for a response, from its stored machine marks."""
    proposals = [proposal_of(machine_mark) for machine_mark in _marks_of(response)]
    version = f"{policy.code}/{policy.version}"
    return route(proposals, routing_policy(policy), draw_for(str(response.pk), version))


def proposal_of(machine_mark: MachineMark) -> Proposal:
    model = machine_mark.model
    return Proposal(
        criterion=machine_mark.criterion.title,
        has_level=machine_mark.level is not None,
        confidence=machine_mark.confidence,
        promised_from=model.promised_from if model is not None else 0.0,
        flags=machine_mark.flags,
    )


def routing_policy(policy: Policy) -> RoutingPolicy:
    return RoutingPolicy(
        mode=policy.mode,
        stakes=policy.stakes,
        auto_threshold=policy.auto_threshold,
        extended_threshold=policy.extended_threshold,
        audit_share=policy.audit_share,
    )


def _marks_of(response: Response) -> list[MachineMark]:
    return list(response.machine_marks.select_related("criterion", "level", "model"))


def _send(submission: Submission, response: Response, decision: Decision, policy: Policy) -> None:
    now = timezone.now()
    decisions.send(response, decision.lane.value, decision.reasons, audited=decision.audited)
    marks = _marks_of(response)
    if decision.lane is Lane.AUTO:
        Mark.objects.bulk_create(
            Mark(
                response=response,
                criterion=proposed.criterion,
                level=proposed.level,
                voice=Voice.MACHINE,
                comment=proposed.rationale,
                settled_at=now,
            )
            for proposed in marks
        )
    record.append(
        submission.pk,
        "response.routed",
        f"policy:{policy.code}/{policy.version}",
        {
            "response": str(response.pk),
            "lane": decision.lane.value,
            "reasons": list(decision.reasons),
            "proposed": [_for_the_record(proposed) for proposed in marks],
        },
    )


def _for_the_record(proposed: MachineMark) -> dict[str, object]:
    return {
        "criterion": proposed.criterion.code,
        "points": str(proposed.level.points) if proposed.level else None,
        "confidence": round(proposed.confidence, 4),
        "scorer": f"{proposed.scorer} {proposed.scorer_version}",
        "rubric": f"{proposed.criterion.rubric_id}",
        "flags": proposed.flags,
    }


def settle_if_complete(submission: Submission, hold: timedelta = timedelta(0)) -> bool:
    """Inside the caller's transaction: on to release, after `hold`, when no response waits for a
    person.
    """
    current = Submission.objects.select_for_update().get(pk=submission.pk)
    waiting = RoutingDecision.objects.filter(
        response__submission=current, settled_at=None, reserved_for=None
    )
    if current.state != State.ROUTED or waiting.exists():
        return False
    current.state = State.SETTLED
    current.run_after = timezone.now() + hold
    current.save(update_fields=["state", "run_after"])
    return True


def release_grade(submission: Submission) -> None:
    """The first grade, or after a regrade that people had to finish the corrected one."""
    with _locked(submission) as unmoved:
        if not unmoved:
            return
        if Grade.objects.filter(submission=submission).exists():
            release.revise(submission, GradeChange.Cause.REGRADE, _why_again(submission))
        else:
            release.release(submission)
        _enter(submission, State.RELEASED)


def _why_again(submission: Submission) -> str:
    published = Regrade.objects.filter(
        rows__submission=submission, state=Regrade.State.PUBLISHED
    ).order_by("published_at")
    return published.values_list("reason", flat=True).last() or ""


def _responses(submission: Submission) -> list[Response]:
    return list(
        submission.responses.select_related("item__rubric", "submission").order_by("item__position")
    )


STEPS: dict[str, Callable[[Submission], None]] = {
    State.HANDED_IN: check,
    State.CHECKED: mark,
    State.MARKED: route_responses,
    State.SETTLED: release_grade,
}
