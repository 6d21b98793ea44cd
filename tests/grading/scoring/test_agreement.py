"""Against published worked examples; the tables are retyped from the sources named."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from grading.scoring import agreement


def _series(table: list[list[int]]) -> tuple[list[int], list[int]]:
    cells = [(i, j) for i, row in enumerate(table) for j, n in enumerate(row) for _ in range(n)]
    return [i for i, _ in cells], [j for _, j in cells]


def test_kappa_of_two_readers_of_fifty_proposals() -> None:
    # Wikipedia, "Cohen's kappa", simple example: kappa = 0.4.
    assert agreement.cohen_kappa(*_series([[20, 5], [10, 15]])) == pytest.approx(0.4)


def test_kappa_of_two_raters_with_three_diagnoses() -> None:
    # Fleiss, Levin and Paik 2003, chapter 18, diagnoses by two raters: kappa 0.68.
    assert agreement.cohen_kappa(*_series([[75, 1, 4], [5, 4, 1], [0, 0, 10]])) == pytest.approx(
        0.68, abs=0.005
    )


def test_quadratic_weights_by_hand() -> None:
    # Three levels, marginals (2,1,1) and (2,1,1) of 4: observed Σ(i-j)² = 2, expected
    # Σ r_i c_j (i-j)² / 4 = (2·1·1+2·1·4+1·2·1+1·1·1+1·2·4+1·1·1)/4 = 22/4; 1 - 2/5.5.
    first, second = [0, 0, 1, 2], [0, 0, 2, 1]
    assert agreement.quadratic_weighted_kappa(first, second) == pytest.approx(1 - 2 / 5.5)


def test_levels_that_nobody_gave_keep_their_distance() -> None:
    assert agreement.quadratic_weighted_kappa([0, 3, 3, 0], [0, 3, 0, 0]) == pytest.approx(0.5)


@pytest.mark.parametrize(("second", "kappa"), [([1, 1, 1], 1.0), ([2, 2, 2], 0.0)])
def test_constant_marks_do_not_divide_by_zero(second: list[int], kappa: float) -> None:
    assert agreement.quadratic_weighted_kappa([1, 1, 1], second) == kappa


def test_the_upper_bound_of_no_errors_is_the_rule_of_three() -> None:
    # With 0 of n the bound is 1 - 0.05^(1/n); Hanley and Lippman-Hand 1983: about 3/n.
    assert agreement.error_upper_bound(0, 100) == pytest.approx(1 - 0.05**0.01)
    assert agreement.error_upper_bound(0, 100) == pytest.approx(0.03, abs=0.001)


def test_clopper_pearson_limits_of_four_in_twenty() -> None:
    # Tables of exact binomial limits: 4 of 20, two-sided 90 %: 0.0714 and 0.4010.
    assert agreement.error_lower_bound(4, 20) == pytest.approx(0.0714, abs=1e-4)
    assert agreement.error_upper_bound(4, 20) == pytest.approx(0.4010, abs=1e-4)


@pytest.mark.parametrize(("errors", "bound"), [(0, 1.0), (5, 1.0)])
def test_nothing_right_promises_nothing(errors: int, bound: float) -> None:
    assert agreement.error_upper_bound(errors, errors) == bound


def test_calibration_error_and_brier_by_hand() -> None:
    confidence, right = [0.9, 0.9, 0.6, 0.6], [1, 0, 1, 1]
    assert agreement.expected_calibration_error(confidence, right) == pytest.approx(0.4)
    assert agreement.brier_score(confidence, right) == pytest.approx((0.01 + 0.81 + 0.32) / 4)


def test_a_confidence_of_one_has_a_bin() -> None:
    assert agreement.reliability([1.0], [1])[0].n == 1


def test_the_mean_difference_is_in_standard_deviations() -> None:
    assert agreement.standardised_mean_difference([0, 2], [1, 3]) == pytest.approx(1.0)


MARKS = st.lists(st.tuples(st.integers(0, 5), st.integers(0, 5)), min_size=1, max_size=30)


@given(MARKS)
def test_agreement_is_symmetric_and_bounded(pairs: list[tuple[int, int]]) -> None:
    first, second = zip(*pairs, strict=True)
    kappa = agreement.quadratic_weighted_kappa(first, second)
    assert -1.0 - 1e-9 <= kappa <= 1.0 + 1e-9
    assert kappa == pytest.approx(agreement.quadratic_weighted_kappa(second, first))
    assert agreement.exact_agreement(first, second) <= agreement.adjacent_agreement(first, second)


@given(MARKS)
def test_quadratic_kappa_is_the_concordance_of_both_series(pairs: list[tuple[int, int]]) -> None:
    """Fleiss and Cohen 1973 show the identity with the intraclass correlation; in Lin's (1989)
    form: 2·cov ÷ (var + var + squared difference of means), with population moments.
    """
    a, b = (np.array(series, dtype=float) for series in zip(*pairs, strict=True))
    below = a.var() + b.var() + (a.mean() - b.mean()) ** 2
    if len(set(a)) > 1 or len(set(b)) > 1:
        concordance = 2 * ((a - a.mean()) * (b - b.mean())).mean() / below
        kappa = agreement.quadratic_weighted_kappa(a.astype(int), b.astype(int))
        assert kappa == pytest.approx(concordance, abs=1e-9)


def test_series_of_different_length_are_refused() -> None:
    with pytest.raises(ValueError, match="same length"):
        agreement.exact_agreement([1, 2], [1])


TABLES = st.lists(st.lists(st.integers(0, 9), min_size=4, max_size=4), min_size=4, max_size=4)


@given(TABLES.filter(lambda table: any(map(any, table))))
def test_kappa_of_a_table_is_that_of_the_two_series(table: list[list[int]]) -> None:
    counts = np.array(table)
    first, second = _series(table)
    plain = agreement.kappa_of(counts, quadratic=False)
    weighted = agreement.kappa_of(counts, quadratic=True)
    assert plain.value == pytest.approx(agreement.cohen_kappa(first, second))
    assert weighted.value == pytest.approx(agreement.quadratic_weighted_kappa(first, second))


def test_the_interval_of_kappa_is_near_the_asymptotic_one() -> None:
    # Fleiss, Levin and Paik 2003, chapter 18: the two raters above; standard error 0.087.
    found = agreement.kappa_of(np.array([[75, 1, 4], [5, 4, 1], [0, 0, 10]]), quadratic=False)
    assert found.low == pytest.approx(0.676 - 1.96 * 0.087, abs=0.04)
    assert found.high == pytest.approx(0.676 + 1.96 * 0.087, abs=0.04)


def test_an_interval_gets_narrower_with_more_pairs() -> None:
    small = agreement.kappa_of(np.array([[8, 2], [3, 7]]), quadratic=False)
    large = agreement.kappa_of(np.array([[80, 20], [30, 70]]), quadratic=False)
    assert small.value == pytest.approx(large.value)
    assert large.high - large.low < (small.high - small.low) / 2


def test_a_table_that_counts_nothing_is_refused() -> None:
    for table in ([[0, 0], [0, 0]], [[1, 2]]):
        with pytest.raises(ValueError, match="square table"):
            agreement.kappa_of(np.array(table), quadratic=False)


def test_confusion_counts_pairs() -> None:
    assert agreement.confusion([0, 1, 1], [1, 1, 1], 3).tolist() == [
        *([0, 1, 0], [0, 2, 0], [0, 0, 0])
    ]


# Krippendorff (2011), "Computing Krippendorff's Alpha-Reliability": four observers, twelve units,
# values 1 to 5, None where an observer gave none; alpha for ordinal data is .815.
OBSERVERS = (
    (1, 2, 3, 3, 2, 1, 4, 1, 2, None, None, None),
    (1, 2, 3, 3, 2, 2, 4, 1, 2, 5, None, 3),
    (None, 3, 3, 3, 2, 3, 4, 2, 2, 5, 1, None),
    (1, 2, 3, 3, 2, 4, 4, 1, 2, 5, 1, None),
)


def test_alpha_is_that_of_the_published_example() -> None:
    counts = np.zeros((12, 5), dtype=int)
    for observer in OBSERVERS:
        for unit, value in enumerate(observer):
            if value is not None:
                counts[unit, value - 1] += 1
    alpha = agreement.krippendorff_alpha(counts)
    assert alpha is not None
    assert alpha.value == pytest.approx(0.815, abs=0.001)
    assert alpha.low <= alpha.value <= alpha.high


def test_alpha_needs_an_answer_with_two_markers() -> None:
    assert agreement.krippendorff_alpha(np.eye(3, dtype=int)) is None


def test_alpha_of_marks_that_are_all_alike_is_one() -> None:
    alpha = agreement.krippendorff_alpha(np.array([[0, 2], [0, 3]]))
    assert alpha is not None
    assert alpha.value == 1
