from __future__ import annotations

from django.urls import reverse

from grading.linediff import DiffLine, changes
from grading.models import Response, Submission
from review.attempts import attempt_before
from tests.world import World, signed_in


def again(here: World, first: str, second: str) -> Response:
    here.routed(why=first)
    Submission.objects.update(state=Submission.State.RELEASED)
    return here.waiting(why=second)


def test_a_reviewer_sees_what_changed_since_the_attempt_before(here: World) -> None:
    response = again(here, "One.\nTwo.\nThree.", "One.\n2.\nThree.\n<b>Four.")
    found = attempt_before(response)
    assert found is not None
    assert found.number == 1
    assert [f"{line.sign}{line.text}" for line in found.lines] == [
        *("One.", "-Two.", "+2.", "Three.", "+<b>Four.")
    ]
    page = reverse("review:response", args=[response.pk])
    html = signed_in(here.sofia).get(page).content.decode()
    assert "What changed since attempt 1" in html
    assert "&lt;b&gt;Four." in html


def test_the_same_text_again_is_told(here: World) -> None:
    response = again(here, "One.", "One.")
    found = attempt_before(response)
    assert found is not None
    assert found.lines == []
    page = reverse("review:response", args=[response.pk])
    assert "it is the same text" in signed_in(here.sofia).get(page).content.decode()


def test_a_first_attempt_has_none_before_it_nor_has_another_learner(here: World) -> None:
    here.waiting(here.ben, why="Something.")
    assert attempt_before(here.waiting(why="Something else.")) is None


def test_long_stretches_that_are_the_same_are_left_out() -> None:
    before = [str(number) for number in range(100)]
    now = [*before[:50], "new", *before[50:]]
    shown = list(changes(before, now))
    assert shown[0] == DiffLine("", "…")
    assert DiffLine("+", "new") in shown
    assert len(shown) == 1 + 3 + 1 + 3
