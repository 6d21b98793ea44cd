"""Every page of learners, reviewers and teachers, looked at as axe and a narrow window see it."""

from __future__ import annotations

import re

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page, expect

from tests.journeys.browser import PHONE, WIDE, person
from tests.journeys.stack import Product

pytestmark = [pytest.mark.browser, pytest.mark.slow, pytest.mark.timeout(300)]

axe = Axe()


def tool_page(product: Product, browser: Browser, name: str) -> Page:
    """The tool in a window of its own."""
    page = person(browser, product.lms.url, name)
    page.get_by_role("link", name="Python Associate · Practical").first.click()
    with page.context.expect_page() as opened:
        page.get_by_role("link", name="Open in new window").click()
    opened.value.wait_for_url(re.compile(f"^{re.escape(product.tool)}/(assess|review)/"))
    return opened.value


def look_at(page: Page) -> None:
    """No finding of axe in light and dark, and nothing wider than the window at both widths."""
    page.wait_for_load_state()
    for scheme in ("light", "dark"):
        # Without motion: colours on their way from one scheme to the other are nobody's choice.
        page.emulate_media(color_scheme=scheme, reduced_motion="reduce")
        for size in (WIDE, PHONE):
            page.set_viewport_size(size)  # type: ignore[arg-type]
            width = page.evaluate("document.documentElement.scrollWidth")
            assert width <= size["width"], f"{page.url} is {width} wide in {size['width']}"
        found = axe.run(page)
        assert not found.violations_count, f"{page.url} {scheme}\n{found.generate_report()}"
    page.set_viewport_size(WIDE)  # type: ignore[arg-type]


def test_a_learners_pages(product: Product, browser: Browser) -> None:
    page = tool_page(product, browser, "Ben Sørensen")
    look_at(page)
    page.get_by_role("button", name="Begin").click()
    page.locator("#answer").fill("def parse(text):\n    return text.split()[9]\n")
    page.get_by_role("button", name="Check", exact=True).click()
    expect(page.get_by_text(re.compile(r"^\d+ of \d+ checks pass"))).to_be_visible()
    look_at(page)
    for title in ("Response time", "A list that", "Wrong prices", "Design an upload"):
        page.get_by_role("link", name=re.compile(title)).click()
        expect(page.get_by_role("heading", name=re.compile(title), level=1)).to_be_visible()
        look_at(page)
    page.get_by_role("button", name="Hand in …").click()
    expect(page.get_by_role("button", name="Hand in", exact=True)).to_be_visible()
    look_at(page)
    page.get_by_role("button", name="Hand in", exact=True).click()
    expect(page.get_by_text("Being marked").first).to_be_visible()
    look_at(page)


def test_a_reviewers_pages(product: Product, browser: Browser) -> None:
    page = tool_page(product, browser, "Sofia Mensah")
    look_at(page)
    learner = tool_page(product, browser, "Fatima Haddad")
    look_at(learner)  # handed in, or marked: a result page either way
    if page.get_by_role("button", name="Review Wrong").count():
        page.get_by_role("button", name="Review Wrong").click()
        expect(page.get_by_role("heading", name=re.compile("^Response"), level=1)).to_be_visible()
        look_at(page)


def test_a_teachers_page(product: Product, browser: Browser) -> None:
    page = tool_page(product, browser, "Tomas Lindgren")
    expect(page.get_by_role("table")).to_be_visible()
    look_at(page)


def test_the_way_out_when_the_session_is_gone(product: Product, browser: Browser) -> None:
    page = browser.new_page()
    page.goto(f"{product.tool}/review/")
    expect(page.get_by_role("heading", name="Please open this from your course")).to_be_visible()
    look_at(page)
    page.goto(product.tool)
    look_at(page)
