from __future__ import annotations

import pytest
from django.urls import reverse
from hypothesis import given
from hypothesis import strategies as st

from audit.models import Entry
from grading import pipeline
from grading.models import Grade, Mark, Response
from review import agreement, batches, claims, undo
from review.errors import NotPossible
from review.likeness import SAME, likeness, normal
from review.models import Review
from tests.world import REVIEWER, World, decision_of, join, marked, signed_in

pytestmark = pytest.mark.django_db

ONE = "The cache keeps what was computed, so the second call is faster."
NEARLY = "The cache keeps what was computed so that the second call is faster"
OTHER = "Trees are green and water is wet."


def open_ones(here: World, *texts: str) -> list[Response]:
    return [
        here.waiting(here.join(f"l{number}", ["x"]), why=text) for number, text in enumerate(texts)
    ]


def test_answers_alike_are_found_the_likest_first(here: World) -> None:
    first, same, near, _other = open_ones(here, ONE, f"  {ONE.upper()}!", NEARLY, OTHER)
    found = batches.alike(marked(first, here.sofia))
    assert [each.response for each in found] == [same, near]
    assert [each.same for each in found] == [True, False]


def test_the_decision_is_applied_to_each_with_its_own_record(here: World) -> None:
    first, same, near = open_ones(here, ONE, ONE, NEARLY)
    review = marked(first, here.sofia, 2, 0)
    batch = batches.apply(review, [decision_of(same).pk, decision_of(near).pk])
    for response in (same, near):
        marks = Mark.objects.filter(response=response).order_by("criterion__position")
        assert [int(mark.level.points) for mark in marks] == [2, 0]
        entries = Entry.objects.filter(
            chain_id=response.submission_id, event="response.settled", detail__batch=str(batch.pk)
        )
        assert entries.count() == 1
        pipeline.advance(str(response.submission_id))
    assert Grade.objects.count() == 2


def test_what_was_settled_leads_to_answers_alike_as_long_as_they_wait(here: World) -> None:
    first, same, near = open_ones(here, ONE, ONE, NEARLY)
    review = marked(first, here.sofia)
    count = reverse("review:alike_count", args=[review.pk])
    page = signed_in(here.sofia).get(reverse("review:response", args=[first.pk]))
    assert count in page.content.decode()
    assert "2 answers alike" in signed_in(here.sofia).get(count).content.decode()
    # Not on the page of somebody else, and not before it is settled.
    assert count not in signed_in(here.tomas).get(page.request["PATH_INFO"]).content.decode()
    for response in (same, near):
        marked(response, here.sofia)
    assert "alike" not in signed_in(here.sofia).get(count).content.decode()


def test_a_batch_is_undone_as_one_as_far_as_grades_have_not_left(here: World) -> None:
    first, same, near = open_ones(here, ONE, ONE, NEARLY)
    review = marked(first, here.sofia)
    batch = batches.apply(review, [decision_of(same).pk, decision_of(near).pk])
    pipeline.advance(str(near.submission_id))
    assert undo.take_back_batch(batch) == 1
    assert not Mark.objects.filter(response=same).exists()
    assert Mark.objects.filter(response=near).exists()
    assert Mark.objects.filter(response=first).exists()
    assert claims.claim_next(here.sofia, here.course) == decision_of(same)


def test_the_one_that_lies_open_before_the_reviewer_is_among_them(here: World) -> None:
    first, same = open_ones(here, ONE, ONE)
    review = marked(first, here.sofia, 2, 0)
    browser = signed_in(here.sofia)
    page = browser.post(reverse("review:next", args=[here.course.pk]))
    assert page.headers["Location"].endswith(f"{same.pk}/")
    browser.get(page.headers["Location"])
    browser.post(reverse("review:autosave", args=[same.pk]), {"comment-clarity": "half a"})
    batches.apply(review, [decision_of(same).pk])
    assert Mark.objects.filter(response=same).count() == 2


def test_what_a_colleague_has_on_the_screen_is_left_to_them(here: World) -> None:
    kofi = join(here.course, "kofi", REVIEWER)
    first, same = open_ones(here, ONE, ONE)
    review = marked(first, here.sofia)
    chosen = decision_of(same)
    assert claims.claim(kofi, chosen)
    assert batches.alike(review) == []
    with pytest.raises(NotPossible, match="None of these"):
        batches.apply(review, [chosen.pk])
    assert not Mark.objects.filter(response=same).exists()


def test_what_was_not_shown_as_alike_cannot_be_marked_so(here: World) -> None:
    first, other = open_ones(here, ONE, OTHER)
    review = marked(first, here.sofia)
    with pytest.raises(NotPossible):
        batches.apply(review, [decision_of(other).pk])


def test_marks_made_on_an_answer_alike_say_nothing_of_agreement(here: World) -> None:
    first, same = open_ones(here, ONE, ONE)
    for response in (first, same):
        for mark in response.machine_marks.all():
            mark.level = mark.criterion.levels.last()
            mark.save()
    review = marked(first, here.sofia)
    batches.apply(review, [decision_of(same).pk])
    pairs = {each.found[0].pairs for each in agreement.by_criterion(here.course)}
    assert pairs == {1}


def test_the_page_shows_what_would_be_done_and_does_it(here: World) -> None:
    first, same = open_ones(here, ONE, ONE)
    browser = signed_in(here.sofia)
    review = marked(first, here.sofia)
    queue = reverse("review:queue", args=[here.course.pk])
    count = reverse("review:alike_count", args=[review.pk])
    assert count in browser.get(f"{queue}?done={review.pk}").content.decode()
    assert "1 answer alike" in browser.get(count).content.decode()
    address = reverse("review:alike", args=[review.pk])
    shown = browser.get(address).content.decode()
    assert "the same words" in shown
    assert not Mark.objects.filter(response=same).exists()
    done = browser.post(address, {"decision": decision_of(same).pk}, follow=True)
    assert "1 answer is marked the same" in done.content.decode()
    batch = Review.objects.get(response=same).batch
    assert batch is not None
    undone = browser.post(reverse("review:undo_batch", args=[batch.pk]), follow=True)
    assert "1 answer is back in the queue" in undone.content.decode()
    assert not Mark.objects.filter(response=same).exists()


@given(st.text(max_size=60))
def test_an_answer_is_like_itself_whatever_its_spacing_and_case(text: str) -> None:
    form = normal(text, None)
    assert normal(f"  {text}\n", None) == form
    if form:
        assert likeness(form, [form]) == [SAME]


OTHERS = [
    ("x = 12", "x  =  13  # twelve", "python"),
    ("x > -5", "x < 5", None),
    ("A -> B", "A <- B", None),
    ("not so", "so", None),
    ("a" * 1600 + " yes", "a" * 1600 + " no", None),
    ("x", "X = 1", "python"),
]


@pytest.mark.parametrize(("one", "other", "language"), OTHERS)
def test_another_sign_or_number_is_another_answer(
    one: str, other: str, language: str | None
) -> None:
    assert likeness(normal(one, language), [normal(other, language)])[0] < SAME


def test_code_is_the_same_whatever_its_spacing_and_comments() -> None:
    one, other = normal("x = 12", "python"), normal("x  =  12  # twelve\n", "python")
    assert likeness(one, [other]) == [SAME]


def test_a_batch_whose_answer_was_a_source_itself_is_undone(here: World) -> None:
    first, second, third = open_ones(here, ONE, ONE, ONE)
    batch = batches.apply(marked(first, here.sofia), [decision_of(second).pk])
    source = Review.objects.get(response=second)
    batches.apply(source, [decision_of(third).pk])
    assert undo.take_back_batch(batch) == 1
    assert not Mark.objects.filter(response=second).exists()
    assert Mark.objects.filter(response=third).exists()


def test_an_answer_taken_back_from_a_batch_is_blind_again(here: World) -> None:
    first, second = open_ones(here, ONE, ONE)
    for mark in second.machine_marks.all():
        mark.level = mark.criterion.levels.last()
        mark.save()
    batch = batches.apply(marked(first, here.sofia), [decision_of(second).pk])
    undo.take_back(Review.objects.get(response=second))
    page = signed_in(here.sofia).get(reverse("review:response", args=[second.pk]))
    assert "level--machine" not in page.content.decode()
    marked(second, here.sofia, 0, 0)
    assert undo.take_back_batch(batch) == 0
    assert Mark.objects.filter(response=second).count() == 2


def test_what_measures_agreement_is_marked_one_by_one(here: World) -> None:
    here.under(audit_share=1.0)
    first, _second = open_ones(here, ONE, ONE)
    assert batches.alike(marked(first, here.sofia)) == []


@pytest.mark.parametrize("text", ["\n" * 90_000, " " * 90_000, "x" * 90_000, "a b " * 20_000])
@pytest.mark.timeout(20)
def test_an_answer_made_to_be_slow_is_compared_all_the_same(text: str) -> None:
    for language in ("java", "python", None):
        form = normal(text, language)
        assert len(likeness(form, [form] * 50)) == 50
