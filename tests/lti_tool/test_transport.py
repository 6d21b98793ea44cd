from __future__ import annotations

import socket
import ssl
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID
from pytest_django import Settings

from lti_tool import sockets, transport
from lti_tool.transport import TransportError


@dataclass(frozen=True)
class Certificate:
    """``context`` for a server, and the ``file`` that makes a client believe it."""

    context: ssl.SSLContext
    file: Path


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Certificate:
    """A certificate for localhost that vouches for itself."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "localhost")])
    now = datetime.now(UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(minutes=1))
        .not_valid_after(now + timedelta(hours=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName("localhost")]), critical=False)
        .sign(key, hashes.SHA256())
    )
    file = tmp_path_factory.mktemp("tls") / "localhost.pem"
    private = key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )
    file.write_bytes(private + made.public_bytes(serialization.Encoding.PEM))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(file)
    return Certificate(context, file)


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
        "[64:ff9b::7f00:1]",
        "[64:ff9b::10.0.0.1]",
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


@pytest.mark.parametrize("address", ["93.184.216.34", "2606:4700::1111", "64:ff9b::5db8:d822"])
def test_public_addresses_may_be_called(settings: Settings, address: str) -> None:
    settings.INSECURE_PLATFORMS = False
    assert sockets.public_address(address, 443) == address


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


HEAD = b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n"


@contextmanager
def dripping_server(begins: bytes, certificate: Certificate | None) -> Iterator[str]:
    """Sends ``begins`` at once and then a byte now and then, until nobody listens any more."""
    listener = socket.create_server(("127.0.0.1", 0))

    def serve() -> None:
        connection, _address = listener.accept()
        with suppress(OSError), _spoken(connection, certificate) as spoken:
            spoken.recv(65536)
            spoken.sendall(begins)
            for _byte in range(1000):
                spoken.sendall(b"x")
                time.sleep(0.01)

    thread = threading.Thread(target=serve, daemon=True)
    thread.start()
    scheme = "http" if certificate is None else "https"
    try:
        yield f"{scheme}://localhost:{listener.getsockname()[1]}/"
    finally:
        listener.close()
        thread.join()


def _spoken(connection: socket.socket, certificate: Certificate | None) -> socket.socket:
    if certificate is None:
        return connection
    with connection:  # which is empty once it is wrapped
        return certificate.context.wrap_socket(connection, server_side=True)


@pytest.mark.parametrize("secure", [False, True])
@pytest.mark.parametrize("begins", [b"HTTP/1.1 200 OK\r\nX-Long: ", HEAD])
def test_a_server_that_drips_is_cut_off(
    monkeypatch: pytest.MonkeyPatch, certificate: Certificate, begins: bytes, secure: bool
) -> None:
    monkeypatch.setattr(transport, "TOTAL_SECONDS", 0.2)
    # A session of its own, for whom it believes it remembers.
    monkeypatch.setattr(transport, "_local", threading.local())
    transport._session().verify = str(certificate.file)
    with (
        dripping_server(begins, certificate if secure else None) as url,
        pytest.raises(TransportError, match="too long") as raised,
    ):
        transport.send("GET", url)
    assert not raised.value.permanent


def test_a_certificate_that_nobody_vouches_for_is_refused(certificate: Certificate) -> None:
    with (
        dripping_server(HEAD, certificate) as url,
        pytest.raises(TransportError, match="certificate"),
    ):
        transport.send("GET", url)


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
