from __future__ import annotations

import pytest
from django.urls import reverse

from grading import pipeline
from grading.models import Annotation, Response
from review.models import Note
from tests.review.test_marking import with_proposals
from tests.world import REVIEWER, World, join, marked, released, signed_in

pytestmark = pytest.mark.django_db

TEXT = "The cache keeps it.\nSo it is faster.\n"


def annotate(here: World, response: Response, **sent: str) -> None:
    signed_in(here.sofia).post(reverse("review:annotate", args=[response.pk]), sent)


def words(response: Response) -> list[str]:
    return [response.text[each.start : each.end] for each in response.annotations.all()]


def test_a_remark_is_on_words_or_on_lines(here: World) -> None:
    response = here.waiting(why=TEXT)
    annotate(here, response, text="Which one?", start="4", end="9")
    annotate(here, response, text="Why?", line="2")
    annotate(here, response, text="All of it.", line="1", to="2")
    assert words(response) == ["The cache keeps it.\nSo it is faster.", "cache", "So it is faster."]


NONSENSE = [
    {"text": "x", "start": "9", "end": "4"},
    {"text": "x", "start": "-1", "end": "x"},
    {"text": "x", "start": "99999", "end": "999999"},
    {"text": "x", "line": "77"},
    {"text": "x", "line": "0"},
    {"text": "  ", "line": "1"},
    {"text": "x"},
]


@pytest.mark.parametrize("sent", NONSENSE)
def test_a_remark_on_nothing_is_not_kept(here: World, sent: dict[str, str]) -> None:
    response = here.waiting(why=TEXT)
    annotate(here, response, **sent)
    assert not Annotation.objects.exists()


def test_the_learner_reads_it_when_the_response_is_settled(here: World) -> None:
    response = here.waiting(why=TEXT)
    annotate(here, response, text="Which **one**?", start="4", end="9")
    result = reverse("grading:result", args=[response.submission_id])
    assert "Which" not in signed_in(here.ada).get(result).content.decode()
    marked(response, here.sofia)
    assert Annotation.objects.get().settled_at is not None
    pipeline.advance(str(response.submission_id))
    text = signed_in(here.ada).get(result).content.decode()
    assert "Which <strong>one</strong>?" in text
    assert '<mark class="evidence evidence--remark"' in text


def test_a_settled_remark_stays_and_nobody_removes_anothers(here: World) -> None:
    response = here.waiting(why=TEXT)
    annotate(here, response, text="Mine", line="1")
    remark = Annotation.objects.get()
    kofi = signed_in(join(here.course, "kofi", REVIEWER))
    kofi.post(reverse("review:annotate", args=[response.pk]), {"remove": str(remark.pk)})
    assert Annotation.objects.exists()
    marked(response, here.sofia)
    annotate(here, response, remove=str(remark.pk))
    assert Annotation.objects.exists()


def test_an_own_remark_is_removed_before_that(here: World) -> None:
    response = here.waiting(why=TEXT)
    annotate(here, response, text="Mine", line="1")
    annotate(here, response, remove=str(Annotation.objects.get().pk))
    assert not Annotation.objects.exists()


def test_another_reviewer_does_not_see_it_before_it_is_settled(here: World) -> None:
    here.under(second_share=1.0)
    response = here.waiting(why=TEXT)
    kofi = join(here.course, "kofi", REVIEWER)
    annotate(here, response, text="Only half of it", line="1")
    marked(response, here.sofia)
    page = reverse("review:response", args=[response.pk])
    assert "Only half of it" not in signed_in(kofi).get(page).content.decode()


def test_lines_of_code_are_marked(here: World) -> None:
    response = here.waiting()
    double = response.submission.responses.get(item__code="double")
    Annotation.objects.create(
        response=double, reviewer=here.sofia, start=0, end=5, text="A good name"
    )
    page = signed_in(here.sofia).get(reverse("review:response", args=[double.pk]))
    text = page.content.decode()
    assert "hll" in text
    assert "A good name" in text


def test_notes_are_for_reviewers_alone(here: World) -> None:
    response = released(here)
    address = reverse("review:note", args=[response.pk])
    signed_in(here.sofia).post(address, {"note": "Ask <b>Kofi</b> about this one."})
    signed_in(here.sofia).post(address, {"note": "  "})
    assert Note.objects.count() == 1
    page = reverse("review:response", args=[response.pk])
    text = signed_in(here.tomas).get(page).content.decode()
    assert "Ask &lt;b&gt;Kofi&lt;/b&gt; about this one." in text
    result = reverse("grading:result", args=[response.submission_id])
    assert "Kofi" not in signed_in(here.ada).get(result).content.decode()


def test_a_comment_is_previewed_as_the_learner_will_see_it(here: World) -> None:
    response = with_proposals(here.waiting())
    level = response.item.rubric.criteria.get(code="clarity").levels.get(points=1)
    address = reverse("review:preview", args=[response.pk, "clarity"])
    sent = {"level-clarity": str(level.pk), "comment-clarity": "**{level}** <script>"}
    html = signed_in(here.sofia).post(address, sent).content.decode()
    assert "<strong>Clear</strong> &lt;script&gt;" in html
