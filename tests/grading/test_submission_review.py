from __future__ import annotations

import uuid

import pytest
from django.test import Client
from django.urls import reverse

from lti_tool.models import Person, PersonName
from tests.world import LEARNER, REVIEWER, TEACHER, World, course_of, join, signed_in, world


@pytest.fixture(autouse=True)
def named(here: World) -> None:
    PersonName.objects.create(person=here.ada, name="Ada Okafor", email="")


def address(here: World, learner: Person) -> str:
    return reverse("grading:submission_review", args=[here.link.pk, learner.pk])


def led_to(client: Client, here: World, learner: Person) -> str:
    return str(client.get(address(here, learner)).headers["Location"])


def test_a_learner_is_led_to_their_own_result(here: World) -> None:
    submission = here.routed(why="")
    target = led_to(signed_in(here.ada), here, here.ada)
    assert target == reverse("grading:result", args=[submission.pk])


def test_a_learner_who_has_handed_in_nothing_is_told_so(here: World) -> None:
    for begun in (False, True):
        if begun:
            here.answered()
        text = signed_in(here.ada).get(address(here, here.ada)).content.decode()
        assert "You have not handed in anything yet" in text


def test_a_reviewer_is_led_to_the_response_that_waits(here: World) -> None:
    response = here.waiting()
    for person in (here.sofia, here.tomas):
        target = led_to(signed_in(person), here, here.ada)
        assert target == reverse("review:response", args=[response.pk])


def test_a_teacher_sees_the_result_with_its_reasons(here: World) -> None:
    submission = here.routed(why="")
    target = led_to(signed_in(here.tomas), here, here.ada)
    assert target == reverse("grading:learner_result", args=[submission.pk])
    text = signed_in(here.tomas).get(target).content.decode()
    for words in ("Ada Okafor", "20</b> / 30", "is on its way to your LMS", ">double<"):
        assert words in text
    assert "Your answer" not in text


def test_a_reviewer_sees_no_name(here: World) -> None:
    submission = here.routed(why="")
    page = reverse("grading:learner_result", args=[submission.pk])
    text = signed_in(here.sofia).get(page).content.decode()
    assert "Okafor" not in text
    assert here.ada.code in text


def test_nothing_of_the_machine_is_shown_before_the_marks_are_settled(here: World) -> None:
    submission = here.routed()
    page = reverse("grading:learner_result", args=[submission.pk])
    text = signed_in(here.sofia).get(page).content.decode()
    for words in ("doubles three", "choice--right", "Next level"):
        assert words not in text
    assert ">double<" in text


def test_what_is_still_being_worked_on_belongs_to_the_learner(here: World) -> None:
    submission = here.answered()
    client = signed_in(here.tomas)
    text = client.get(address(here, here.ada)).content.decode()
    assert "Ada Okafor has not handed in anything yet" in text
    page = reverse("grading:learner_result", args=[submission.pk])
    assert client.get(page).status_code == 404


def test_of_several_attempts_the_one_that_counts_is_shown_first(here: World) -> None:
    best = here.routed(why="")
    weaker = here.routed(why="", double="def double(x):\n    return 1\n")
    assert best.number < weaker.number
    target = led_to(signed_in(here.tomas), here, here.ada)
    assert str(best.pk) in target
    text = signed_in(here.tomas).get(target).content.decode()
    assert reverse("grading:learner_result", args=[weaker.pk]) in text


def test_nobody_else_learns_anything(here: World) -> None:
    here.routed(why="")
    elsewhere = world(tenant="other", name="other-lms")
    other_course = course_of(here.course.deployment.registration, "Spring")
    people = [here.ben, elsewhere.tomas, elsewhere.ada]
    people += [join(other_course, f"x{n}", roles) for n, roles in enumerate((TEACHER, REVIEWER))]
    for person in people:
        assert signed_in(person).get(address(here, here.ada)).status_code == 404


def test_a_learner_of_another_course_is_not_found(here: World) -> None:
    other = join(course_of(here.course.deployment.registration, "Spring"), "olga", LEARNER)
    stranger = world(tenant="other", name="other-lms").ada
    client = signed_in(here.tomas)
    for learner in (other.pk, stranger.pk, uuid.uuid4()):
        page = reverse("grading:submission_review", args=[here.link.pk, learner])
        assert client.get(page).status_code == 404


def test_who_has_left_is_still_found_by_what_they_handed_in(here: World) -> None:
    submission = here.routed(why="")
    here.ada.memberships.all().delete()
    assert str(submission.pk) in led_to(signed_in(here.tomas), here, here.ada)
    assert signed_in(here.ada).get(address(here, here.ada)).status_code == 404


def test_a_reviewer_is_never_led_to_their_own_response(here: World) -> None:
    here.waiting()
    here.ada.memberships.update(rights=["review"])
    target = led_to(signed_in(here.ada), here, here.ada)
    assert "review/response" not in target


def test_a_link_without_an_assessment_has_a_kind_page_too(here: World) -> None:
    here.placement.delete()
    answer = signed_in(here.tomas).get(address(here, here.ada))
    assert "has not handed in anything yet" in answer.content.decode()
