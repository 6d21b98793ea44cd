"""A place for one test session, so that several can run on the same servers at once.

A slot is a number with a lock that its session holds. It names the session's databases: a
session that crashed leaves databases which the next session in that slot replaces.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from urllib.parse import urlsplit, urlunsplit

from stack.errors import StackError
from stack.sharing import try_lock
from stack.state import State, filesystem_errors

SLOTS = 31
WORKERS = 8  # Valkey databases per slot: the session's own and one for each of its workers


@contextmanager
def slot(state: State) -> Iterator[int]:
    """The lowest free slot (0 to 30), held until the block ends or the process dies."""
    folder = state.root / "slots"
    with filesystem_errors(folder):
        folder.mkdir(mode=0o700, exist_ok=True)
    for number in range(SLOTS):
        descriptor = try_lock(folder / f"{number}.lock")
        if descriptor is not None:
            try:
                yield number
            finally:
                os.close(descriptor)
            return
    raise StackError(f"{SLOTS} test sessions run in this checkout. Wait until one has ended.")


def database_url(url: str, number: int) -> str:
    """The URL with a database name of the slot's own; Django puts `test_` before it."""
    parts = urlsplit(url)
    return urlunsplit(parts._replace(path=f"{parts.path}_s{number}"))


def redis_url(url: str, number: int, databases: int) -> str:
    """The URL with the slot's first database: never 0, and below what the server has."""
    return _with_database(url, 1 + number * WORKERS % (databases - WORKERS))


def worker_redis_url(url: str, worker: str) -> str:
    """The session's URL with the next database for worker `gw0`, `gw1` … of pytest-xdist."""
    first = int(urlsplit(url).path.lstrip("/"))
    return _with_database(url, first + 1 + int(worker.removeprefix("gw")) % (WORKERS - 1))


def _with_database(url: str, database: int) -> str:
    return urlunsplit(urlsplit(url)._replace(path=f"/{database}"))
