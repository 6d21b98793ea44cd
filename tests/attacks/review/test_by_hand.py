"""Addresses typed and forms sent by hand, by people to whom the queue gives nothing."""

from __future__ import annotations

from decimal import Decimal

import pytest
from django.urls import reverse

from grading import appeals, pipeline, regrading
from grading.models import Appeal, Grade, GradeChange, Mark, Response, Submission
from review import undo
from review.errors import NotPossible
from review.models import Conflict, Note, Review
from rubrics.models import Item
from rubrics.publishing import new_draft, publish
from tests.review.test_marking import form, with_proposals
from tests.world import REVIEWER, World, decision_of, join, marked, released, signed_in

pytestmark = pytest.mark.django_db


def sent(person: object, response: Response, correctness: int = 0, clarity: int = 0) -> int:
    """The status of a save whose form was typed by hand."""
    values = {
        **form(response, correctness, clarity, correctness="x", clarity="x"),
        "stage": "revealed",
        "reason": "x",
    }
    browser = signed_in(person)  # type: ignore[arg-type]
    autosave = reverse("review:autosave", args=[response.pk])
    assert browser.post(autosave, values).status_code == 409
    return browser.post(reverse("review:response", args=[response.pk]), values).status_code


def test_who_knows_the_author_settles_nothing(here: World) -> None:
    response = here.waiting()
    Conflict.objects.create(reviewer=here.sofia, learner=here.ada)
    assert sent(here.sofia, response) in (302, 409)
    assert not Mark.objects.filter(response=response).exists()
    assert not Review.objects.filter(reviewer=here.sofia).exists()
    for name, values in (("note", {"note": "x"}), ("annotate", {"text": "x", "line": "1"})):
        address = reverse(f"review:{name}", args=[response.pk])
        assert signed_in(here.sofia).post(address, values).status_code == 404
    assert not Note.objects.exists()


def test_nobody_is_their_own_second_reviewer_or_third(here: World) -> None:
    here.under(second_share=1.0)
    kofi = join(here.course, "kofi", REVIEWER)
    response = here.waiting()
    marked(response, here.sofia, 2, 1)
    assert sent(here.sofia, response) == 409 or not response.marks.exists()
    assert decision_of(response).lane == "second"
    marked(response, kofi, 0, 1)
    for person in (here.sofia, kofi):
        sent(person, response)
    assert decision_of(response).lane == "adjudication"
    assert not Mark.objects.filter(response=response).exists()


def test_nobody_answers_the_appeal_against_their_own_mark(here: World) -> None:
    response = released(here)
    appeals.ask(response, response.item.rubric.criteria.get(code="clarity"), "Please.")
    assert sent(here.sofia, response) == 409
    assert Appeal.objects.get().outcome == ""


def test_who_teaches_settles_nothing_where_it_is_double_blind(here: World) -> None:
    here.under(double_blind=True)
    response = here.waiting()
    sent(here.tomas, response)
    assert not Mark.objects.filter(response=response).exists()


def test_a_double_press_goes_on_as_one(here: World) -> None:
    response = here.waiting()
    browser = signed_in(here.sofia)
    values = form(response, 1, 1)
    address = reverse("review:response", args=[response.pk])
    assert [browser.post(address, values).status_code for _press in range(2)] == [302, 302]
    assert Review.objects.count() == 1


def test_a_learner_reads_no_mark_before_the_grade(here: World) -> None:
    response = here.waiting()
    rate = response.submission.responses.get(item__code="rate")
    code = rate.item.rubric.criteria.get().code
    address = reverse("grading:appeal", args=[response.submission_id, "rate", code])
    assert Mark.objects.filter(response=rate).exists()
    assert signed_in(here.ada).get(address).status_code == 404
    assert signed_in(here.ada).post(address, {"reason": "x"}).status_code == 404


def test_a_second_reviewer_reads_no_note_of_the_first(here: World) -> None:
    here.under(second_share=1.0)
    kofi = join(here.course, "kofi", REVIEWER)
    response = with_proposals(here.waiting())
    note = reverse("review:note", args=[response.pk])
    signed_in(here.sofia).post(note, {"note": "I gave it a 1."})
    marked(response, here.sofia, 1, 1)
    browser = signed_in(kofi)
    page = reverse("review:response", args=[response.pk])
    assert "gave it a 1" not in browser.get(page).content.decode()
    htmx = {"HX-Request": "true"}
    assert "gave it a 1" not in browser.post(note, {"note": "x"}, headers=htmx).content.decode()
    browser.post(page, {**form(response, 1, 1), "stage": "blind"})
    assert "gave it a 1" in browser.get(page).content.decode()


def corrected(here: World) -> None:
    """A version whose rubric has other words, so that people mark again."""
    draft = new_draft(here.assessment)
    item = draft.items.get(code="why")
    rubric = new_draft(item.rubric)
    rubric.criteria.get(code="clarity").levels.filter(title="Clear").update(descriptor="Short.")
    item.rubric = rubric
    item.save()
    publish(draft)
    here.assessment = draft
    regrade = regrading.begin(here.placement, here.tomas, "x")
    regrading.run(str(regrade.pk))
    regrading.publish(regrade, here.tomas)
    regrading.run(str(regrade.pk))


def test_a_mark_of_before_a_regrade_is_not_undone_after_it(here: World) -> None:
    response = released(here)
    review = response.reviews.get()
    corrected(here)
    assert Submission.objects.get().state == "routed"
    with pytest.raises(NotPossible, match="has left already"):
        undo.take_back(Review.objects.get(pk=review.pk))
    again = Response.objects.get(pk=response.pk)
    assert decision_of(again).settled_at is None
    marked(again, here.sofia)
    pipeline.advance(str(response.submission_id))
    assert Mark.objects.filter(response=response).count() == 2


def test_answers_alike_are_not_marked_by_an_old_rubric(here: World) -> None:
    response = released(here, why="The same.")
    review = response.reviews.get()
    corrected(here)
    here.waiting(here.ben, why="The same.")
    alike = reverse("review:alike", args=[review.pk])
    assert "None is open any more" in signed_in(here.sofia).get(alike).content.decode()


def test_an_appeal_that_was_answered_is_not_overwritten(here: World) -> None:
    response = released(here, rate="13 ms")
    rate = response.submission.responses.get(item__code="rate")
    draft = new_draft(here.assessment)
    Item.objects.filter(assessment=draft, code="rate").update(numeric_tolerance=Decimal(1))
    publish(draft)
    regrade = regrading.begin(here.placement, here.tomas, "x")
    regrading.run(str(regrade.pk))
    criterion = rate.item.rubric.criteria.get()
    appeals.ask(rate, criterion, "Please.")
    levels = {f"level-{criterion.code}": str(criterion.levels.first().pk)}  # type: ignore[union-attr]
    values = {**levels, f"comment-{criterion.code}": "It stays.", "stage": "revealed"}
    address = reverse("review:response", args=[rate.pk])
    signed_in(here.sofia).get(address)
    assert signed_in(here.sofia).post(address, values).status_code == 302
    regrading.publish(regrade, here.tomas)
    regrading.run(str(regrade.pk))
    assert Mark.objects.get(response=rate).comment == "It stays."
    assert not GradeChange.objects.exists()
    assert Grade.objects.count() == 1


@pytest.mark.parametrize("token", ["\x00", "x" * 5000, "٣", "'; --"])
@pytest.mark.parametrize("revision", ["", "-1", "9" * 30, "\x00", "1e9"])
def test_a_page_that_says_nonsense_of_itself_breaks_nothing(
    here: World, token: str, revision: str
) -> None:
    response = here.waiting()
    browser = signed_in(here.sofia)
    sent = {**form(response, 1, 1), "page": token, "revision": revision}
    autosave = reverse("review:autosave", args=[response.pk])
    assert browser.post(autosave, sent).status_code == 200
    assert browser.post(reverse("review:response", args=[response.pk]), sent).status_code == 302
