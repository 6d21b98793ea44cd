"""From a raw probability to one that can be believed, and from there to a promise.

Calibration is a small logistic regression (Platt 1999) on held-out marks. A promise is a
confidence threshold above which at most a given share of machine levels differs from the settled
human ones, with 95 % confidence.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from grading.scoring.agreement import error_upper_bound

Floats = NDArray[np.float64]
Ints = NDArray[np.int_]

PROMISE_LEVEL = 0.95
# Held-out marks are few: novelty and level offsets are shrunk harder than the slope. Of C in
# 0.1..1 with these terms left out, halved or whole, this had the best Brier scores on samples of
# 100 and 500 answers to nine public questions.
PENALTY_C, CAUTION = 0.3, 0.5
SURE_AT_MOST = 0.995
SURE_AT_LEAST = 0.005


@dataclass(frozen=True, slots=True)
class Calibrator:
    """P(machine level == settled level) = logistic(bias + slope·logit(raw) + novelty·z + level).

    z is the standardised share of unknown grams; `per_level` holds one offset per level.
    """

    bias: float
    slope: float
    novelty: float
    novelty_mean: float
    novelty_spread: float
    per_level: tuple[float, ...]

    def confidence(self, raw: Floats, unknown: Floats, level: Ints) -> Floats:
        """Calibrated confidences, clipped to 0.005..0.995: no sample can tell certainty."""
        z = np.clip((unknown - self.novelty_mean) / self.novelty_spread, -3.0, 3.0)
        score = self.bias + self.slope * _logit(raw) + self.novelty * z
        score = score + np.asarray(self.per_level)[level]
        return np.asarray(np.clip(1 / (1 + np.exp(-score)), SURE_AT_LEAST, SURE_AT_MOST))


def _logit(probability: Floats) -> Floats:
    clipped = np.clip(probability, 0.01, 0.99)
    return np.asarray(np.log(clipped / (1 - clipped)), dtype=float)


def calibrate(raw: Floats, unknown: Floats, level: Ints, right: Ints, levels: int) -> Calibrator:
    """Fits a calibrator on held-out outcomes: `right` is 1 where machine and settled level agree.

    Where all outcomes are the same, or confidence would fall with the raw probability, it falls
    back to the (smoothed) share of right levels.
    """
    spread = max(float(unknown.std()), 1e-6)
    mean = float(unknown.mean())
    share = (float(right.sum()) + 1.0) / (len(right) + 2.0)
    flat = Calibrator(float(np.log(share / (1 - share))), 0.0, 0.0, mean, spread, (0.0,) * levels)
    if len(np.unique(right)) < 2:
        return flat
    z = np.clip((unknown - mean) / spread, -3.0, 3.0)
    one_hot = np.eye(levels)[level]
    design = np.column_stack((_logit(raw), CAUTION * z, CAUTION * one_hot))
    # Imported here: only training needs it, and every process would pay for it at its start.
    from sklearn.linear_model import LogisticRegression

    model = LogisticRegression(C=PENALTY_C, max_iter=500).fit(design, right)
    slope = float(model.coef_[0][0])
    novelty, *per_level = (CAUTION * float(value) for value in model.coef_[0][1:])
    if slope <= 0:
        return flat
    bias = float(model.intercept_[0])
    return Calibrator(bias, slope, novelty, mean, spread, tuple(per_level))


@dataclass(frozen=True, slots=True)
class RiskRow:
    """With all answers of at least `threshold` confidence settled by the machine: the `coverage`
    (share of all answers), `errors` among `n`, and the one-sided 95 % upper bound of the error.
    """

    threshold: float
    coverage: float
    n: int
    errors: int
    error: float
    error_bound: float


def risk_coverage(
    confidence: Floats, right: Ints, eligible: NDArray[np.bool_]
) -> tuple[RiskRow, ...]:
    """Rows from the strictest to the widest group, in steps of a twentieth of the answers.

    Only `eligible` answers (without flags that ask for a person) can be settled by the machine;
    coverage counts all.
    """
    order = np.argsort(-confidence[eligible], kind="stable")
    sure, wrong = confidence[eligible][order], 1 - right[eligible][order]
    errors = np.cumsum(wrong)
    sizes = sorted({round(len(order) * step / 20) for step in range(1, 21)} - {0})
    rows: list[RiskRow] = []
    for size in sizes:
        # Equal confidences cannot be told apart by a threshold: they stay together.
        size = int(np.searchsorted(-sure, -sure[size - 1], side="right"))
        if rows and rows[-1].n == size:
            continue
        count = int(errors[size - 1])
        rows.append(
            RiskRow(
                threshold=float(sure[size - 1]),
                coverage=size / max(len(confidence), 1),
                n=size,
                errors=count,
                error=count / size,
                error_bound=error_upper_bound(count, size, PROMISE_LEVEL),
            )
        )
    return tuple(rows)


def threshold_for(rows: tuple[RiskRow, ...], max_error: float) -> float | None:
    """The smallest threshold for which `max_error` (0..1) can be promised, or None.

    Groups are tested from strict to wide, and the first whose upper bound exceeds `max_error`
    ends the search: tested in a fixed order, each at 5 %, the whole search errs at most 5 % of
    the time (fixed-sequence testing; Angelopoulos et al. 2021, "Learn then test"). Groups too
    small to pass with half of the allowed errors are not tested at all, which depends on their
    size only and so does not spoil the guarantee.
    """
    promised = None
    for row in rows:
        if error_upper_bound(int(row.n * max_error / 2), row.n, PROMISE_LEVEL) > max_error:
            continue
        if row.error_bound > max_error:
            break
        promised = row.threshold
    return promised
