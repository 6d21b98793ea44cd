from __future__ import annotations

import pytest

from grading.models import Mark
from review import marking
from review.models import ReviewMark
from review.placeholders import filled
from tests.review.test_marking import form
from tests.world import World, decision_of

pytestmark = pytest.mark.django_db

SAID = {
    "{points} of {maximum}": "1 of 2",
    "{level}, next: {next}": "Partly, next: Fully",
    "{criterion}: well done": "Correctness: well done",
    "{unknown} and {": "{unknown} and {",
    "{{level}}": "{Partly}",
    "plain": "plain",
}


@pytest.mark.parametrize(("typed", "read"), SAID.items())
def test_placeholders_are_filled_in(here: World, typed: str, read: str) -> None:
    criterion = here.assessment.items.get(code="why").rubric.criteria.get(code="correctness")
    assert filled(typed, criterion.levels.get(points=1)) == read


def test_at_the_top_the_next_level_is_the_one_reached(here: World) -> None:
    criterion = here.assessment.items.get(code="why").rubric.criteria.get(code="correctness")
    assert filled("{next}", criterion.levels.get(points=2)) == "Fully"


def test_the_comment_is_kept_as_typed_and_read_filled_in(here: World) -> None:
    response = here.waiting()
    review = marking.open_review(here.sofia, decision_of(response))
    sent = form(response, 1, 1, correctness="{points} of {maximum}")
    marking.save(review, marking.choices_from(response, sent))
    assert ReviewMark.objects.get(criterion__code="correctness").comment == "{points} of {maximum}"
    assert Mark.objects.get(criterion__code="correctness", response=response).comment == "1 of 2"
