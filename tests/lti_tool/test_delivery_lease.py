"""One worker has an LMS in hand, for as long as it lives and no longer."""

from __future__ import annotations

import time
from datetime import timedelta

import pytest
from django.utils import timezone

from lti_tool import delivery_lease
from lti_tool.delivery_lease import DeliveryLease
from lti_tool.models import Registration
from tests.lti_tool import factories

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def registration() -> Registration:
    made: Registration = factories.make_registration()
    return made


@pytest.fixture
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(delivery_lease, "LEASE", timedelta(seconds=0.4))
    monkeypatch.setattr(delivery_lease, "RENEW_SECONDS", 0.05)


def taken(registration: Registration) -> DeliveryLease:
    lease = DeliveryLease.take(registration.pk)
    assert lease is not None
    return lease


def test_one_worker_at_a_time_has_it(registration: Registration) -> None:
    lease = taken(registration)
    assert DeliveryLease.take(registration.pk) is None
    lease.give_back()
    taken(registration).give_back()


@pytest.mark.usefixtures("quick")
def test_it_outlives_a_call_that_lasts_longer(registration: Registration) -> None:
    lease = taken(registration)
    time.sleep(0.6)  # the worker waits for an answer
    assert DeliveryLease.take(registration.pk) is None
    assert not lease.lost
    lease.give_back()
    registration.refresh_from_db()
    assert registration.delivering_until is None


@pytest.mark.usefixtures("quick")
def test_whoever_lost_it_knows_and_does_not_take_it_from_the_next(
    registration: Registration,
) -> None:
    lease = taken(registration)
    theirs = timezone.now() + timedelta(minutes=1)
    Registration.objects.update(delivering_until=theirs)
    ends = time.monotonic() + 5
    while not lease.lost and time.monotonic() < ends:
        time.sleep(0.02)
    assert lease.lost
    lease.give_back()
    registration.refresh_from_db()
    assert registration.delivering_until == theirs


def test_an_lms_that_is_switched_off_is_not_taken(registration: Registration) -> None:
    Registration.objects.update(active=False)
    assert DeliveryLease.take(registration.pk) is None
