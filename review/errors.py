from __future__ import annotations


class NotPossible(Exception):  # noqa: N818 - an answer to a reviewer, not a fault
    """What a reviewer asked for cannot be done; the message says why and what to do instead."""


class ChangedElsewhere(NotPossible):
    """Another page of the same reviewer has saved since this one was opened."""
