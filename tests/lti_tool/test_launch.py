from __future__ import annotations

import re
from datetime import timedelta
from typing import Any

import pytest
from django.conf import settings
from django.core.management import call_command
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from lti_tool.messages import CLAIM
from lti_tool.middleware import SESSION_KEY
from lti_tool.models import (
    DeepLinkingRequest,
    Deployment,
    LaunchRefusal,
    LineItem,
    Membership,
    Person,
    PersonName,
    Registration,
    ResourceLink,
)
from tests.lti_tool import tokens
from tests.lti_tool.tokens import CONTEXT, DEPLOYMENT, INSTRUCTOR, REMOVED, ROLES, Lms

pytestmark = pytest.mark.django_db


def code_of(answer: Any) -> str:
    found = re.search(r"<code[^>]*>([a-z-]+)</code>", answer.content.decode())
    assert found, answer.content
    return found[1]


def test_a_launch_opens_the_link_and_writes_down_who_came(client: Client, lms: Lms) -> None:
    lms.register()

    answer = lms.launch(client)

    link = ResourceLink.objects.get()
    assert answer.status_code == 302
    assert answer["Location"] == reverse(settings.LTI_LAUNCH_TARGET, args=[link.pk])
    person = Person.objects.get()
    assert client.session[SESSION_KEY] == str(person.pk)
    assert person.sub == "user-1"
    assert PersonName.objects.get().name == "Ada Lovelace"
    assert Membership.objects.get().rights == ["submit"]
    assert link.custom == {"assessment": "python-associate"}
    assert link.context.title == "Python Associate"
    assert LineItem.objects.get().url == lms.line_item


def test_a_former_teacher_is_no_teacher(client: Client, lms: Lms) -> None:
    lms.register()
    lms.launch(client, claims={ROLES: [INSTRUCTOR]})
    assert Membership.objects.get().rights == ["review", "teach"]

    lms.launch(client, claims={ROLES: [tokens.LEARNER]})

    assert Membership.objects.get().rights == ["submit"]


def test_a_person_without_a_role_in_the_course_loses_rights_and_is_told(
    client: Client, lms: Lms
) -> None:
    lms.register()
    lms.launch(client, claims={ROLES: [INSTRUCTOR]})

    answer = lms.launch(client, claims={ROLES: []})

    assert answer.status_code == 403
    assert code_of(answer) == "no-rights"
    assert Membership.objects.get().rights == []


def test_another_person_in_the_same_browser_gets_a_new_session(client: Client, lms: Lms) -> None:
    lms.register()
    lms.launch(client)
    session = client.session
    session["left behind"] = "secret"
    session.save()
    first = session.session_key

    lms.launch(client, claims={"sub": "user-2"})

    assert client.session.session_key != first
    assert "left behind" not in client.session
    assert client.session[SESSION_KEY] == str(Person.objects.get(sub="user-2").pk)


def test_the_session_key_changes_at_every_launch(client: Client, lms: Lms) -> None:
    lms.register()
    lms.launch(client)
    first = client.session.session_key

    lms.launch(client)

    assert client.session.session_key != first


def test_two_launches_side_by_side_do_not_disturb_each_other(client: Client, lms: Lms) -> None:
    lms.register()
    first, second = lms.start(client), lms.start(client)

    for asked in (first, second):
        token = lms.token(lms.claims(asked["nonce"]))
        answer = client.post("/lti/launch/", {"state": asked["state"], "id_token": token})
        assert answer.status_code == 302


def test_a_login_may_come_as_get(client: Client, lms: Lms) -> None:
    lms.register()
    answer = client.get(
        "/lti/login/",
        {"iss": lms.issuer, "login_hint": "h", "target_link_uri": tokens.target()},
    )
    assert answer.status_code == 302
    assert answer["Location"].startswith(f"{lms.url}/auth?scope=openid")
    assert answer["Referrer-Policy"] == "no-referrer"


def test_the_sign_in_request_keeps_a_query_of_the_lms(client: Client, lms: Lms) -> None:
    registration = lms.register(auth_login_url=f"{lms.url}/auth?tenant=7")
    asked = lms.start(client)
    assert asked["tenant"] == "7"
    assert asked["client_id"] == registration.client_id
    assert asked["redirect_uri"] == f"{settings.BASE_URL}/lti/launch/"


def test_launch_cookies_survive_in_a_frame(client: Client, lms: Lms) -> None:
    lms.register()
    lms.start(client)
    (cookie,) = (c for name, c in client.cookies.items() if name.startswith("__Host-lti-"))
    written = cookie.OutputString()
    for attribute in ("Partitioned", "Secure", "HttpOnly", "SameSite=None", "Path=/"):
        assert attribute in written
    assert "Domain" not in written


def test_the_session_cookie_survives_in_a_frame(client: Client, lms: Lms) -> None:
    lms.register()
    lms.launch(client)
    written = client.cookies[settings.SESSION_COOKIE_NAME].OutputString()
    assert "Partitioned" in written
    assert "SameSite=None" in written


def test_abandoned_logins_do_not_pile_up_cookies(client: Client, lms: Lms) -> None:
    lms.register()
    for _ in range(30):
        lms.start(client)
    alive = [c for n, c in client.cookies.items() if n.startswith("__Host-lti-") and c.value]
    assert len(alive) <= 12


def test_without_the_cookie_nothing_opens(client: Client, lms: Lms) -> None:
    lms.register()
    asked = lms.start(client)
    client.cookies.clear()
    token = lms.token(lms.claims(asked["nonce"]))

    answer = client.post("/lti/launch/", {"state": asked["state"], "id_token": token})

    assert answer.status_code == 401
    assert code_of(answer) == "cookie-missing"
    assert Person.objects.count() == 0


def test_pages_may_be_framed_by_the_lms_of_the_person_only(client: Client, lms: Lms) -> None:
    lms.register()
    answer = lms.launch(client)
    policy = answer["Content-Security-Policy"]
    ancestors = re.search(r"frame-ancestors ([^;]*)", policy)
    assert ancestors
    assert set(ancestors[1].split()) == {"'self'", lms.url, "https://pages.lms.example"}
    assert "frame-ancestors 'none'" in Client().get("/")["Content-Security-Policy"]


def test_an_origin_that_could_break_the_policy_is_not_learned(client: Client, lms: Lms) -> None:
    lms.register()
    for url in ("https://a.example;script-src *", "https://*", "javascript:x", "https://"):
        lms.launch(client, claims={CLAIM + "launch_presentation": {"return_url": url}})
    assert Registration.objects.get().origins == [lms.url]


def test_an_unknown_key_is_fetched_once_a_minute_at_most(client: Client, lms: Lms) -> None:
    lms.register()
    lms.launch(client)
    assert lms.jwks_requests == 1

    for _ in range(3):
        asked = lms.start(client)
        claims = lms.claims(asked["nonce"])
        token = lms.token(claims, headers={"kid": "forged"})
        answer = client.post("/lti/launch/", {"state": asked["state"], "id_token": token})
        assert code_of(answer) == "key-unknown"

    assert lms.jwks_requests == 1


def test_a_rotated_key_of_the_lms_is_found(client: Client, lms: Lms) -> None:
    registration = lms.register()
    lms.launch(client)
    registration.key_set.attempted_at = None
    registration.key_set.save()
    lms.key = tokens.rsa_key("rotated")
    lms.jwks = {"keys": [tokens.jwk(lms.key, kid="lms-2")]}
    asked = lms.start(client)
    token = lms.token(lms.claims(asked["nonce"]), headers={"kid": "lms-2"})

    answer = client.post("/lti/launch/", {"state": asked["state"], "id_token": token})

    assert answer.status_code == 302
    assert lms.jwks_requests == 2


def test_stored_keys_serve_while_the_lms_is_away(client: Client, lms: Lms) -> None:
    registration = lms.register()
    lms.launch(client)
    registration.jwks_url = "http://127.0.0.1:9/jwks"
    registration.save()
    row = registration.key_set
    row.fetched_at = row.attempted_at = timezone.now() - timedelta(days=30)
    row.save()

    assert lms.launch(client).status_code == 302


def test_a_new_deployment_waits_for_the_admin(client: Client, lms: Lms) -> None:
    lms.register()
    answer = lms.launch(client, claims={DEPLOYMENT: "new"})
    assert code_of(answer) == "deployment-unknown"
    new = Deployment.objects.get(deployment_id="new")
    assert not new.active

    new.active = True
    new.save()
    assert lms.launch(client, claims={DEPLOYMENT: "new"}).status_code == 302


def test_a_link_outside_any_course_has_rights_of_its_own(client: Client, lms: Lms) -> None:
    lms.register()
    lms.launch(client, claims={CONTEXT: REMOVED, ROLES: [INSTRUCTOR]})
    lms.launch(
        client,
        claims={CONTEXT: REMOVED, tokens.RESOURCE_LINK: {"id": "link-2"}},
    )
    rights = {m.context.lti_id: m.rights for m in Membership.objects.select_related("context")}
    assert rights == {"link-1": ["review", "teach"], "link-2": ["submit"]}


def test_a_refusal_has_a_reference_and_no_personal_data(
    client: Client, lms: Lms, caplog: pytest.LogCaptureFixture
) -> None:
    lms.register()
    answer = lms.launch(client, claims={"aud": "someone-else"})
    refusal = LaunchRefusal.objects.get()
    assert refusal.code == "audience"
    assert refusal.reference in answer.content.decode()
    assert refusal.reference in caplog.text
    for secret in ("Ada", "ada@example.org", "user-1"):
        assert secret not in caplog.text
        assert secret not in str(refusal.claims)
        assert secret not in answer.content.decode()


def test_a_state_cannot_be_changed_on_its_way(client: Client, lms: Lms) -> None:
    lms.register()
    asked = lms.start(client)
    for forged in (asked["state"][:-1] + "x", asked["state"].replace(":", ".", 1)):
        answer = client.post("/lti/launch/", {"state": forged, "id_token": "a.b.c"})
        assert code_of(answer) == "state-unknown"


def test_a_login_writes_nothing(client: Client, lms: Lms) -> None:
    """A flood of logins must not fill the database."""
    lms.register()
    with CaptureQueriesContext(connection) as queries:
        lms.start(client)
    assert [query["sql"].split()[0] for query in queries] == ["SELECT"]


def test_names_are_encrypted_in_the_database(client: Client, lms: Lms) -> None:
    from django.db import connection

    lms.register()
    lms.launch(client)
    with connection.cursor() as cursor:
        cursor.execute("SELECT name, email FROM lti_tool_personname")
        name, email = cursor.fetchone()
    assert "Ada" not in name
    assert "ada" not in email
    assert PersonName.objects.get().email == "ada@example.org"


def test_a_deep_linking_request_opens_the_choice(client: Client, lms: Lms) -> None:
    lms.register()
    answer = lms.launch(client, claims=lms.deep_linking_claims())
    asked = DeepLinkingRequest.objects.get()
    assert answer.status_code == 302
    assert answer["Location"] == reverse(settings.LTI_DEEP_LINK_TARGET, args=[asked.pk])
    assert asked.data == "opaque <data>"


def test_a_learner_may_not_make_links(client: Client, lms: Lms) -> None:
    lms.register()
    claims = {**lms.deep_linking_claims(), ROLES: [tokens.LEARNER]}
    assert code_of(lms.launch(client, claims=claims)) == "no-rights"
    assert DeepLinkingRequest.objects.count() == 0


def test_schools_that_share_an_issuer_are_kept_apart(lms: Lms) -> None:
    one, two = lms.register(), lms.register(client_id="client-2")
    first = Client()
    lms.launch(first)
    lms.client_id = "client-2"
    lms.launch(Client())
    assert set(Person.objects.values_list("registration", flat=True)) == {one.pk, two.pk}


def test_the_command_connects_an_lms_and_can_be_run_again(
    capsys: pytest.CaptureFixture[str],
) -> None:
    arguments = {
        "issuer": "https://lms.example",
        "client_id": "c",
        "auth_login_url": "https://lms.example/auth",
        "token_url": "https://lms.example/token",
        "jwks_url": "https://lms.example/jwks",
        "deployment_id": ["1"],
    }
    call_command("register_platform", **arguments, name="One")
    call_command("register_platform", **arguments, name="Two")
    assert Registration.objects.get().name == "Two"
    assert Deployment.objects.get().active
    assert f"{settings.BASE_URL}/lti/jwks.json" in capsys.readouterr().out
