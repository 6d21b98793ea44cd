"""An LMS connects itself, a teacher adds an activity from it, and a learner opens that."""

from __future__ import annotations

import re

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page, expect

from tests.journeys.browser import FRAME_SETTLES, PATIENCE, WIDE, person
from tests.journeys.stack import Product

pytestmark = [pytest.mark.browser, pytest.mark.slow, pytest.mark.timeout(300)]

axe = Axe()
NAME = "Practical of the new connection"


def test_from_an_invitation_to_a_learner_at_work(product: Product, browser: Browser) -> None:
    teacher = person(browser, product.lms.url, "Tomas Lindgren")
    lms_registers_the_tool(product, teacher, invitation(product))
    teacher.get_by_role("button", name="Activate Cograde").click()
    staff = administration(product, browser)
    approve(product, staff)

    added = add_activity(product, teacher)

    learner = person(browser, product.lms.url, "Chiara Russo")
    learner.goto(added)
    frame = learner.frame_locator("iframe.tool")
    expect(frame.get_by_role("button", name="Begin")).to_be_visible()

    health_says_that_it_works(product, staff)
    assert product.lms.log(endpoint="members", status=200), "the roster was read by itself"


def invitation(product: Product) -> str:
    said = product.manage("invite_lms", "--note", "journey")
    found = re.search(rf"{re.escape(product.tool)}/lti/register/\S+", said)
    assert found, said
    return found[0]


def lms_registers_the_tool(product: Product, page: Page, url: str) -> None:
    page.goto(f"{product.lms.url}/courses/pa-aut/tools")
    page.locator("input[name=url]").fill(url)
    page.keyboard.press("Enter")
    with page.context.expect_page() as opened:
        page.get_by_role("link", name="Open the registration page").click()
    window = opened.value
    expect(window.get_by_role("heading", name=re.compile("^Connect "))).to_be_visible()
    assert not axe.run(window).violations_count
    window.get_by_role("button", name="Connect").click()
    expect(page.get_by_role("heading", name="Cograde has registered")).to_be_visible()


def administration(product: Product, browser: Browser) -> Page:
    page = browser.new_context(viewport=WIDE).new_page()  # type: ignore[arg-type]
    page.set_default_timeout(PATIENCE)
    page.goto(f"{product.tool}/admin/")
    page.locator("[name=username]").fill("admin")
    page.locator("[name=password]").fill(product.environment["ADMIN_PASSWORD"])
    page.get_by_role("button", name=re.compile("Log in")).click()
    page.wait_for_url(f"{product.tool}/admin/")
    return page


def approve(product: Product, page: Page) -> None:
    page.goto(f"{product.tool}/admin/lti_tool/registration/")
    page.get_by_role("button", name=re.compile("Approve")).click()
    expect(page.get_by_text("waits for approval")).to_have_count(0)


def add_activity(product: Product, page: Page) -> str:
    """Deep linking from the new tool; the address of the activity in the LMS."""
    page.goto(f"{product.lms.url}/courses/pa-aut/add")
    page.get_by_role("link", name="Cograde").last.click()
    frame = page.frame_locator("iframe.tool")
    expect(frame.get_by_role("heading", name="Choose assessments")).to_be_visible()
    page.wait_for_timeout(FRAME_SETTLES)
    # By key: Chromium ignores clicks into a frame of another site that has just moved.
    assessment = frame.get_by_label(re.compile("Python Associate")).first
    if not assessment.is_checked():
        assessment.press(" ")
    expect(assessment).to_be_checked()
    frame.get_by_role("button", name=re.compile("^Title, points and dates")).press("Enter")
    frame.get_by_label("Title").first.fill(NAME)
    frame.get_by_role("button", name=re.compile("^Add|^Use")).first.press("Enter")
    link = page.get_by_role("link", name=NAME).first
    expect(link).to_be_visible()
    return f"{product.lms.url}{link.get_attribute('href')}"


def health_says_that_it_works(product: Product, page: Page) -> None:
    page.goto(f"{product.tool}/admin/lti_tool/registration/")
    page.get_by_role("link", name=re.compile("at localhost")).last.click()
    number = re.search(r"/registration/(\d+)/", page.url)
    assert number
    page.goto(f"{product.tool}/lti/health/{number[1]}/")
    page.get_by_role("button", name="Examine now").click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("works", timeout=40_000)
    assert not axe.run(page).violations_count
