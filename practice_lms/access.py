"""What lives for a while only: access tokens, and values that may be used once."""

from __future__ import annotations

import secrets
import threading
import time
from dataclasses import dataclass

from django.http import HttpRequest

TOKEN_SECONDS = 3600
SWEEP_EVERY = 1000


@dataclass(frozen=True)
class AccessToken:
    client_id: str
    scopes: tuple[str, ...]
    expires_at: float  # of time.time()


class AccessTokens:
    """Bearer tokens by value. A restart forgets them, as a platform that lost its cache would."""

    def __init__(self) -> None:
        self._tokens: dict[str, AccessToken] = {}
        self._lock = threading.Lock()

    def issue(self, client_id: str, scopes: tuple[str, ...]) -> str:
        """A new token, good for TOKEN_SECONDS."""
        value = secrets.token_urlsafe(32)
        with self._lock:
            now = time.time()
            if len(self._tokens) % SWEEP_EVERY == SWEEP_EVERY - 1:
                self._tokens = {k: t for k, t in self._tokens.items() if t.expires_at > now}
            self._tokens[value] = AccessToken(client_id, scopes, now + TOKEN_SECONDS)
        return value

    def find(self, request: HttpRequest) -> AccessToken | None:
        """The live token of the request's Authorization header."""
        scheme, _, value = request.headers.get("Authorization", "").partition(" ")
        token = self._tokens.get(value.strip()) if scheme.lower() == "bearer" else None
        return token if token and token.expires_at > time.time() else None

    def client_of(self, request: HttpRequest) -> str:
        """The client_id of the request's token, or an empty text."""
        token = self.find(request)
        return token.client_id if token else ""

    def clear(self) -> None:
        with self._lock:
            self._tokens.clear()


class OneTime:
    """Values that may be spent once until they expire (jti, nonce)."""

    def __init__(self) -> None:
        self._until: dict[str, float] = {}
        self._lock = threading.Lock()

    def spend(self, value: str, until: float) -> bool:
        """Whether ``value`` is spent now for the first time. ``until`` is of time.time()."""
        with self._lock:
            now = time.time()
            if len(self._until) % SWEEP_EVERY == SWEEP_EVERY - 1:
                self._until = {k: end for k, end in self._until.items() if end > now}
            if self._until.get(value, 0) > now:
                return False
            self._until[value] = until
            return True

    def clear(self) -> None:
        with self._lock:
            self._until.clear()
