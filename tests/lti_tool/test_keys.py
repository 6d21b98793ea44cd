from __future__ import annotations

import threading
from datetime import timedelta
from typing import Any

import jwt
import pytest
from django.core.exceptions import FieldError
from django.core.management import call_command
from django.db import connection, connections
from django.test import Client
from django.utils import timezone

from audit.models import Entry
from lti_tool import keys
from lti_tool.encryption import CannotDecrypt, decrypt, encrypt
from lti_tool.models import ToolKey

pytestmark = pytest.mark.django_db


def test_what_we_sign_can_be_checked_with_what_we_publish(client: Client) -> None:
    token = keys.sign({"a": 1})
    published = jwt.PyJWKSet.from_dict(client.get("/lti/jwks.json").json())
    kid = jwt.get_unverified_header(token)["kid"]
    assert jwt.decode(token, published[kid], algorithms=["RS256"]) == {"a": 1}


def test_private_keys_are_encrypted_in_the_database() -> None:
    keys.create()
    with connection.cursor() as cursor:
        cursor.execute("SELECT private_pem FROM lti_tool_toolkey")
        assert "PRIVATE" not in cursor.fetchone()[0]
    assert "PRIVATE" in ToolKey.objects.get().private_pem


def test_a_new_key_is_published_before_it_signs() -> None:
    old = keys.signing_key()
    ToolKey.objects.update(created_at=timezone.now() - timedelta(days=30))
    new = keys.rotate()
    assert keys.signing_key() == old
    assert {key["kid"] for key in keys.public_set()["keys"]} == {old.kid, new.kid}

    ToolKey.objects.filter(pk=new.pk).update(created_at=timezone.now() - keys.PUBLISHED_AHEAD)
    assert keys.signing_key() == new


def test_a_retired_key_stays_published_for_a_week() -> None:
    first = keys.create()
    ToolKey.objects.update(created_at=timezone.now() - timedelta(days=60))
    keys.rotate()
    ToolKey.objects.exclude(pk=first.pk).update(created_at=timezone.now() - timedelta(days=30))
    keys.rotate()
    first.refresh_from_db()
    assert first.retired_at is not None
    assert first.kid in {key["kid"] for key in keys.public_set()["keys"]}
    ToolKey.objects.filter(pk=first.pk).update(retired_at=timezone.now() - keys.PUBLISHED_AFTER)
    assert first.kid not in {key["kid"] for key in keys.public_set()["keys"]}


def test_a_key_that_became_known_is_gone_at_once(capsys: pytest.CaptureFixture[str]) -> None:
    old = keys.signing_key()
    call_command("rotate_tool_key", at_once=True)
    assert keys.signing_key() != old
    assert [key["kid"] for key in keys.public_set()["keys"]] == [keys.signing_key().kid]
    assert "signs now" in capsys.readouterr().out


def age(key: ToolKey, by: timedelta) -> None:
    ToolKey.objects.filter(pk=key.pk).update(created_at=timezone.now() - by)


def test_a_key_is_replaced_when_it_is_old(settings: Any) -> None:
    settings.TOOL_KEY_DAYS = 90
    assert keys.rotate_when_due() == 0
    old = keys.create()
    age(old, timedelta(days=89))
    assert keys.rotate_when_due() == 0
    age(old, timedelta(days=91))
    assert keys.rotate_when_due() == 1
    assert keys.rotate_when_due() == 0
    assert keys.signing_key() == old
    assert ToolKey.objects.count() == 2


def test_keys_that_nobody_can_need_any_more_are_forgotten(settings: Any) -> None:
    settings.TOOL_KEY_DAYS = 90
    gone, old = keys.create(), keys.create()
    retired = timezone.now() - keys.PUBLISHED_AFTER
    ToolKey.objects.filter(pk=gone.pk).update(retired_at=retired)
    age(old, timedelta(days=91))
    keys.rotate_when_due()
    assert not ToolKey.objects.filter(pk=gone.pk).exists()


def test_days_of_rotation_never_sign_with_a_key_that_an_lms_may_not_have(
    settings: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An LMS that keeps our key set for an hour, and signs of ours at any moment."""
    settings.TOOL_KEY_DAYS = 1
    monkeypatch.setattr(keys, "KEY_BITS", 1024)
    now = timezone.now()
    monkeypatch.setattr(timezone, "now", lambda: now)
    make = keys.create

    def create() -> ToolKey:
        key = make()
        key.created_at = now
        key.save()
        return key

    monkeypatch.setattr(keys, "create", create)
    kept: list[set[str]] = []
    for quarter_hour in range(5 * 24 * 4):
        now += timedelta(minutes=15)
        keys.rotate_when_due()
        if quarter_hour % 130 == 40:
            keys.rotate()
        kept.append({key["kid"] for key in keys.public_set()["keys"]})
        # What an LMS fetched an hour ago, or at any time since, holds the key that signs now.
        for fetched in kept[-5:]:
            assert keys.signing_key().kid in fetched
    assert len(set().union(*kept)) > 5


@pytest.mark.django_db(transaction=True)
def test_two_schedulers_make_one_key(settings: Any) -> None:
    settings.TOOL_KEY_DAYS = 90
    age(keys.create(), timedelta(days=91))
    ready = threading.Barrier(4)

    def run() -> None:
        try:
            ready.wait()
            keys.rotate_when_due()
        finally:
            connections.close_all()

    threads = [threading.Thread(target=run) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert ToolKey.objects.count() == 2


def test_a_rotation_is_on_record() -> None:
    made = keys.rotate(by="ada")
    entry = Entry.objects.get(event="tool_key.rotated")
    assert (entry.actor, entry.detail["kid"]) == ("staff:ada", made.kid)


def test_the_thumbprint_is_that_of_the_standard() -> None:
    """The example of RFC 7638 section 3.1."""
    n = (
        "0vx7agoebGcQSuuPiLJXZptN9nndrQmbXEps2aiAFbWhM78LhWx4cbbfAAtVT86zwu1RK7aPFFxuhDR1L6tSoc_BJ"
        "ECPebWKRXjBZCiFV4n3oknjhMstn64tZ_2W-5JsGY4Hc5n9yBXArwl93lqt7_RN5w6Cf0h4QyQ5v-65YGjQR0_FDW"
        "2QvzqY368QQMicAtaSqzs8KJZgnYb9c7d0zgdAZHzu6qMQvRL5hajrn1n91CbOpbISD08qNLyrdkt-bFTWhAI4vMQ"
        "Fh6WeZu0fM4lFd2NcRwr3XPksINHaQ-G_xBniIqbw0Ls1jF44-csFCur-kEgU8awapJzKnqDKgw"
    )
    public = {"kty": "RSA", "n": n, "e": "AQAB"}
    assert keys.thumbprint(public) == "NzbLsXh8uDCcd-6MNwXF4W_7noWXFZAfHkxZsRGC9Xs"


def test_an_encrypted_value_needs_one_of_the_keys(settings: Any) -> None:
    token = encrypt("secret")
    older = settings.ENCRYPTION_KEYS
    newer = "c2l4dGVlbiBieXRlcyBhbmQgc2l4dGVlbiBtb3JlIDE="
    settings.ENCRYPTION_KEYS = [newer, *older]
    assert decrypt(token) == "secret"
    assert decrypt(encrypt("new")) == "new"
    settings.ENCRYPTION_KEYS = [newer]
    with pytest.raises(CannotDecrypt):
        decrypt(token)


def test_an_encrypted_field_cannot_be_searched() -> None:
    with pytest.raises(FieldError):
        ToolKey.objects.filter(private_pem="x").exists()


def test_equal_values_are_encrypted_differently() -> None:
    assert encrypt("a") != encrypt("a")
