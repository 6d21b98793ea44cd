from __future__ import annotations

from collections.abc import Iterator

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from lti_tool import registrations
from lti_tool.models import Registration
from tests.lti_tool import factories

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def kept(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    registrations.forget()
    monkeypatch.setattr(registrations, "KEPT_SECONDS", 5.0)
    yield
    registrations.forget()


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    now = [1000.0]
    monkeypatch.setattr("lti_tool.registrations.time.monotonic", lambda: now[0])
    return now


def test_a_registration_is_read_once_in_five_seconds(clock: list[float]) -> None:
    known = factories.make_registration()
    registrations.of_state(known.pk)
    registrations.of_login(known.issuer, known.client_id)
    with CaptureQueriesContext(connection) as queries:
        assert registrations.of_state(known.pk) == known
        assert registrations.of_login(known.issuer, known.client_id) == [known]
    assert len(queries) == 0
    clock[0] += 5.1
    with CaptureQueriesContext(connection) as queries:
        registrations.of_state(known.pk)
    assert len(queries) == 1


def test_what_is_switched_off_is_off_after_five_seconds(clock: list[float]) -> None:
    known = factories.make_registration()
    registrations.of_state(known.pk)
    Registration.objects.update(active=False)
    clock[0] += 5.1
    found = registrations.of_state(known.pk)
    assert found is not None
    assert not found.active


def test_what_is_not_there_is_not_remembered(clock: list[float]) -> None:
    assert registrations.of_login("https://lms.example", "new") == []
    known = factories.make_registration(client_id="new")
    assert registrations.of_login("https://lms.example", "new") == [known]


def test_schools_that_share_an_issuer_are_kept_apart(clock: list[float]) -> None:
    one = factories.make_registration(client_id="one")
    two = factories.make_registration(client_id="two")
    for _ in range(2):
        assert registrations.of_login("https://lms.example", "one") == [one]
        assert registrations.of_login("https://lms.example", "two") == [two]
        assert len(registrations.of_login("https://lms.example", "")) == 2


def test_the_memory_does_not_grow_without_end(
    clock: list[float], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(registrations, "MOST_KEPT", 3)
    for _ in range(10):
        registrations.of_state(factories.make_registration().pk)
    assert len(registrations._kept) <= 3
