"""What the gradebook of the LMS shows, held against what was sent. Only the LMS can say that a
grade arrived, and only the LMS knows when somebody changed it there.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from django.utils import timezone

from lti_tool.ags import Result
from lti_tool.models import LineItem, OutgoingScore

State = OutgoingScore.State

# Some LMSs show a score only a while after they took it: look again before calling it changed.
LOOK_AGAIN_AFTER = (timedelta(seconds=3), timedelta(seconds=30), timedelta(minutes=5))
# LMSs round what they show.
TOLERANCE = Decimal("0.006")
READ_AGAIN_AFTER = timedelta(days=1)
# Nobody looks at the column of an activity that has not been opened for so long.
READ_WHILE_USED = timedelta(days=60)
NOT_SHOWN = "The LMS took the grade but does not show it to us."


def agrees(score: OutgoingScore, found: Result | None) -> bool:
    """Whether the gradebook shows this grade, at its own scale and with its own rounding."""
    return found is not None and _shows(found, score.score, score.maximum)


def changed_since(score: OutgoingScore, found: Result | None) -> bool:
    """Whether somebody gave another grade in the LMS since this one was last seen there.

    What we offered last counts as ours, also when nobody has looked since or its answer was lost.
    """
    if score.result_score is None:
        return False
    if found is None or found.score is None:
        return True
    seen = _shows(found, score.result_score, score.result_maximum)
    return not seen and not _shows(found, score.offered_score, score.offered_maximum)


def _shows(found: Result, score: Decimal | None, maximum: Decimal | None) -> bool:
    if score is None or found.score is None:
        return False
    return abs(found.score - score * found.maximum / (maximum or Decimal(1))) <= TOLERANCE


def after_sending(
    score: OutgoingScore, found: Result | None, keeps_overrides: bool = False
) -> dict[str, Any]:
    """What becomes of a grade that was sent and for which the gradebook shows ``found``.

    ``keeps_overrides``: the LMS takes a grade and goes on showing what somebody gave there.
    """
    if agrees(score, found):
        return confirmed(found)
    if keeps_overrides and found is not None and _is_the_one_before(score, found):
        return overridden(found)
    if score.checks < len(LOOK_AGAIN_AFTER):
        after = timezone.now() + LOOK_AGAIN_AFTER[score.checks]
        return {"state": State.SENT, "run_after": after, "checks": score.checks + 1}
    if found is None or found.score is None:
        return {"state": State.SENT, "run_after": None, "cause": NOT_SHOWN}
    return overridden(found)


def _is_the_one_before(score: OutgoingScore, found: Result) -> bool:
    """Whether the gradebook shows what it showed before, and that was none of ours."""
    ours = score.offered_score is not None and _shows(
        found, score.offered_score, score.offered_maximum
    )
    return not ours and _shows(found, score.result_score, score.result_maximum)


def later(score: OutgoingScore, found: Result | None) -> dict[str, Any]:
    """What becomes of a grade that was confirmed or changed before; nothing when all is as it was.

    A grade that a whole reading misses is looked for by itself before it is called taken back.
    """
    if agrees(score, found):
        return confirmed(found) if score.state == State.OVERRIDDEN and not score.held else {}
    if found is None and score.state == State.CONFIRMED:
        last = len(LOOK_AGAIN_AFTER)
        return {"state": State.SENT, "run_after": timezone.now(), "checks": last}
    return overridden(found) if found is not None else {}


def confirmed(found: Result | None) -> dict[str, Any]:
    return {
        "state": State.CONFIRMED,
        "run_after": None,
        "cause": "",
        "attempts": 0,
        "confirmed_at": timezone.now(),
        **_shown(found),
    }


def overridden(found: Result | None) -> dict[str, Any]:
    """The gradebook shows another grade: somebody has given it there."""
    return {"state": State.OVERRIDDEN, "run_after": None, "cause": "", **_shown(found)}


def _shown(found: Result | None) -> dict[str, Any]:
    return {
        "result_score": found.score if found else None,
        "result_maximum": found.maximum if found else None,
    }


def outcomes(
    column: LineItem,
    shown: Mapping[str, Result],
    asked_at: datetime,
    keeps_overrides: bool = False,
) -> list[tuple[OutgoingScore, dict[str, Any]]]:
    """What a reading of the whole column means for each grade that was there when it began.

    ``shown`` are the results by the LMS's id of the learner.
    """
    rows = column.scores.filter(
        state__in=(State.SENT, State.CONFIRMED, State.OVERRIDDEN), sent_at__lte=asked_at
    ).select_related("person")
    found = []
    for row in rows:
        result = shown.get(row.person.sub)
        waits = row.state == State.SENT and row.run_after is not None
        change = after_sending(row, result, keeps_overrides) if waits else later(row, result)
        if change:
            found.append((row, change))
    return found


def noted(column: LineItem, asked_at: datetime) -> None:
    """That a column was read, and when to read it next."""
    used = column.resource_link.seen_at > asked_at - READ_WHILE_USED
    LineItem.objects.filter(pk=column.pk).update(
        read_at=asked_at,
        read_due_at=asked_at + READ_AGAIN_AFTER if used else None,
        read_failures=0,
        read_problem="",
    )
