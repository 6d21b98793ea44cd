"""The rungs of a launch as the server sees them; tests/journeys climbs them in a browser."""

from __future__ import annotations

import html
import logging
import re
from typing import Any

import jwt
import pytest
from django.conf import settings
from django.contrib.sessions.backends.base import UpdateError
from django.test import Client
from django.urls import get_script_prefix

from config.reference import ReferenceFilter
from lti_tool import deep_linking, state
from lti_tool.middleware import SESSION_KEY
from lti_tool.models import DeepLinkingRequest, Person, Registration, UsedState
from lti_tool.sessions import SessionStore
from tests.lti_tool import tokens
from tests.lti_tool.tokens import Lms

pytestmark = pytest.mark.django_db
OWN_PAGE: Any = {"Sec-Fetch-Site": "same-origin"}
FRAMED: Any = {"Sec-Fetch-Dest": "iframe"}


@pytest.fixture
def registration(lms: Lms) -> Registration:
    return lms.register()


def code_of(answer: Any) -> str:
    found = re.search(r"<code[^>]*>([a-z-]+)</code>", answer.content.decode())
    assert found, (answer.status_code, answer.content[:300])
    return found[1]


def login(client: Client, lms: Lms, **fields: str) -> dict[str, str]:
    """The page of a login inside a frame: what its script is given."""
    given = {
        "iss": lms.issuer,
        "client_id": lms.client_id,
        "login_hint": "hint",
        "target_link_uri": tokens.target(),
        **fields,
    }
    answer = client.post("/lti/login/", given, headers=FRAMED)
    assert answer.status_code == 200
    page = answer.content.decode()
    return {
        name: html.unescape(value) for name, value in re.findall(r'data-([a-z-]+)="([^"]*)"', page)
    }


def asked_of(page: dict[str, str]) -> dict[str, str]:
    """What the sign-in address asks of the LMS."""
    query = page["continue"].partition("?")[2]
    from urllib.parse import parse_qsl

    return dict(parse_qsl(query))


def message(lms: Lms, asked: dict[str, str], **changes: Any) -> dict[str, str]:
    claims = {**lms.claims(asked["nonce"]), **changes}
    return {"state": asked["state"], "id_token": lms.token(claims)}


def test_outside_a_frame_a_login_goes_straight_to_the_lms(
    client: Client, lms: Lms, registration: Registration
) -> None:
    lms.start(client)


def test_inside_a_frame_a_page_tries_its_cookie_first(
    client: Client, lms: Lms, registration: Registration
) -> None:
    page = login(client, lms)
    assert page["continue"].startswith(f"{lms.url}/auth?")
    assert page["storage"] == ""
    answer = client.post("/lti/launch/", message(lms, asked_of(page)))
    assert answer.status_code == 302


def test_where_a_cookie_was_kept_before_nothing_is_tried(
    client: Client, lms: Lms, registration: Registration
) -> None:
    lms.launch(client)
    fields = {"iss": lms.issuer, "login_hint": "h", "target_link_uri": tokens.target()}
    answer = client.post("/lti/login/", fields, headers=FRAMED)
    assert answer.status_code == 302
    assert answer["Location"].startswith(lms.url)


def test_the_page_of_a_login_is_framed_by_its_lms_alone(
    client: Client, lms: Lms, registration: Registration
) -> None:
    answer = client.post(
        "/lti/login/",
        {"iss": lms.issuer, "login_hint": "h", "target_link_uri": tokens.target()},
        headers=FRAMED,
    )
    policy = answer["Content-Security-Policy"]
    assert f"frame-ancestors 'self' {lms.url};" in policy + ";"
    assert "script-src 'self'" in policy
    assert answer["Cache-Control"].startswith("max-age=0") or "no-store" in answer["Cache-Control"]


class TestThePageOfTheLmsKeepsTheSecret:
    """Platform Storage: no cookie comes back."""

    @pytest.fixture
    def page(self, client: Client, lms: Lms, registration: Registration) -> dict[str, str]:
        found = login(client, lms, lti_storage_target="_parent")
        client.cookies.clear()
        return found

    def test_it_is_asked_for_it(self, client: Client, lms: Lms, page: dict[str, str]) -> None:
        assert page["storage-origin"] == lms.url
        answer = client.post("/lti/launch/", message(lms, asked_of(page)))
        assert answer.status_code == 200
        asked = answer.content.decode()
        assert f'data-storage-origin="{lms.url}"' in asked
        assert f'data-storage-key="{page["storage-key"]}"' in asked
        assert page["secret"] not in asked
        assert Person.objects.count() == 0
        assert UsedState.objects.count() == 0

    def test_with_it_a_tab_of_its_own_opens(
        self, client: Client, lms: Lms, page: dict[str, str]
    ) -> None:
        fields = {**message(lms, asked_of(page)), "kept": page["secret"]}
        answer = client.post("/lti/launch/", fields, headers=OWN_PAGE)
        found = re.search(r'href="(/t/[a-z0-9]{32}/assess/link/\d+/)"', answer.content.decode())
        assert found
        assert settings.SESSION_COOKIE_NAME not in answer.cookies
        inside = client.get(found[1])
        assert inside.status_code in (200, 409)
        assert f"frame-ancestors 'self' {lms.url}" in inside["Content-Security-Policy"]
        assert settings.SESSION_COOKIE_NAME not in inside.cookies

    @pytest.mark.parametrize("kept", ["", "guessed", "x" * 5000])
    def test_without_it_nothing_opens(
        self, client: Client, lms: Lms, page: dict[str, str], kept: str
    ) -> None:
        answer = client.post(
            "/lti/launch/", {**message(lms, asked_of(page)), "kept": kept}, headers=OWN_PAGE
        )
        assert code_of(answer) == ("storage-mismatch" if kept else "cookie-missing")
        assert Person.objects.count() == 0

    def test_it_opens_once(self, client: Client, lms: Lms, page: dict[str, str]) -> None:
        fields = {**message(lms, asked_of(page)), "kept": page["secret"]}
        assert client.post("/lti/launch/", fields, headers=OWN_PAGE).status_code == 200
        assert code_of(client.post("/lti/launch/", fields, headers=OWN_PAGE)) == "state-used"

    @pytest.mark.parametrize("site", ["cross-site", "same-site", "none", None])
    def test_a_page_of_somebody_else_opens_nothing_with_it(
        self, client: Client, lms: Lms, page: dict[str, str], site: str | None
    ) -> None:
        """Who started the login knows the secret, and may want somebody else to go on with it."""
        fields = {**message(lms, asked_of(page)), "kept": page["secret"]}
        headers: Any = {"Sec-Fetch-Site": site} if site else {}
        assert code_of(Client().post("/lti/launch/", fields, headers=headers)) == "storage-mismatch"
        assert Person.objects.count() == 0

    def test_an_lms_that_offers_no_storage_is_not_asked(
        self, client: Client, lms: Lms, page: dict[str, str]
    ) -> None:
        """Somebody who adds the field by hand gains nothing: the state does not know of it."""
        other = Client()
        found = login(other, lms)
        other.cookies.clear()
        answer = other.post(
            "/lti/launch/",
            {**message(lms, asked_of(found)), "kept": found["secret"]},
            headers=OWN_PAGE,
        )
        assert code_of(answer) == "cookie-missing"


@pytest.mark.parametrize("name", ["_opener", "x" * 200, "a\nb", "ä"])
def test_a_frame_with_a_strange_name_is_not_used(
    client: Client, lms: Lms, registration: Registration, name: str
) -> None:
    assert login(client, lms, lti_storage_target=name)["storage"] == ""


class TestATabInTheAddress:
    """Sessions of browsers that keep no cookie."""

    @pytest.fixture
    def address(self, lms: Lms, registration: Registration) -> str:
        browser = Client()
        page = login(browser, lms, lti_storage_target="_parent")
        browser.cookies.clear()
        fields = {**message(lms, asked_of(page)), "kept": page["secret"]}
        answer = browser.post("/lti/launch/", fields, headers=OWN_PAGE)
        found = re.search(r'href="(/t/[a-z0-9]{32}/)', answer.content.decode())
        assert found
        return found[1]

    def test_addresses_on_its_pages_stay_in_the_tab(self, client: Client, address: str) -> None:
        page = client.get(address).content.decode()
        links = re.findall(r'href="(/[^"]*)"', page)
        inside = [link for link in links if not link.startswith("/static/")]
        assert inside
        assert all(link.startswith(address) for link in inside)

    def test_nothing_of_it_is_left_for_the_next_request(self, client: Client, address: str) -> None:
        client.get(address)
        assert get_script_prefix() == "/"
        assert SESSION_KEY not in client.session

    @pytest.mark.parametrize("site", ["cross-site", "same-site", "none"])
    def test_nobody_is_led_into_it_from_elsewhere(
        self, client: Client, address: str, site: str
    ) -> None:
        """Or somebody could be made to work under a stranger's name."""
        answer = client.get(address, headers={"Sec-Fetch-Site": site})
        assert answer.status_code == 403
        assert "open this from your course" in answer.content.decode()

    def test_a_tab_that_ended_meanwhile_says_so(
        self, client: Client, address: str, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        def gone(_session: SessionStore) -> None:
            raise UpdateError

        monkeypatch.setattr(SessionStore, "modified", True, raising=False)
        monkeypatch.setattr(SessionStore, "save", gone)
        assert client.get(address).status_code == 400

    def test_it_does_not_open_the_administration(self, client: Client, address: str) -> None:
        assert client.get(f"{address}admin/").status_code == 404

    def test_a_session_of_a_cookie_is_not_a_tab(
        self, client: Client, lms: Lms, address: str
    ) -> None:
        lms.launch(client)
        key = client.session.session_key
        assert Client().get(f"/t/{key}/").status_code == 403

    def test_an_invented_tab_opens_nothing(self, client: Client) -> None:
        assert client.get(f"/t/{'a' * 32}/").status_code == 403
        assert client.get("/t/short/").status_code == 404

    def test_logs_do_not_hold_its_key(self, address: str) -> None:
        record = logging.LogRecord("x", 30, "f", 1, "Not Found: %s", (f"{address}x",), None)
        ReferenceFilter().filter(record)
        assert record.getMessage() == "Not Found: /t/-/x"


class TestAWindowOfItsOwn:
    """The frame keeps a ticket, the window brings it along."""

    @pytest.fixture
    def frame(self, lms: Lms, registration: Registration) -> dict[str, str]:
        return login(Client(), lms)

    def open_window(self, lms: Lms, frame: dict[str, str]) -> tuple[Client, dict[str, str]]:
        window = Client()
        return window, lms.start(window, window_ticket=frame["ticket"])

    def test_it_launches_with_a_cookie_of_its_own(self, lms: Lms, frame: dict[str, str]) -> None:
        window, asked = self.open_window(lms, frame)
        assert window.post("/lti/launch/", message(lms, asked)).status_code == 302

    def test_without_cookies_it_asks_the_frame_that_opened_it(
        self, lms: Lms, frame: dict[str, str]
    ) -> None:
        window, asked = self.open_window(lms, frame)
        window.cookies.clear()
        page = window.post("/lti/launch/", message(lms, asked)).content.decode()
        assert 'data-storage="_opener"' in page
        assert f'data-storage-origin="{settings.BASE_URL}"' in page
        assert frame["ticket"] not in page
        opened = window.post(
            "/lti/launch/", {**message(lms, asked), "kept": frame["ticket"]}, headers=OWN_PAGE
        )
        assert "/t/" in opened.content.decode()

    def test_another_ticket_opens_nothing(self, lms: Lms, frame: dict[str, str]) -> None:
        window, asked = self.open_window(lms, frame)
        window.cookies.clear()
        answer = window.post(
            "/lti/launch/", {**message(lms, asked), "kept": state.new_secret()}, headers=OWN_PAGE
        )
        assert code_of(answer) == "storage-mismatch"

    def test_what_is_chosen_there_reaches_the_frame_once(
        self, lms: Lms, frame: dict[str, str]
    ) -> None:
        window, asked = self.open_window(lms, frame)
        claims = {**lms.claims(asked["nonce"]), **lms.deep_linking_claims()}
        claims = {name: value for name, value in claims.items() if value is not tokens.REMOVED}
        fields = {"state": asked["state"], "id_token": lms.token(claims)}
        assert window.post("/lti/launch/", fields).status_code == 302
        wish = DeepLinkingRequest.objects.get()
        look = {"ticket": frame["ticket"]}
        assert Client().post("/lti/window/", look).json() == {}

        request: Any = window.request().wsgi_request
        said = deep_linking.respond(request, wish, [{"type": "ltiResourceLink", "title": "T"}])

        assert b"in the window from which you came" in said.content
        assert Client().post("/lti/window/", {"ticket": "guessed"}).json() == {}
        found = Client().post("/lti/window/", look).json()
        assert found["action"] == wish.return_url
        sent = jwt.decode(found["token"], options={"verify_signature": False})
        items = sent["https://purl.imsglobal.org/spec/lti-dl/claim/content_items"]
        assert items[0]["title"] == "T"
        assert Client().post("/lti/window/", look).json() == {}

    def test_looking_without_a_ticket_finds_nothing(self, lms: Lms, frame: dict[str, str]) -> None:
        assert Client().post("/lti/window/").json() == {}
        assert Client().get("/lti/window/").status_code == 405


# People in one browser


def test_a_page_of_the_person_before_says_so_kindly(
    client: Client, lms: Lms, registration: Registration
) -> None:
    first = lms.launch(client)["Location"]
    lms.launch(client, claims={"sub": "user-2", tokens.CONTEXT: {"id": "elsewhere"}})
    answer = client.get(first)
    assert answer.status_code == 404
    assert "Somebody else has opened this tool in this browser" in answer.content.decode()


def test_a_form_of_the_person_before_says_so_kindly(lms: Lms, registration: Registration) -> None:
    client = Client(enforce_csrf_checks=True)
    lms.launch(client)
    lms.launch(client, claims={"sub": "user-2"})
    answer = client.post("/assess/link/1/begin/", {"csrfmiddlewaretoken": "of the first person"})
    assert answer.status_code == 403
    assert "Somebody else has opened this tool in this browser" in answer.content.decode()


def test_two_courses_of_one_person_stand_side_by_side(
    client: Client, lms: Lms, registration: Registration
) -> None:
    one = lms.launch(client)["Location"]
    two = lms.launch(
        client,
        claims={tokens.CONTEXT: {"id": "course-2"}, tokens.RESOURCE_LINK: {"id": "link-2"}},
    )["Location"]
    assert one != two
    for page in (one, two):
        assert client.get(page).status_code != 404


def test_nothing_is_said_of_others_where_nobody_was_before(
    client: Client, lms: Lms, registration: Registration
) -> None:
    lms.launch(client)
    answer = client.get("/assess/link/999999/")
    assert answer.status_code == 404
    assert "Somebody else" not in answer.content.decode()
