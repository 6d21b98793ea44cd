"""Counting who uses the embedded servers, with locks that a crash gives back.

Every user holds a shared lock on one file for as long as it lives; the kernel drops it when the
process ends, however it ends. Coming and leaving happen under an exclusive lock on another file.
"""

from __future__ import annotations

import fcntl
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from stack.state import State, filesystem_errors


@contextmanager
def share(state: State, start: Callable[[], None], stop: Callable[[], None]) -> Iterator[None]:
    """Be a user of the servers: `start` runs when one comes, `stop` when the last one leaves.

    `start` must adopt what already runs. A forked child that leaves the block neither counts
    nor stops anything.
    """
    owner = os.getpid()
    with opened(state.users_lock) as users:
        with locked(state.start_lock):
            fcntl.flock(users, fcntl.LOCK_SH)
            try:
                start()
            except BaseException:
                if is_last(users):
                    stop()
                raise
        try:
            yield
        finally:
            if os.getpid() == owner:
                with locked(state.start_lock):
                    if is_last(users):
                        stop()


def is_last(users: int) -> bool:
    """Whether the descriptor's holder is the only user. Ask under the start lock.

    A yes takes the exclusive lock; a no gives up the holder's own.
    """
    try:
        fcntl.flock(users, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


@contextmanager
def locked(path: Path) -> Iterator[int]:
    """Hold the exclusive lock on a file, waiting for it."""
    with opened(path) as descriptor:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield descriptor


@contextmanager
def opened(path: Path) -> Iterator[int]:
    """A descriptor for a lock file; closing it gives the lock back."""
    with filesystem_errors(path):
        descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        yield descriptor
    finally:
        os.close(descriptor)


def try_lock(path: Path) -> int | None:
    """A descriptor that holds the exclusive lock on a file, or None when another holds it."""
    with filesystem_errors(path):
        descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        os.close(descriptor)
        return None
    return descriptor
