"""What Django loads for ``ENGINE = "config.database"``: its own, but for one thing.

A kept connection is tried before it is used, so that a restarted database costs nobody an error.
psycopg's own way sends an empty statement and waits for the answer, which is a third of what the
database has to say to a launch. But a server that ends a connection says so on its socket, where
otherwise nothing can be read: one look at that is enough, and only if there is something the
statement is sent.
"""

from __future__ import annotations

import select
from typing import Any

import psycopg
from django.db.backends.base.base import NO_DB_ALIAS
from django.db.backends.postgresql import base
from psycopg import Connection
from psycopg_pool import ConnectionPool


class DatabaseWrapper(base.DatabaseWrapper):
    @property
    def pool(self) -> ConnectionPool[Connection[Any]] | None:
        options = self.settings_dict["OPTIONS"].get("pool")
        if not options or self.alias == NO_DB_ALIAS:
            return None
        pools = self._connection_pools  # type: ignore[attr-defined]
        if self.alias not in pools:
            made = ConnectionPool(
                kwargs={**self.get_connection_params(), "autocommit": True},
                open=False,
                configure=self._configure_connection,  # type: ignore[attr-defined]
                check=check,
                **options,
            )
            # Of several threads that come first, one gives its pool to all; none is open yet.
            pools.setdefault(self.alias, made)
        found: ConnectionPool[Connection[Any]] = pools[self.alias]
        return found


def check(connection: Connection[Any]) -> None:
    """Raises ``psycopg.OperationalError`` when the server has ended the connection."""
    look = select.poll()
    look.register(connection.fileno(), select.POLLIN)
    if not look.poll(0):
        return
    try:
        ConnectionPool.check_connection(connection)
    except psycopg.OperationalError:
        # The others will have ended too. A pool waits longer with each one that it comes upon,
        # and gives up after five.
        pool: ConnectionPool[Any] | None = getattr(connection, "_pool", None)
        if pool is not None:
            pool.check()
        raise
