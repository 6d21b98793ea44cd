from __future__ import annotations

import re

import pytest
from playwright.sync_api import Browser, Dialog, Locator, Page, expect

from tests.pages.site import Site

pytestmark = pytest.mark.browser


@pytest.fixture
def state(page: Page, site: Site) -> Locator:
    page.goto(site.url + "/answer/")
    page.wait_for_selector(".editor")
    return page.locator("[data-autosave-state]")


def drafts(page: Page) -> list[str]:
    found: list[str] = page.evaluate(
        "Object.keys(localStorage).filter((k) => k.startsWith('cograde.draft:'))"
    )
    return found


def agree(page: Page) -> list[str]:
    """Say yes to every question of the browser; the list names the questions."""
    asked: list[str] = []

    def answer(dialog: Dialog) -> None:
        asked.append(dialog.type)
        dialog.accept()

    page.on("dialog", answer)
    return asked


def test_what_is_typed_is_saved_with_the_token(page: Page, site: Site, state: Locator) -> None:
    page.fill("#text", "one two three")
    expect(state).to_have_text("not saved yet")
    assert len(drafts(page)) == 1
    expect(state).to_have_text(re.compile(r"^saved \d"))
    assert site.saves[-1]["text"] == ["one two three"]
    assert "csrfmiddlewaretoken" not in site.saves[-1]
    assert site.tokens[-1] == "token-of-the-form"
    assert drafts(page) == []


def test_typing_is_sent_once_it_pauses(page: Page, site: Site, state: Locator) -> None:
    page.locator("#text").press_sequentially("many letters", delay=20)
    expect(state).to_have_text(re.compile(r"^saved"))
    assert len(site.saves) == 1


def test_what_was_typed_while_saving_is_saved_next(page: Page, site: Site, state: Locator) -> None:
    site.slow = 0.6
    page.fill("#text", "first")
    expect(state).to_have_text(re.compile("^saving"))
    page.fill("#text", "second")
    expect(state).to_have_text(re.compile(r"^saved"), timeout=8000)
    assert [save["text"] for save in site.saves] == [["first"], ["second"]]


@pytest.mark.parametrize("answer", [0, 500, 503, 429], ids=["no answer", "500", "503", "429"])
def test_a_failing_server_is_tried_again(
    page: Page, site: Site, state: Locator, answer: int
) -> None:
    site.answers = [answer]
    page.fill("#text", "kept")
    expect(state).to_have_text(re.compile("^not saved, trying again; a copy"))
    assert len(drafts(page)) == 1
    expect(state).to_have_text(re.compile(r"^saved"))
    assert site.saves[-1]["text"] == ["kept"]


@pytest.mark.parametrize("answer", [401, 403, 302])
def test_an_ended_session_is_said_and_the_copy_kept(
    page: Page, site: Site, state: Locator, answer: int
) -> None:
    site.answers = [answer]
    page.fill("#text", "kept")
    expect(state).to_have_text(re.compile("session ended.*copy is kept"))
    page.fill("#text", "kept too")
    page.wait_for_timeout(1500)
    assert len(site.saves) == 1
    assert "kept too" in page.evaluate("localStorage.getItem(Object.keys(localStorage)[0])")


def test_a_refusal_gives_the_reason_and_is_not_repeated(
    page: Page, site: Site, state: Locator
) -> None:
    site.answers = [409]
    site.body = b'{"error": "This attempt was handed in at 12:04."}'
    page.fill("#text", "late")
    expect(state).to_have_text("Not saved: This attempt was handed in at 12:04.")
    page.wait_for_timeout(2500)
    assert len(site.saves) == 1


def test_a_copy_is_offered_and_put_back(page: Page, site: Site, state: Locator) -> None:
    site.answers = [401]
    page.fill("#text", "my words")
    page.fill("#code", "x = 1")
    page.check("[name=kind][value=tuple]")
    expect(state).to_have_text(re.compile("session ended"))
    page.once("dialog", lambda dialog: dialog.accept())
    page.goto(site.url + "/answer/")
    page.get_by_role("button", name="Put it back").click()
    assert page.input_value("#text") == "my words"
    assert page.is_checked("[name=kind][value=tuple]")
    assert page.locator(".editor__paint").inner_text() == "x = 1"
    expect(page.locator("[data-autosave-state]")).to_have_text(re.compile(r"^saved"))
    assert site.saves[-1]["text"] == ["my words"]
    assert drafts(page) == []


def test_a_copy_can_be_discarded(page: Page, site: Site, state: Locator) -> None:
    page.evaluate(
        """localStorage.setItem('cograde.draft:/save/',
             JSON.stringify({at: Date.now(), fields: [['text', 'old']]}))"""
    )
    page.reload()
    page.get_by_role("button", name="Discard it").click()
    assert page.input_value("#text") == ""
    assert drafts(page) == []


def test_old_copies_are_swept(page: Page, site: Site, state: Locator) -> None:
    page.evaluate(
        "localStorage.setItem('cograde.draft:/other/', JSON.stringify({at: 0, fields: []}))"
    )
    page.reload()
    page.wait_for_selector(".editor")
    assert drafts(page) == []


def test_leaving_with_unsaved_text_asks_first(page: Page, site: Site, state: Locator) -> None:
    asked = agree(page)
    page.click("#text")
    page.keyboard.type("unsaved")
    page.goto(site.url + "/404/")
    assert asked == ["beforeunload"]


def test_handing_in_does_not_ask(page: Page, site: Site, state: Locator) -> None:
    asked = agree(page)
    page.click("#text")
    page.keyboard.type("done")
    page.click("#hand-in")
    page.wait_for_url("**/hand-in/")
    assert asked == []


def test_it_works_where_storage_is_forbidden(chromium: Browser, site: Site) -> None:
    """As in a frame of another site with third-party storage blocked: a SecurityError."""
    context = chromium.new_context()
    context.add_init_script(
        """for (const kind of ['localStorage', 'sessionStorage']) {
             Object.defineProperty(window, kind, {
               get() { throw new DOMException('denied', 'SecurityError'); } });
           }"""
    )
    page = context.new_page()
    errors: list[str] = []
    page.on("pageerror", lambda error: errors.append(str(error)))
    page.goto(site.url + "/answer/")
    state = page.locator("[data-autosave-state]")
    page.fill("#text", "one")
    expect(state).to_have_text(re.compile(r"^saved"), timeout=5000)
    site.answers = [403]
    page.fill("#text", "two")
    expect(state).to_have_text(re.compile("Copy your text"), timeout=5000)
    page.goto(site.url + "/desk/")
    page.locator(".split__bar").press("ArrowRight")
    context.close()
    assert errors == []
