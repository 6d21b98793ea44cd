"""Whoever holds an invitation tries to make us call, store or show what we must not."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import urlsplit

import pytest
from django.core import signing
from django.db import connections
from django.test import Client
from pytest_django import Settings

from lti_tool import invitations, registration, transport
from lti_tool.models import Registration, RegistrationInvitation
from lti_tool.platform_configuration import PLATFORM, ConfigurationRefused, fetch, read
from tests.lti_tool import factories
from tests.lti_tool.inviting import TOKEN, InvitingLms, offer_of

pytestmark = pytest.mark.django_db

SOUND = {
    "issuer": "https://lms.example",
    "authorization_endpoint": "https://lms.example/auth",
    "token_endpoint": "https://lms.example/token",
    "jwks_uri": "https://lms.example/jwks",
    "registration_endpoint": "https://lms.example/register",
}


@pytest.fixture
def lms() -> Iterator[InvitingLms]:
    with InvitingLms().serving() as serving:
        yield serving


def invite(**values: Any) -> str:
    return invitations.invite(**{"tenant": "north", "by": "tests", **values})[1]


def text(answer: Any) -> str:
    return str(answer.content.decode())


@pytest.mark.parametrize(
    "url",
    [
        "https://127.0.0.1/configuration",
        "https://[::1]/configuration",
        "https://10.0.0.1/configuration",
        "https://169.254.169.254/latest/meta-data/",
        "https://localhost/configuration",
        "https://[::ffff:127.0.0.1]/configuration",
        "http://lms.example/configuration",
        "file:///etc/passwd",
        "javascript:alert(1)",
        "https://user:password@lms.example/",
        "https://",
        "//lms.example/configuration",
        "https://lms.example/\nX: y",
        "gopher://lms.example/",
    ],
)
def test_a_configuration_inside_our_own_network_is_not_fetched(
    client: Client, settings: Settings, url: str
) -> None:
    settings.INSECURE_PLATFORMS = False
    answer = client.get(urlsplit(invite()).path, {"openid_configuration": url})
    assert answer.status_code == 400
    assert "could not be connected" in text(answer)


@pytest.mark.parametrize("name", list(SOUND))
@pytest.mark.parametrize(
    "value",
    [
        None,
        "",
        1,
        [],
        {},
        "javascript:alert(1)",
        "http://lms.example/x",
        "https://user@lms.example/",
        "https://lms.example/\0",
        "https://lms.example/" + "x" * 2000,
        "https://lms.example:99999/",
        "https:///x",
        "data:text/html,x",
        "https://lms.exämple/",
    ],
)
def test_every_address_must_be_one_that_we_call(settings: Settings, name: str, value: Any) -> None:
    settings.INSECURE_PLATFORMS = False
    with pytest.raises(ConfigurationRefused, match=name):
        read("https://lms.example/c", {**SOUND, name: value})


@pytest.mark.parametrize("issuer", ["https://lms.example/?a=b", "https://lms.example/#x"])
def test_an_issuer_has_neither_query_nor_fragment(settings: Settings, issuer: str) -> None:
    with pytest.raises(ConfigurationRefused):
        read("https://lms.example/c", {**SOUND, "issuer": issuer})


@pytest.mark.parametrize("found", [None, [], "x", 1, {}, {"issuer": {}}])
def test_what_is_no_configuration_is_refused(found: Any) -> None:
    with pytest.raises(ConfigurationRefused):
        read("https://lms.example/c", found)


@pytest.mark.parametrize(
    "platform", [None, [], "x", {"messages_supported": [None, 1, {"type": []}, {}, []]}]
)
def test_odd_details_do_no_harm(platform: Any) -> None:
    odd = {"scopes_supported": [1, None, "x" * 999], PLATFORM: platform}
    found = read("https://lms.example/c", {**SOUND, **odd})
    assert found.messages == {}
    assert found.scopes == ()
    assert found.product == ""


def test_the_page_and_the_approval_name_a_foreign_issuer(client: Client, lms: InvitingLms) -> None:
    lms.changes["issuer"] = "https://somebody-else.example"
    page = lms.open(client, invite(approved=True))
    assert "which is another site" in text(page)
    assert "Our staff look at the new connection" in text(page)
    lms.agree(client, page)
    made = Registration.objects.get()
    assert (made.waiting, made.active) == (True, False)


def test_the_token_goes_elsewhere_only_when_the_person_agrees(client: Client) -> None:
    with InvitingLms().serving() as lms, InvitingLms().serving() as other:
        lms.changes["registration_endpoint"] = f"{other.url}/register".replace(
            "localhost", "127.0.0.1"
        )
        page = lms.open(client, invite())
        assert "The registration goes to 127.0.0.1" in text(page)
        refused = lms.agree(client, page)
        assert refused.status_code == 400
        assert "Tick the box" in text(refused)
        assert not other.tokens_shown
        assert lms.agree(client, refused, elsewhere="yes").status_code == 200
        assert other.tokens_shown == [("/register", TOKEN)]


@pytest.mark.parametrize("status", [301, 302, 307, 308])
def test_redirects_are_not_followed(client: Client, lms: InvitingLms, status: int) -> None:
    away = {"Location": f"{lms.url}/jwks"}
    lms.configuration_script = [(status, "Moved", b"", away)]
    assert lms.open(client, invite()).status_code == 400
    lms.registration_script = [(status, "Moved", b"", away)]
    assert lms.connect(client, invite()).status_code == 502
    assert lms.jwks_requests == 0
    assert not Registration.objects.exists()


def test_a_huge_configuration_is_cut_off(client: Client, lms: InvitingLms) -> None:
    lms.configuration_script = [(200, "OK", b" " * (2 * 1024 * 1024), {})] * 3
    answer = lms.open(client, invite())
    assert answer.status_code == 400
    assert "too large" in text(answer)


def test_a_huge_registration_answer_is_cut_off(client: Client, lms: InvitingLms) -> None:
    lms.registration_script = [(200, "OK", b" " * (2 * 1024 * 1024), {})]
    assert "too large" in text(lms.connect(client, invite()))
    assert not Registration.objects.exists()


def test_a_dripping_answer_is_cut_off(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(transport, "TOTAL_SECONDS", 0.5)
    monkeypatch.setattr(transport, "REPEAT_AFTER_SECONDS", ())

    class Dripping(BaseHTTPRequestHandler):
        def log_message(self, *_arguments: Any) -> None:
            pass

        def do_GET(self) -> None:
            self.send_response(200)
            self.end_headers()
            try:
                for _ in range(100):
                    self.wfile.write(b" " * 20_000)
                    time.sleep(0.1)
            except OSError:
                pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Dripping)
    server.daemon_threads = True
    threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
    try:
        began = time.monotonic()
        with pytest.raises(ConfigurationRefused, match="too l"):
            fetch(f"http://127.0.0.1:{server.server_port}/", TOKEN)
        assert time.monotonic() - began < 5
    finally:
        server.shutdown()
        server.server_close()


@pytest.mark.parametrize("token", ["a\r\nX-Other: 1", "a b", "é", "x" * 9000, "\0"])
def test_a_token_cannot_smuggle_headers(client: Client, lms: InvitingLms, token: str) -> None:
    answer = lms.open(client, invite(), token=token)
    assert answer.status_code == 400
    assert not lms.tokens_shown


def test_markup_in_names_is_shown_as_text(client: Client, lms: InvitingLms) -> None:
    evil = "<script>alert(1)</script>"
    lms.platform = {
        "product_family_code": evil,
        "version": evil,
        "https://canvas.instructure.com/lti/account_name": evil + "\u202e\0\n" + "x" * 500,
    }
    page = lms.open(client, invite())
    done = lms.agree(client, page)
    assert "<script>alert" not in text(page) + text(done)
    assert len(Registration.objects.get().name) <= 200
    assert Registration.objects.get().name.isprintable()
    lms.registration_script = [(400, "No", json.dumps({"error": evil}).encode(), {})]
    assert "<script>alert" not in text(lms.connect(client, invite()))


def test_an_lms_cannot_take_over_another_ones_connection(client: Client, lms: InvitingLms) -> None:
    """Its answer names the issuer and client id of somebody else's LMS."""
    victim = factories.make_registration(
        issuer="https://canvas.instructure.com", client_id="1000", tenant="south"
    )
    lms.changes["issuer"], lms.answer_changes["client_id"] = victim.issuer, victim.client_id
    for tenant in ("north", "south"):
        refused = lms.connect(client, invite(tenant=tenant, approved=True))
        assert refused.status_code == 409
        assert "connected here already" in text(refused)
    before = victim.jwks_url
    victim.refresh_from_db()
    assert victim.jwks_url == before
    assert Registration.objects.count() == 1


def test_a_renewal_cannot_take_a_third_ones_client_id(client: Client, lms: InvitingLms) -> None:
    mine = factories.make_registration(client_id="mine", tenant="north")
    factories.make_registration(issuer=lms.url, client_id="client-1", tenant="north")
    assert lms.connect(client, invite(renews=mine)).status_code == 409
    mine.refresh_from_db()
    assert mine.client_id == "mine"


def test_the_form_binds_the_invitation_and_what_was_shown(client: Client, lms: InvitingLms) -> None:
    first, second = invite(), invite()
    page = lms.open(client, first)
    path = urlsplit(second).path
    assert client.post(path, {"offer": offer_of(page)}).status_code == 400
    sealed = offer_of(page)
    for tampered in ("", "x", sealed[:-2], sealed.replace(":", ".", 1), sealed + "x"):
        assert lms.tokens_shown
        assert client.post(urlsplit(first).path, {"offer": tampered}).status_code == 400
    # Signed by us, but for something else.
    other = signing.dumps({"invitation": 1}, salt="other")
    assert client.post(urlsplit(first).path, {"offer": other}).status_code == 400
    assert not Registration.objects.exists()
    assert [where for where, _ in lms.tokens_shown] == ["/openid-configuration"]


def test_a_changed_configuration_after_the_page_changes_nothing(
    client: Client, lms: InvitingLms
) -> None:
    page = lms.open(client, invite())
    lms.changes["jwks_uri"] = "https://evil.example/jwks"
    lms.agree(client, page)
    assert Registration.objects.get().jwks_url == f"{lms.url}/jwks"


def test_an_old_page_is_no_longer_taken(
    client: Client, lms: InvitingLms, monkeypatch: pytest.MonkeyPatch
) -> None:
    page = lms.open(client, invite())
    later = time.time() + registration.OFFER_LASTS.total_seconds() + 5
    monkeypatch.setattr(time, "time", lambda: later)
    answer = lms.agree(client, page)
    assert answer.status_code == 400
    assert "too old" in text(answer)


def test_no_other_site_frames_the_page(client: Client, lms: InvitingLms) -> None:
    """Also an error page is framed by nobody but whom the request names, and offers no button."""
    page = lms.open(client, invite())
    assert "evil" not in page["Content-Security-Policy"]
    refused = client.get(
        "/lti/register/north/none/", {"openid_configuration": "https://evil.example/; script-src *"}
    )
    policy = refused["Content-Security-Policy"]
    assert "script-src *" not in policy
    assert "<form" not in text(refused)
    assert "<button" not in text(refused).split("<main")[1].split("</main>")[0]


@pytest.mark.django_db(transaction=True)
def test_of_two_presses_at_the_same_moment_one_registers() -> None:
    answers: list[int] = []
    with InvitingLms().serving() as lms:
        client = Client()
        page = lms.open(client, invite())
        sealed, path = offer_of(page), page.request["PATH_INFO"]
        ready = threading.Barrier(5)

        def press() -> None:
            try:
                mine = Client()
                ready.wait()
                answers.append(mine.post(path, {"offer": sealed}).status_code)
            finally:
                connections.close_all()

        threads = [threading.Thread(target=press) for _ in range(5)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert sorted(set(answers) - {409, 410}) == [200]
        assert answers.count(200) == 1
        assert len(lms.registered) == 1
    assert Registration.objects.count() == 1
    assert RegistrationInvitation.objects.get().registration is not None
