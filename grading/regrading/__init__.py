"""A rubric or a check was wrong: all released attempts of an activity are judged by the corrected
version. First a dry run that changes nothing and shows every grade that would change; then it is
published, once and as a whole, exactly as it was shown.

What the machine had settled it judges anew. What people had settled they settled by the words of
the rubric: their levels are carried over where the corrected criterion has a level of the same
words, and otherwise a person marks again. Answers to an item that the corrected version no longer
has, and choices that it no longer offers, stay as they were marked.
"""

from __future__ import annotations

from grading.regrading.effects import Effects, effects
from grading.regrading.publishing import publish
from grading.regrading.trying import (
    UNFINISHED,
    begin,
    drop,
    older_grades,
    run,
    still_marked,
    wake_due,
)

__all__ = [
    "UNFINISHED",
    "Effects",
    "begin",
    "drop",
    "effects",
    "older_grades",
    "publish",
    "run",
    "still_marked",
    "wake_due",
]
