"""How pressing open work is: told from its time alone, so nothing has to be remembered or sent.

After half of the time that a lane has, reviewers are reminded; in the last quarter it is open to
everybody who reviews in the course, whatever they have declared; once it is late, managers see it
at the top of their pages.
"""

from __future__ import annotations

from datetime import datetime
from enum import Enum

from django.db.models import DateTimeField, ExpressionWrapper, F, Q, Value
from django.db.models.lookups import LessThanOrEqual

# What part of the time is still left when it begins.
REMIND = 2
WIDEN = 4


class Urgency(Enum):
    CALM = "calm"
    AT_RISK = "risk"
    WIDENED = "wide"
    LATE = "late"


def urgency(sent_at: datetime, due_at: datetime, now: datetime) -> Urgency:
    if now >= due_at:
        return Urgency.LATE
    left, all_of_it = due_at - now, due_at - sent_at
    if left <= all_of_it / WIDEN:
        return Urgency.WIDENED
    return Urgency.AT_RISK if left <= all_of_it / REMIND else Urgency.CALM


def left_at_most(part: int, now: datetime) -> Q:
    """Decisions of whose time one `part`-th or less is left: the same rule for the database."""
    begins = F("due_at") - (F("due_at") - F("at")) / Value(part)
    return Q(
        LessThanOrEqual(
            ExpressionWrapper(begins, DateTimeField()), Value(now, output_field=DateTimeField())
        )
    )
