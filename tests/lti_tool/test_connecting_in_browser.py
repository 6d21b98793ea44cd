"""The pages of a connection in a real browser: how they look to axe, and how one closes."""

from __future__ import annotations

import mimetypes
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Literal
from urllib.parse import urlsplit

import pytest
from axe_playwright_python.sync_playwright import Axe
from django.contrib.staticfiles import finders
from django.test import Client
from playwright.sync_api import BrowserContext, Page, Route, sync_playwright

from lti_tool import invitations
from lti_tool.models import HealthReport
from lti_tool.roles import Right
from tests.journeys.browser import ARGUMENTS, PHONE, WIDE, executable
from tests.lti_tool import factories
from tests.lti_tool.inviting import InvitingLms

axe = Axe()
pytestmark = [pytest.mark.browser, pytest.mark.django_db]
TOOL = "http://tool.test"
# What Moodle's and Canvas' own scripts do with the message is to look at its subject.
LISTENS = """<!doctype html><title>LMS</title><script>
window.got = [];
window.addEventListener("message", (event) => window.got.push([event.data.subject, event.origin]));
</script>"""
SCHEMES: tuple[Literal["light", "dark"], ...] = ("light", "dark")
CLOSED = ["org.imsglobal.lti.close", TOOL]


@pytest.fixture
def done(client: Client) -> Iterator[tuple[str, Any]]:
    """The address of an LMS and our answer after it has registered us, made before the browser."""
    with InvitingLms().serving() as lms:
        _made, url = invitations.invite(tenant="north", by="tests")
        yield lms.url, lms.connect(client, url)


@contextmanager
def browser(
    lms: str, body: str, answer: Any, *, bypass_csp: bool = False
) -> Iterator[BrowserContext]:
    headers = {name: value for name, value in answer.items() if name != "Content-Length"}

    def serve(route: Route) -> None:
        parts = urlsplit(route.request.url)
        found = None
        if parts.path.startswith("/static/"):
            found = finders.find(parts.path.removeprefix("/static/"))
        if f"{parts.scheme}://{parts.netloc}" == lms:
            route.fulfill(body=LISTENS + body, content_type="text/html")
        elif isinstance(found, str):
            kind = mimetypes.guess_type(found)[0] or "application/octet-stream"
            route.fulfill(body=Path(found).read_bytes(), content_type=kind)
        elif parts.path == "/done":
            route.fulfill(body=answer.content, headers=headers)
        else:
            route.fulfill(status=404)

    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(
            executable_path=executable(), args=[*ARGUMENTS, "--disable-popup-blocking"]
        )
        # Without the policy axe can be put into the page.
        context = chromium.new_context(bypass_csp=bypass_csp)
        context.route("**/*", serve)
        yield context
        chromium.close()


def wait_for_message(page: Page) -> list[list[str]]:
    page.wait_for_function("window.got.length > 0", timeout=10_000)
    found: list[list[str]] = page.evaluate("window.got")
    return found


def test_the_frame_tells_the_lms_that_it_is_done(done: tuple[str, Any]) -> None:
    lms, answer = done
    with browser(lms, f'<iframe src="{TOOL}/done"></iframe>', answer) as context:
        page = context.new_page()
        page.goto(f"{lms}/tools")
        assert wait_for_message(page) == [CLOSED]
        page.frame_locator("iframe").get_by_role("button", name="Back to the LMS").click()
        page.wait_for_function("window.got.length === 2")


def test_a_tab_tells_the_lms_that_opened_it_and_closes(done: tuple[str, Any]) -> None:
    """Brightspace opens a tab, which keeps its opener only with a header of its own."""
    lms, answer = done
    with browser(lms, "", answer) as context:
        page = context.new_page()
        page.goto(f"{lms}/tools")
        with context.expect_page() as opened:
            page.evaluate(f"void window.open('{TOOL}/done')")
        tab = opened.value
        assert wait_for_message(page) == [CLOSED]
        with tab.expect_event("close"):
            tab.get_by_role("button", name="Back to the LMS").click()


def test_another_site_may_not_frame_it_and_hears_nothing(done: tuple[str, Any]) -> None:
    _lms, answer = done
    other = "http://other.test"
    with browser(other, f'<iframe src="{TOOL}/done"></iframe>', answer) as context:
        page = context.new_page()
        page.goto(f"{other}/")
        page.wait_for_timeout(500)
        assert page.evaluate("window.got") == []


def test_a_window_of_its_own_says_what_to_do(done: tuple[str, Any]) -> None:
    lms, answer = done
    with browser(lms, "", answer) as context:
        page = context.new_page()
        page.goto(f"{TOOL}/done")
        assert page.get_by_text("close it yourself").is_visible()
        assert not page.get_by_role("button", name="Back to the LMS").is_visible()


def question(client: Client) -> Any:
    """With everything that it can ask: another site, a token for elsewhere, a renewal."""
    old = factories.make_registration(name="An LMS with a long name " * 3)
    with InvitingLms().serving() as lms:
        lms.changes["issuer"] = "https://a-rather-long-name-of-somebody-else.example"
        lms.changes["registration_endpoint"] = f"https://elsewhere.example/{'x' * 200}"
        _made, url = invitations.invite(tenant="north", by="tests", renews=old)
        return lms.open(client, url)


def how(client: Client) -> Any:
    return client.get(urlsplit(invitations.invite(tenant="north", by="tests")[1]).path)


def addresses(client: Client) -> Any:
    return client.get("/lti/addresses/")


def health(client: Client) -> Any:
    """Every verdict, and an address that is wider than a phone."""
    registration = factories.make_registration(
        name="Moodle at example.edu", product="moodle", jwks_url=f"https://x.example/{'x' * 200}"
    )
    link = factories.make_link(factories.make_context(registration))
    steps = [("keys", "good", []), ("clock", "bad", []), ("token", "bad", ["send grades: yes"])]
    HealthReport.objects.create(
        registration=registration,
        steps=[
            {"kind": kind, "verdict": verdict, "words": "Some words.", "details": details}
            for kind, verdict, details in steps
        ],
    )
    factories.sign_in(client, factories.make_person(link, rights=[Right.ADMINISTER]))
    return client.get(f"/lti/health/{registration.pk}/")


@pytest.mark.parametrize("make", [question, how, addresses, health], ids=lambda make: make.__name__)
def test_axe_finds_nothing_and_nothing_is_wider_than_a_phone(client: Client, make: Any) -> None:
    answer = make(client)
    assert answer.status_code == 200
    with browser("", "", answer, bypass_csp=True) as context:
        for size in (WIDE, PHONE):
            for scheme in SCHEMES:
                page = context.new_page()
                page.set_viewport_size(size)  # type: ignore[arg-type]
                page.emulate_media(color_scheme=scheme, reduced_motion="reduce")
                page.goto(f"{TOOL}/done")
                page.eval_on_selector_all("details", "all => all.forEach(one => one.open = true)")
                found = axe.run(page)
                assert found.violations_count == 0, found.generate_report()
                wider = "document.documentElement.scrollWidth > window.innerWidth"
                assert not page.evaluate(wider), (size, scheme)
                page.close()
