"""Words in curly brackets in a reviewer's comment that each learner reads filled in.

The comment is kept as it was typed, so that it serves for the next answer as well.
"""

from __future__ import annotations

import re

from grading.release import figure
from rubrics.models import Level

NAMES = ("level", "points", "maximum", "next", "criterion")
# What looks like one of them: a word of small letters alone in curly brackets.
_LIKE = re.compile(r"\{[a-z]+\}")
_PLACE = re.compile(r"\{(" + "|".join(NAMES) + r")\}")


def filled(comment: str, level: Level) -> str:
    """`comment` for who reached `level`; at the top `{next}` is that level itself."""
    if "{" not in comment:
        return comment
    levels = sorted(level.criterion.levels.all(), key=lambda each: each.points)
    above = [each for each in levels if each.points > level.points]
    words = {
        "level": level.title,
        "points": figure(level.points),
        "maximum": figure(levels[-1].points),
        "next": (above[0] if above else level).title,
        "criterion": level.criterion.title,
    }
    return _PLACE.sub(lambda found: words[found[1]], comment)


def has_any(comment: str) -> bool:
    return _PLACE.search(comment) is not None


def unknown(comment: str) -> list[str]:
    """What looks like a placeholder and is none, as it was typed, each once."""
    return [each for each in dict.fromkeys(_LIKE.findall(comment)) if each[1:-1] not in NAMES]
