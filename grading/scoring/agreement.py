"""How far two series of marks agree, and how far confidences can be believed. Pure functions.

Marks are level indices (integers); two series are compared position by position.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.special import betaincinv

Marks = Sequence[int] | NDArray[np.int_]
Values = Sequence[float] | NDArray[np.float64] | NDArray[np.int_]


def quadratic_weighted_kappa(first: Marks, second: Marks) -> float:
    """Cohen's kappa with quadratic weights (Cohen 1968), -1..1.

    Where chance alone explains everything (both series are one and the same constant) kappa is
    undefined; this returns 1.0 then, and 0.0 for two different constants.
    """
    return _kappa(first, second, "quadratic")


def cohen_kappa(first: Marks, second: Marks) -> float:
    """Unweighted Cohen's kappa (Cohen 1960), -1..1; constants as in the weighted one."""
    return _kappa(first, second, None)


def _kappa(first: Marks, second: Marks, weights: str | None) -> float:
    a, b = _paired(first, second)
    if len(np.unique(a)) == 1 and len(np.unique(b)) == 1:
        return 1.0 if a[0] == b[0] else 0.0
    # The labels in between matter to quadratic weights: sklearn weighs by position in the list.
    labels = np.arange(min(a.min(), b.min()), max(a.max(), b.max()) + 1)
    # Imported here: only training needs it, and every process would pay for it at its start.
    from sklearn.metrics import cohen_kappa_score

    return float(cohen_kappa_score(a, b, labels=labels, weights=weights))


def exact_agreement(first: Marks, second: Marks) -> float:
    """Share of positions with the same level, 0..1."""
    a, b = _paired(first, second)
    return float(np.mean(a == b))


def adjacent_agreement(first: Marks, second: Marks) -> float:
    """Share of positions at most one level apart, 0..1."""
    a, b = _paired(first, second)
    return float(np.mean(np.abs(a - b) <= 1))


def standardised_mean_difference(first: Marks, second: Marks) -> float:
    """(mean of second - mean of first) ÷ pooled standard deviation (Williamson, Xi and Breyer
    2012, who flag beyond ±0.15); 0 when neither series varies.
    """
    a, b = _paired(first, second)
    pooled = float(np.sqrt((a.var() + b.var()) / 2))
    return float((b.mean() - a.mean()) / pooled) if pooled > 0 else 0.0


def _paired(first: Marks, second: Marks) -> tuple[NDArray[np.int_], NDArray[np.int_]]:
    a, b = np.asarray(first, dtype=int), np.asarray(second, dtype=int)
    if a.ndim != 1 or a.shape != b.shape or not len(a):
        raise ValueError("Two series of marks of the same length, not empty, are needed.")
    return a, b


def error_upper_bound(errors: int, n: int, level: float = 0.95) -> float:
    """One-sided upper confidence bound of an error rate (Clopper and Pearson 1934), 0..1.

    `errors` of `n` independent judgements were wrong; without any judgement the bound is 1.
    """
    if not 0 <= errors <= n:
        raise ValueError("Errors lie between 0 and the number of judgements.")
    return 1.0 if errors == n else float(betaincinv(errors + 1, n - errors, level))


def error_lower_bound(errors: int, n: int, level: float = 0.95) -> float:
    """One-sided lower confidence bound of an error rate (Clopper and Pearson 1934), 0..1."""
    if not 0 <= errors <= n:
        raise ValueError("Errors lie between 0 and the number of judgements.")
    return 0.0 if errors == 0 else float(betaincinv(errors, n - errors + 1, 1 - level))


@dataclass(frozen=True, slots=True)
class ReliabilityRow:
    """Answers with a confidence in [low, high): how sure the machine was, how often right."""

    low: float
    high: float
    n: int
    mean_confidence: float
    share_right: float


def reliability(confidence: Values, right: Values, bins: int = 10) -> tuple[ReliabilityRow, ...]:
    """Reliability table over equally wide bins of 0..1; empty bins are left out."""
    c, r = np.asarray(confidence, dtype=float), np.asarray(right, dtype=float)
    which = np.minimum((c * bins).astype(int), bins - 1)
    rows = []
    for index in np.unique(which):
        inside = which == index
        rows.append(
            ReliabilityRow(
                low=float(index) / bins,
                high=(float(index) + 1) / bins,
                n=int(inside.sum()),
                mean_confidence=float(c[inside].mean()),
                share_right=float(r[inside].mean()),
            )
        )
    return tuple(rows)


def expected_calibration_error(confidence: Values, right: Values, bins: int = 10) -> float:
    """Mean gap between confidence and share right over equally wide bins, weighted by their
    size (Naeini, Cooper and Hauskrecht 2015), 0..1.
    """
    rows = reliability(confidence, right, bins)
    total = sum(row.n for row in rows)
    return sum(row.n * abs(row.mean_confidence - row.share_right) for row in rows) / max(total, 1)


def brier_score(confidence: Values, right: Values) -> float:
    """Mean squared gap between confidence and outcome (Brier 1950), 0..1; smaller is better."""
    c, r = np.asarray(confidence, dtype=float), np.asarray(right, dtype=float)
    return float(np.mean((c - r) ** 2))


RESAMPLES = 2000


@dataclass(frozen=True, slots=True)
class Interval:
    """A statistic with its bootstrap interval of 95 %."""

    value: float
    low: float
    high: float


def confusion(first: Marks, second: Marks, levels: int) -> NDArray[np.int_]:
    """How often each level of the first (rows) met each of the second (columns)."""
    a, b = _paired(first, second)
    counts = np.zeros((levels, levels), dtype=int)
    np.add.at(counts, (a, b), 1)
    return counts


def kappa_of(counts: NDArray[np.int_], *, quadratic: bool) -> Interval:
    """Cohen's kappa (1960), with quadratic weights (1968), of a square table of counts, and the
    percentile interval of the bootstrap (Efron and Tibshirani 1993). To draw pairs anew is to draw
    the table from the multinomial distribution of its cells.

    Where chance alone explains everything kappa is undefined; this counts as 1 for full agreement.
    """
    n = int(counts.sum())
    if counts.ndim != 2 or counts.shape[0] != counts.shape[1] or n == 0:
        raise ValueError("A square table that counts something is needed.")
    drawn = np.random.default_rng(0).multinomial(n, counts.ravel() / n, size=RESAMPLES)
    tables = np.concatenate([counts.reshape(1, -1), drawn]).reshape(-1, *counts.shape)
    found = _kappas(tables.astype(float), quadratic)
    low, high = np.percentile(found[1:], [2.5, 97.5])
    return Interval(float(found[0]), float(low), float(high))


def _kappas(tables: NDArray[np.float64], quadratic: bool) -> NDArray[np.float64]:
    size = tables.shape[1]
    places = np.arange(size)
    apart = np.abs(places[:, None] - places[None, :])
    weights = (apart**2 if quadratic else apart > 0).astype(float)
    n = tables.sum(axis=(1, 2))
    observed = (weights * tables).sum(axis=(1, 2)) / n
    chance = tables.sum(axis=2)[:, :, None] * tables.sum(axis=1)[:, None, :]
    expected = (weights * chance).sum(axis=(1, 2)) / n**2
    undefined = np.where(observed == 0, 1.0, 0.0)
    return np.where(expected > 0, 1 - observed / np.where(expected > 0, expected, 1), undefined)


ALPHA_RESAMPLES = 500


def krippendorff_alpha(counts: NDArray[np.int_]) -> Interval | None:
    """Krippendorff's alpha for ordered levels (Krippendorff 2019, chapter 12), at most 1, with the
    percentile interval of the bootstrap over answers.

    `counts` is (answers, levels): how many markers gave each level to each answer. None where no
    answer has two markers. All marks alike leave alpha undefined; this counts as 1.
    """
    import krippendorff

    paired = counts[counts.sum(axis=1) >= 2]
    if not len(paired):
        return None

    def alpha(rows: NDArray[np.int_]) -> float:
        used = np.flatnonzero(rows.sum(axis=0))
        if len(used) < 2:
            return 1.0
        # Levels that nobody gave would count as steps in between, and they are: the domain is all.
        return float(
            krippendorff.alpha(
                value_counts=rows,
                value_domain=np.arange(rows.shape[1]),
                level_of_measurement="ordinal",
            )
        )

    draw = np.random.default_rng(0)
    size = len(paired)
    drawn = [alpha(paired[draw.integers(0, size, size)]) for _time in range(ALPHA_RESAMPLES)]
    low, high = np.percentile(drawn, [2.5, 97.5])
    return Interval(alpha(paired), float(low), float(high))
