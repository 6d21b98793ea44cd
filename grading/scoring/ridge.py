"""Ridge regression on level indices in its dual form, with cut points between levels.

For n texts it needs only their n × n similarities, which makes cross-fitting cheap: leave-one-out
predictions come in closed form from one inverse (Rifkin and Lippert 2007, "Notes on regularized
least squares").
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.linalg import lapack
from scipy.special import ndtr

from grading.scoring.agreement import quadratic_weighted_kappa

Floats = NDArray[np.float64]
Ints = NDArray[np.int_]

PENALTIES = (0.1, 0.3, 1.0, 3.0, 10.0)
# The intercept is one more feature with this weight, large enough not to be shrunk.
INTERCEPT = 10.0


@dataclass(frozen=True, slots=True)
class Fit:
    """A fitted ridge. A text with similarities k to the training texts has the latent value
    k @ dual + intercept; its level is the number of `cuts` at or below that value.

    `spread` is the standard deviation of held-out latent errors, in levels.
    """

    dual: Floats
    intercept: float
    cuts: Floats
    spread: float
    penalty: float
    kappa: float

    def predict(self, similarities: Floats) -> Floats:
        """Latent values; similarities has shape (texts, training texts)."""
        return np.asarray(similarities @ self.dual + self.intercept, dtype=float)


def fit(
    similarities: Floats,
    target: Floats,
    settled: Ints,
    weight: Floats,
    levels: int,
    penalties: Sequence[float] = PENALTIES,
) -> Fit:
    """Fits with the penalty whose leave-one-out levels agree best with the settled ones.

    `target`: mean human level per text (fractions allowed); `weight` > 0: how much it counts.
    Raises ValueError when the similarities are not positive semidefinite.
    """
    root = np.sqrt(weight)
    gram = (similarities + INTERCEPT) * root[:, None] * root[None, :]
    best: Fit | None = None
    for penalty in penalties:
        inverse = _inverse(gram, penalty)
        scaled = inverse @ (root * target)
        left_out = target - scaled / (root * np.diag(inverse))
        cuts = cut_points(left_out, settled, levels)
        kappa = quadratic_weighted_kappa(settled, to_levels(left_out, cuts))
        if best is None or kappa > best.kappa:
            dual = scaled * root
            spread = float(np.sqrt(np.average((left_out - target) ** 2, weights=weight)))
            best = Fit(dual, float(INTERCEPT * dual.sum()), cuts, max(spread, 1e-3), penalty, kappa)
    if best is None:
        raise ValueError("At least one penalty is needed.")
    return best


def _inverse(gram: Floats, penalty: float) -> Floats:
    """(gram + penalty · I)⁻¹ by Cholesky, half the work of a general inverse."""
    regular = gram.copy()
    np.fill_diagonal(regular, regular.diagonal() + penalty)
    factor, failed = lapack.dpotrf(regular, lower=1, overwrite_a=1)
    lower, failed_too = lapack.dpotri(factor, lower=1, overwrite_c=1)
    if failed or failed_too:
        raise ValueError("The similarities are no positive semidefinite matrix.")
    return np.asarray(np.tril(lower) + np.tril(lower, -1).T, dtype=float)


def cut_points(latent: Floats, settled: Ints, levels: int) -> Floats:
    """levels - 1 ascending cuts that give the levels the shares that people gave them.

    Ridge shrinks towards the mean, so that rounding would hardly ever reach the outer levels.
    Levels below (above) all settled ones are never given: their cuts are infinite.
    """
    cuts = np.empty(levels - 1)
    for level in range(1, levels):
        below = float(np.mean(settled < level))
        if below in (0.0, 1.0):
            cuts[level - 1] = -np.inf if below == 0.0 else np.inf
        else:
            cuts[level - 1] = np.quantile(latent, below)
    return cuts


def to_levels(latent: Floats, cuts: Floats) -> Ints:
    """Level indices of latent values."""
    return np.asarray(np.searchsorted(cuts, latent, side="right"), dtype=int)


def level_probability(latent: Floats, cuts: Floats, spread: float) -> Floats:
    """Probability of each text's own level if held-out errors are normal with `spread`."""
    edges = np.concatenate(([-np.inf], cuts, [np.inf]))
    level = to_levels(latent, cuts)
    above = ndtr((edges[level + 1] - latent) / spread)
    below = ndtr((edges[level] - latent) / spread)
    return np.asarray(above - below, dtype=float)
