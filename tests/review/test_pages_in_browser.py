"""What two similar answers look like, in a real browser."""

from __future__ import annotations

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import ViewportSize

from tests.grading.test_matches import CODE, COPY, response_of
from tests.grading.test_pages_in_browser import Answers, opened
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
