from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest
from django.urls import reverse

from grading.models import Response
from review import agreement, marking
from review.agreement import Agreement
from rubrics.publishing import new_draft, publish
from tests.grading.test_pages_in_browser import Answers, look_at, opened
from tests.review.test_marking import form, with_proposals
from tests.world import REVIEWER, World, decision_of, marked, signed_in


def compared(here: World, *pairs: tuple[int, int], revised: int | None = None) -> list[Response]:
    """Responses on whose clarity a person chose the first, the machine the second points."""
    found = []
    for number, (human, machine) in enumerate(pairs):
        response = with_proposals(here.waiting(here.join(f"l{number}", ["x"])), 2, machine)
        review = marking.open_review(here.sofia, decision_of(response))
        for points in (human, human if revised is None else revised):
            chosen = marking.choices_from(response, form(response, 1, points))
            review = marking.save(review, chosen, "I looked again.")
        assert review.settled_at is not None
        found.append(response)
    return found


def of(here: World, code: str, against: str = agreement.MACHINE) -> Agreement:
    [found] = [a for a in agreement.by_criterion(here.course) if a.criterion.code == code]
    [compared] = [each for each in found.found if each.against == against]
    return compared


def counts(found: Agreement) -> list[list[int]]:
    return [[cell.count for cell in cells] for _level, cells in found.table]


def test_each_criterion_is_counted_by_itself(here: World) -> None:
    compared(here, (1, 1), (1, 0), (0, 0))
    clarity = of(here, "clarity")
    assert clarity.pairs == 3
    assert clarity.exact == pytest.approx(2 / 3)
    assert counts(clarity) == [[1, 1], [1, 0]]  # rows from the highest level down
    correctness = of(here, "correctness")
    assert counts(correctness) == [[0, 0, 0], [0, 0, 3], [0, 0, 0]]
    assert (correctness.exact, correctness.adjacent) == (0, 1)


def test_what_was_chosen_before_the_machine_was_seen_counts(here: World) -> None:
    compared(here, (0, 1), revised=1)
    assert counts(of(here, "clarity")) == [[0, 0], [0, 1]]


def test_marks_made_beside_the_machines_do_not_count(here: World) -> None:
    here.under(blind=False)
    marked(with_proposals(here.waiting()), here.sofia, 2, 1)
    assert list(agreement.by_criterion(here.course)) == []


def test_a_share_is_blind_in_every_mode_so_that_agreement_is_measured(here: World) -> None:
    here.under(blind=False, mode="assist", audit_share=1.0)
    response = with_proposals(here.waiting())
    assert marking.open_review(here.sofia, decision_of(response)).blind
    marked(response, here.sofia, 2, 1)
    assert of(here, "clarity").pairs == 1


def test_two_people_are_compared_too(here: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(agreement, "FEWEST", 3)
    here.under(second_share=1.0, second_tolerance=2)
    kofi = here.join("kofi", REVIEWER)
    for number, (first, second) in enumerate([(1, 1), (0, 0), (1, 0)]):
        response = here.waiting(here.join(f"l{number}", ["x"]))
        marked(response, here.sofia, 1, first)
        marked(response, kofi, 1, second)
    clarity = of(here, "clarity", agreement.SECOND)
    assert clarity.pairs == 3
    assert clarity.exact == pytest.approx(2 / 3)
    assert counts(clarity) == [[1, 1], [1, 0]]
    [whole] = [a for a in agreement.by_criterion(here.course) if a.criterion.code == "clarity"]
    assert whole.answers == 3
    assert whole.alpha is not None
    assert whole.alpha.value < 1


def test_few_responses_have_no_coefficient(here: World) -> None:
    compared(here, (1, 1), (0, 0))
    assert of(here, "clarity").kappa is None


def test_coefficients_come_with_their_interval(
    here: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(agreement, "FEWEST", 3)
    compared(here, (1, 1), (0, 0), (1, 0))
    kappa = of(here, "clarity").kappa
    assert kappa is not None
    assert kappa.low <= kappa.value <= kappa.high


def test_a_figure_leads_to_its_responses(here: World) -> None:
    [_same, other] = compared(here, (1, 1), (1, 0))
    browser = signed_in(here.tomas)
    html = browser.get(reverse("review:agreement", args=[here.course.pk])).content.decode()
    levels = other.item.rubric.criteria.get(code="clarity").levels
    human, machine = levels.get(points=1).pk, levels.get(points=0).pk
    address = reverse("review:behind", args=[here.course.pk, agreement.MACHINE, human, machine])
    assert address in html
    html = browser.get(address).content.decode()
    assert reverse("review:response", args=[other.pk]) in html
    none = reverse("review:behind", args=[here.course.pk, agreement.MACHINE, machine, human])
    assert browser.get(none).status_code == 404


def test_reviewers_who_do_not_teach_find_no_way_there(here: World) -> None:
    queue = reverse("review:queue", args=[here.course.pk])
    address = reverse("review:agreement", args=[here.course.pk])
    assert address in signed_in(here.tomas).get(queue).content.decode()
    assert address not in signed_in(here.sofia).get(queue).content.decode()


@pytest.mark.browser
@pytest.mark.slow
def test_everybody_can_read_the_page(here: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(agreement, "FEWEST", 3)
    compared(here, (1, 1), (0, 0), (1, 0))
    answer: Any = signed_in(here.tomas).get(reverse("review:agreement", args=[here.course.pk]))
    with opened(Answers(answer), axe=True) as page:
        for width in (1280, 390):
            page.set_viewport_size({"width": width, "height": 900})
            look_at(page, "agreement")


def test_items_that_share_a_rubric_are_named_together(here: World) -> None:
    why = here.assessment.items.get(code="why")
    draft = new_draft(here.assessment)
    draft.items.create(
        code="how",
        kind="short_text",
        title="How",
        prompt="How?",
        rubric=why.rubric,
        points=Decimal(10),
        position=9,
    )
    publish(draft)
    here.assessment = draft
    submission = here.routed(why="Because.", how="So.")
    for response in submission.responses.filter(item__rubric=why.rubric):
        marked(with_proposals(response), here.sofia)
    titles = {each.item_title for each in agreement.by_criterion(here.course)}
    assert titles == {f"{why.title}, How"}
