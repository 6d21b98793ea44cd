"""Everything the tool needs on this machine, as one context manager."""

from __future__ import annotations

import os
import secrets
from collections.abc import Iterator
from contextlib import contextmanager

from cryptography.fernet import Fernet

from stack import sharing
from stack.postgres import Postgres
from stack.state import State
from stack.valkey import Valkey


@contextmanager
def services(state: State | None = None) -> Iterator[dict[str, str]]:
    """Run with the embedded servers and secrets; yields what was put into `os.environ`.

    Only names that are not set are filled, and only the servers whose URL is not set are
    started. The servers are shared by everybody who is inside such a block for the same
    state; the last to leave stops them. StackError says why it cannot be.
    """
    state = state or State()
    state.prepare()
    servers: dict[str, Postgres | Valkey] = {
        name: server
        for name, server in (("DATABASE_URL", Postgres(state)), ("REDIS_URL", Valkey(state)))
        if not os.environ.get(name)
    }
    found: dict[str, str] = {}

    def start() -> None:
        found.update({name: server.ensure() for name, server in servers.items()})
        found.update(_settings(state))

    def stop() -> None:
        for server in (Valkey(state), Postgres(state)):
            server.stop()

    with sharing.share(state, start, stop), _environment(found) as filled:
        yield filled


def _settings(state: State) -> dict[str, str]:
    port = os.environ.get("COGRADE_PORT") or "8000"
    return {
        "SECRET_KEY": state.secret("secret_key", lambda: secrets.token_urlsafe(48)),
        "ENCRYPTION_KEY": state.secret("encryption_key", lambda: Fernet.generate_key().decode()),
        "ADMIN_PASSWORD": state.secret("admin_password"),
        "ALLOWED_HOSTS": "127.0.0.1,localhost",
        "BASE_URL": f"http://127.0.0.1:{port}",
        "INSECURE_PLATFORMS": "1",
    }


@contextmanager
def _environment(values: dict[str, str]) -> Iterator[dict[str, str]]:
    """Set the names that are not set, and take them away again afterwards."""
    filled = {name: value for name, value in values.items() if not os.environ.get(name)}
    os.environ.update(filled)
    try:
        yield filled
    finally:
        for name in filled:
            os.environ.pop(name, None)
