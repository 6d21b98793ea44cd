from __future__ import annotations

import re

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.pages.site import Site

pytestmark = pytest.mark.browser


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "0 words, at least 3"),
        ("don't stop-gap 3.5", "3 words, within 3 to 5"),
        ("eins zwei drei vier fünf sechs", "6 words, 1 too many"),
        ("– … !", "0 words, at least 3"),
    ],
)
def test_words_are_counted_as_people_do(page: Page, site: Site, text: str, words: str) -> None:
    page.goto(site.url + "/answer/")
    page.fill("#text", text)
    expect(page.locator("#count")).to_have_text(words)


@pytest.mark.parametrize(
    ("seconds", "words", "tone"),
    [
        (7500, "2 h 5 min left", "timer"),
        (2500, "42 min left", "timer"),
        (250, "5 min left", "timer timer--soon"),
        (30, "less than a minute left", "timer timer--soon"),
        (-5, "time is over", "timer timer--over"),
    ],
)
def test_the_timer_follows_the_clock_of_the_server(
    page: Page, site: Site, seconds: int, words: str, tone: str
) -> None:
    page.goto(site.url + "/answer/")
    # The server's clock stands in 2031; the device's does not matter.
    page.evaluate(
        """(seconds) => { const p = document.createElement('p');
             p.className = 'timer';
             p.id = 'timer';
             const now = Date.parse('2031-01-01T00:00:00Z');
             p.dataset.timerNow = new Date(now).toISOString();
             p.dataset.timerEnd = new Date(now + seconds * 1000).toISOString();
             document.querySelector('main').append(p);
             p.dispatchEvent(new CustomEvent('htmx:load', {bubbles: true})); }""",
        seconds,
    )
    timer = page.locator("#timer")
    expect(timer).to_have_text(words)
    expect(timer).to_have_class(tone)


def test_a_toast_is_announced_and_can_be_undone(page: Page, site: Site) -> None:
    page.goto(site.url + "/answer/")
    page.evaluate(
        """() => document.dispatchEvent(new CustomEvent('toast', {detail: {text: 'Flagged.',
             action: {text: 'Undo', run: () => { document.title = 'undone'; }}}}))"""
    )
    toast = page.locator("[role=status] .toast")
    expect(toast).to_contain_text("Flagged.")
    toast.get_by_role("button", name="Undo").click()
    expect(toast).to_have_count(0)
    assert page.title() == "undone"


def test_copying_says_so(page: Page, site: Site) -> None:
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    page.goto(site.url + "/styleguide/")
    page.click("[data-copy-text]")
    expect(page.locator(".toast")).to_contain_text("Copied.")
    assert page.evaluate("navigator.clipboard.readText()") == "7f3a9c21"


def test_a_dialog_opens_and_gives_the_focus_back(page: Page, site: Site) -> None:
    page.goto(site.url + "/styleguide/")
    page.click("[data-opens=sg-appeal]")
    expect(page.locator("#sg-appeal")).to_be_visible()
    page.keyboard.press("Escape")
    expect(page.locator("#sg-appeal")).to_be_hidden()
    assert page.evaluate("document.activeElement.dataset.opens") == "sg-appeal"


def test_a_menu_closes_when_one_goes_elsewhere(page: Page, site: Site) -> None:
    page.goto(site.url + "/styleguide/")
    menu = page.locator("main .menu")
    menu.locator("summary").click()
    expect(menu).to_have_attribute("open", "")
    page.keyboard.press("Escape")
    expect(menu).not_to_have_attribute("open", "")


def test_paper_shows_the_content_and_not_the_controls(page: Page, site: Site) -> None:
    page.goto(site.url + "/styleguide/")
    page.emulate_media(media="print", color_scheme="dark")
    expect(page.locator(".topbar")).to_be_hidden()
    expect(page.locator("main .btn").first).to_be_hidden()
    expect(page.get_by_text("Found “invalidated by key”; nothing")).to_be_visible()
    assert page.evaluate("getComputedStyle(document.body).color") == "rgb(24, 28, 34)"


def test_moments_are_shown_in_the_time_of_who_reads_them(chromium: Browser, site: Site) -> None:
    context = chromium.new_context(timezone_id="Asia/Kabul")
    page = context.new_page()
    page.goto(site.url + "/desk/")
    page.locator("#main").evaluate(
        """main => {
            main.insertAdjacentHTML("beforeend",
                '<time datetime="2024-12-31T20:00:00Z" data-moment>31 Dec 2024, 20:00 UTC</time>');
            main.lastChild.dispatchEvent(new CustomEvent("htmx:load", {bubbles: true}));
        }"""
    )
    shown = page.locator("time")
    expect(shown).to_have_text(re.compile("Jan 1, 2025.*12:30"))
    expect(shown).to_have_attribute("title", "31 Dec 2024, 20:00 UTC")
    context.close()
