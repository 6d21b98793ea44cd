"""The main job, as people do it: from the LMS, inside its frame, and back to its gradebook."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
import yaml
from playwright.sync_api import Browser, FrameLocator, Page, expect

from tests.journeys.browser import open_activity, person
from tests.journeys.stack import Product

pytestmark = [pytest.mark.browser, pytest.mark.slow, pytest.mark.timeout(300)]

SAMPLE = Path(__file__).resolve().parents[2] / "samples" / "python_associate"
LEARNERS = yaml.safe_load((SAMPLE / "learners.yaml").read_text(encoding="utf-8"))["learners"]
ANSWERS: dict[str, str] = next(entry for entry in LEARNERS if entry["login"] == "ada")["answers"]
ITEMS = yaml.safe_load((SAMPLE / "assessment.yaml").read_text(encoding="utf-8"))["assessment"][
    "items"
]


def test_from_launch_to_gradebook(product: Product, browser: Browser) -> None:
    learner = person(browser, product.lms.url, "Ada Okafor")
    frame = open_activity(learner)
    expect(frame.get_by_role("button", name="Begin")).to_be_visible()
    assert_third_party_cookies_are_blocked(learner, product.tool)
    frame.get_by_role("button", name="Begin").click()
    for number, item in enumerate(ITEMS):
        answer(frame, item)
        if number + 1 < len(ITEMS):
            frame.get_by_role("button", name=re.compile("^Next")).click()
    frame.get_by_role("button", name="Hand in …").click()
    frame.get_by_role("button", name="Hand in", exact=True).click()
    expect(frame.get_by_text("Being marked").first).to_be_visible()

    reviewer = person(browser, product.lms.url, "Sofia Mensah")
    desk = open_activity(reviewer)
    settle_everything_by_keyboard(reviewer, desk)

    expect(frame.get_by_text("Your LMS has confirmed")).to_be_visible(timeout=30_000)
    cell = product.lms.grade("ada")
    assert cell is not None
    assert 60 <= cell["points"] <= 100
    assert "Well argued." in cell["comment"]

    teacher = person(browser, product.lms.url, "Tomas Lindgren")
    board = open_activity(teacher)
    row = board.get_by_role("row").filter(has_text="Ada Okafor")
    expect(row).to_contain_text("confirmed")

    opens_the_submission_from_the_gradebook(product, teacher)
    sees_what_is_changed_in_the_gradebook(product, teacher)
    product.manage("verify_audit")


def opens_the_submission_from_the_gradebook(product: Product, teacher: Page) -> None:
    """Submission review: from the LMS's gradebook to what was handed in."""
    teacher.goto(f"{product.lms.url}/courses/pa-aut/gradebook")
    row = teacher.get_by_role("row").filter(has_text="Ada Okafor")
    row.get_by_role("link", name=re.compile("submission", re.IGNORECASE)).first.click()
    frame = teacher.frame_locator("iframe.tool")
    expect(frame.get_by_text("Well argued.").first).to_be_visible()


def sees_what_is_changed_in_the_gradebook(product: Product, teacher: Page) -> None:
    """An override in the LMS is seen here, said so, and left alone."""
    teacher.goto(f"{product.lms.url}/courses/pa-aut/gradebook")
    row = teacher.get_by_role("row").filter(has_text="Ada Okafor")
    row.get_by_role("link", name=re.compile("^Change")).first.click()
    teacher.locator("#points").fill("12")
    teacher.get_by_role("button", name="Set this grade").click()
    teacher.goto(f"{product.lms.url}/courses/pa-aut")
    board = open_activity(teacher)
    board.get_by_role("button", name=re.compile("gradebook")).first.click()
    expect(
        board.get_by_text(re.compile("Your LMS shows 12 / 100")).filter(visible=True).first
    ).to_be_visible(timeout=40_000)
    cell = product.lms.grade("ada")
    assert cell is not None
    assert cell["points"] == 12


def assert_third_party_cookies_are_blocked(page: Page, tool: str) -> None:
    """Otherwise the journey would pass without proving anything about frames."""
    inner = next(frame for frame in page.frames if frame.url.startswith(tool))
    set_cookie = "() => { document.cookie = 'probe=1; SameSite=None; Secure'; }"
    inner.evaluate(set_cookie)
    assert "probe" not in inner.evaluate("() => document.cookie")


def answer(frame: FrameLocator, item: dict[str, object]) -> None:
    expect(frame.get_by_role("heading", name=str(item["title"]), level=1)).to_be_visible()
    given = str(ANSWERS[str(item["code"])])
    if item["kind"] == "choice":
        frame.get_by_role("radio", name=given.replace("`", "").strip()).check()
        return
    frame.locator("#answer").fill(given)
    if item["kind"] == "code":
        frame.get_by_role("button", name="Check", exact=True).click()
        expect(frame.get_by_text(re.compile(r"^All \d+ checks pass"))).to_be_visible()


def settle_everything_by_keyboard(page: Page, desk: FrameLocator) -> None:
    """Marks every waiting response with keys alone; blind, then confirmed."""
    expect(desk.get_by_role("button", name=re.compile("^Next, whatever"))).to_be_visible()
    desk.get_by_role("heading", level=1).click()  # into the frame: from here on keys alone
    press(page, desk, "j")
    expect(desk.get_by_role("heading", name=re.compile("^Response"), level=1)).to_be_visible()
    for _response in range(40):
        heading = desk.get_by_role("heading", level=1)
        expect(heading).to_be_visible()
        if not heading.inner_text().startswith("Response"):
            break
        settle_by_keyboard(page, desk)
    expect(desk.get_by_text("Nothing waits for you")).to_be_visible()


def settle_by_keyboard(page: Page, desk: FrameLocator) -> None:
    code = desk.get_by_role("heading", level=1).inner_text()
    if desk.get_by_text("machine: shown after you save").count():
        body = desk.locator("body")
        assert "level--machine" not in body.inner_html()
        assert "voice--machine" not in body.inner_html()
    criteria = desk.locator("[data-criterion]")
    for _number in range(criteria.count()):
        press(page, desk, "2")
        press(page, desk, "ArrowDown")
    press(page, desk, "c")
    page.keyboard.type("Well argued.")
    page.keyboard.press("Escape")
    press(page, desk, "s")
    again = desk.get_by_text("Your marks are stored.")
    following = desk.get_by_role("heading", level=1).filter(has_not_text=code)
    expect(again.or_(following).first).to_be_visible()
    if again.count():
        assert desk.locator(".level--machine").count() > 0
        press(page, desk, "s")
        expect(following).to_be_visible()


def press(page: Page, desk: FrameLocator, key: str) -> None:
    """One key, once the page in the frame listens to keys."""
    expect(desk.locator("html")).to_have_attribute("data-keys", "on")
    # The page shows this while keys go elsewhere, as they may just after it was loaded.
    expect(desk.locator("[data-keys-away]")).to_be_hidden()
    page.keyboard.press(key)
