from __future__ import annotations

import threading
from datetime import timedelta
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.contrib.sessions.models import Session
from django.db import connection
from django.test import Client
from django.utils import timezone

from lti_tool.middleware import SESSION_KEY
from lti_tool.models import Person
from lti_tool.sessions import SessionStore
from tests.lti_tool.tokens import Lms

pytestmark = pytest.mark.django_db


def stored() -> SessionStore:
    session = SessionStore()
    session["person"] = "ada"
    session.save()
    return session


def test_a_session_that_nobody_touched_can_be_saved() -> None:
    session = SessionStore()
    session.save()
    assert session.session_key is not None
    assert session.exists(session.session_key)


def test_what_was_put_in_comes_back() -> None:
    assert SessionStore(stored().session_key)["person"] == "ada"


def test_a_new_key_leaves_nothing_under_the_old_one() -> None:
    session = stored()
    old = session.session_key
    session.cycle_key()
    session["more"] = 1
    session.save()
    assert session.session_key != old
    assert dict(SessionStore(session.session_key).items()) == {"person": "ada", "more": 1}
    assert dict(SessionStore(old).items()) == {}
    assert Session.objects.count() == 1


def test_a_key_is_changed_before_there_was_one() -> None:
    session = SessionStore()
    session.cycle_key()
    session["person"] = "ada"
    session.save()
    assert SessionStore(session.session_key)["person"] == "ada"


def test_a_session_that_ended_meanwhile_goes_on_under_its_new_key() -> None:
    session = stored()
    session.cycle_key()
    Session.objects.all().delete()
    session.save()
    assert SessionStore(session.session_key)["person"] == "ada"


def test_a_session_that_is_thrown_away_while_its_key_changes_is_gone() -> None:
    session = stored()
    session.cycle_key()
    session.flush()
    assert Session.objects.count() == 0


def test_an_invented_key_is_not_taken_over() -> None:
    session = SessionStore("a" * 32)
    session["person"] = "ada"
    session.save()
    assert session.session_key != "a" * 32


def test_staff_sign_in_and_out(client: Client) -> None:
    user = User.objects.create_user("sam", password="only for this test")
    client.force_login(user)
    assert client.session["_auth_user_id"] == str(user.pk)
    client.logout()
    assert Session.objects.count() == 0


# Sessions across launches of a link that is known, which rename them along the way


def launched(lms: Lms, client: Client, sub: str = "user-1") -> str:
    """Somebody launches twice, so that nothing is new; the key of their session."""
    for _ in range(2):
        assert lms.launch(client, claims={"sub": sub}).status_code == 302
    session = client.session
    session["typed"] = "kept"
    session.save()
    return str(session.session_key)


def test_a_repeated_launch_keeps_the_session_under_a_new_key(client: Client, lms: Lms) -> None:
    lms.register()
    before = launched(lms, client)

    lms.launch(client)

    assert client.session.session_key != before
    assert client.session["typed"] == "kept"
    assert Session.objects.get().session_key == client.session.session_key
    left = timedelta(seconds=client.cookies["__Host-cograde"]["max-age"])
    assert abs(Session.objects.get().expire_date - timezone.now() - left) < timedelta(minutes=1)


def test_nothing_of_another_persons_session_survives(client: Client, lms: Lms) -> None:
    lms.register()
    launched(lms, Client(), "user-2")
    Session.objects.all().delete()
    launched(lms, client, "user-1")

    lms.launch(client, claims={"sub": "user-2"})

    assert "typed" not in client.session
    assert client.session[SESSION_KEY] == str(Person.objects.get(sub="user-2").pk)
    assert Session.objects.get().session_key == client.session.session_key


def test_a_session_that_has_ended_is_not_taken_up_again(client: Client, lms: Lms) -> None:
    lms.register()
    before = launched(lms, client)
    Session.objects.update(expire_date=timezone.now() - timedelta(minutes=1))

    lms.launch(client)

    assert "typed" not in client.session
    assert client.session.session_key != before


def test_a_launch_that_is_sent_again_leaves_the_session_alone(client: Client, lms: Lms) -> None:
    lms.register()
    launched(lms, client)
    asked = lms.start(client)
    cookies = client.cookies.copy()
    fields = {"state": asked["state"], "id_token": lms.token(lms.claims(asked["nonce"]))}
    client.post("/lti/launch/", fields)
    key = client.session.session_key
    thief = Client()
    thief.cookies.update(cookies)

    assert thief.post("/lti/launch/", fields).status_code == 401

    assert Session.objects.get().session_key == key
    assert SESSION_KEY not in thief.session


def test_a_launch_into_a_tab_leaves_the_session_of_the_cookie_alone(
    client: Client, lms: Lms
) -> None:
    lms.register()
    before = launched(lms, client)
    asked = lms.start(client, lti_storage_target="_parent")
    secrets = [name for name in client.cookies if name.startswith("__Host-lti-")]
    secret = next(name for name in secrets if client.cookies[name].value)
    kept = client.cookies.pop(secret).value
    fields = {"state": asked["state"], "id_token": lms.token(lms.claims(asked["nonce"]))}

    own_page: Any = {"Sec-Fetch-Site": "same-origin"}
    answer = client.post("/lti/launch/", fields | {"kept": kept}, headers=own_page)
    assert answer.status_code == 200

    assert client.session.session_key == before
    assert Session.objects.count() == 2


@pytest.mark.django_db(transaction=True)
def test_of_two_frames_that_launch_at_once_both_are_let_in(client: Client, lms: Lms) -> None:
    lms.register()
    before = launched(lms, client)
    frames = []
    for _ in range(2):
        asked = lms.start(client)
        token = lms.token(lms.claims(asked["nonce"]))
        frames.append({"state": asked["state"], "id_token": token})
    found: list[str] = []

    def post(fields: dict[str, str]) -> None:
        browser = Client()
        browser.cookies.update(client.cookies)
        try:
            assert browser.post("/lti/launch/", fields).status_code == 302
            found.append(browser.session[SESSION_KEY])
        finally:
            connection.close()

    threads = [threading.Thread(target=post, args=[fields]) for fields in frames]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert found == 2 * [str(Person.objects.get().pk)]
    assert not Session.objects.filter(session_key=before).exists()
