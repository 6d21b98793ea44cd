"""What scripts do on the pages of reviewers, in a real browser."""

from __future__ import annotations

import pytest
from axe_playwright_python.sync_playwright import Axe
from django.urls import reverse
from playwright.sync_api import ViewportSize, expect

from grading.models import Submission
from tests.grading.test_matches import CODE, COPY, response_of
from tests.grading.test_pages_in_browser import Answers, look_at, opened
from tests.review.test_attempts import again
from tests.review.test_comments import settled
from tests.world import World, signed_in

pytestmark = [pytest.mark.browser, pytest.mark.slow]
WIDTHS: tuple[ViewportSize, ...] = ({"width": 1280, "height": 900}, {"width": 390, "height": 844})


def test_two_similar_answers_side_by_side(here: World) -> None:
    here.routed(here.ada, double=CODE)
    here.routed(here.ben, double=COPY)
    later, earlier = (response_of(here, person, "double") for person in (here.ben, here.ada))
    address = f"/review/response/{later.pk}/similar/{earlier.pk}/"
    with opened(Answers(signed_in(here.sofia).get(address)), axe=True) as page:
        for scheme in ("light", "dark"):
            page.emulate_media(color_scheme=scheme, reduced_motion="reduce")
            for width in WIDTHS:
                page.set_viewport_size(width)
                found = Axe().run(page)
                assert found.violations_count == 0, found.generate_report()
                assert page.evaluate("document.documentElement.scrollWidth") <= width["width"]
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
