"""An answer on its way through checks, scoring and routing without anything being stored:
authors try their items with it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from grading import diagnostics, marking, pipeline
from grading.models import MachineMark
from grading.precheck.base import CheckOutcome
from grading.routing import Decision, route
from rubrics.models import Item


@dataclass(frozen=True)
class Rehearsal:
    item: Item
    checks: list[CheckOutcome]
    marks: list[MachineMark]
    decision: Decision

    def as_document(self) -> dict[str, Any]:
        """The result as JSON values."""
        return {
            "assessment": self.item.assessment.code,
            "version": self.item.assessment.version,
            "item": self.item.code,
            "checks": [_check(outcome) for outcome in self.checks],
            "marks": [_mark(mark) for mark in self.marks],
            "lane": self.decision.lane.value,
            "reasons": list(self.decision.reasons),
        }


def rehearse(item: Item, text: str) -> Rehearsal:
    outcomes = diagnostics.judge(item, text) if item.is_checked else []
    policy = item.assessment.policy
    marks = marking.propose(item, marking.Given(text=text, outcomes=outcomes), policy)
    proposals = [pipeline.proposal_of(mark) for mark in marks]
    # A draw of 1 picks no random audit: the author asks what the answer itself leads to.
    decision = route(proposals, pipeline.routing_policy(policy), draw=1.0)
    return Rehearsal(item, outcomes, marks, decision)


def _check(outcome: CheckOutcome) -> dict[str, Any]:
    return {
        "code": outcome.code,
        "status": str(outcome.status),
        "summary": outcome.summary,
        "input": outcome.input,
        "got": outcome.got,
        "expected": outcome.expected,
        "line": outcome.line,
        "hint": outcome.hint,
        "seconds": round(outcome.seconds, 4),
    }


def _mark(mark: MachineMark) -> dict[str, Any]:
    return {
        "criterion": mark.criterion.code,
        "level": mark.level.title if mark.level else None,
        "points": float(mark.level.points) if mark.level else None,
        "maximum": float(max(level.points for level in mark.criterion.levels.all())),
        "confidence": round(mark.confidence, 4),
        "rationale": mark.rationale,
        "evidence": mark.evidence,
        "flags": list(mark.flags),
        "scorer": mark.scorer,
        "scorer_version": mark.scorer_version,
    }
