from __future__ import annotations

from django.urls import reverse

from grading.models import Response
from review import comments, marking
from rubrics.models import Criterion
from tests.review.test_marking import form
from tests.world import REVIEWER, World, course_of, decision_of, join, signed_in, world


def settled(here: World, learner: str, by: object, **given: str) -> Response:
    """A response that a reviewer has settled with these comments by code of criterion."""
    response = here.waiting(here.join(learner, ["x"]))
    sent = {**form(response, 1, 1), **{f"comment-{code}": text for code, text in given.items()}}
    review = marking.open_review(by, decision_of(response))  # type: ignore[arg-type]
    chosen = marking.choices_from(response, sent)
    while marking.save(review, chosen).settled_at is None:
        pass
    return response


def clarity(response: Response) -> Criterion:
    return response.item.rubric.criteria.get(code="clarity")


def texts(here: World, response: Response, search: str = "", **of: object) -> list[str]:
    reviewer = of.get("reviewer", here.sofia)
    found = comments.used_before(reviewer, response, clarity(response), search)  # type: ignore[arg-type]
    return [each.text for each in found]


def test_ones_own_most_used_comments_come_first(here: World) -> None:
    for number in range(3):
        settled(here, f"t{number}", here.tomas, clarity="Shorter, please.")
    settled(here, "a", here.sofia, clarity="One idea per sentence.")
    settled(here, "b", here.sofia, correctness="Not about clarity.")
    now = here.waiting()
    assert texts(here, now) == ["One idea per sentence.", "Shorter, please."]
    assert texts(here, now, reviewer=here.tomas) == ["Shorter, please.", "One idea per sentence."]


def test_comments_are_found_by_all_words_in_any_case(here: World) -> None:
    settled(here, "a", here.sofia, clarity="One idea per sentence.")
    settled(here, "b", here.sofia, clarity="One 100% idea_too many.")
    now = here.waiting()
    assert texts(here, now, "IDEA sentence") == ["One idea per sentence."]
    assert texts(here, now, "100%") == ["One 100% idea_too many."]
    assert texts(here, now, "nothing of it") == []


def test_a_draft_is_no_comment_that_was_used(here: World) -> None:
    response = here.waiting(here.ben)
    review = marking.open_review(here.sofia, decision_of(response))
    marking.keep_draft(review, {**form(response, 1, 1), "comment-clarity": "half a tho"})
    assert texts(here, here.waiting()) == []


def test_comments_of_courses_where_one_does_not_review_are_not_shown(here: World) -> None:
    settled(here, "a", here.sofia, clarity="One idea per sentence.")
    other = course_of(here.course.deployment.registration, "Spring")
    stranger = join(other, "stranger", REVIEWER)
    assert texts(here, here.waiting(), reviewer=stranger) == []
    elsewhere = world(tenant="other", name="other-lms")
    assert texts(here, here.waiting(here.ben), reviewer=elsewhere.sofia) == []


def test_the_fragment_shows_what_was_searched_as_text(here: World) -> None:
    settled(here, "a", here.sofia, clarity="Use <b> sparingly.")
    now = here.waiting()
    address = reverse("review:comments", args=[now.pk, "clarity"])
    html = signed_in(here.sofia).get(address, {"search-clarity": "b"}).content.decode()
    assert "Use &lt;b&gt; sparingly." in html
    assert 'data-put="comment-clarity"' in html
    html = signed_in(here.sofia).get(address, {"search-clarity": "zzz"}).content.decode()
    assert "No comment has these words." in html
    unknown = reverse("review:comments", args=[now.pk, "nobody"])
    assert signed_in(here.sofia).get(unknown).status_code == 404
