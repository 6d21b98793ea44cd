from __future__ import annotations

import pytest
from django.contrib.auth.models import User
from django.contrib.sessions.models import Session
from django.test import Client

from lti_tool.sessions import SessionStore

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
