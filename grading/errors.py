from __future__ import annotations


class NotAccepted(Exception):  # noqa: N818 - an answer to a person, not a fault
    """What a learner asked for cannot be done; the message says why and what to do instead."""
