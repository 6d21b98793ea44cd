"""What scripts do on the pages of reviewers, in a real browser."""

from __future__ import annotations

from typing import Any

import pytest
from django.http import HttpResponse
from django.urls import reverse
from playwright.sync_api import ViewportSize, expect

from grading import appeals, decisions, pipeline, regrading
from grading.models import RegradeRow, Response, Submission
from lti_tool.models import Person
from review import agreement, calibration, marking
from review.models import Batch
from tests.grading.test_matches import CODE, COPY, response_of
from tests.grading.test_pages_in_browser import Answers, look_at, opened
from tests.review.test_attempts import again
from tests.review.test_comments import settled
from tests.review.test_marking import form, with_proposals
from tests.world import LEARNER, REVIEWER, World, decision_of, marked, signed_in

pytestmark = [pytest.mark.browser, pytest.mark.slow]
WIDTHS: tuple[ViewportSize, ...] = ({"width": 1280, "height": 900}, {"width": 390, "height": 844})


def test_two_similar_answers_side_by_side(here: World) -> None:
    here.routed(here.ada, double=CODE)
    here.routed(here.ben, double=COPY)
    later, earlier = (response_of(here, person, "double") for person in (here.ben, here.ada))
    address = f"/review/response/{later.pk}/similar/{earlier.pk}/"
    with opened(Answers(signed_in(here.sofia).get(address)), axe=True) as page:
        for width in WIDTHS:
            page.set_viewport_size(width)
            look_at(page, "similar")
        page.locator("#here-1 a, a#here-1").first.click()
        assert page.url.endswith("#there-1")


def test_a_comment_used_before_is_found_and_put_into_its_field(here: World) -> None:
    settled(here, "a", here.sofia, clarity="One idea per sentence.\nShort ones.")
    Submission.objects.filter(person=here.ada).update(state=Submission.State.RELEASED)
    response = again(here, "One.\nTwo.", "One.\nThree.")
    browser = signed_in(here.sofia)
    page_of = browser.get(reverse("review:response", args=[response.pk]))
    fragment = browser.get(reverse("review:comments", args=[response.pk, "clarity"]))
    nothing = browser.get(
        reverse("review:comments", args=[response.pk, "clarity"]), {"search-clarity": "zzz"}
    )
    answers = Answers(page_of, fragment, nothing)
    with opened(answers, axe=True) as page:
        page.get_by_text("What changed since attempt 1").click()
        panel = page.locator('[data-criterion="clarity"]')
        panel.get_by_text("Comments used before").press("Enter")
        button = panel.get_by_role("button", name="One idea per sentence.")
        button.wait_for()
        for width in WIDTHS:
            page.set_viewport_size(width)
            look_at(page, "review-comments")
        button.press("Enter")
        field = panel.get_by_label("Comment for the learner")
        expect(field).to_be_focused()
        expect(field).to_have_value("One idea per sentence.\nShort ones.")
        expect(page.locator("[data-autosave-state]")).to_have_text("not saved yet")
        panel.get_by_role("searchbox").fill("zzz")
        page.clock.run_for(400)
        panel.get_by_text("No comment has these words.").wait_for()
        assert [each.split("/")[-2] for each in answers.requests] == ["clarity", "clarity"]


def pages(here: World, monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
    """Every page that reviewers and who teaches see in this room, with something on it."""
    monkeypatch.setattr(agreement, "FEWEST", 1)
    here.under(second_share=1.0, calibration_first=1, blind=False, audit_share=0.0)
    kofi = here.join("kofi", REVIEWER)
    golden = released_twice(here, here.join("golden", LEARNER), kofi)
    calibration.choose(golden, here.tomas, "The second effect is missing.")
    lena = here.join("lena", REVIEWER)
    waiting = with_proposals(here.waiting(here.ada, why=LONG))
    here.waiting(here.ben, why=LONG)
    reviewer, teacher = signed_in(here.sofia), signed_in(here.tomas)
    response = reverse("review:response", args=[waiting.pk])
    reviewer.post(reverse("review:next", args=[here.course.pk]))
    for address, sent in (
        ("annotate", {"text": "Which calls?", "start": "4", "end": "9"}),
        ("note", {"note": "Look at the second line."}),
        ("flag", {}),
    ):
        reviewer.post(reverse(f"review:{address}", args=[waiting.pk]), sent)
    queue = reverse("review:queue", args=[here.course.pk])
    keep = reverse("review:keep_view", args=[here.course.pk])
    reviewer.post(f"{keep}?item=why", {"name": "Why"})
    found: dict[str, Any] = {
        "queue-empty": teacher.get(queue + "?item=pick"),
        "nothing-to-do": signed_in(here.join("new", REVIEWER)).get(queue + "?lane=appeal"),
        "queue": teacher.get(queue),
        "queue-narrowed": reviewer.get(f"{queue}?item=why"),
        "yourself": reviewer.get(reverse("review:yourself", args=[here.course.pk])),
        "side-by-side": reviewer.get(response),
    }
    done = marked(waiting, here.sofia, 2, 1)
    found["alike"] = reviewer.get(reverse("review:alike", args=[done.pk]))
    found["done"] = reviewer.get(f"{queue}?done={done.pk}")
    marked(waiting, kofi, 0, 1)
    found["adjudication"] = teacher.get(response)
    marked(waiting, here.tomas, 1, 1)
    batch = Batch.objects.create(reviewer=here.sofia, source=done)
    found["batch"] = reviewer.get(reverse("review:batch", args=[batch.pk]))
    pipeline.advance(str(waiting.submission_id))
    clarity = waiting.item.rubric.criteria.get(code="clarity")
    appeals.ask(waiting, clarity, "Please read the second line again.")
    found["appeal"] = signed_in(lena).get(response)
    found["settled"] = teacher.get(reverse("review:response", args=[golden.pk]))
    step = decisions.send(golden, "calibration", [], reserved_for=lena)
    review = marking.open_review(lena, step)
    marking.save(review, marking.choices_from(golden, form(golden, 2, 1)))
    found["compared"] = signed_in(lena).get(reverse("review:compared", args=[review.pk]))
    found["agreement"] = teacher.get(reverse("review:agreement", args=[here.course.pk]))
    learner = signed_in(here.ada)
    result = reverse("grading:result", args=[waiting.submission_id])
    found["result-asked"] = learner.get(result)
    ask = [waiting.submission_id, "why", "correctness"]
    found["ask"] = learner.get(reverse("grading:appeal", args=ask))
    other = marking.open_review(lena, decision_of(waiting))
    sent = form(waiting, 1, 0, clarity="The second line says the **same** again.")
    marking.save(other, marking.choices_from(waiting, sent))
    found["result-answered"] = learner.get(result)
    found["regrade"] = teacher.get(reverse("grading:regrade", args=[here.link.pk]))
    here.under()
    regrade = regrading.begin(here.placement, here.tomas, "The tolerance was too small.")
    found["regrade-trying"] = teacher.get(reverse("grading:regrade", args=[here.link.pk]))
    regrading.run(str(regrade.pk))
    RegradeRow.objects.update(score_after=3)
    found["regrade-ready"] = teacher.get(reverse("grading:regrade", args=[here.link.pk]))
    return found


def released_twice(here: World, learner: Person, kofi: Person) -> Response:
    """Marked by two people who agree."""
    response = here.waiting(learner)
    for reviewer in (here.sofia, kofi):
        marked(response, reviewer)
    pipeline.advance(str(response.submission_id))
    return response


LONG = (
    "The cache keeps what was computed, so the second call is faster than the first one.\n"
    "It also keeps it when the input has changed, which is wrong for a clock.\n"
)


def test_everybody_can_read_every_page_of_review(
    here: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    found = pages(here, monkeypatch)
    assert {name: answer.status_code for name, answer in found.items()} == dict.fromkeys(found, 200)
    # Folds that are opened below ask for their fragments, which have tests of their own.
    answers = Answers(found["queue"], *[HttpResponse("") for _each in range(500)])
    with opened(answers, axe=True) as page:
        for name, answer in found.items():
            answers.whole = answer
            page.goto(page.url)
            for fold in page.locator("details.fold").all():
                fold.evaluate("each => (each.open = true)")
            for width in WIDTHS:
                page.set_viewport_size(width)
                look_at(page, f"review-{name}")


def test_one_key_accepts_and_goes_on_and_panes_fold_away(here: World) -> None:
    here.under(blind=False)
    response = with_proposals(here.waiting(why=LONG), 2, 1)
    answer = signed_in(here.sofia).get(reverse("review:response", args=[response.pk]))
    with opened(Answers(answer)) as page:
        sent: list[str] = []
        page.on("request", lambda request: sent.append(f"{request.method} {request.post_data}"))
        with page.expect_request("**/preferences/") as kept:
            page.get_by_role("button", name="Fold away: Rubric").click()
        assert kept.value.post_data_json == {"split.review.folded": "1"}
        expect(page.locator("#rubric")).to_be_hidden()
        page.get_by_role("button", name="Unfold: Rubric").press("Enter")
        expect(page.locator("#rubric")).to_be_visible()
        with page.expect_request(lambda request: request.method == "POST"):
            page.keyboard.press("a")
        assert any("stage=revealed" in each and "level-clarity=" in each for each in sent)


def test_a_reason_is_asked_for_only_where_a_mark_is_changed(here: World) -> None:
    response = with_proposals(here.waiting(why=LONG), 2, 1)
    review = marking.open_review(here.sofia, decision_of(response))
    marking.save(review, marking.choices_from(response, form(response, 1, 1)))
    answer = signed_in(here.sofia).get(reverse("review:response", args=[response.pk]))
    with opened(Answers(answer)) as page:
        reason = page.get_by_label("Why you changed a mark")
        expect(page.locator("[data-keys-away]")).to_be_hidden()
        expect(reason).to_be_hidden()
        page.keyboard.press("2")
        expect(reason).to_be_visible()
        page.keyboard.press("1")
        expect(reason).to_be_hidden()
        page.keyboard.press("a")
        expect(reason).to_be_focused()


def test_a_remark_is_made_on_the_words_that_are_selected(here: World) -> None:
    response = here.waiting(why=LONG)
    answer = signed_in(here.sofia).get(reverse("review:response", args=[response.pk]))
    fragment = HttpResponse("<section id=annotations></section>")
    with opened(Answers(answer, fragment)) as page:
        page.locator("[data-source]").evaluate(
            """source => {
                const text = source.firstChild, range = document.createRange();
                range.setStart(text, 4); range.setEnd(text, 9);
                window.getSelection().removeAllRanges();
                window.getSelection().addRange(range);
            }"""
        )
        page.keyboard.press("n")
        expect(page.locator("#remark")).to_be_focused()
        expect(page.get_by_text("On the words “cache”:")).to_be_visible()
        page.keyboard.type("Which one?")
        with page.expect_request(lambda request: "/annotate/" in request.url) as sent:
            page.get_by_role("button", name="Keep the remark").click()
        said = sent.value.post_data or ""
        assert "start=4&end=9" in said
        assert "line=" not in said
