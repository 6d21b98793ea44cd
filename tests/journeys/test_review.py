"""People who mark: by keyboard, in groups, twice, after an appeal, and when the network goes."""

from __future__ import annotations

import json
import re
import secrets
import time
from dataclasses import dataclass
from pathlib import Path
from tempfile import NamedTemporaryFile

import pytest
from playwright.sync_api import Browser, FrameLocator, Page, Request, expect

from tests.journeys.browser import FRAME_SETTLES, person
from tests.journeys.stack import Product
from tests.journeys.test_main_job import press

pytestmark = [pytest.mark.browser, pytest.mark.slow, pytest.mark.timeout(300)]

PLAIN = (Path(__file__).parent / "review.yaml").read_text(encoding="utf-8")
PEOPLE = {
    "mika": ("Mika", "Learner"),
    "rosa": ("Rosa", "Instructor#Grader"),
    "sami": ("Sami", "Instructor#Grader"),
    "noor": ("Noor", "Instructor#Grader"),  # whose keys are others from that test on
    "tove": ("Tove", "Instructor"),
}
TWENTY = 20
ALIKE = "The cache keeps what was computed, so the second call is faster."


@dataclass(frozen=True)
class Course:
    """A course of its own for each test: what one leaves open is in nobody's queue but its own."""

    product: Product
    key: str

    @property
    def title(self) -> str:
        return f"People who mark {self.key}"

    @property
    def address(self) -> str:
        return f"{self.product.lms.url}/courses/{self.key}"

    def points_of(self, person: str) -> float | None:
        cell = self.product.lms.grade(person, link=self.key)
        return None if cell is None else float(cell["points"])


@pytest.fixture(scope="module")
def staffed(product: Product) -> Product:
    imported(product, PLAIN)
    people = [{"id": key, "given_name": name} for key, (name, _) in PEOPLE.items()]
    product.lms.seed(people=people)
    return product


@pytest.fixture
def course(staffed: Product, browser: Browser) -> Course:
    course = Course(staffed, f"marking-{secrets.token_hex(3)}")
    link = {"id": course.key, "title": "Practical", "custom": {"assessment": "marking"}}
    members = {key: [role] for key, (_name, role) in PEOPLE.items()}
    staffed.lms.seed(
        [{"id": course.key, "title": course.title, "members": members, "links": [link]}]
    )
    page, _board = opened(course, browser, "Tove")  # the first launch tells the tool of the course
    page.context.close()
    return course


def imported(product: Product, source: str) -> None:
    with NamedTemporaryFile("w", suffix=".yaml") as file:
        file.write(source)
        file.flush()
        product.manage("import_assessment", file.name, "--publish")


def hand_in(course: Course, *texts: str) -> None:
    """Those whom the product knows only by what they hand in."""
    given = json.dumps([course.title, list(texts), "13 ms"])
    course.product.manage(
        "shell", "-c", f"from tests.journeys.hand_ins import hand_in; hand_in(*{given})"
    )


def opened(
    course: Course, browser: Browser, name: str, script: str = ""
) -> tuple[Page, FrameLocator]:
    page = person(browser, course.product.lms.url, name)
    page.context.add_init_script(script)
    page.goto(course.address)
    page.get_by_role("link", name="Practical").last.click()
    frame = page.frame_locator("iframe.tool")
    expect(frame.get_by_role("heading", level=1)).to_be_visible()
    page.wait_for_timeout(FRAME_SETTLES)
    return page, frame


def desk_of(
    course: Course, browser: Browser, name: str, waiting: int, script: str = ""
) -> tuple[Page, FrameLocator]:
    """A reviewer's queue once so many responses are in it, with the focus in the frame."""
    page, frame = opened(course, browser, name, script)
    for _try in range(60):
        heading = frame.get_by_role("heading", level=1).inner_text()
        if int(re.match(r"\d+", heading)[0]) >= waiting:  # type: ignore[index]
            break
        page.wait_for_timeout(500)
        page.reload()
        page.wait_for_timeout(FRAME_SETTLES)
    frame.get_by_role("heading", level=1).click()
    return page, frame


def next_one(page: Page, desk: FrameLocator) -> str:
    press(page, desk, "j")
    heading = desk.get_by_role("heading", name=re.compile("^Response"), level=1)
    expect(heading).to_be_visible()
    return heading.inner_text()


def chosen_and_saved(page: Page, desk: FrameLocator, code: str) -> None:
    """Four keys: a level for each of two criteria, and save."""
    press(page, desk, "1")
    press(page, desk, "ArrowDown")
    press(page, desk, "1")
    press(page, desk, "s")
    expect(desk.get_by_role("heading", level=1).filter(has_not_text=code)).to_be_visible()


def is_fetched_ahead(request: Request) -> bool:
    """The page of a response that comes by `fetch`, so not the one that is being opened."""
    return (
        request.method == "GET" and request.resource_type == "fetch" and "/review/" in request.url
    )


def test_the_next_response_is_there_before_it_is_asked_for(
    course: Course, browser: Browser
) -> None:
    hand_in(course, "One thing that is right.", "Another thing altogether that is right.")
    page, desk = desk_of(course, browser, "Rosa", 2)
    with page.expect_event("requestfinished", is_fetched_ahead):
        code = next_one(page, desk)
    desk.locator("html").evaluate("html => { html.dataset.kept = 'yes' }")
    chosen_and_saved(page, desk, code)
    # Another response on the same document: nothing was loaded in between.
    expect(desk.locator("html")).to_have_attribute("data-kept", "yes")
    expect(desk.get_by_text("is settled.")).to_be_visible()
    code = desk.get_by_role("heading", level=1).inner_text()
    press(page, desk, "1")
    expect(desk.locator(".rubric__total")).not_to_contain_text("–")
    press(page, desk, "u")  # the choice
    press(page, desk, "u")  # the response before
    expect(desk.get_by_text("Taken back")).to_be_visible()
    for _response in range(2):
        chosen_and_saved(page, desk, desk.get_by_role("heading", level=1).inner_text())
    expect(desk.get_by_text("Nothing waits for you")).to_be_visible()
    page.context.close()


REFUSED = """for (const kind of ['localStorage', 'sessionStorage', 'indexedDB']) {
    Object.defineProperty(window, kind, {
        get() { throw new DOMException('denied', 'SecurityError'); } });
}"""


def test_what_a_person_set_is_kept_where_the_frame_is_refused_all_storage(
    course: Course, browser: Browser
) -> None:
    hand_in(course, "A reason to look at.")
    page, desk = desk_of(course, browser, "Noor", 1, script=REFUSED)
    next_one(page, desk)
    with page.expect_response("**/preferences/") as kept:
        desk.get_by_label("Light or dark").click()
        desk.get_by_role("button", name="Dark").click()
        press(page, desk, "?")
        desk.get_by_role("button", name="Change the key for: Undo").click()
        page.keyboard.press("y")
        page.keyboard.press("Escape")
        desk.get_by_role("separator").press("Home")
        desk.get_by_text("What was asked", exact=True).click()
    assert kept.value.status == 204

    page.reload()  # a new launch: nothing of the page before is left
    page.wait_for_timeout(FRAME_SETTLES)
    desk.get_by_role("heading", level=1).click()
    next_one(page, desk)
    expect(desk.locator("html")).to_have_attribute("data-theme", "dark")
    expect(desk.get_by_role("separator")).to_have_attribute("aria-valuenow", "25")
    expect(desk.locator("details[data-remember=asked]")).to_have_attribute("open", "")
    press(page, desk, "?")
    expect(desk.locator("#keys-help tr", has_text="Undo").locator("kbd")).to_have_text("Y")
    page.context.close()


def test_twenty_responses_by_keyboard_alone(
    course: Course, browser: Browser, capsys: pytest.CaptureFixture[str]
) -> None:
    hand_in(course, *(f"Reason number {number}, {'x' * number}." for number in range(TWENTY)))
    page, desk = desk_of(course, browser, "Rosa", TWENTY)
    code = next_one(page, desk)
    began = time.monotonic()
    for _response in range(TWENTY):
        chosen_and_saved(page, desk, code)
        code = desk.get_by_role("heading", level=1).inner_text()
    took = (time.monotonic() - began) / TWENTY
    expect(desk.get_by_text("Nothing waits for you")).to_be_visible()
    with capsys.disabled():
        print(f"\n{TWENTY} responses by keyboard, 4 keys each: {took:.2f} s per response")
    page.context.close()


def test_answers_alike_are_marked_as_one_and_taken_back_as_one(
    course: Course, browser: Browser
) -> None:
    hand_in(course, *(f"{ALIKE}{mark}" for mark in ("", "!", " .", " !")))
    page, desk = desk_of(course, browser, "Rosa", 4)
    chosen_and_saved(page, desk, next_one(page, desk))
    expect(desk.get_by_text("3 answers alike")).to_be_visible()
    press(page, desk, "g")
    expect(desk.get_by_role("heading", name="3 answers like the one you settled")).to_be_visible()
    press(page, desk, "s")
    expect(desk.get_by_role("heading", name="3 answers are marked the same")).to_be_visible()
    press(page, desk, "u")
    expect(desk.get_by_text("3 answers are back in the queue.")).to_be_visible()
    for _response in range(3):
        chosen_and_saved(page, desk, next_one(page, desk))
        if not desk.get_by_role("heading", level=1).inner_text().startswith("Response"):
            break
        desk.get_by_role("heading", level=1).click()
        press(page, desk, "u")  # the slip: back to the one before
        expect(desk.get_by_text("Taken back")).to_be_visible()
        chosen_and_saved(page, desk, desk.get_by_role("heading", level=1).inner_text())
        page.goto(course.address)
        page.get_by_role("link", name="Practical").last.click()
        expect(desk.get_by_role("heading", level=1)).to_be_visible()
        page.wait_for_timeout(FRAME_SETTLES)
        desk.get_by_role("heading", level=1).click()
    page.context.close()


def test_a_connection_that_breaks_in_mid_sentence_loses_nothing(
    course: Course, browser: Browser
) -> None:
    hand_in(course, "A reason that is cut off.")
    page, desk = desk_of(course, browser, "Rosa", 1)
    code = next_one(page, desk)
    press(page, desk, "1")
    press(page, desk, "c")
    page.keyboard.type("The first half of it, ")
    expect(desk.get_by_text(re.compile("^saved"))).to_be_visible()
    page.context.set_offline(True)
    page.keyboard.type("and the second half.")
    expect(desk.get_by_text("not saved, trying again", exact=False)).to_be_visible()
    page.context.set_offline(False)
    expect(desk.get_by_text(re.compile("^saved"))).to_be_visible()
    page.keyboard.press("Escape")
    other_page, other_desk = desk_of(course, browser, "Rosa", 1)
    assert next_one(other_page, other_desk) == code
    expect(other_desk.get_by_label("Comment for the learner").first).to_have_value(
        "The first half of it, and the second half."
    )
    press(other_page, other_desk, "ArrowDown")
    press(other_page, other_desk, "1")
    press(other_page, other_desk, "s")
    expect(other_desk.get_by_text("Nothing waits for you")).to_be_visible()
    for each in (page, other_page):
        each.context.close()


def test_from_an_appeal_to_a_regrade_to_the_gradebook(course: Course, browser: Browser) -> None:
    learner, frame = opened(course, browser, "Mika")
    frame.get_by_role("button", name="Begin").click()
    frame.locator("#answer").fill("Because of two effects.")
    frame.get_by_role("button", name=re.compile("^Next")).click()
    frame.locator("#answer").fill("13 ms")  # too far from 12.5 ms, says version 1
    frame.get_by_role("button", name="Hand in …").click()
    frame.get_by_role("button", name="Hand in", exact=True).click()
    page, desk = desk_of(course, browser, "Rosa", 1)
    chosen_and_saved(page, desk, next_one(page, desk))
    expect(frame.get_by_text("Your LMS has confirmed")).to_be_visible(timeout=60_000)
    assert course.points_of("mika") == 37.5  # of 100

    frame.get_by_role("link", name=re.compile("Ask for another look Correctness")).first.click()
    frame.get_by_label("What should they look at?").fill("Both effects are in it.")
    frame.get_by_role("button", name="Ask for another look").click()
    expect(frame.get_by_text("You asked for another look")).to_be_visible()
    # Not to who has marked it.
    page.reload()
    expect(desk.get_by_text("Nothing waits for you")).to_be_visible()
    other, other_desk = desk_of(course, browser, "Sami", 1)
    next_one(other, other_desk)
    expect(other_desk.get_by_text("Both effects are in it.")).to_be_visible()
    expect(other_desk.get_by_text("reviewer before").first).to_be_visible()
    press(other, other_desk, "2")
    press(other, other_desk, "c")
    other.keyboard.type("You are right, both are there.")
    other.keyboard.press("Escape")
    press(other, other_desk, "s")
    expect(other_desk.get_by_text("Nothing waits for you")).to_be_visible()
    learner.reload()
    expect(frame.get_by_text("Looked at again: raised")).to_be_visible()
    expect(frame.get_by_text("You are right, both are there.").first).to_be_visible()
    wait_for_points(course, 50)

    imported(course.product, PLAIN.replace("tolerance: 0.1", "tolerance: 1"))
    teacher, board = opened(course, browser, "Tove")
    board.get_by_role("link", name="Regrade").click()
    board.get_by_label("What was wrong?").fill("The tolerance was too small.")
    board.get_by_role("button", name="Try it").click()
    expect(board.get_by_role("heading", name=re.compile("grades? would change$"))).to_be_visible(
        timeout=60_000
    )
    assert course.points_of("mika") == 50  # nothing was changed yet
    board.get_by_role("button", name=re.compile("^Publish")).click()
    expect(board.get_by_text(re.compile("on (its|their) way to the LMS")).first).to_be_visible()
    wait_for_points(course, 100)
    learner.reload()
    expect(frame.get_by_text("The tolerance was too small.").first).to_be_visible()
    course.product.manage("verify_audit")
    for each in (learner, page, other, teacher):
        each.context.close()


def wait_for_points(course: Course, points: float) -> None:
    until = time.monotonic() + 120
    while (found := course.points_of("mika")) != points:
        if time.monotonic() > until:
            raise AssertionError(f"the gradebook shows {found}, not {points}")
        time.sleep(0.3)
