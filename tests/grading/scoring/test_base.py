from __future__ import annotations

from decimal import Decimal
from importlib.metadata import EntryPoint

import pytest

from grading.scoring import base, deterministic
from grading.scoring.base import CriterionSpec, LevelSpec, ProposedMark, Registry

LEVELS = (LevelSpec(Decimal(0), "No"), LevelSpec(Decimal(1), "Yes"))


def _offering(value: str) -> Registry:
    entry = EntryPoint("theirs", value, base.ENTRY_POINT_GROUP)
    return Registry(lambda: {"theirs": entry})


@pytest.mark.parametrize("levels", [(), LEVELS[::-1], (LEVELS[0], LEVELS[0])])
def test_levels_must_ascend(levels: tuple[LevelSpec, ...]) -> None:
    with pytest.raises(ValueError, match="ascending"):
        CriterionSpec("c", "C", Decimal(1), levels)


@pytest.mark.parametrize("confidence", [-0.1, 1.1, float("nan")])
def test_a_confidence_outside_of_0_to_1_is_refused(confidence: float) -> None:
    with pytest.raises(ValueError, match="confidence"):
        ProposedMark("c", 0, confidence, "", (), "s", "1")


def test_no_proposal_without_a_flag_is_refused() -> None:
    with pytest.raises(ValueError, match="flag"):
        ProposedMark("c", None, 0.0, "", (), "s", "1")


def test_our_own_scorers_are_registered() -> None:
    assert {"checks", "choice", "numeric"} <= set(base.registry.names())


def test_a_name_is_taken_once() -> None:
    registry = Registry(dict)
    registry.add(deterministic.ChecksScorer())
    with pytest.raises(ValueError, match="already"):
        registry.add(deterministic.ChecksScorer())


@pytest.mark.parametrize("value", ["ChecksScorer", "CHECKS_SCORER"])
def test_a_package_offers_a_class_or_a_scorer(value: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(deterministic, "CHECKS_SCORER", deterministic.ChecksScorer(), raising=False)
    scorer = _offering(f"grading.scoring.deterministic:{value}").get("theirs")
    assert scorer.name == "checks"


@pytest.mark.parametrize(
    "value", ["no_such_module:thing", "grading.scoring.base:ENTRY_POINT_GROUP", "builtins:dict"]
)
def test_a_broken_package_stops_only_its_own_scorer(value: str) -> None:
    registry = _offering(value)
    registry.add(deterministic.ChecksScorer())
    with pytest.raises(base.ScorerUnavailable):
        registry.get("theirs")
    assert registry.get("checks").name == "checks"


def test_an_unknown_name_is_said() -> None:
    with pytest.raises(base.ScorerUnavailable, match="nobody"):
        Registry(dict).get("nobody")
