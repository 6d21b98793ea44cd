"""A launch opens whatever the browser keeps: a cookie, a value in the LMS's page, or nothing.

The browser itself is told what to refuse, by the setting that people have for it.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from playwright.sync_api import BrowserContext, FrameLocator, Page, expect, sync_playwright

from tests.journeys.browser import ARGUMENTS, PATIENCE, WIDE, executable, open_activity
from tests.journeys.stack import Product

pytestmark = [pytest.mark.browser, pytest.mark.slow, pytest.mark.timeout(300)]

BLOCK = {"setting": 2}
# Somebody of these tests alone, who has not begun anything.
LEARNER = "Grace Nowak"
IN_FRAMES = "{tool},[*.]localhost"
EVERYWHERE = "{tool},*"


@contextmanager
def refusing(product: Product, profile: Path, where: str) -> Iterator[BrowserContext]:
    """A Chromium that keeps no cookie and no storage of the tool ``where``."""
    preferences = profile / "Default" / "Preferences"
    preferences.parent.mkdir(parents=True)
    exceptions = {"cookies": {where.format(tool=product.tool): BLOCK}} if where else {}
    settings = {"profile": {"content_settings": {"exceptions": exceptions}}}
    preferences.write_text(json.dumps(settings), encoding="utf-8")
    with sync_playwright() as playwright:
        context = playwright.chromium.launch_persistent_context(
            profile,
            executable_path=executable(),
            args=ARGUMENTS,
            viewport=WIDE,  # type: ignore[arg-type]
        )
        context.set_default_timeout(PATIENCE)
        yield context
        context.close()


def signed_in(context: BrowserContext, product: Product, name: str) -> Page:
    product.lms.seed(people=[{"id": "grace", "given_name": "Grace", "family_name": "Nowak"}])
    product.lms.enrol("grace", "Learner")
    page = context.pages[0]
    page.goto(product.lms.url)
    page.get_by_role("button", name=name).click()
    return page


def address_of(page: Page, product: Product) -> str:
    """The address of the tool's page in the frame."""
    return next(frame.url for frame in page.frames if frame.url.startswith(product.tool))


@pytest.fixture
def manner(product: Product) -> Iterator[None]:
    yield
    product.lms.manner("strict")


def test_third_party_cookies_allowed(product: Product, tmp_path: Path) -> None:
    with refusing(product, tmp_path, "") as context:
        page = signed_in(context, product, LEARNER)
        frame = open_activity(page)
        expect(frame.get_by_role("button", name="Begin")).to_be_visible()
        assert "/t/" not in address_of(page, product)


@pytest.mark.usefixtures("manner")
@pytest.mark.parametrize("lms", ["strict", "canvas"])
@pytest.mark.parametrize("where", [IN_FRAMES, EVERYWHERE])
def test_the_page_of_the_lms_keeps_the_secret(
    product: Product, tmp_path: Path, where: str, lms: str
) -> None:
    product.lms.manner(lms)
    with refusing(product, tmp_path, where) as context:
        page = signed_in(context, product, LEARNER)
        frame = open_activity(page)
        begin(frame)
        assert re.search(r"/t/[a-z0-9]{32}/assess/attempt/", address_of(page, product))
        assert len(context.pages) == 1
        assert context.cookies(product.tool) == []
        frame.locator("#answer").first.fill("print(1)")
        frame.get_by_role("button", name="Check", exact=True).click()
        expect(frame.locator("[data-verdict], .verdict, .checks").first).to_be_visible()


def begin(frame: FrameLocator) -> None:
    """The first page of the attempt, begun now or in an earlier test."""
    start = frame.get_by_role("button", name="Begin")
    answer = frame.locator("#answer")
    expect(start.or_(answer).first).to_be_visible()
    if start.count():
        start.click()
    expect(answer.first).to_be_visible()


@pytest.mark.usefixtures("manner")
@pytest.mark.parametrize("where", [IN_FRAMES, EVERYWHERE])
def test_one_click_opens_a_window_of_its_own(product: Product, tmp_path: Path, where: str) -> None:
    product.lms.manner("moodle")
    with refusing(product, tmp_path, where) as context:
        page = signed_in(context, product, LEARNER)
        frame = open_activity(page)
        with context.expect_page() as opened:
            frame.get_by_role("button", name="Open in a new window").click()
        window = opened.value
        window.wait_for_url(re.compile(f"^{re.escape(product.tool)}/(t/[a-z0-9]+/)?assess/"))
        expect(window.get_by_role("heading", level=1)).to_be_visible()
        expect(frame.get_by_text("It is open in a window of its own")).to_be_visible()


@pytest.mark.usefixtures("manner")
@pytest.mark.parametrize("where", [IN_FRAMES, EVERYWHERE])
def test_what_is_chosen_in_the_window_arrives_in_the_course(
    product: Product, tmp_path: Path, where: str
) -> None:
    product.lms.manner("moodle")
    with refusing(product, tmp_path, where) as context:
        page = signed_in(context, product, "Tomas Lindgren")
        page.goto(f"{product.lms.url}/courses/pa-aut/add/cograde-demo")
        frame = page.frame_locator("iframe.tool")
        with context.expect_page() as opened:
            frame.get_by_role("button", name="Open in a new window").click()
        window = opened.value
        window.get_by_role("button", name=re.compile("Use|Add|Continue")).first.click()
        expect(window.get_by_text("Your choice is on its way")).to_be_visible()
        page.wait_for_url(re.compile(r"/courses/pa-aut(\?.*)?$"))
        expect(page.get_by_role("link", name="Python Associate").nth(1)).to_be_visible()
