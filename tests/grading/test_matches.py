"""Each answer is compared with all before it, of other people, through versions and courses."""

from __future__ import annotations

from dataclasses import replace

import pytest

from grading import matches
from grading.models import Fingerprint, Match, Response, RoutingDecision
from grading.routing import PEOPLE_LOOK_AT, SIMILAR
from lti_tool.models import Person
from tests.world import LEARNER, REVIEWER, World, course_of, signed_in, world

CODE = """
def double(x):
    total = 0
    steps = []
    for number in range(abs(x)):
        steps.append(number)
        total = total + 2
    if x < 0:
        total = -total
    while len(steps) > 3:
        steps.pop()
    return total
"""
COPY = CODE.replace("total", "result").replace("steps", "kept").replace("number", "n")
OTHER = "def double(x):\n    return sum([x, x]) if isinstance(x, (int, float)) else x + x\n"
ESSAY = (
    "The cache is emptied whenever a key changes, because a stale answer costs more than a slow"
    " one. It would be cheaper to keep old entries for a minute, but nobody could explain them."
    " So we chose what can be explained, and pay for it with a little time."
)


def response_of(here: World, person: Person, code: str) -> Response:
    found: Response = Response.objects.get(submission__person=person, item__code=code)
    return found


def test_a_renamed_copy_is_found_and_a_person_looks(here: World) -> None:
    here.routed(here.ada, double=CODE)
    here.routed(here.ben, double=COPY)
    match = Match.objects.get(response__item__code="double")
    assert match.response.submission.person == here.ben
    assert match.earlier.submission.person == here.ada
    assert match.share == pytest.approx(1.0)
    assert match.flagged
    decision = RoutingDecision.objects.get(response=match.response)
    assert decision.lane == "review"
    assert PEOPLE_LOOK_AT[SIMILAR] in decision.reasons
    assert RoutingDecision.objects.get(response=match.earlier).lane == "auto"


def test_two_independent_answers_do_not_match(here: World) -> None:
    here.routed(here.ada, double=CODE)
    here.routed(here.ben, double=OTHER)
    assert not Match.objects.exists()


def test_a_short_answer_is_like_others_by_nature(here: World) -> None:
    here.routed(here.ada)
    here.routed(here.ben)
    assert not Match.objects.exists()
    assert not Fingerprint.objects.exists()


def test_texts_are_compared_too(here: World) -> None:
    here.routed(here.ada, why=ESSAY)
    here.routed(here.ben, why=ESSAY.replace("So we chose", "We preferred"))
    match = Match.objects.get(response__item__code="why")
    assert match.flagged


def test_ones_own_earlier_attempt_is_no_match(here: World) -> None:
    here.routed(here.ada, double=CODE, why="")
    here.routed(here.ada, double=COPY, why="")
    assert not Match.objects.exists()


def test_looking_again_changes_nothing(here: World) -> None:
    here.routed(here.ada, double=CODE)
    here.routed(here.ben, double=COPY)
    before = list(Match.objects.values())
    matches.look(response_of(here, here.ben, "double"))
    matches.look(response_of(here, here.ada, "double"))
    assert list(Match.objects.values("response", "earlier", "share")) == [
        {"response": b["response_id"], "earlier": b["earlier_id"], "share": b["share"]}
        for b in before
    ]


def test_whoever_is_compared_first_the_later_one_matches(here: World) -> None:
    """Two are handed in at once, and the pipeline takes the later one first."""
    first = here.handed_in(here.ada, double=CODE)
    second = here.handed_in(here.ben, double=COPY)
    matches.look(second.responses.get(item__code="double"))
    matches.look(first.responses.get(item__code="double"))
    assert Match.objects.get().response.submission == second


def test_what_a_class_writes_alike_counts_for_nothing(here: World) -> None:
    for number in range(12):
        here.routed(here.join(f"learner-{number}", LEARNER), double=CODE)
    assert Match.objects.filter(response__submission__person__sub="learner-11").count() == 0


def test_another_tenant_is_never_compared_with(here: World) -> None:
    other = world("elsewhere", "their-lms")
    here.routed(here.ada, double=CODE)
    other.routed(other.ada, double=COPY)
    assert not Match.objects.exists()


def test_an_erased_answer_matches_nobody(here: World) -> None:
    from grading import erasure

    here.routed(here.ada, double=CODE, why="Because.")
    erasure.erase(here.ada, here.ada)
    here.routed(here.ben, double=COPY)
    assert not Match.objects.exists()


@pytest.fixture
def pair(here: World) -> tuple[Response, Response]:
    here.routed(here.ada, double=CODE)
    here.routed(here.ben, double=COPY)
    return response_of(here, here.ben, "double"), response_of(here, here.ada, "double")


def test_a_reviewer_sees_both_side_by_side(here: World, pair: tuple[Response, Response]) -> None:
    later, earlier = pair
    client = signed_in(here.sofia)
    page = client.get(f"/review/response/{later.pk}/").content.decode()
    address = f"/review/response/{later.pk}/similar/{earlier.pk}/"
    assert address in page
    shown = client.get(address).content.decode()
    assert "100% of the earlier one stands in the later one" in shown
    assert 'id="here-1"' in shown
    assert 'id="there-1"' in shown
    assert "steps.append" in shown
    assert "kept.append" in shown


def test_an_answer_of_another_course_is_not_shown(
    here: World, pair: tuple[Response, Response]
) -> None:
    later, earlier = pair
    spring = course_of(here.course.deployment.registration, "Spring")
    link = earlier.submission.placement.resource_link
    link.context = spring
    link.save()
    place = later.submission.placement
    assert place == earlier.submission.placement
    only_spring = replace(here).join("sven", REVIEWER, spring)
    client = signed_in(only_spring)
    assert client.get(f"/review/response/{later.pk}/similar/{earlier.pk}/").status_code == 200
    assert (
        signed_in(here.sofia).get(f"/review/response/{later.pk}/similar/{earlier.pk}/").status_code
        == 404
    )


def test_what_is_no_match_is_not_compared(here: World, pair: tuple[Response, Response]) -> None:
    later, _earlier = pair
    stranger = response_of(here, here.ada, "why")
    page = f"/review/response/{later.pk}/similar/{stranger.pk}/"
    assert signed_in(here.sofia).get(page).status_code == 404
