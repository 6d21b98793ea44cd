"""What holds on every page: no accessibility violation, no sideways scrolling, no inline code."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page

from tests.pages.site import ERRORS, Site

pytestmark = pytest.mark.browser
PAGES = ["/styleguide/", "/desk/", "/answer/", *(f"/{code}/" for code in ERRORS)]
RULES = {
    "runOnly": {
        "type": "tag",
        "values": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"],
    }
}


@pytest.mark.parametrize(
    ("path", "width"),
    [
        *[
            (path, width)
            for path in ("/styleguide/", "/desk/", "/answer/")
            for width in (390, 1280)
        ],
        *[(f"/{code}/", 800) for code in ERRORS],
    ],
)
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_nothing(
    chromium: Browser, site: Site, path: str, scheme: str, width: int
) -> None:
    # A context of its own, without the policy: axe has to be put into the page.
    context = chromium.new_context(
        viewport={"width": width, "height": 844},
        color_scheme=scheme,  # type: ignore[arg-type]
        reduced_motion="reduce",
        bypass_csp=True,
    )
    page = context.new_page()
    page.goto(site.url + path)
    found = Axe().run(page, options=RULES).response
    context.close()
    assert [
        (rule["id"], [node["html"][:120] for node in rule["nodes"]]) for rule in found["violations"]
    ] == []


def test_axe_finds_nothing_in_the_open_keyboard_help(chromium: Browser, site: Site) -> None:
    context = chromium.new_context(bypass_csp=True, reduced_motion="reduce")
    page = context.new_page()
    page.goto(site.url + "/desk/")
    page.keyboard.press("?")
    assert page.locator("#keys-help").is_visible()
    found = Axe().run(page, options=RULES).response["violations"]
    context.close()
    assert [rule["id"] for rule in found] == []


@pytest.mark.parametrize("path", PAGES)
def test_no_page_scrolls_sideways(page: Page, site: Site, path: str) -> None:
    page.goto(site.url + path)
    for width in (320, 390, 720, 1000, 1600):
        page.set_viewport_size({"width": width, "height": 800})
        assert page.evaluate("document.documentElement.scrollWidth") <= width


def test_a_page_from_right_to_left_does_not_scroll_sideways(page: Page, site: Site) -> None:
    page.set_viewport_size({"width": 390, "height": 800})
    page.goto(site.url + "/styleguide/")
    page.evaluate("document.documentElement.dir = 'rtl'")
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    box = page.locator(".topbar__mark").bounding_box()
    assert box is not None
    assert box["x"] > 195


@pytest.mark.parametrize(("touch", "least"), [(False, 24), (True, 44)], ids=["mouse", "touch"])
@pytest.mark.parametrize("path", ["/styleguide/", "/desk/", "/answer/"])
def test_targets_are_large_enough(
    chromium: Browser, site: Site, path: str, touch: bool, least: int
) -> None:
    context = chromium.new_context(
        viewport={"width": 390, "height": 844}, has_touch=touch, is_mobile=touch
    )
    page = context.new_page()
    page.goto(site.url + path)
    small = page.evaluate(
        """(least) => [...document.querySelectorAll('.btn, .tab, .step, .choice, .check summary')]
             .filter((e) => e.checkVisibility() && e.getBoundingClientRect().height < least)
             .map((e) => e.outerHTML.slice(0, 80))""",
        least,
    )
    context.close()
    assert small == []


def test_the_skip_link_is_first_and_leads_to_the_content(page: Page, site: Site) -> None:
    page.goto(site.url + "/styleguide/")
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.className") == "skip"
    page.keyboard.press("Enter")
    assert page.evaluate("document.activeElement.id") == "main"


def test_nothing_moves_for_those_who_asked_for_less(chromium: Browser, site: Site) -> None:
    context = chromium.new_context(reduced_motion="reduce")
    page = context.new_page()
    page.goto(site.url + "/styleguide/")
    page.wait_for_timeout(100)
    running = page.evaluate(
        "document.getAnimations().filter((a) => a.playState === 'running').length"
    )
    context.close()
    assert running == 0


def test_a_page_works_without_scripts(chromium: Browser, site: Site) -> None:
    context = chromium.new_context(java_script_enabled=False)
    page = context.new_page()
    page.goto(site.url + "/answer/")
    page.fill("#code", "def f(): pass")
    page.check("[name=kind][value=tuple]")
    page.click("#hand-in")
    page.wait_for_load_state()
    context.close()
    assert site.saves[-1]["code"] == ["def f(): pass"]
    assert site.saves[-1]["kind"] == ["tuple"]


@pytest.mark.parametrize("template", sorted(Path("templates").rglob("*.html")), ids=str)
def test_templates_hold_no_inline_code(template: Path) -> None:
    """The content security policy would refuse it, silently for the person who looks."""
    source = template.read_text()
    assert re.findall(r"\sstyle\s*=", source) == []
    assert re.findall(r"\son[a-z]+\s*=", source) == []
    assert re.findall(r"<style|<script(?![^>]*\bsrc=)", source) == []
    assert re.findall(r"(?:src|href)=[\"']https?://", source) == []
