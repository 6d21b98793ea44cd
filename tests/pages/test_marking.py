from __future__ import annotations

from decimal import Decimal

import pytest
from playwright.sync_api import Page, expect

from tests.pages.site import Site

pytestmark = pytest.mark.browser


@pytest.fixture
def work(page: Page, site: Site) -> Page:
    page.goto(site.url + "/desk/")
    page.wait_for_selector(".criterion--active")
    page.evaluate(
        """() => { window.pressed = [];
             for (const b of document.querySelectorAll('button[data-key]'))
               b.addEventListener('click', () => window.pressed.push(b.dataset.key)); }"""
    )
    return page


def marks(page: Page) -> dict[str, str]:
    found: dict[str, str] = page.evaluate(
        "Object.fromEntries(new FormData(document.getElementById('rubric')))"
    )
    found.pop("comment", None)
    return found


def test_digits_choose_and_arrows_move(work: Page) -> None:
    work.keyboard.press("3")
    work.keyboard.press("ArrowDown")
    work.keyboard.press("0")
    assert marks(work) == {"correctness": "3", "clarity": "0"}
    work.keyboard.press("ArrowUp")
    work.keyboard.press("1")
    assert marks(work) == {"correctness": "1", "clarity": "0"}


def test_a_digit_without_a_level_does_nothing(work: Page) -> None:
    work.keyboard.press("9")
    assert marks(work) == {}


def test_arrows_after_a_click_move_on_and_do_not_change_the_mark(work: Page) -> None:
    work.click("#correctness-3")
    work.keyboard.press("ArrowDown")
    assert marks(work) == {"correctness": "3"}
    expect(work.locator("[data-criterion=clarity]")).to_have_class("criterion criterion--active")


def test_radio_buttons_reached_by_tab_keep_their_arrows(work: Page) -> None:
    work.keyboard.press("1")
    work.locator("[data-criterion=correctness] kbd").first.click()
    for _ in range(30):
        work.keyboard.press("Tab")
        if work.evaluate("document.activeElement.matches('.level__you')"):
            break
    before = marks(work)
    work.keyboard.press("ArrowDown")
    assert marks(work) != before


def test_a_takes_the_marks_of_the_machine(work: Page) -> None:
    work.keyboard.press("a")
    assert marks(work) == {"correctness": "2", "clarity": "1"}
    assert work.locator(".criterion--differs").count() == 0


def test_a_difference_to_the_machine_is_marked(work: Page) -> None:
    work.keyboard.press("3")
    expect(work.locator("[data-criterion=correctness]")).to_contain_class("criterion--differs")
    expect(work.get_by_text("you and the machine differ").first).to_be_visible()
    work.keyboard.press("2")
    assert work.locator(".criterion--differs").count() == 0


def test_the_total_runs_along(work: Page) -> None:
    total = work.locator("[data-rubric-total]")
    expect(total).to_have_text("–")
    work.keyboard.press("3")
    expect(total).to_have_text("6")
    work.keyboard.press("ArrowDown")
    work.keyboard.press("1")
    expect(total).to_have_text("7.5")
    expect(work.locator("[data-rubric-missing-line]")).to_be_hidden()


def test_the_total_is_rounded_as_the_server_rounds_it(work: Page) -> None:
    from rubrics.points import CriterionPoints, item_points

    cases = [
        (points, [(weight, level, maximum), (1, 1, 3)])
        for points in (1, 5, 7.5, 9, 10, 33.35)
        for weight in (1, 2, 2.5)
        for maximum in (2, 3, 4)
        for level in range(maximum + 1)
    ]
    source = "/static/js/rubric.js"
    shown = work.evaluate(
        """async ([source, cases]) => {
             const { total } = await import(source);
             return cases.map(([points, rows]) => total(points, rows.map(
               ([weight, points, maximum]) => ({ weight, points, maximum })))); }""",
        [source, cases],
    )
    expected = [
        float(
            item_points(
                [CriterionPoints(*(Decimal(str(part)) for part in row)) for row in rows],
                Decimal(str(points)),
            )
        )
        for points, rows in cases
    ]
    assert shown == expected


def test_keys_press_the_buttons_of_the_page(work: Page) -> None:
    for key in ("s", "j", "S", "f"):
        work.keyboard.press(key)
    assert work.evaluate("window.pressed") == ["s", "j", "s", "f"]


def test_keys_are_letters_while_typing(work: Page) -> None:
    work.keyboard.press("c")
    assert work.evaluate("document.activeElement.id") == "comment"
    work.keyboard.type("so fast 3")
    assert work.evaluate("window.pressed") == []
    assert marks(work) == {}
    assert work.input_value("#comment") == "so fast 3"


def test_keys_with_modifiers_belong_to_the_browser(work: Page) -> None:
    work.keyboard.press("Alt+s")
    work.keyboard.press("Control+j")
    assert work.evaluate("window.pressed") == []


def test_the_help_lists_what_the_page_can_do(work: Page) -> None:
    work.keyboard.press("?")
    dialog = work.locator("#keys-help")
    expect(dialog).to_be_visible()
    for text in ("choose the level", "Save and next", "Comment for the learner", "Accept machine"):
        expect(dialog).to_contain_text(text)
    work.keyboard.press("s")
    assert work.evaluate("window.pressed") == []
    work.keyboard.press("Escape")
    expect(dialog).to_be_hidden()


def test_a_key_can_be_changed_and_stays_changed(work: Page, site: Site) -> None:
    work.keyboard.press("?")
    work.get_by_role("button", name="Change the key for: Save and next").click()
    work.keyboard.press("j")
    expect(work.locator("[data-keys-state]")).to_have_text("J already does something else here.")
    work.get_by_role("button", name="Change the key for: Save and next").click()
    work.keyboard.press("w")
    work.keyboard.press("Escape")
    work.keyboard.press("s")
    work.keyboard.press("w")
    assert work.evaluate("window.pressed") == ["s"]
    expect(work.locator("#save kbd")).to_have_text("W")
    work.reload()
    expect(work.locator("#save kbd")).to_have_text("W")


def test_all_keys_can_be_switched_off(work: Page) -> None:
    work.keyboard.press("?")
    work.locator("[data-keys-on]").uncheck()
    work.keyboard.press("Escape")
    for key in ("3", "s", "a"):
        work.keyboard.press(key)
    assert marks(work) == {}
    assert work.evaluate("window.pressed") == []
    work.locator("[data-keys-open]").click()
    work.locator("[data-keys-on]").check()
    work.keyboard.press("Escape")
    work.keyboard.press("3")
    assert marks(work) == {"correctness": "3"}


def test_panes_are_resized_by_keyboard_and_remembered(work: Page) -> None:
    bar = work.get_by_role("separator", name="Width of the panes")
    before = work.locator(".split__pane").first.bounding_box()
    bar.focus()
    for _ in range(5):
        work.keyboard.press("ArrowRight")
    after = work.locator(".split__pane").first.bounding_box()
    assert before is not None
    assert after is not None
    assert after["width"] > before["width"] + 80
    expect(bar).to_have_attribute("aria-valuenow", "66")
    work.reload()
    expect(bar).to_have_attribute("aria-valuenow", "66")
    bar.press("Home")
    expect(bar).to_have_attribute("aria-valuenow", "25")


def test_tabs_show_one_panel_and_move_by_arrows(work: Page) -> None:
    expect(work.locator("#t-text")).to_be_visible()
    expect(work.locator("#t-similar")).to_be_hidden()
    work.get_by_role("tab", name="Text").focus()
    work.keyboard.press("ArrowRight")
    expect(work.locator("#t-similar")).to_be_visible()
    assert marks(work) == {}


def test_the_theme_is_chosen_and_remembered(work: Page) -> None:
    ground = "getComputedStyle(document.body.parentElement).backgroundColor"
    assert work.evaluate(ground) == "rgb(243, 244, 246)"
    work.get_by_label("Light or dark").click()
    work.get_by_role("button", name="Dark").click()
    assert work.evaluate(ground) == "rgb(17, 20, 25)"
    work.reload()
    assert work.evaluate(ground) == "rgb(17, 20, 25)"
