from __future__ import annotations

import pytest
from django.http import HttpResponseBase
from playwright.sync_api import Page, expect

from grading import intake
from grading.models import Submission
from tests.grading.test_items_of_parts import begun, page, response
from tests.grading.test_pages_in_browser import Answers, look_at, opened
from tests.world import World, signed_in

pytestmark = [pytest.mark.browser, pytest.mark.slow, pytest.mark.django_db]
attempt = begun


def shown(here: World, attempt: Submission, code: str) -> HttpResponseBase:
    return signed_in(here.ada).get(page(attempt, code))


def order(open_page: Page) -> list[str]:
    return open_page.locator(".step-row__text").all_text_contents()


def test_the_arrows_move_a_step_and_say_where_it_is(here: World, attempt: Submission) -> None:
    with opened(Answers(shown(here, attempt, "sequence"))) as open_page:
        before = order(open_page)
        drawn = open_page.get_by_text("drawn by lot")
        expect(drawn).to_be_visible()
        down = open_page.get_by_role("button", name="Down")
        down.nth(0).press("Enter")
        assert order(open_page) == [before[1], before[0], *before[2:]]
        expect(drawn).to_be_hidden()
        said = open_page.locator("[data-order-said]")
        expect(said).to_have_text(f"{before[0].strip()}: now 2 of 4")
        # The focus goes with the step, and at the end of the list to the arrow that is left.
        open_page.keyboard.press("Enter")
        open_page.keyboard.press("Enter")
        assert order(open_page) == [*before[1:], before[0]]
        expect(open_page.get_by_role("button", name="Up").nth(3)).to_be_focused()
        expect(down.nth(3)).to_have_attribute("aria-disabled", "true")
        open_page.keyboard.press("Enter")
        expect(said).to_have_text(f"{before[0].strip()}: now 3 of 4")
        expect(open_page.locator("[data-autosave-state]")).to_have_text("not saved yet")


def test_a_step_can_be_dragged(here: World, attempt: Submission) -> None:
    with opened(Answers(shown(here, attempt, "sequence"))) as open_page:
        before = order(open_page)
        rows = open_page.locator("[data-step]")
        rows.nth(3).drag_to(rows.nth(0), target_position={"x": 40, "y": 4})
        assert order(open_page) == [before[3], *before[:3]]


def test_an_order_that_was_never_saved_comes_back(here: World, attempt: Submission) -> None:
    with opened(Answers(shown(here, attempt, "sequence"))) as open_page:
        before = order(open_page)
        open_page.get_by_role("button", name="Down").nth(0).press("Enter")
        moved = order(open_page)
        open_page.on("dialog", lambda dialog: dialog.accept())
        open_page.reload()
        assert order(open_page) == before
        open_page.get_by_role("button", name="Put it back").click()
        assert order(open_page) == moved


@pytest.mark.parametrize("width", [1280, 390])
@pytest.mark.parametrize("code", ["belongs", "sequence", "fill-in"])
def test_everybody_can_use_the_pages(
    here: World, attempt: Submission, code: str, width: int
) -> None:
    if code == "fill-in":
        intake.save(response(attempt, code), parts={"type": "byte", "kept": "heap"})
    with opened(Answers(shown(here, attempt, code)), axe=True) as open_page:
        open_page.set_viewport_size({"width": width, "height": 900})
        look_at(open_page, code)
