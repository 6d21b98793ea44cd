from __future__ import annotations

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from pytest_django import Settings

from lti_tool import transport
from lti_tool.transport import TransportError


@contextmanager
def raw_server(*answers: bytes) -> Iterator[tuple[str, list[bytes]]]:
    """Gives each connection the next of ``answers`` and closes it."""
    heard: list[bytes] = []
    listener = socket.create_server(("127.0.0.1", 0))

    def serve() -> None:
        for answer in answers:
            try:
                connection, _address = listener.accept()
            except OSError:
                return
            with connection:
                heard.append(connection.recv(65536))
                connection.sendall(answer)

    thread = threading.Thread(target=serve, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{listener.getsockname()[1]}/", heard
    finally:
        listener.close()


def reply(status: str = "200 OK", body: bytes = b"{}", *headers: str) -> bytes:
    head = "\r\n".join([f"HTTP/1.1 {status}", f"Content-Length: {len(body)}", *headers])
    return f"{head}\r\nConnection: close\r\n\r\n".encode() + body


@pytest.mark.parametrize(
    "host",
    [
        "127.0.0.1",
        "localhost",
        "10.0.0.1",
        "172.16.0.1",
        "192.168.1.1",
        "169.254.169.254",
        "100.64.0.1",
        "0.0.0.0",
        "224.0.0.1",
        "[::1]",
        "[::]",
        "[fd00::1]",
        "[fe80::1]",
        "[::ffff:127.0.0.1]",
        "[::ffff:10.0.0.1]",
        "[2002:7f00:1::]",
        "2130706433",
        "0x7f.1",
    ],
)
def test_addresses_inside_a_private_network_are_not_called(settings: Settings, host: str) -> None:
    settings.INSECURE_PLATFORMS = False
    with pytest.raises(TransportError) as raised:
        transport.send("GET", f"https://{host}/keys")
    assert raised.value.permanent
    assert "private network" in raised.value.cause


@pytest.mark.parametrize("address", ["93.184.216.34", "2606:4700::1111"])
def test_public_addresses_may_be_called(settings: Settings, address: str) -> None:
    settings.INSECURE_PLATFORMS = False
    assert transport.public_address(address, 443) == address


@pytest.mark.parametrize(
    "url",
    [
        "http://lms.example/",
        "ftp://lms.example/",
        "file:///etc/passwd",
        "https://user:secret@lms.example/",
        "https:///keys",
        "https://lms.example:99999/",
        "https://[",
        "",
    ],
)
def test_only_plain_https_addresses_are_called(settings: Settings, url: str) -> None:
    settings.INSECURE_PLATFORMS = False
    with pytest.raises(TransportError) as raised:
        transport.send("GET", url)
    assert raised.value.permanent


def test_an_answer_has_status_reason_and_body() -> None:
    with raw_server(reply("418 Short and stout", b'{"a": 1}')) as (url, heard):
        answer = transport.send("GET", url)
    assert (answer.status, answer.reason, answer.json()) == (418, "Short and stout", {"a": 1})
    assert b"User-Agent: Cograde" in heard[0]


def test_redirects_are_not_followed() -> None:
    with raw_server(reply("302 Found", b"", "Location: http://127.0.0.1:9/")) as (url, _heard):
        assert transport.send("GET", url).status == 302


def test_cookies_of_one_call_do_not_reach_the_next() -> None:
    answers = [reply("200 OK", b"", "Set-Cookie: a=b")] * 2
    with raw_server(*answers) as (url, heard):
        transport.send("GET", url)
        transport.send("GET", url)
    assert b"Cookie" not in heard[1]


def test_an_answer_that_is_too_large_is_cut_off() -> None:
    with (
        raw_server(reply("200 OK", b"x" * 2000)) as (url, _heard),
        pytest.raises(TransportError, match="too large"),
    ):
        transport.send("GET", url, limit=1000)


def test_a_server_that_drips_is_cut_off(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(transport, "TOTAL_SECONDS", -1.0)
    with (
        raw_server(reply("200 OK", b"x" * 100)) as (url, _heard),
        pytest.raises(TransportError, match="too long") as raised,
    ):
        transport.send("GET", url)
    assert not raised.value.permanent


def test_a_silent_server_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(transport, "READ_SECONDS", 0.05)
    listener = socket.create_server(("127.0.0.1", 0))
    with listener, pytest.raises(TransportError, match="too long"):
        transport.send("GET", f"http://127.0.0.1:{listener.getsockname()[1]}/")


def test_a_closed_port_may_be_tried_again() -> None:
    with pytest.raises(TransportError) as raised:
        transport.send("GET", "http://127.0.0.1:9/")
    assert not raised.value.permanent


def test_what_changes_nothing_is_repeated(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(transport, "REPEAT_AFTER_SECONDS", (0.0, 0.0))
    with raw_server(b"", reply("503 Busy"), reply("200 OK", b"1")) as (url, heard):
        assert transport.send("GET", url, repeatable=True).body == b"1"
    assert len(heard) == 3


def test_what_changes_something_is_sent_once() -> None:
    with (
        raw_server(b"", reply()) as (url, heard),
        pytest.raises(TransportError, match="could not be reached"),
    ):
        transport.send("POST", url, body=b"x")
    assert len(heard) == 1


def test_a_body_that_is_no_json_is_said_so() -> None:
    with raw_server(reply("200 OK", b"<html>")) as (url, _heard):
        answer = transport.send("GET", url)
    with pytest.raises(TransportError, match="could not be read"):
        answer.json()


@pytest.mark.parametrize(
    ("value", "seconds"),
    [
        ("0", 0),
        ("120", 120),
        (" 5 ", 5),
        ("99999999999999999999", 86400),
        ("-1", None),
        ("soon", None),
        ("", None),
        ("Wed, 21 Oct 2015 07:28:00 GMT", 0),
        ("Wed, 21 Oct 2099 07:28:00 GMT", 86400),
    ],
)
def test_retry_after_in_seconds_or_as_a_date(value: str, seconds: Any) -> None:
    assert transport.retry_after_seconds(value) == seconds
