from __future__ import annotations

import json
from concurrent.futures import ThreadPoolExecutor

import pytest
from django.db import connection
from django.test import Client
from django.urls import reverse

from lti_tool import preferences
from lti_tool.models import Person
from tests.lti_tool import factories
from tests.world import signed_in

ADDRESS = reverse("lti_tool:preferences")


@pytest.fixture
def ada(db: None) -> Person:
    return factories.make_person(factories.make_link())


def sent(client: Client, changes: object) -> int:
    body = changes if isinstance(changes, bytes) else json.dumps(changes)
    return client.post(ADDRESS, body, content_type="application/json").status_code


def test_what_is_chosen_stands_with_the_person_and_comes_with_the_next_page(ada: Person) -> None:
    client = signed_in(ada)
    assert sent(client, {"theme": "dark", "split.review": 61.5}) == 204
    assert sent(client, {"fold.asked": True, "theme": "light"}) == 204
    ada.refresh_from_db()
    assert ada.preferences == {"theme": "light", "split.review": 61.5, "fold.asked": True}
    page = client.get(reverse("review:home")).content.decode()
    assert 'data-theme="light"' in page
    assert '"split.review": 61.5' in page


@pytest.mark.parametrize(
    "changes",
    [
        {"theme": "pink"},
        {"theme": None},
        {"unknown": True},
        {"split.review": 12},
        {"split.review": True},
        {"split.review": "50"},
        {"split.<script>": 50},
        {"split.review.folded": 1},
        {"fold.asked": "yes"},
        {"keys": {"off": False}},
        {"keys": {"off": 0, "map": {}}},
        {"keys": {"off": False, "map": {"s": "ss"}}},
        {"keys": {"off": False, "map": {"s": "\x00"}}},
        {"keys": {"off": False, "map": {"s": 1}}},
        {"keys": {"off": False, "map": {chr(300 + n): "x" for n in range(81)}}},
        {f"fold.{chr(97 + n)}{chr(97 + m)}": True for n in range(7) for m in range(7)},
        {"keys": {"off": False, "map": {"\x00": "a"}}},
        {"keys": {"off": False, "map": {"\ud800": "a"}}},
        {"keys": {"off": False, "map": {"a": "\ud800"}}},
        b"[" * 8000,
        [],
        "theme",
        b"{",
        b"\xff",
        b'{"theme": "' + b"x" * 9000 + b'"}',
        {"split.review": float("nan")},
        {"split.review": float("inf")},
    ],
)
def test_nothing_else_is_kept(ada: Person, changes: object) -> None:
    assert sent(signed_in(ada), changes) == 400
    ada.refresh_from_db()
    assert ada.preferences == {}


def test_of_an_erased_person_nothing_is_kept_again(ada: Person) -> None:
    client = signed_in(ada)
    Person.objects.filter(pk=ada.pk).update(anonymous=True, sub=f"{Person.TOMBSTONE}x")
    assert sent(client, {"theme": "dark"}) == 204
    ada.refresh_from_db()
    assert ada.preferences == {}


@pytest.mark.django_db
def test_who_was_sent_by_no_lms_has_none() -> None:
    assert sent(Client(), {"theme": "dark"}) == 403


@pytest.mark.django_db(transaction=True)
def test_two_windows_at_once_lose_neither() -> None:
    ada = factories.make_person(factories.make_link())
    names = [f"fold.{chr(97 + number)}" for number in range(12)]

    def choose(name: str) -> None:
        try:
            preferences.keep(Person(pk=ada.pk), {name: True})
        finally:
            connection.close()

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(choose, names))
    ada.refresh_from_db()
    assert sorted(ada.preferences) == names
