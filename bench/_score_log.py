"""What an LMS's request log tells of the scores that it was sent; plain values, no I/O.

An entry is one of practice_lms/request_log.py: time (ISO 8601, when the request came),
milliseconds, endpoint, path, status, client, scope, body.
"""

from __future__ import annotations

import itertools
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

Entry = Mapping[str, Any]
Cell = tuple[str, str]  # path of the scores of a column, user id

TAKEN = frozenset({200, 201, 204})
# The LMS is told to do the work and to answer with this: the answer that was lost on its way.
LOST_ANSWER = 504
TOO_MANY = 429
CONTENT = ("scoreGiven", "scoreMaximum", "comment", "activityProgress", "gradingProgress")
# Between an answer of 429 and the tool's knowing of it everywhere; what was under way goes on.
NOTICE_SECONDS = 0.25
# Delayed answers come later than this, refusals over the rate sooner.
REFUSED_WITHIN_MILLISECONDS = 100.0


def began(entry: Entry) -> float:
    return datetime.fromisoformat(str(entry["time"])).timestamp()


def ended(entry: Entry) -> float:
    return began(entry) + float(entry["milliseconds"]) / 1000


def scores(entries: Iterable[Entry]) -> list[Entry]:
    """The posts of scores in the order in which they were answered."""
    return [entry for entry in entries if entry["endpoint"] == "scores"]


def cell(entry: Entry) -> Cell:
    return str(entry["path"]), str((entry["body"] or {}).get("userId"))


def content(entry: Entry) -> tuple[Any, ...]:
    return tuple((entry["body"] or {}).get(name) for name in CONTENT)


def accepted(entries: Iterable[Entry]) -> list[Entry]:
    """The posts that changed the gradebook, whatever the tool was told.

    One whose answer was lost was taken if its timestamp is later, in whole seconds, than the one
    before: that is the LMS's rule.
    """
    stored: dict[Cell, datetime] = {}
    found = []
    for entry in scores(entries):
        if entry["status"] not in TAKEN and entry["status"] != LOST_ANSWER:
            continue
        moment = datetime.fromisoformat(str(entry["body"]["timestamp"])).replace(microsecond=0)
        before = stored.get(cell(entry))
        if entry["status"] == LOST_ANSWER and before is not None and moment <= before:
            continue
        stored[cell(entry)] = moment
        found.append(entry)
    return found


def doubled(entries: Iterable[Entry]) -> dict[Cell, int]:
    """Cells into which the same score was accepted more than once, and how often."""
    count = Counter((cell(entry), content(entry)) for entry in accepted(entries))
    return {where: often for (where, _), often in count.items() if often > 1}


def over_rate(entries: Iterable[Entry]) -> list[Entry]:
    """The posts that were refused because too many came."""
    return [
        entry
        for entry in scores(entries)
        if entry["status"] == TOO_MANY and entry["milliseconds"] < REFUSED_WITHIN_MILLISECONDS
    ]


def pauses(entries: Iterable[Entry], seconds: float) -> list[tuple[float, float]]:
    """When the LMS had asked for quiet, as disjoint spans of epoch seconds, in order."""
    asked = sorted(ended(entry) for entry in scores(entries) if entry["status"] == TOO_MANY)
    spans: list[tuple[float, float]] = []
    for moment in asked:
        if spans and moment <= spans[-1][1]:
            spans[-1] = (spans[-1][0], moment + seconds)
        else:
            spans.append((moment, moment + seconds))
    return spans


def unheeded(entries: Sequence[Entry], seconds: float) -> list[Entry]:
    """The posts that were begun although the LMS had asked for quiet a moment before."""
    spans = iter(pauses(entries, seconds))
    span = next(spans, None)
    found = []
    for entry in sorted(scores(entries), key=began):
        while span is not None and span[1] <= began(entry):
            span = next(spans, None)
        if span is not None and span[0] + NOTICE_SECONDS < began(entry):
            found.append(entry)
    return found


def tokens(entries: Iterable[Entry]) -> Counter[tuple[str, str, int]]:
    """Tokens given out by client, scopes and hour since the first."""
    given = [entry for entry in entries if entry["endpoint"] == "token" and entry["status"] == 200]
    first = began(given[0]) if given else 0.0
    return Counter(
        (str(entry["client"]), str(entry["scope"]), int(began(entry) - first) // 3600)
        for entry in given
    )


def busiest_second(entries: Iterable[Entry]) -> int:
    """The most scores that were accepted within one second."""
    moments = sorted(map(ended, accepted(entries)))
    most, first = 0, 0
    for last, moment in enumerate(moments):
        while moments[first] <= moment - 1:
            first += 1
        most = max(most, last - first + 1)
    return most


def summary(entries: Sequence[Entry]) -> str:
    """How often each endpoint answered with what."""
    count = Counter((str(entry["endpoint"]), int(entry["status"])) for entry in entries)
    named = itertools.groupby(sorted(count.items()), key=lambda item: item[0][0])
    return "; ".join(
        f"{name} " + ", ".join(f"{status}: {often}" for (_, status), often in found)
        for name, found in named
    )
