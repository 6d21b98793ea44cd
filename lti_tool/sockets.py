"""Connections to an LMS: to public addresses only, and never longer than the call they belong to.

The address that was checked is the address that is connected to: a second look-up could give
another answer. A server that sends a byte now and then would keep a read going for ever, since a
socket's own timeout begins anew with each; so every read here ends with the call (``within``).
"""

from __future__ import annotations

import ipaddress
import socket
import ssl
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from django.conf import settings
from requests.adapters import HTTPAdapter
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.connectionpool import HTTPConnectionPool, HTTPSConnectionPool
from urllib3.exceptions import NewConnectionError
from urllib3.util.connection import create_connection
from urllib3.util.ssl_ import create_urllib3_context

# NAT64 (RFC 6052): the last 32 bits are an IPv4 address, which may be one of our own network.
_NAT64 = ipaddress.ip_network("64:ff9b::/96")
_call = threading.local()


class NotPublicError(OSError):
    """The host has no address that may be called."""


@contextmanager
def within(seconds: float) -> Iterator[None]:
    """Everything that this thread reads in here ends after ``seconds`` with ``TimeoutError``."""
    _call.ends = time.monotonic() + seconds
    try:
        yield
    finally:
        _call.ends = None


def public_address(host: str, port: int) -> str:
    """The first address of ``host`` that may be called; raises ``OSError`` when there is none.

    With ``settings.INSECURE_PLATFORMS`` every address may be.
    """
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    for *_rest, address in found:
        text = str(address[0]).partition("%")[0]
        if settings.INSECURE_PLATFORMS or _is_public(ipaddress.ip_address(text)):
            return text
    raise NotPublicError(host)


class Adapter(HTTPAdapter):
    """What ``requests`` mounts to connect in this manner."""

    def init_poolmanager(self, *arguments: Any, **options: Any) -> None:
        context = create_urllib3_context()
        context.sslsocket_class = _SecureSocket
        super().init_poolmanager(*arguments, ssl_context=context, **options)
        self.poolmanager.pool_classes_by_scheme = {"http": _Pool, "https": _SecurePool}


def _is_public(address: ipaddress.IPv4Address | ipaddress.IPv6Address) -> bool:
    inner = _carried(address) if isinstance(address, ipaddress.IPv6Address) else None
    if inner is not None and not _is_public(inner):
        return False
    return address.is_global and not address.is_multicast


def _carried(address: ipaddress.IPv6Address) -> ipaddress.IPv4Address | None:
    """The IPv4 address to which a gateway would pass this one on."""
    if address in _NAT64:
        return ipaddress.IPv4Address(int(address) & 0xFFFFFFFF)
    return address.ipv4_mapped or address.sixtofour


class _Timed:
    """A socket whose reads end with the call."""

    def recv_into(self, *arguments: Any, **options: Any) -> int:
        ends = getattr(_call, "ends", None)
        left = None if ends is None else ends - time.monotonic()
        if left is not None:
            if left <= 0:
                raise TimeoutError("the call has lasted too long")
            waits: float | None = self.gettimeout()  # type: ignore[attr-defined]
            if waits is None or waits > left:
                self.settimeout(left)  # type: ignore[attr-defined]
        read: int = super().recv_into(*arguments, **options)  # type: ignore[misc]
        return read


class _PlainSocket(_Timed, socket.socket):
    pass


class _SecureSocket(_Timed, ssl.SSLSocket):
    pass


def _connected(connection: HTTPConnection) -> socket.socket:
    try:
        address = public_address(connection.host, connection.port)
        plain = create_connection(
            (address, connection.port),
            connection.timeout,
            source_address=connection.source_address,
            socket_options=connection.socket_options,
        )
    except OSError as error:
        if isinstance(error, TimeoutError):
            raise
        raise NewConnectionError(connection, repr(error)) from error
    timed = _PlainSocket(plain.family, plain.type, plain.proto, fileno=plain.detach())
    timed.settimeout(connection.timeout)
    return timed


class _Connection(HTTPConnection):
    def _new_conn(self) -> socket.socket:
        return _connected(self)


class _SecureConnection(HTTPSConnection):
    def _new_conn(self) -> socket.socket:
        return _connected(self)


class _Pool(HTTPConnectionPool):
    ConnectionCls = _Connection


class _SecurePool(HTTPSConnectionPool):
    ConnectionCls = _SecureConnection
