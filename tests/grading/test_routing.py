from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from grading.routing import PEOPLE_LOOK_AT, Lane, Proposal, RoutingPolicy, draw_for, route

AUTO = RoutingPolicy("auto", "medium", auto_threshold=0.8, extended_threshold=0.4, audit_share=0.1)
SURE = Proposal("Correctness", has_level=True, confidence=0.95, promised_from=0.7)
CERTAIN = Proposal("Answer", has_level=True, confidence=1.0, promised_from=0.0)


@pytest.mark.parametrize(
    ("proposals", "policy", "draw", "lane", "because"),
    [
        ([SURE], AUTO, 0.5, Lane.AUTO, "sure"),
        ([SURE], replace(AUTO, stakes="high"), 0.5, Lane.REVIEW, "High stakes"),
        ([CERTAIN], replace(AUTO, stakes="high"), 0.5, Lane.REVIEW, "High stakes"),
        ([SURE], replace(AUTO, mode="assist"), 0.5, Lane.REVIEW, "proposes"),
        ([SURE], replace(AUTO, mode="shadow"), 0.5, Lane.REVIEW, "only watches"),
        ([SURE], AUTO, 0.05, Lane.REVIEW, "random"),
        ([CERTAIN], AUTO, 0.05, Lane.AUTO, "sure"),
        ([SURE, replace(SURE, confidence=0.79)], AUTO, 0.5, Lane.REVIEW, "79% sure"),
        ([replace(SURE, confidence=0.39)], AUTO, 0.5, Lane.EXTENDED, "39% sure"),
        ([replace(SURE, promised_from=0.97)], AUTO, 0.5, Lane.REVIEW, "97% is needed"),
        ([replace(SURE, promised_from=None)], AUTO, 0.5, Lane.REVIEW, "No error bound"),
        ([replace(SURE, has_level=False)], AUTO, 0.5, Lane.REVIEW, "Not enough evidence"),
        ([], AUTO, 0.5, Lane.REVIEW, "no machine mark"),
    ],
)
def test_a_response_goes_where_the_policy_says(
    proposals: list[Proposal], policy: RoutingPolicy, draw: float, lane: Lane, because: str
) -> None:
    decision = route(proposals, policy, draw)
    assert decision.lane is lane
    assert because in " ".join(decision.reasons)


@pytest.mark.parametrize("flag", PEOPLE_LOOK_AT)
def test_a_flag_brings_a_person_however_sure_the_machine_is(flag: str) -> None:
    decision = route([replace(CERTAIN, flags=(flag,))], AUTO, 0.5)
    assert decision.lane is Lane.REVIEW
    assert PEOPLE_LOOK_AT[flag] in decision.reasons


proposals = st.builds(
    Proposal,
    criterion=st.text(min_size=1, max_size=5),
    has_level=st.booleans(),
    confidence=st.floats(0, 1),
    promised_from=st.none() | st.floats(0, 1),
    flags=st.lists(st.sampled_from([*PEOPLE_LOOK_AT, "unknown"]), max_size=2),
)
policies = st.builds(
    RoutingPolicy,
    mode=st.sampled_from(["shadow", "assist", "auto"]),
    stakes=st.sampled_from(["low", "medium", "high"]),
    auto_threshold=st.floats(0, 1),
    extended_threshold=st.floats(0, 1),
    audit_share=st.floats(0, 1),
)


@given(st.lists(proposals, max_size=4), policies, st.floats(0, 1, exclude_max=True))
def test_nothing_is_settled_automatically_without_every_condition(
    given_proposals: list[Proposal], policy: RoutingPolicy, draw: float
) -> None:
    decision = route(given_proposals, policy, draw)
    assert decision.reasons
    if decision.lane is Lane.AUTO:
        assert policy.mode == "auto"
        assert policy.stakes != "high"
        assert given_proposals
        for proposal in given_proposals:
            assert proposal.has_level
            assert proposal.promised_from is not None
            assert proposal.confidence >= max(policy.auto_threshold, proposal.promised_from)
            assert not set(proposal.flags) & set(PEOPLE_LOOK_AT)


@given(st.lists(proposals, min_size=1, max_size=4), policies, st.floats(0, 1, exclude_max=True))
def test_more_confidence_never_brings_a_person(
    given_proposals: list[Proposal], policy: RoutingPolicy, draw: float
) -> None:
    if route(given_proposals, policy, draw).lane is Lane.AUTO:
        surer = [replace(proposal, confidence=1.0) for proposal in given_proposals]
        assert route(surer, policy, draw).lane is Lane.AUTO


def test_the_draw_is_the_same_whenever_it_is_asked_for_and_spread_evenly() -> None:
    draws = [draw_for(f"response-{n}", "standard/1") for n in range(2000)]
    assert draws == [draw_for(f"response-{n}", "standard/1") for n in range(2000)]
    assert all(0 <= draw < 1 for draw in draws)
    assert 150 < sum(draw < 0.1 for draw in draws) < 250
