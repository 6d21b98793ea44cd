"""What held-out marks say about a model: the figures that a person approves it by."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from grading.scoring import agreement, confidence
from grading.scoring.agreement import ReliabilityRow
from grading.scoring.confidence import RiskRow


@dataclass(frozen=True, slots=True)
class HeldOut:
    """One entry per marked text: what a model that had not seen it gave, and how sure it was.

    `eligible` is false where a flag sends the text to a person whatever the confidence.
    """

    level: NDArray[np.int_]
    settled: NDArray[np.int_]
    confidence: NDArray[np.float64]
    eligible: NDArray[np.bool_]

    @property
    def right(self) -> NDArray[np.int_]:
        return np.asarray(self.level == self.settled, dtype=int)


@dataclass(frozen=True, slots=True)
class Metrics:
    """Held-out figures of one model; all agreement is with people, rates lie in 0..1.

    `qwk_raters`: machine against each rater, in the order of the marks; `qwk_human`: first rater
    against second, None with one rater. `ece`, `brier`, `reliability` judge the confidences.
    """

    n: int
    qwk_settled: float
    qwk_raters: tuple[float, ...]
    qwk_human: float | None
    exact: float
    adjacent: float
    exact_human: float | None
    ece: float
    brier: float
    reliability: tuple[ReliabilityRow, ...]
    risk_coverage: tuple[RiskRow, ...]

    def as_dict(self) -> dict[str, Any]:
        """Plain lists, numbers and strings for JSON."""
        plain: dict[str, Any] = asdict(self)
        return plain

    @classmethod
    def from_dict(cls, plain: Mapping[str, Any]) -> Metrics:
        """The inverse of as_dict, also after a way through JSON."""
        rows = {
            "qwk_raters": tuple(plain["qwk_raters"]),
            "reliability": tuple(ReliabilityRow(**row) for row in plain["reliability"]),
            "risk_coverage": tuple(RiskRow(**row) for row in plain["risk_coverage"]),
        }
        return cls(**{**plain, **rows})

    def threshold_for(self, max_error: float) -> float | None:
        """The confidence from which `max_error` can be promised, None when it cannot."""
        return confidence.threshold_for(self.risk_coverage, max_error)


def settle(marks: Sequence[int]) -> int:
    """The settled level of several raters: the agreed one, or their mean rounded half up."""
    return math.floor((2 * sum(marks) + len(marks)) / (2 * len(marks)))


def evaluate(held_out: HeldOut, marks: Sequence[tuple[int, ...]]) -> Metrics:
    """Figures for held-out levels; `marks[i]` are the raters' levels of text i, at least one."""
    level, right = held_out.level, held_out.right
    human = [m for m in marks if len(m) > 1]
    first, second = [h[0] for h in human], [h[1] for h in human]
    return Metrics(
        n=len(level),
        qwk_settled=agreement.quadratic_weighted_kappa(held_out.settled, level),
        qwk_raters=_against_raters(level, marks),
        qwk_human=agreement.quadratic_weighted_kappa(first, second) if human else None,
        exact=float(right.mean()),
        adjacent=agreement.adjacent_agreement(held_out.settled, level),
        exact_human=agreement.exact_agreement(first, second) if human else None,
        ece=agreement.expected_calibration_error(held_out.confidence, right),
        brier=agreement.brier_score(held_out.confidence, right),
        reliability=agreement.reliability(held_out.confidence, right),
        risk_coverage=confidence.risk_coverage(held_out.confidence, right, held_out.eligible),
    )


def _against_raters(level: NDArray[np.int_], marks: Sequence[tuple[int, ...]]) -> tuple[float, ...]:
    kappas = []
    for rater in range(max(map(len, marks))):
        rows = [i for i, m in enumerate(marks) if len(m) > rater]
        given = [marks[i][rater] for i in rows]
        kappas.append(agreement.quadratic_weighted_kappa(given, level[rows]))
    return tuple(kappas)
