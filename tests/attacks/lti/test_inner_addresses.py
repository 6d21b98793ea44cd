"""Services that an LMS names inside our own network, or that are none: never called.

The message is signed and may launch; the addresses in it are somebody's who may want us to call
for them.
"""

from __future__ import annotations

import socket
from collections.abc import Iterator
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest
from django.conf import LazySettings

from lti_tool import ags, delivery, nrps, outbox, platform_keys, services, tokens
from lti_tool.models import OutgoingScore, Registration
from lti_tool.refusals import LaunchRefused
from lti_tool.transport import TransportError
from tests.lti_tool import factories

pytestmark = pytest.mark.django_db

INSIDE = [
    "https://127.0.0.1/x",
    "https://localhost/x",
    "https://[::1]/x",
    "https://[::ffff:127.0.0.1]/x",
    "https://169.254.169.254/latest/meta-data/",
    "https://10.0.0.1/x",
    "https://192.168.1.1/x",
    "https://172.16.0.1/x",
    "https://100.64.0.1/x",
    "https://0.0.0.0/x",
    "https://2130706433/x",
    "https://0x7f000001/x",
    "https://127.1/x",
    "https://[fe80::1]/x",
    "https://[fd00::1]/x",
    "http://93.184.216.34/x",
    "https://user:secret@93.184.216.34/x",
    "ftp://93.184.216.34/x",
    "file:///etc/passwd",
    "gopher://93.184.216.34/x",
]


@pytest.fixture(autouse=True)
def connections(
    monkeypatch: pytest.MonkeyPatch, settings: LazySettings
) -> Iterator[list[tuple[Any, ...]]]:
    """Every connection that somebody tries to make; none is allowed to be made."""
    tried: list[tuple[Any, ...]] = []

    def refuse(address: tuple[Any, ...], *_given: Any, **_named: Any) -> socket.socket:
        tried.append(address)
        raise ConnectionRefusedError

    monkeypatch.setattr("lti_tool.sockets.create_connection", refuse)
    monkeypatch.setattr("lti_tool.transport.REPEAT_AFTER_SECONDS", ())
    settings.INSECURE_PLATFORMS = False
    yield tried
    assert tried == []


@pytest.fixture
def registration() -> Registration:
    return factories.make_registration()


@pytest.fixture
def trusted(monkeypatch: pytest.MonkeyPatch) -> None:
    """The token is there already."""
    monkeypatch.setattr(tokens, "access_token", lambda *_given, **_named: "token")


@pytest.mark.parametrize("url", INSIDE)
@pytest.mark.usefixtures("trusted")
def test_no_score_goes_inside(registration: Registration, url: str) -> None:
    link = factories.make_link(factories.make_context(registration))
    factories.make_line_item(link, url=url)
    row = outbox.queue_score(
        resource_link=link,
        person=factories.make_person(link),
        score=Decimal(1),
        maximum=Decimal(1),
        comment="",
        submitted_at=datetime(2026, 5, 1, tzinfo=UTC),
    )
    assert row is not None
    delivery.deliver(registration.pk)
    row.refresh_from_db()
    assert row.state in (OutgoingScore.State.REFUSED, OutgoingScore.State.QUEUED)
    assert row.cause


@pytest.mark.parametrize("url", INSIDE)
@pytest.mark.usefixtures("trusted")
def test_no_roster_is_read_inside(registration: Registration, url: str) -> None:
    with pytest.raises(TransportError):
        nrps.members(registration, url)


@pytest.mark.parametrize("url", INSIDE)
@pytest.mark.usefixtures("trusted")
def test_no_column_is_looked_for_inside(registration: Registration, url: str) -> None:
    with pytest.raises(TransportError):
        list(ags.line_items(registration, url, [ags.LINE_ITEMS]))


@pytest.mark.parametrize("url", INSIDE)
@pytest.mark.usefixtures("trusted")
def test_no_service_is_called_inside(registration: Registration, url: str) -> None:
    with pytest.raises(TransportError):
        services.call(registration, ["scope"], "scope", "PUT", url, body=b"{}")


@pytest.mark.parametrize("url", INSIDE)
def test_no_key_is_fetched_inside(registration: Registration, url: str) -> None:
    registration.jwks_url = url
    registration.save()
    with pytest.raises(LaunchRefused, match="keys-unreachable"):
        platform_keys.key_set(registration)


@pytest.mark.parametrize("url", INSIDE)
def test_no_token_is_asked_for_inside(registration: Registration, url: str) -> None:
    registration.token_url = url
    registration.save()
    with pytest.raises(TransportError):
        tokens.access_token(registration, ["scope"])
