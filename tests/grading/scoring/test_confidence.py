from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from grading.scoring import confidence
from grading.scoring.agreement import expected_calibration_error


def _drawn(n: int, seed: int) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(seed)
    sure = rng.uniform(0.4, 0.99, n)
    return sure, (rng.random(n) < sure).astype(int)


def test_calibration_mends_overconfidence() -> None:
    rng = np.random.default_rng(3)
    truth = rng.uniform(0.4, 0.95, 2000)
    right = (rng.random(2000) < truth).astype(int)
    boasting = np.clip(truth + 0.2 * (1 - truth) + 0.05, 0, 0.999) ** 0.3
    level, unknown = rng.integers(0, 4, 2000), rng.random(2000)
    fitted = confidence.calibrate(boasting[:1000], unknown[:1000], level[:1000], right[:1000], 4)
    mended = fitted.confidence(boasting[1000:], unknown[1000:], level[1000:])
    before = expected_calibration_error(boasting[1000:], right[1000:])
    after = expected_calibration_error(mended, right[1000:])
    assert after < 0.05 < before


def test_what_always_comes_out_right_is_still_not_certain() -> None:
    ones = np.ones(50, dtype=int)
    fitted = confidence.calibrate(np.full(50, 0.9), np.zeros(50), ones, ones, 2)
    assert fitted.confidence(np.array([0.9]), np.array([0.0]), np.array([1]))[0] < 1.0


def test_a_raw_probability_that_misleads_is_not_followed() -> None:
    raw = np.linspace(0.2, 0.9, 100)
    right = (raw < 0.5).astype(int)
    zeros = np.zeros(100)
    fitted = confidence.calibrate(raw, zeros, zeros.astype(int), right, 2)
    assert fitted.slope == 0.0


def test_a_promise_is_kept_far_more_often_than_not() -> None:
    """200 draws: with 95 % confidence the true error exceeds the promise in at most about 5 %."""
    broken = 0
    for seed in range(200):
        sure, right = _drawn(300, seed)
        rows = confidence.risk_coverage(sure, right, np.ones(300, dtype=bool))
        threshold = confidence.threshold_for(rows, 0.15)
        if threshold is not None:
            true_error = 1 - (max(threshold, 0.4) + 0.99) / 2
            broken += true_error > 0.15
    assert broken <= 17  # binomial(200, 0.05) stays at or below 17 in 99 of 100 suites; seeds fixed


def test_a_promise_is_possible_with_enough_marks() -> None:
    sure, right = _drawn(2000, 1)
    rows = confidence.risk_coverage(sure, right, np.ones(2000, dtype=bool))
    threshold = confidence.threshold_for(rows, 0.15)
    assert threshold is not None
    assert 0.6 < threshold < 0.9
    assert confidence.threshold_for(rows, 0.001) is None


def test_too_few_marks_promise_nothing() -> None:
    sure = np.linspace(0.5, 0.99, 10)
    rows = confidence.risk_coverage(sure, np.ones(10, dtype=int), np.ones(10, dtype=bool))
    assert confidence.threshold_for(rows, 0.1) is None


def test_flagged_answers_are_no_part_of_the_promise() -> None:
    sure, right = _drawn(400, 2)
    flagged = np.arange(400) % 2 == 0
    rows = confidence.risk_coverage(sure, np.where(flagged, 0, right), ~flagged)
    assert rows[-1].n == 200
    assert rows[-1].coverage == 0.5
    assert rows[-1].errors == int((1 - right[~flagged]).sum())


def test_no_eligible_answer_gives_no_rows() -> None:
    assert confidence.risk_coverage(np.ones(3), np.ones(3, dtype=int), np.zeros(3, bool)) == ()


@given(st.lists(st.tuples(st.sampled_from([0.2, 0.5, 0.9]), st.booleans()), max_size=60))
def test_equal_confidences_are_never_split(pairs: list[tuple[float, bool]]) -> None:
    sure = np.array([p[0] for p in pairs])
    right = np.array([int(p[1]) for p in pairs], dtype=int)
    rows = confidence.risk_coverage(sure, right, np.ones(len(pairs), dtype=bool))
    for row in rows:
        assert row.n == int((sure >= row.threshold).sum())
        assert row.error == pytest.approx(float(1 - right[sure >= row.threshold].mean()))
