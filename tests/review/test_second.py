from __future__ import annotations

from itertools import product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from audit.models import Entry
from grading.models import Mark, Response, RoutingDecision, Submission
from lti_tool.models import Membership, Person
from review import claims, marking, queue, second
from review.models import Review
from review.screen import screen_for
from tests.world import REVIEWER, World, decision_of, join, marked

pytestmark = pytest.mark.django_db


def twice(here: World, **rules: object) -> tuple[Response, Person]:
    """A response under a policy that has everything marked twice, and another reviewer."""
    here.under(second_share=1.0, **rules)
    return here.waiting(), join(here.course, "kofi", REVIEWER)


def points(response: Response) -> dict[str, int]:
    marks = Mark.objects.filter(response=response).select_related("criterion", "level")
    return {mark.criterion.code: int(mark.level.points) for mark in marks}


def test_a_second_reviewer_marks_what_the_policy_wants_marked_twice(here: World) -> None:
    response, kofi = twice(here)
    marked(response, here.sofia, 2, 1)
    step = decision_of(response)
    assert (step.lane, step.settled_at) == ("second", None)
    assert points(response) == {}
    response.submission.refresh_from_db()
    assert response.submission.state == Submission.State.ROUTED
    # Not the same person again, however they come to it.
    assert claims.claim_next(here.sofia, here.course) is None
    assert claims.open_to(here.sofia, response) is None
    assert claims.claim_next(kofi, here.course) == step


def test_the_second_reviewer_is_not_told_of_the_first(here: World) -> None:
    response, kofi = twice(here)
    marked(response, here.sofia, 2, 1)
    screen = screen_for(marking.open_review(kofi, decision_of(response)))
    assert not [row for panel in screen.panels for row in panel.levels if row.chosen]
    assert not [other for panel in screen.panels for other in panel.others]


def test_two_that_agree_settle_it_by_the_first_ones_marks(here: World) -> None:
    response, kofi = twice(here)
    marked(response, here.sofia, 2, 1)
    marked(response, kofi, 2, 1)
    assert points(response) == {"correctness": 2, "clarity": 1}
    assert {mark.reviewer for mark in response.marks.all()} == {here.sofia}
    response.submission.refresh_from_db()
    assert response.submission.state == Submission.State.SETTLED


def test_two_within_the_tolerance_are_not_averaged(here: World) -> None:
    response, kofi = twice(here, second_tolerance=1)
    marked(response, here.sofia, 2, 1)
    marked(response, kofi, 1, 0)
    assert points(response) == {"correctness": 2, "clarity": 1}


def test_a_third_person_decides_between_two_who_differ(here: World) -> None:
    response, kofi = twice(here)
    marked(response, here.sofia, 2, 1)
    marked(response, kofi, 0, 1)
    step = decision_of(response)
    assert step.lane == "adjudication"
    assert step.reasons == ["Two reviewers differ on “Correctness”."]
    assert points(response) == {}
    for person in (here.sofia, kofi):
        assert claims.open_to(person, response) is None
    screen = screen_for(marking.open_review(here.tomas, step))
    correctness, clarity = screen.panels
    assert [(o.who, int(o.level.points)) for o in correctness.others] == [
        ("first reviewer", 2),
        ("second reviewer", 0),
    ]
    # What both agree on is filled in, what they differ on is not.
    assert [[row.chosen for row in panel.levels] for panel in (correctness, clarity)] == [
        [False, False, False],
        [False, True],
    ]
    marked(response, here.tomas, 1, 1)
    assert points(response) == {"correctness": 1, "clarity": 1}
    assert {mark.reviewer for mark in response.marks.all()} == {here.tomas}
    sent_on = Entry.objects.filter(event="response.sent_on").order_by("sequence")
    assert [entry.detail["lane"] for entry in sent_on] == ["second", "adjudication"]
    assert [entry.detail["marks"]["correctness"] for entry in sent_on] == ["2.00", "0.00"]


def test_a_new_reviewer_is_marked_after_for_a_while(here: World) -> None:
    here.under(second_for_new=2)
    join(here.course, "kofi", REVIEWER)
    lanes = []
    for number in range(3):
        response = here.waiting(here.join(f"l{number}", ["x"]))
        marked(response, here.sofia)
        lanes.append(decision_of(response).lane)
    assert lanes == ["second", "second", "review"]


def test_nobody_is_waited_for_who_does_not_exist(here: World) -> None:
    here.under(second_share=1.0)
    response = here.waiting()
    Membership.objects.exclude(person=here.sofia).exclude(person=here.ada).delete()
    marked(response, here.sofia, 2, 1)
    assert points(response) == {"correctness": 2, "clarity": 1}


def test_the_manager_is_told_when_a_third_reviewer_is_missing(here: World) -> None:
    response, kofi = twice(here)
    Membership.objects.filter(person=here.tomas).update(rights=["teach"])
    marked(response, here.sofia, 2, 1)
    assert queue.stuck(here.course) == 0
    marked(response, kofi, 0, 1)
    assert queue.stuck(here.course) == 1


def test_both_reviews_are_kept(here: World) -> None:
    response, kofi = twice(here)
    marked(response, here.sofia, 2, 1)
    marked(response, kofi, 2, 1)
    assert Review.objects.filter(response=response, settled_at__isnull=False).count() == 2
    assert RoutingDecision.objects.filter(response=response).count() == 2


@pytest.mark.parametrize(("first", "other", "tolerance"), list(product(range(3), repeat=3)))
def test_how_far_apart_counts_in_levels(first: int, other: int, tolerance: int) -> None:
    levels = {7: [10, 20, 30]}
    found = second.too_far_apart({7: levels[7][first]}, {7: levels[7][other]}, levels, tolerance)
    assert bool(found) == (abs(first - other) > tolerance)


@given(st.uuids(), st.floats(0, 1))
def test_the_lot_is_the_same_whenever_it_is_drawn(response: object, share: float) -> None:
    once = second.drawn(str(response), "usual/1", share)
    assert second.drawn(str(response), "usual/1", share) == once
    assert not second.drawn(str(response), "usual/1", 0.0)
    assert second.drawn(str(response), "usual/1", 1.0)
