from __future__ import annotations

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.pages.site import CODE, Site

pytestmark = pytest.mark.browser


@pytest.fixture
def area(page: Page, site: Site) -> Locator:
    page.goto(site.url + "/answer/")
    page.wait_for_selector(".editor")
    return page.locator("#code")


def write(area: Locator, text: str, start: int | None = None, end: int | None = None) -> None:
    """Put a text in and select [start, end) of it; the end of the text when not said."""
    area.fill(text)
    start = len(text) if start is None else start
    area.evaluate(
        "(e, [from, to]) => e.setSelectionRange(from, to)", [start, start if end is None else end]
    )
    area.focus()
    area.evaluate("(e, [from, to]) => e.setSelectionRange(from, to)", [start, end or start])


@pytest.mark.parametrize(
    ("before", "select", "key", "after"),
    [
        ("", None, "Tab", "    "),
        ("ab", None, "Tab", "ab  "),
        ("a\nb", (0, 3), "Tab", "    a\n    b"),
        ("    a\n  b", (0, 9), "Shift+Tab", "a\nb"),
        ("    a", None, "Shift+Tab", "a"),
        ("def f():", None, "Enter", "def f():\n    "),
        ("def f():  # why", None, "Enter", "def f():  # why\n    "),
        ("    x = 1", None, "Enter", "    x = 1\n    "),
        ("x = []", (5, 5), "Enter", "x = [\n    \n]"),
        ("        ", None, "Backspace", "    "),
        ("     ", None, "Backspace", "    "),
        ("ab", None, "Backspace", "a"),
        ("name", (0, 4), "(", "(name)"),
        ("x = 1", None, "Control+/", "# x = 1"),
        ("# x = 1", None, "Control+/", "x = 1"),
    ],
)
def test_keys_edit_python(
    area: Locator, before: str, select: tuple[int, int] | None, key: str, after: str
) -> None:
    write(area, before, *(select or (None, None)))
    area.press(key)
    assert area.input_value() == after


def test_undo_takes_back_an_indentation(area: Locator) -> None:
    write(area, "a")
    area.press("Tab")
    area.press("Control+z")
    assert area.input_value() == "a"


def test_tab_stays_and_escape_tab_leaves(area: Locator, page: Page) -> None:
    write(area, "a")
    area.press("Tab")
    assert page.evaluate("document.activeElement.id") == "code"
    area.press("Escape")
    assert "leaves" in page.locator(".editor [role=status]").inner_text()
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.id") == "text"
    assert area.input_value() == "a   "


def test_the_overlay_shows_exactly_what_is_typed(area: Locator, page: Page) -> None:
    area.focus()
    for text in ('x = """a\nb\n', "if x: # 'y\n", "é漢字 = 0x1f\n\n", "t = f'{x}'"):
        page.keyboard.insert_text(text)
        lines = page.locator(".editor__paint .editor__sheet > span").all_text_contents()
        assert "\n".join(lines) == area.input_value()


def test_an_open_string_colours_the_lines_below_until_it_is_closed(
    area: Locator, page: Page
) -> None:
    def kinds() -> str:
        lines = page.locator(".editor__paint .editor__sheet > span").all()
        return "".join("s" if line.locator(".s").count() else "-" for line in lines)

    def change(text: str, start: int, end: int) -> None:
        area.evaluate(
            """(e, [text, start, end]) => {
                 e.setRangeText(text, start, end, 'end');
                 e.dispatchEvent(new Event('input', {bubbles: true})); }""",
            [text, start, end],
        )

    area.fill('a = 1\nb = 2\nc = """x"""\nd = 4')
    assert kinds() == "--s-"
    change('"""', 0, 0)
    assert kinds() == "ssss"
    change("", 0, 3)
    assert kinds() == "--s-"


def test_show_in_code_marks_the_line_and_the_mark_moves_with_it(area: Locator, page: Page) -> None:
    page.click("[data-goto=code]")
    marked = page.locator(".editor__lines .is-error")
    assert marked.inner_text() == "3"
    assert page.evaluate("document.activeElement.id") == "code"
    selected = area.evaluate("(e) => e.value.slice(e.selectionStart, e.selectionEnd)")
    assert selected == "    return lines"
    area.evaluate("(e) => e.setSelectionRange(0, 0)")
    page.keyboard.insert_text("# new first line\n")
    assert marked.inner_text() == "4"
    area.evaluate("(e) => e.setSelectionRange(e.value.length - 1, e.value.length - 1)")
    page.keyboard.insert_text("!")
    assert marked.count() == 0


def test_what_an_input_method_composes_is_seen_and_kept(area: Locator, page: Page) -> None:
    area.fill("")
    area.focus()
    session = page.context.new_cdp_session(page)
    session.send("Input.imeSetComposition", {"text": "に", "selectionStart": 1, "selectionEnd": 1})
    assert page.locator(".editor.is-composing").count() == 1
    session.send(
        "Input.imeSetComposition", {"text": "にほん", "selectionStart": 3, "selectionEnd": 3}
    )
    session.send("Input.insertText", {"text": "日本"})
    assert page.locator(".editor.is-composing").count() == 0
    assert area.input_value() == "日本"
    expect(page.locator(".editor__paint")).to_have_text("日本")  # painted with the next frame


def test_the_overlay_follows_when_the_text_scrolls(area: Locator, page: Page) -> None:
    area.fill("\n".join(f"value_{i} = {'x' * 300}" for i in range(200)))
    area.evaluate("(e) => { e.scrollTop = e.scrollHeight; e.scrollLeft = 500 }")
    page.wait_for_timeout(100)
    moved = page.evaluate(
        "new DOMMatrix(getComputedStyle(document.querySelector('.editor__paint > div')).transform)"
        ".toJSON()"
    )
    at = area.evaluate("(e) => [e.scrollLeft, e.scrollTop]")
    assert [-moved["e"], -moved["f"]] == pytest.approx(at, abs=1)


def test_a_key_press_in_a_long_file_costs_little_more_than_the_bare_field(
    area: Locator, page: Page
) -> None:
    times = page.evaluate(
        """() => {
             const text = Array.from({length: 1500}, (_, i) => `def f${i}(x): return x  # ${i}`);
             const press = (field) => {
               field.value = text.join('\\n');
               const times = [];
               for (let i = 0; i < 20; i += 1) {
                 const start = performance.now();
                 field.setRangeText('x', 20, 20, 'end');
                 field.dispatchEvent(new Event('input', {bubbles: true}));
                 document.body.getBoundingClientRect();
                 field.scrollTop;
                 times.push(performance.now() - start);
               }
               return Math.min(...times);
             };
             const bare = document.createElement('textarea');
             bare.wrap = 'off';
             bare.className = 'mono';
             document.querySelector('main').append(bare);
             return [press(document.getElementById('code')), press(bare)];
           }"""
    )
    editor, bare = times
    assert editor < 4 * bare + 10


def test_the_field_is_sent_as_it_always_was(area: Locator, page: Page, site: Site) -> None:
    assert area.input_value() == CODE
    area.fill("x = 1")
    page.click("#hand-in")
    page.wait_for_url("**/hand-in/")
    assert site.saves[-1]["code"] == ["x = 1"]
