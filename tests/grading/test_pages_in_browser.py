"""What scripts do on the pages of teachers, in a real browser under the pages' own policy."""

from __future__ import annotations

import mimetypes
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from axe_playwright_python.sync_playwright import Axe
from django.contrib.staticfiles import finders
from django.http import HttpResponseBase
from django.urls import reverse
from playwright.sync_api import Page, Route, expect, sync_playwright

from lti_tool.models import DataPrivacyRequest, OutgoingScore
from tests.grading.test_classroom import named, overridden
from tests.grading.test_new_links import asked, publish
from tests.world import World, signed_in

pytestmark = [pytest.mark.browser, pytest.mark.slow]
State = OutgoingScore.State


class Answers:
    """Answers of the server, made before: beside an open Playwright, Django's database layer
    would take another connection, outside the test's transaction.
    """

    def __init__(self, whole: HttpResponseBase, *later: HttpResponseBase) -> None:
        self.whole = whole
        self.later = list(later)
        self.requests: list[str] = []

    def __call__(self, route: Route) -> None:
        request = route.request
        path = urlsplit(request.url).path
        if path.startswith("/static/"):
            found = finders.find(path.removeprefix("/static/"))
            assert isinstance(found, str), path
            kind = mimetypes.guess_type(found)[0] or "application/octet-stream"
            route.fulfill(body=Path(found).read_bytes(), content_type=kind)
        elif request.headers.get("hx-request"):
            self.requests.append(f"{request.method} {path}")
            self._fulfill(route, self.later.pop(0))
        else:
            self._fulfill(route, self.whole)

    def _fulfill(self, route: Route, response: HttpResponseBase) -> None:
        body: bytes = response.content  # type: ignore[attr-defined]
        headers = {name: value for name, value in response.items() if name != "Content-Length"}
        route.fulfill(status=response.status_code, headers=headers, body=body)


def look_at(page: Page, name: str) -> None:
    """No finding of axe in light and dark, and nothing wider than the window. With SHOTS set to a
    folder the pictures are kept there.
    """
    page.emulate_media(reduced_motion="reduce")
    width = page.viewport_size["width"] if page.viewport_size else 0
    for scheme in ("light", "dark"):
        page.emulate_media(color_scheme=scheme)
        # Also ends the change of colours, which neither axe nor the picture must meet on their way.
        page.screenshot()
        picture = page.screenshot()
        if folder := os.environ.get("SHOTS"):
            Path(folder, f"{name}-{width}-{scheme}.png").write_bytes(picture)
        found = Axe().run(page).response["violations"]
        assert found == [], f"{name} {scheme}"
    assert not page.evaluate("document.documentElement.scrollWidth > innerWidth")


@contextmanager
def opened(answers: Answers, *, axe: bool = False) -> Iterator[Page]:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path="/usr/bin/chromium", args=["--no-sandbox"]
        )
        # axe has to be put into the page, which the policy rightly forbids.
        page = browser.new_page(bypass_csp=axe, timezone_id="Europe/Berlin")
        page.set_default_timeout(5000)
        said: list[str] = []
        page.on("pageerror", lambda error: said.append(str(error)))
        page.on(
            "console",
            lambda message: (
                said.append(message.text) if "Content Security Policy" in message.text else None
            ),
        )
        page.route("**/*", answers)
        page.clock.install()
        page.goto("http://testserver/")
        page.wait_for_load_state()
        yield page
        browser.close()
        assert said == []


@pytest.fixture
def troubled(here: World) -> World:
    """Ada's grade was refused, and Ben's was changed in the LMS."""
    for person, name in ((here.ada, "Ada Okafor"), (here.ben, "Ben Sørensen")):
        named(person, name)
        here.routed(person, why="")
    OutgoingScore.objects.filter(person=here.ada).update(state=State.REFUSED, cause="Closed.")
    overridden(OutgoingScore.objects.get(person=here.ben), held=True)
    return here


def test_the_class_refreshes_itself_without_being_felt(troubled: World) -> None:
    browser, address = signed_in(troubled.tomas), reverse("grading:class", args=[troubled.link.pk])
    whole = browser.get(address)
    unchanged = browser.get(address, {"seen": "other"}, headers={"HX-Request": "true"})
    OutgoingScore.objects.filter(person=troubled.ben).update(state=State.CONFIRMED)
    changed = browser.get(address, headers={"HX-Request": "true"})
    answers = Answers(whole, unchanged, changed)
    with opened(answers) as page:
        page.locator("#cause-1 summary").click()
        page.locator("#show-missing").focus()
        for times in (1, 2):
            with page.expect_response(lambda response: "/class/" in response.url):
                page.clock.run_for(20_000)
            page.wait_for_function("document.querySelector('#cause-1').open")
            assert len(answers.requests) == times
        expect(page.locator("#class")).to_contain_text("has confirmed 20 / 30")
        assert page.evaluate("document.activeElement.id") == "show-missing"
        assert page.locator("#cause-1").get_attribute("open") is not None


def test_sending_again_changes_only_what_changed(troubled: World) -> None:
    browser = signed_in(troubled.tomas)
    whole = browser.get(reverse("grading:class", args=[troubled.link.pk]))
    score = OutgoingScore.objects.get(person=troubled.ada)
    target = reverse("grading:resend", args=[troubled.link.pk, score.pk])
    part = browser.post(target, headers={"HX-Request": "true"})
    answers = Answers(whole, part)
    with opened(answers) as page:
        page.get_by_role("button", name="Send again Ada Okafor").click()
        expect(page.get_by_role("status").first).to_contain_text("Ada Okafor is on its way")
        assert answers.requests == [f"POST {target}"]
        assert page.locator("#refused").count() == 0


def test_nothing_is_asked_while_somebody_chooses_a_group(troubled: World) -> None:
    troubled.course.groups.create(lti_id="n", name="North")
    address = reverse("grading:class", args=[troubled.link.pk])
    answers = Answers(signed_in(troubled.tomas).get(address))
    with opened(answers) as page:
        page.locator("#group").focus()
        page.clock.run_for(61_000)
        assert answers.requests == []


def test_a_list_narrows_as_one_types_and_keeps_what_is_chosen(here: World) -> None:
    publish(here, *(f"topic-{n}" for n in range(9)))
    request = asked(here, accept_multiple=True)
    whole = signed_in(here.tomas).get(reverse("grading:choose", args=[request.pk]))
    with opened(Answers(whole)) as page:
        page.get_by_role("checkbox", name="About topic-7").check()
        page.get_by_label("Find by title").fill("TOPIC-3")
        assert page.locator(".choice:visible").all_inner_texts()[0].startswith("About topic-3")
        assert page.locator(".choice:visible").count() == 2
        expect(page.locator("[data-filter-count]")).to_have_text("2 of 10 assessments")
        page.get_by_label("Find by title").press("Enter")  # sends nothing
        assert page.get_by_role("checkbox", name="About topic-7").is_checked()
        assert not page.get_by_role("button", name="Find").is_visible()


def test_dates_are_meant_as_on_the_clock_of_the_browser(here: World) -> None:
    request = asked(here)
    form = {"assessment": "small", "action": "details"}
    whole = signed_in(here.tomas).post(reverse("grading:choose", args=[request.pk]), form)
    with opened(Answers(whole)) as page:
        assert page.input_value("[name=zone]") == "Europe/Berlin"
        expect(page.locator("[data-zone-name]")).to_have_text("Europe/Berlin")
        points = page.get_by_label("Points in the gradebook")
        assert points.is_visible()
        page.get_by_label("A column in the gradebook").uncheck()
        assert not points.is_visible()


@pytest.mark.parametrize(
    "which", ["class", "choose", "details", "wrong", "privacy", "learner", "none"]
)
def test_axe_finds_nothing_and_nothing_is_too_wide(troubled: World, which: str) -> None:
    browser = signed_in(troubled.tomas)
    request = asked(troubled, accept_multiple=True, accept_targets=["iframe", "window"])
    choose = reverse("grading:choose", args=[request.pk])
    private = DataPrivacyRequest.objects.create(
        person=troubled.tomas, subject=troubled.ada, administers=True
    )
    attempt = troubled.ada.submissions.get()
    review = "grading:submission_review"
    whole = {
        "class": lambda: browser.get(reverse("grading:class", args=[troubled.link.pk])),
        "choose": lambda: browser.get(choose),
        "details": lambda: browser.post(choose, {"assessment": "small", "action": "details"}),
        "wrong": lambda: browser.post(choose, {"assessment": "small", "page": "details"}),
        "privacy": lambda: browser.get(reverse("grading:privacy", args=[private.pk])),
        "learner": lambda: browser.get(reverse("grading:learner_result", args=[attempt.pk])),
        "none": lambda: browser.get(
            reverse(review, args=[troubled.link.pk, troubled.join("new", ["Learner"]).pk])
        ),
    }[which]()
    assert whole.status_code == (422 if which == "wrong" else 200)
    with opened(Answers(whole), axe=True) as page:
        for scheme in ("light", "dark"):
            page.emulate_media(color_scheme=scheme, reduced_motion="reduce")
            for width in (390, 1280):
                page.set_viewport_size({"width": width, "height": 800})
                assert page.evaluate("document.documentElement.scrollWidth") <= width
                found = Axe().run(page)
                assert not found.violations_count, found.generate_report()
