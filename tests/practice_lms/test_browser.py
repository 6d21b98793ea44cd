"""A real browser: two sites, third-party cookies blocked."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page, sync_playwright

from practice_lms import vocabulary
from tests.practice_lms.platform import Platform
from tests.practice_lms.stand_in import StandIn

pytestmark = pytest.mark.browser
SUBMIT = """([url, jwt]) => {
    const made = (tag, values) => Object.assign(document.createElement(tag), values);
    const form = made("form", {method: "post", action: url});
    form.append(made("input", {name: "JWT", value: jwt}));
    document.body.append(form);
    form.submit();
}"""
ARGUMENTS = ["--no-sandbox", "--test-third-party-cookie-phaseout"]


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path="/usr/bin/chromium", args=ARGUMENTS)
        yield browser
        browser.close()


@pytest.fixture
def page(browser: Browser, tool: StandIn, platform: Platform) -> Iterator[Page]:
    context = browser.new_context(viewport={"width": 390, "height": 800}, base_url=platform.url)
    page = context.new_page()
    complaints: list[str] = []
    page.on("console", lambda m: complaints.append(m.text) if m.type == "error" else None)
    yield page
    context.close()
    assert complaints == []


def _sign_in(page: Page, name: str) -> None:
    page.goto("/sign-in")
    page.get_by_role("button", name=name).click()
    page.wait_for_url("**/courses/pa-aut")


def test_a_learner_opens_the_tool_in_the_frame_and_in_a_window(page: Page) -> None:
    _sign_in(page, "Ada Okafor")
    page.get_by_role("link", name="Python Associate · Practical").click()
    frame = page.frame_locator("iframe.tool")
    assert frame.locator("#what").inner_text() == "Ada Okafor: LtiResourceLinkRequest"
    with page.expect_popup() as opened:
        page.get_by_role("link", name="Open in new window").click()
    assert opened.value.locator("#what").inner_text() == "Ada Okafor: LtiResourceLinkRequest"


def test_the_tool_may_keep_values_in_the_page(page: Page) -> None:
    _sign_in(page, "Ada Okafor")
    page.goto("/activities/practical")
    page.frame_locator("iframe.tool").locator("#what").wait_for()
    frame = next(frame for frame in page.frames if frame.name == "tool")
    asked = """(message) => new Promise((done) => {
        addEventListener("message", (event) => done(event.data), {once: true});
        parent.postMessage(message, "*");
    })"""
    offered = frame.evaluate(asked, {"subject": "lti.capabilities", "message_id": "1"})
    subjects = [entry["subject"] for entry in offered["supported_messages"]]
    assert {"lti.put_data", "lti.get_data"} <= set(subjects)
    put = {"subject": "lti.put_data", "message_id": "2", "key": "state", "value": "v"}
    assert frame.evaluate(asked, put)["value"] == "v"
    got = frame.evaluate(asked, {"subject": "lti.get_data", "message_id": "3", "key": "state"})
    assert got == {
        "subject": "lti.get_data.response",
        "message_id": "3",
        "key": "state",
        "value": "v",
    }
    frame.evaluate("parent.postMessage({subject: 'lti.frameResize', height: 1234}, '*')")
    page.wait_for_function("document.querySelector('iframe.tool').offsetHeight === 1234")


def test_the_tool_may_keep_values_in_a_named_frame(page: Page, platform: Platform) -> None:
    platform.manner("canvas")
    _sign_in(page, "Ada Okafor")
    page.goto("/activities/practical")
    page.frame_locator("iframe.tool").locator("#what").wait_for()
    frame = next(frame for frame in page.frames if frame.name == "tool")
    asked = """([message, name]) => new Promise((done) => {
        addEventListener("message", (event) => done(event.data), {once: true});
        setTimeout(() => done(null), 1000);
        (name ? parent.frames[name] : parent).postMessage(message, "*");
    })"""
    offered = frame.evaluate(asked, [{"subject": "lti.capabilities", "message_id": "1"}, ""])
    name = "post_message_forwarding"
    assert {"subject": "lti.put_data", "frame": name} in offered["supported_messages"]
    put = {"subject": "lti.put_data", "message_id": "2", "key": "state", "value": "v"}
    assert frame.evaluate(asked, [put, ""]) is None
    assert frame.evaluate(asked, [put, name])["value"] == "v"
    got = {"subject": "lti.get_data", "message_id": "3", "key": "state"}
    assert frame.evaluate(asked, [got, name])["value"] == "v"


def test_what_the_teacher_picks_in_the_frame_appears_in_the_course(
    page: Page, tool: StandIn
) -> None:
    _sign_in(page, "Tomas Lindgren")
    page.get_by_role("link", name="Add an activity").click()
    page.get_by_role("link", name="Cograde").click()
    page.frame_locator("iframe.tool").locator("#what").wait_for()
    from tests.practice_lms.platform import Form

    request = tool.claims_of(Form("", tool.launches[-1]))
    item = {"type": "ltiResourceLink", "title": "Second practical"}
    jwt = tool.deep_linking_response(request, [item])
    url = request[f"{vocabulary.DEEP_LINKING_CLAIM}deep_linking_settings"]["deep_link_return_url"]
    next(frame for frame in page.frames if frame.name == "tool").evaluate(SUBMIT, [url, jwt])
    page.wait_for_url("**/courses/pa-aut")
    assert page.get_by_role("link", name="Second practical").is_visible()


def test_what_is_picked_in_a_window_of_its_own_is_confirmed_there(
    page: Page, tool: StandIn
) -> None:
    from tests.practice_lms.platform import Form

    _sign_in(page, "Tomas Lindgren")
    page.goto("/courses/pa-aut/add/cograde-demo/window")
    page.locator("#what").wait_for()
    request = tool.claims_of(Form("", tool.launches[-1]))
    jwt = tool.deep_linking_response(request, [{"type": "ltiResourceLink", "title": "Third"}])
    url = request[f"{vocabulary.DEEP_LINKING_CLAIM}deep_linking_settings"]["deep_link_return_url"]
    page.evaluate(SUBMIT, [url, jwt])
    page.get_by_role("heading", name="Added to").wait_for()
    page.get_by_role("link", name="Back to").click()
    assert page.get_by_role("link", name="Third").is_visible()


PAGES = {
    "Ada Okafor": [
        "/courses/pa-aut",
        "/activities/practical",
        "/courses/pa-aut/grades",
        "/privacy",
        "/assignments/essay",
    ],
    "Tomas Lindgren": [
        "/courses/pa-aut",
        "/courses/pa-aut/people",
        "/courses/pa-aut/gradebook",
        "/courses/pa-aut/gradebook/1/ben",
        "/courses/pa-aut/gradebook/1/ada/submission",
        "/courses/pa-aut/tools",
        "/courses/pa-aut/add",
        "/courses/pa-aut/copy",
        "/courses/pa-aut/assignments/new",
        "/assignments/essay",
    ],
    "Ingrid Moreau": ["/courses/pa-aut/people", "/privacy?about=ben"],
}
RULES = {
    "runOnly": {"type": "tag", "values": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]}
}


@pytest.mark.parametrize(("width", "scheme"), [(390, "light"), (1280, "dark")])
def test_pages_fit_and_can_be_used_by_everybody(
    page: Page, tool: StandIn, platform: Platform, scheme: str, width: int
) -> None:
    tool.post_score(tool.score())
    platform.assignment(title="Essay", text="Write!", processors=[{"title": "Checks"}])
    platform.hand_in("ada", text="My essay", main_py="print(1)")
    platform.override("ben", 60, "after an appeal")
    columns = [{"label": "Code", "maximum": 60}, {"label": "Essay", "maximum": 40}]
    platform.seed([{"id": "pa-aut", "links": [{"id": "two", "columns": columns}]}])
    page.emulate_media(color_scheme="dark" if scheme == "dark" else "light")
    page.set_viewport_size({"width": width, "height": 800})
    found: list[str] = []
    for name, paths in PAGES.items():
        _sign_in(page, name)
        for path in ["/sign-in", *paths]:
            page.goto(path)
            if page.evaluate("document.documentElement.scrollWidth > innerWidth"):
                found.append(f"{path} is wider than the window")
            results = Axe().run(page, context="html", options={**RULES, "iframes": False})
            found += [f"{path}: {violation['id']}" for violation in results.response["violations"]]
    assert found == []
