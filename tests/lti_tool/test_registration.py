"""Connecting an LMS by dynamic registration, as its administrator meets it."""

from __future__ import annotations

import html
import json
from collections.abc import Iterator
from datetime import timedelta
from typing import Any
from urllib.parse import urlsplit

import pytest
from django.core.management import call_command
from django.test import Client
from django.urls import set_script_prefix
from django.utils import timezone
from pytest_django import Settings

from audit.models import Entry
from lti_tool import ags, invitations, quirks, tokens, tool_metadata
from lti_tool.models import AccessToken, Deployment, PlatformKeySet, Registration
from lti_tool.platform_configuration import same_site
from tests.lti_tool import factories
from tests.lti_tool.inviting import TOKEN, InvitingLms, offer_of
from tests.practice_lms.platform import Platform

pytestmark = pytest.mark.django_db


@pytest.fixture
def lms() -> Iterator[InvitingLms]:
    with InvitingLms().serving() as serving:
        yield serving


def invite(**values: Any) -> str:
    return invitations.invite(**{"tenant": "north", "by": "tests", **values})[1]


def text(answer: Any) -> str:
    return str(answer.content.decode())


def test_an_lms_connects_itself_and_waits_for_approval(client: Client, lms: InvitingLms) -> None:
    lms.platform = {"product_family_code": "moodle", "version": "4.5"}
    page = lms.open(client, url := invite())
    assert "Connect Moodle at localhost?" in text(page)
    assert "Our staff look at the new connection" in text(page)
    assert not Registration.objects.exists()

    done = lms.agree(client, page)
    assert done.status_code == 200
    assert "Moodle knows Cograde now" in text(done)
    made = Registration.objects.get()
    assert (made.tenant, made.client_id, made.product) == ("north", "client-1", "moodle")
    assert (made.waiting, made.active) == (True, False)
    assert made.name == "Moodle at localhost"
    assert made.jwks_url == f"{lms.url}/jwks"
    assert Deployment.objects.get().deployment_id == "7"
    assert Deployment.objects.get().active
    assert Entry.objects.filter(event="registration.registered").exists()
    assert "has been used" in text(client.get(urlsplit(url).path))


def test_an_invitation_can_approve_beforehand(client: Client, lms: InvitingLms) -> None:
    page = lms.open(client, invite(approved=True))
    assert "can be used at once" in text(page)
    lms.agree(client, page)
    made = Registration.objects.get()
    assert (made.waiting, made.active) == (False, True)


def test_the_token_goes_to_the_configuration_and_to_the_registration(
    client: Client, lms: InvitingLms
) -> None:
    lms.connect(client, invite())
    assert lms.tokens_shown == [("/openid-configuration", TOKEN), ("/register", TOKEN)]


def test_what_we_say_of_ourselves_is_what_moodle_wants(
    client: Client, lms: InvitingLms, settings: Settings
) -> None:
    """The attributes that Moodle's registration_helper.php requires, in its types."""
    settings.BASE_URL = "https://tool.example:8443"
    lms.changes["scopes_supported"] = ["openid", ags.SCORE, ags.LINE_ITEMS]
    lms.platform |= {
        "messages_supported": ["LtiResourceLinkRequest", "LtiDeepLinkingRequest"],
        "variables": ["Context.id.history", "ResourceLink.id"],
    }
    lms.connect(client, invite())
    said = lms.registered[0]
    assert said["response_types"] == ["id_token"]
    assert said["token_endpoint_auth_method"] == "private_key_jwt"
    assert said["application_type"] == "web"
    assert said["initiate_login_uri"] == "https://tool.example:8443/lti/login/"
    assert said["redirect_uris"] == ["https://tool.example:8443/lti/launch/"]
    assert said["jwks_uri"] == "https://tool.example:8443/lti/jwks.json"
    assert said["scope"].split() == [ags.LINE_ITEMS, ags.SCORE]
    ours = said[tool_metadata.TOOL_CONFIGURATION]
    # Moodle compares the host and port of the target with this.
    assert ours["domain"] == "tool.example:8443"
    assert ours["target_link_uri"] == "https://tool.example:8443/"
    assert {"name", "email"} <= set(ours["claims"])
    # Moodle splits each custom parameter at its equals sign.
    assert ours["custom_parameters"] == {"context_history": "$Context.id.history"}
    kinds = [message["type"] for message in ours["messages"]]
    assert kinds == ["LtiDeepLinkingRequest", "LtiResourceLinkRequest"]
    assert all("placements" not in message for message in ours["messages"])


def test_canvas_gets_only_what_it_lists(client: Client, lms: InvitingLms) -> None:
    """An unknown scope, message or place makes Canvas answer 422; a message without a place
    becomes a link_selection, unless an earlier message has that place."""
    lms.platform = {
        "product_family_code": "canvas",
        "https://canvas.instructure.com/lti/account_name": "Test University",
        "messages_supported": [
            {"type": "LtiResourceLinkRequest", "placements": ["course_navigation"]},
            {
                "type": "LtiDeepLinkingRequest",
                "placements": ["editor_button", "link_selection", "assignment_selection"],
            },
        ],
    }
    lms.changes["authorization_server"] = "sso.canvaslms.com"
    lms.connect(client, invite())
    messages = lms.registered[0][tool_metadata.TOOL_CONFIGURATION]["messages"]
    assert [message["type"] for message in messages] == [
        "LtiDeepLinkingRequest",
        "LtiResourceLinkRequest",
    ]
    assert messages[0]["placements"] == ["assignment_selection", "link_selection"]
    made = Registration.objects.get()
    # It publishes a host name, and takes only its token address.
    assert quirks.audience(made) == made.token_url
    assert made.name == "Canvas at Test University"


def test_who_says_nothing_is_asked_for_what_all_know(client: Client, lms: InvitingLms) -> None:
    lms.connect(client, invite())
    said = lms.registered[0]
    assert said["scope"].split() == list(tool_metadata.WELL_KNOWN_SCOPES)
    kinds = {m["type"] for m in said[tool_metadata.TOOL_CONFIGURATION]["messages"]}
    assert kinds == set(tool_metadata.KNOWN_EVERYWHERE)


def test_without_a_deployment_the_first_launch_brings_it(client: Client, lms: InvitingLms) -> None:
    lms.deployment = None
    lms.connect(client, invite())
    assert not Deployment.objects.exists()
    assert Registration.objects.exists()


def test_ids_may_be_numbers(client: Client, lms: InvitingLms) -> None:
    lms.answer_changes["client_id"], lms.deployment = 10000000000001, 12
    lms.connect(client, invite())
    assert Registration.objects.get().client_id == "10000000000001"
    assert Deployment.objects.get().deployment_id == "12"


def test_an_lms_without_a_token_is_asked_without_one(client: Client, lms: InvitingLms) -> None:
    page = lms.open(client, invite(), token="")
    lms.agree(client, page)
    assert {shown for _where, shown in lms.tokens_shown} == {""}
    assert Registration.objects.exists()


@pytest.mark.parametrize(
    ("status", "body", "said"),
    [
        (401, b"token_already_used", "token_already_used"),
        (400, b'{"error": "invalid", "error_description": "scope unknown"}', "scope unknown"),
        (422, b'{"errors": [{"field": "scopes"}]}', "scopes"),
        (500, b"<html><body>trace</body></html>", ""),
    ],
)
def test_a_refusal_says_why_and_the_address_still_holds(
    client: Client, lms: InvitingLms, status: int, body: bytes, said: str
) -> None:
    url = invite()
    lms.registration_script = [(status, "No", body, {})]
    refused = lms.connect(client, url)
    assert refused.status_code == 502
    assert "this address still holds" in text(refused)
    assert said in text(refused)
    assert "trace" not in text(refused)
    assert not Registration.objects.exists()
    assert lms.connect(client, url).status_code == 200
    assert Registration.objects.exists()


@pytest.mark.parametrize(
    "body", [b"{}", b"[]", b"null", b"<", b'{"client_id": ""}', b'{"client_id": {}}']
)
def test_an_answer_without_a_client_id_is_a_failure(
    client: Client, lms: InvitingLms, body: bytes
) -> None:
    lms.registration_script = [(200, "OK", body, {})]
    assert lms.connect(client, invite()).status_code == 502
    assert not Registration.objects.exists()


def test_the_same_lms_comes_again(client: Client, lms: InvitingLms) -> None:
    lms.connect(client, invite(approved=True))
    made = Registration.objects.get()
    ada = factories.make_person(factories.make_link(factories.make_context(made)))
    lms.changes["authorization_server"] = "https://tokens.example"
    lms.connect(client, invite())
    made.refresh_from_db()
    assert made.audience == "https://tokens.example"
    # Only details changed, so nobody has to approve again.
    assert (made.active, made.waiting) == (True, False)
    assert Registration.objects.get() == made
    assert ada.registration == made


def test_a_renewal_keeps_people_and_courses(client: Client, lms: InvitingLms) -> None:
    old = factories.make_registration(name="Our Moodle", client_id="old", tenant="north")
    person = factories.make_person(factories.make_link(factories.make_context(old)))
    AccessToken.objects.create(registration=old, scopes="a", token="t")
    PlatformKeySet.objects.create(registration=old, jwks={"keys": []})
    page = lms.open(client, url := invite(tenant="elsewhere", renews=old, approved=True))
    assert "/lti/register/north/" in url
    assert "Our Moodle" in text(page)
    lms.agree(client, page)
    old.refresh_from_db()
    assert (old.client_id, old.issuer, old.name) == ("client-1", lms.url, "Our Moodle")
    assert old.active
    assert Registration.objects.count() == 1
    person.refresh_from_db()
    assert person.registration == old
    # The next launch finds the course, although the LMS calls its deployment by another id.
    assert person.memberships.get().context.deployment.deployment_id == "7"
    assert Deployment.objects.count() == 1
    assert not old.tokens.exists()
    assert not PlatformKeySet.objects.exists()


def test_a_renewal_leaves_several_deployments_alone(client: Client, lms: InvitingLms) -> None:
    old = factories.make_registration(client_id="old")
    for name in ("a", "b"):
        Deployment.objects.create(registration=old, deployment_id=name, active=False)
    lms.connect(client, invite(renews=old))
    found = Deployment.objects.order_by("deployment_id").values_list("deployment_id", "active")
    assert list(found) == [("7", True), ("a", False), ("b", False)]


def test_a_renewal_from_elsewhere_waits(client: Client, lms: InvitingLms) -> None:
    old = factories.make_registration(client_id="old")
    lms.connect(client, invite(renews=old))
    old.refresh_from_db()
    assert (old.active, old.waiting) == (False, True)


def test_the_page_may_be_framed_by_that_lms_alone_and_keeps_its_opener(
    client: Client, lms: InvitingLms
) -> None:
    page = lms.open(client, invite())
    done = lms.agree(client, page)
    for answer in (page, done):
        policy = answer["Content-Security-Policy"]
        ancestors = policy.split("frame-ancestors")[1].split(";")[0].split()
        assert ancestors == ["'self'", lms.url]
        assert answer["Cross-Origin-Opener-Policy"] == "unsafe-none"
        assert answer["Referrer-Policy"] == "no-referrer"
        assert "no-store" in answer["Cache-Control"]
    assert f'data-close-origins="{lms.url}"' in text(done)
    assert "lti_tool/close.js" in text(done)
    # Elsewhere a window keeps no opener.
    assert client.get("/lti/addresses/")["Cross-Origin-Opener-Policy"] == "same-origin"


def test_a_person_of_another_lms_in_the_same_browser_changes_nothing(
    client: Client, lms: InvitingLms
) -> None:
    factories.sign_in(client, factories.make_person(factories.make_link()))
    page = lms.open(client, invite())
    assert "https://lms.example" not in page["Content-Security-Policy"]


def test_also_a_refusal_after_the_button_is_seen_in_the_frame(
    client: Client, lms: InvitingLms
) -> None:
    page = lms.open(client, invite())
    action = html.unescape(text(page).split('action="')[1].split('"')[0])
    for fields in ({"offer": "stale"}, {"offer": offer_of(page)}, {"offer": offer_of(page)}):
        answer = client.post(action, fields)
        assert f"frame-ancestors 'self' {lms.url}" in answer["Content-Security-Policy"]
    assert answer.status_code == 410


@pytest.mark.parametrize("token", ["", "x", "é"])
def test_an_address_that_is_none_is_refused_kindly(client: Client, token: str) -> None:
    answer = client.get(f"/lti/register/north/{token or 'none'}/", {"openid_configuration": "x"})
    assert answer.status_code == 404
    assert "is not one of ours" in text(answer)


def test_an_expired_address_is_refused_kindly(client: Client, lms: InvitingLms) -> None:
    invitation, url = invitations.invite(tenant="north", by="tests", days=1)
    invitation.expires_at = timezone.now() - timedelta(seconds=1)
    invitation.save()
    answer = lms.open(client, url)
    assert answer.status_code == 410
    assert "has expired" in text(answer)
    assert not lms.tokens_shown


def test_an_address_belongs_to_its_tenant(client: Client, lms: InvitingLms) -> None:
    url = invite().replace("/north/", "/south/")
    assert lms.open(client, url).status_code == 404


def test_who_opens_the_address_is_told_what_it_is_for(client: Client) -> None:
    answer = client.get(urlsplit(invite()).path)
    assert answer.status_code == 200
    assert "This address is for your LMS" in text(answer)
    assert "Add LTI Advantage" in text(answer)


def test_an_address_that_still_holds_stands_in_no_log(
    client: Client, lms: InvitingLms, caplog: pytest.LogCaptureFixture
) -> None:
    url = invite()
    lms.registration_script = [(500, "No", b"", {})]
    assert lms.connect(client, url).status_code == 502
    lms.configuration_script = [(500, "No", b"", {})] * 9
    assert lms.open(client, url).status_code == 400
    assert "registration refused status=502" in caplog.text
    assert url.rstrip("/").rpartition("/")[2] not in caplog.text
    assert TOKEN not in caplog.text


def test_our_addresses_never_lead_below_the_key_of_a_tab() -> None:
    set_script_prefix("/t/secret/")
    try:
        shown = [*(url for _label, url in tool_metadata.our_urls()), invite()]
    finally:
        set_script_prefix("/")
    assert all("secret" not in url for url in shown)
    assert shown[-1].startswith(f"{tool_metadata.target_url()}lti/register/")


def test_the_address_is_kept_as_a_digest_only() -> None:
    invitation, url = invitations.invite(tenant="north", by="tests")
    secret = url.rstrip("/").rpartition("/")[2]
    assert len(secret) >= 32
    assert secret not in json.dumps(list(type(invitation).objects.values()), default=str)
    assert secret not in json.dumps(list(Entry.objects.values()), default=str)


def test_an_operator_invites_at_the_command_line(
    client: Client, lms: InvitingLms, capsys: pytest.CaptureFixture[str]
) -> None:
    call_command("invite_lms", tenant="north", note="School", days=2, approved=True)
    url = next(word for word in capsys.readouterr().out.split() if "/lti/register/" in word)
    assert lms.connect(client, url).status_code == 200
    assert Registration.objects.get().active


def test_our_addresses_can_be_copied(client: Client, settings: Settings) -> None:
    shown = text(client.get("/lti/addresses/"))
    for path in ("/lti/login/", "/lti/launch/", "/lti/jwks.json", "/lti/canvas.json"):
        assert f"{settings.BASE_URL}{path}" in shown


def test_canvas_finds_its_configuration(client: Client, settings: Settings) -> None:
    found = client.get("/lti/canvas.json").json()
    assert found["oidc_initiation_url"] == f"{settings.BASE_URL}/lti/login/"
    assert found["public_jwk_url"] == f"{settings.BASE_URL}/lti/jwks.json"
    extension = found["extensions"][0]
    assert extension["platform"] == "canvas.instructure.com"
    places = extension["settings"]["placements"]
    assert {place["placement"] for place in places} == {"assignment_selection", "link_selection"}
    assert {place["message_type"] for place in places} == {"LtiDeepLinkingRequest"}


def test_the_new_connection_gets_tokens(client: Client, lms: InvitingLms) -> None:
    lms.connect(client, invite(approved=True))
    assert tokens.access_token(Registration.objects.get(), [ags.SCORE])
    assert lms.token_requests


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("lms.example.edu", "lms.example.edu", True),
        ("canvas.instructure.com", "school.instructure.com", True),
        ("developer.blackboard.com", "blackboard.com", True),
        ("a.school.ac.uk", "b.school.ac.uk", True),
        ("one.ac.uk", "two.ac.uk", False),
        ("evil.com", "school.com", False),
        ("school.edu.evil.com", "school.edu", False),
        ("10.0.0.1", "11.0.0.1", False),
        ("localhost", "localhost", True),
        ("localhost", "other", False),
        ("", "", False),
    ],
)
def test_which_hosts_belong_together(one: str, other: str, same: bool) -> None:
    assert same_site(one, other) is same


@pytest.fixture(scope="module")
def running(live_server: Any) -> Iterator[Platform]:
    with Platform(tool_url=live_server.url) as platform:
        yield platform


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize(
    "manner", ["strict", "moodle", "canvas", "d2l", "blackboard", "openedx", "sakai", "schoology"]
)
def test_a_whole_platform_registers_us(
    running: Platform, settings: Settings, live_server: Any, manner: str
) -> None:
    settings.BASE_URL = live_server.url
    running.reset()
    running.manner(manner)
    client = Client()
    url = invite(approved=True)
    page = client.get(running.invite(url)["open_url"].removeprefix(live_server.url))
    assert page.status_code == 200, text(page)
    done = client.post(urlsplit(url).path, {"offer": offer_of(page)})
    assert done.status_code == 200, text(done)
    made = Registration.objects.get()
    assert made.issuer == running.url
    running.activate(made.client_id)
    assert tokens.access_token(made, [ags.SCORE])
