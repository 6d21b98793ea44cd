from __future__ import annotations

import re
from html import unescape

import pytest
from django.urls import reverse
from hypothesis import given
from hypothesis import strategies as st

from grading import appeals, decisions, pipeline
from grading.models import Annotation, MachineMark, Response
from grading.templatetags.answers import evidence
from review import calibration
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
    assert '<mark class="remarked">cache</mark><sup><a href="#remark-' in text


def pieces(text: str, marks: list[tuple[int, int]], remarks: list[tuple[int, int]]) -> str:
    """What is marked, without what stands around the words: [machine's], (a person's)n."""
    found = [MachineMark(evidence=[[start, end, "why"] for start, end in marks])]
    said = [Annotation(start=start, end=end, text="said") for start, end in remarks]
    html = str(evidence(text, found, said, "remark"))
    html = re.sub(r'<sup><a href="#remark-(\d)">.*?</a></sup>', r"\1", html)
    for kinds, before, after in (
        ("evidence remarked", "[(", ")]"),
        ("evidence", "[", "]"),
        ("remarked", "(", ")"),
    ):
        html = re.sub(f'<mark class="{kinds}"[^>]*>(.*?)</mark>', rf"{before}\1{after}", html)
    return html


@pytest.mark.parametrize(
    ("marks", "remarks", "shown"),
    [
        ([], [], "abcdef"),
        ([(0, 2)], [(3, 5)], "[ab]c(de)1f"),
        ([(0, 4)], [(2, 6)], "[ab][(cd)](ef)1"),
        ([(0, 6)], [(2, 4)], "[ab][(cd)]1[ef]"),
        ([], [(0, 4), (2, 6)], "(ab)(cd)1(ef)2"),
        ([], [(1, 3), (1, 3)], "a(bc)12def"),
        ([(4, 99), (3, 3), (-1, 2)], [], "abcdef"),
    ],
)
def test_remarks_and_evidence_may_overlap_and_both_are_seen(
    marks: list[tuple[int, int]], remarks: list[tuple[int, int]], shown: str
) -> None:
    assert pieces("abcdef", marks, remarks) == shown


@given(
    st.text(max_size=30),
    st.lists(st.tuples(st.integers(0, 30), st.integers(0, 30))),
    st.lists(st.tuples(st.integers(0, 30), st.integers(0, 30))),
)
def test_no_mark_adds_or_loses_a_sign(
    text: str, marks: list[tuple[int, int]], remarks: list[tuple[int, int]]
) -> None:
    said = [Annotation(start=a, end=b, text="") for a, b in remarks if a < b <= len(text)]
    html = evidence(text, [MachineMark(evidence=[[a, b, ""] for a, b in marks])], said, "remark")
    plain = re.sub(r"<sup>.*?</sup>|<[^>]*>", "", html)
    assert unescape(plain) == text
    assert html.count("<sup>") == len(said)


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
    line = next(line for line in text.split("\n") if 'id="line-1"' in line)
    assert "hll" in line
    assert line.endswith('<sup><a href="#remark-1">' + SAID + "</a></sup>")
    assert 'id="remark-1"' in text


SAID = '<span class="sr-only">remark 1</span><span aria-hidden="true">1</span>'


def test_the_text_is_marked_as_soon_as_the_remark_is_kept(here: World) -> None:
    response = with_proposals(here.waiting(why=TEXT))
    browser = signed_in(here.sofia)
    browser.get(reverse("review:response", args=[response.pk]))
    sent = {"text": "Which one?", "start": "4", "end": "9"}
    address = reverse("review:annotate", args=[response.pk])
    html = browser.post(address, sent, headers={"HX-Request": "true"}).content.decode()
    assert 'id="answer" data-annotates hx-swap-oob="true"' in html
    assert '<mark class="remarked">cache</mark>' in html
    assert 'class="evidence' not in html  # a blind review is blind here too
    sent = {"remove": str(Annotation.objects.get().pk)}
    html = browser.post(address, sent, headers={"HX-Request": "true"}).content.decode()
    assert "remarked" not in html


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
    sent = {"comment-clarity": "{level} {levle} {levle}"}
    html = signed_in(here.sofia).post(address, sent).content.decode()
    assert "{levle} is nothing that is filled in" in html
    assert "once a level is chosen" in html


def test_many_remarks_over_each_other_do_not_make_the_page_grow_with_their_square() -> None:
    text, long = "x" * 300, "'" * 2000
    said = [Annotation(start=n, end=299 - n, text=long) for n in range(100)]
    assert len(evidence(text, [], said, "remark")) < 60_000
    found = [MachineMark(evidence=[[n, 299 - n, long] for n in range(100)])]
    assert len(evidence(text, found, [], "remark")) < 400_000


def test_lines_with_old_line_ends_are_counted_as_they_are_shown(here: World) -> None:
    code = "def double(x):\r    y = x\r    return 2 * y\r"
    response = here.waiting(double=code).submission.responses.get(item__code="double")
    annotate(here, response, text="Here", line="3")
    page = signed_in(here.sofia).get(reverse("review:response", args=[response.pk]))
    line = next(each for each in page.content.decode().split("\n") if 'id="line-3"' in each)
    assert line.endswith(f'<sup><a href="#remark-1">{SAID}</a></sup>')


def test_who_answers_an_appeal_reads_the_remarks_that_the_learner_got(here: World) -> None:
    response = here.waiting(why=TEXT)
    annotate(here, response, text="Only half of it", line="1")
    marked(response, here.sofia)
    pipeline.advance(str(response.submission_id))
    appeals.ask(response, response.item.rubric.criteria.get(code="clarity"), "Please look again.")
    address = reverse("review:response", args=[response.pk])
    page = signed_in(here.tomas).get(address).content.decode()
    assert "Only half of it" in page
    assert "from another reviewer" in page
    remark = Annotation.objects.get()
    assert f'value="{remark.pk}"' not in page  # it is nobody's to remove any more


def test_who_marks_gold_does_not_read_the_remarks_on_it(here: World) -> None:
    response = here.waiting(why=TEXT)
    annotate(here, response, text="Only half of it", line="1")
    marked(response, here.sofia)
    pipeline.advance(str(response.submission_id))
    calibration.choose(response, here.tomas, "")
    kofi = join(here.course, "kofi", REVIEWER)
    decisions.send(response, "calibration", [], reserved_for=kofi)
    address = reverse("review:response", args=[response.pk])
    browser = signed_in(kofi)
    assert "Only half of it" not in browser.get(address).content.decode()
    sent = {"text": "Mine", "line": "2"}
    annotate_as = reverse("review:annotate", args=[response.pk])
    html = browser.post(annotate_as, sent, headers={"HX-Request": "true"}).content.decode()
    assert "Mine" in html
    assert "Only half of it" not in html
