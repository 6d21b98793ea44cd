"""Databases of one session on a server that others use too."""

from __future__ import annotations

import time
from typing import Any

import psycopg

SECONDS_TO_DROP = 15.0


def drop(server: psycopg.Connection[Any], name: str) -> None:
    """Drop a database, if it is there, whoever uses it.

    Only the server's own cleaning of tables may not be ended by us; it ends by itself soon. Raises
    ``psycopg.errors.InsufficientPrivilege`` when it has not after ``SECONDS_TO_DROP``.
    """
    until = time.monotonic() + SECONDS_TO_DROP
    while True:
        try:
            server.execute(f"DROP DATABASE IF EXISTS {name} WITH (FORCE)".encode())
        except psycopg.errors.InsufficientPrivilege:
            if time.monotonic() > until:
                raise
            time.sleep(0.2)
        else:
            return
