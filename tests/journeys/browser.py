"""A Chromium as people have it: cookies of third parties are blocked."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import contextmanager

from playwright.sync_api import (
    Browser,
    BrowserContext,
    FrameLocator,
    Page,
    expect,
    sync_playwright,
)

# Two cores may serve a whole test suite meanwhile; a person would not be less patient.
PATIENCE = 20_000
# Chromium throws away clicks into a frame of another site that has just appeared (milliseconds).
FRAME_SETTLES = 800
expect.set_options(timeout=PATIENCE)

ARGUMENTS = [
    "--no-sandbox",  # the tests may run as root, where Chromium's own sandbox cannot
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
NAMES = ("chromium", "chromium-browser", "google-chrome")
WIDE = {"width": 1280, "height": 800}
PHONE = {"width": 390, "height": 844}


def executable() -> str:
    found = next(filter(None, map(shutil.which, NAMES)), None)
    if found is None:
        raise RuntimeError("No Chromium here: `make test` installs it.")
    return found


@contextmanager
def chromium() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=executable(), args=ARGUMENTS)
        yield browser
        browser.close()


def person(browser: Browser, lms: str, name: str, **options: object) -> Page:
    """A browser of their own in which this person is signed in to the LMS."""
    context: BrowserContext = browser.new_context(**{"viewport": WIDE, **options})  # type: ignore[arg-type]
    context.set_default_timeout(PATIENCE)
    page = context.new_page()
    page.goto(lms)
    page.get_by_role("button", name=name).click()
    return page


def open_activity(page: Page, title: str = "Python Associate · Practical") -> FrameLocator:
    """The tool inside the activity's frame."""
    page.get_by_role("link", name=title).first.click()
    return page.frame_locator("iframe.tool")
