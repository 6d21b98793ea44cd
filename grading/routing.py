"""Where a response goes after machine scoring: settled automatically, or to a person, and why.

Pure: the same marks under the same policy always give the same lane and the same reasons.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum

GUARDED = "guarded"
SIMILAR = "similar"
# Flags that scorers and checks raise and that always ask for a person.
PEOPLE_LOOK_AT = {
    GUARDED: "A test suite that ran beside the learner's code gave points; it can be forged.",
    SIMILAR: "Much of an earlier answer of somebody else stands in this one. That proves nothing.",
    "checker-failed": "The author's checker fell over what the program gave.",
    "covers-tests": "A file of the learner's would have taken the place of the tests.",
    "diagram-other-names": "Something is missing, unless it is there under another name.",
    "diagram-unread": "A part of the diagram could not be read.",
    "doubtful-gap": "What stands in a gap is nearly right or cannot be read for certain.",
    "early-exit": "A test suite left no report: the program may have ended it.",
    "exit-disagrees": "A test suite's report and how it ended do not agree.",
    "patched-modules": "The learner's code changed the test tool.",
    "result-count": "A test suite reported other tests than it has.",
    "tests-by-chance": "The learner's tests do not end the same way each time.",
    "tests-look-inside": "The learner's tests look at the text of what they test.",
    "check-error": "A check could not judge the answer.",
    "unfamiliar": "The answer is unlike those the machine has learned from.",
    "unusual-text": "The text is unusual: very short, very long or repetitive.",
    "addresses-the-marker": "The text speaks to whoever marks it.",
}


class Lane(Enum):
    AUTO = "auto"
    REVIEW = "review"
    EXTENDED = "extended"


@dataclass(frozen=True)
class Proposal:
    """The machine's mark on one criterion, as far as routing needs it.

    `confidence` is 0 to 1. `promised_from` is the confidence from which the promised error bound
    holds: 0 for marks that follow from checks, None where no promise can be made.
    """

    criterion: str
    has_level: bool
    confidence: float
    promised_from: float | None
    flags: Sequence[str] = ()

    @property
    def follows_from_checks(self) -> bool:
        return self.has_level and self.promised_from == 0.0


@dataclass(frozen=True)
class RoutingPolicy:
    """`mode`: shadow, assist or auto; `stakes`: low, medium or high; the others are shares 0–1."""

    mode: str
    stakes: str
    auto_threshold: float
    extended_threshold: float
    audit_share: float


@dataclass(frozen=True)
class Decision:
    """`audited`: drawn by lot, so whoever reviews it does not see the machine's marks first."""

    lane: Lane
    reasons: tuple[str, ...]
    audited: bool = False


def route(proposals: Sequence[Proposal], policy: RoutingPolicy, draw: float) -> Decision:
    """Decides the lane. `draw` in [0, 1) picks the random audits; see `draw_for`."""
    audited = draw < policy.audit_share
    reasons = [*_policy_reasons(policy), *_doubts(proposals, policy)]
    if not reasons and audited and not _all_follow_from_checks(proposals):
        reasons.append("Chosen at random, to keep the machine under observation.")
    if not reasons:
        return Decision(Lane.AUTO, ("The machine is sure of every criterion.",))
    lane = Lane.EXTENDED if _hard(proposals, policy) else Lane.REVIEW
    return Decision(lane, tuple(reasons), audited)


@dataclass(frozen=True)
class Stake:
    """What hangs on the machine's mark of one criterion: `points` are those of its levels, `level`
    the place of the proposed one or None, `confidence` 0 to 1, `weight` that of the criterion.
    """

    weight: float
    points: Sequence[float]
    level: int | None
    confidence: float


def expected_change(stakes: Sequence[Stake]) -> float:
    """By how much of an item's score, 0 to 1, a person's marks are expected to differ from the
    machine's: per criterion the chance that it is wrong times how far the other levels are on
    average. Where it proposes nothing, everything may change.
    """
    weights = sum(stake.weight for stake in stakes)
    if not weights:
        return 1.0
    return sum(stake.weight * _expected_change(stake) for stake in stakes) / weights


def _expected_change(stake: Stake) -> float:
    top = max(stake.points, default=0)
    if stake.level is None or not top:
        return 1.0
    proposed = stake.points[stake.level]
    others = [points for place, points in enumerate(stake.points) if place != stake.level]
    away = sum(abs(points - proposed) for points in others) / max(len(others), 1) / top
    return (1 - stake.confidence) * away


def draw_for(response: str, policy_version: str) -> float:
    """A number in [0, 1) that is random to everybody and yet the same whenever it is asked for."""
    digest = hashlib.sha256(f"{response}/{policy_version}".encode()).digest()
    return int.from_bytes(digest[:8], "big") / 2**64


def _policy_reasons(policy: RoutingPolicy) -> list[str]:
    if policy.stakes == "high":
        return ["High stakes: a person always decides."]
    if policy.mode == "shadow":
        return ["The machine only watches here: a person decides."]
    if policy.mode == "assist":
        return ["The machine proposes here and a person settles."]
    return []


def _doubts(proposals: Sequence[Proposal], policy: RoutingPolicy) -> list[str]:
    if not proposals:
        return ["There is no machine mark for this kind of answer."]
    flags = [flag for proposal in proposals for flag in proposal.flags]
    reasons = [PEOPLE_LOOK_AT[flag] for flag in dict.fromkeys(flags) if flag in PEOPLE_LOOK_AT]
    without_level = [p for p in proposals if not p.has_level]
    if without_level:
        reasons.append(f"Not enough evidence for a machine mark on {_named(without_level)}.")
    without_promise = [p for p in proposals if p.has_level and p.promised_from is None]
    if without_promise:
        reasons.append(f"No error bound can be promised yet for {_named(without_promise)}.")
    return reasons + [doubt for proposal in proposals for doubt in _doubt(proposal, policy)]


def _named(proposals: Sequence[Proposal]) -> str:
    return ", ".join(f"“{proposal.criterion}”" for proposal in proposals)


def _doubt(proposal: Proposal, policy: RoutingPolicy) -> list[str]:
    if not proposal.has_level or proposal.promised_from is None:
        return []
    needed = max(policy.auto_threshold, proposal.promised_from)
    if proposal.confidence >= needed:
        return []
    return [
        f"The machine is {proposal.confidence:.0%} sure of “{proposal.criterion}”; "
        f"{needed:.0%} is needed."
    ]


def _hard(proposals: Sequence[Proposal], policy: RoutingPolicy) -> bool:
    return any(p.has_level and p.confidence < policy.extended_threshold for p in proposals)


def _all_follow_from_checks(proposals: Sequence[Proposal]) -> bool:
    return all(proposal.follows_from_checks for proposal in proposals)
