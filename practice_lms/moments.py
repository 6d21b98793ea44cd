"""Moments as tools send them."""

from __future__ import annotations

import re
from datetime import datetime

from practice_lms.problems import Refused

# ISO 8601 with a date, a time and a zone, as AGS 2.0 section 3.4.5 asks.
MOMENT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d(:\d\d([.,]\d+)?)?(Z|[+-]\d\d(:?\d\d)?)")


def moment(text: object, name: str) -> datetime:
    """A moment in ISO 8601 with its zone. Raises Refused (400)."""
    cause = f"{name} must be ISO 8601 with a zone, not {text!r}"
    if not isinstance(text, str) or not MOMENT.fullmatch(text):
        raise Refused(400, cause)
    try:
        return datetime.fromisoformat(text)
    except ValueError as error:
        raise Refused(400, cause) from error
