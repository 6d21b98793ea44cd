"""How alike answers to one item are: 1 for the same but for spacing, case and the last full stop.

Pure. Near answers are found by the character sequences that they share (`grading.scoring.grams`):
it needs no words, no model and no training, and forgives slips of the pen.
"""

from __future__ import annotations

from collections.abc import Sequence
from math import sqrt

from grading.scoring import grams
from grading.similarity import TEXT, tokens

LONGEST = 1_500  # characters: of longer answers the beginning is compared for nearness
SAME = 1.0
NO_NEARER = 0.99  # what is not the same
_AT_THE_END = " .!"


def normal(answer: str, language: str | None) -> str:
    """Code as its tokens, without comments and spacing; anything else in small letters with single
    spaces. Names, numbers, signs and arrows stay: with another one it is another answer. What
    stands behind the beginning of a long answer is kept as it is but for spacing.
    """
    head, tail = answer[:LONGEST], " ".join(answer[LONGEST:].split())
    if language and language != TEXT:
        head = " ".join(token.text for token in tokens(head, language))
    else:
        head = grams.clean(head).text
    return f"{head}\n{tail}" if tail else head.strip(_AT_THE_END)


def likeness(one: str, others: Sequence[str]) -> list[float]:
    """Of each of `others` with `one`, 0 to 1; all are normal forms. An empty answer is like none
    but another empty one.
    """
    own = frozenset(grams.grams(one[:LONGEST]))
    return [SAME if other == one else _nearness(own, other[:LONGEST]) for other in others]


def _nearness(own: frozenset[str], other: str) -> float:
    """The cosine of which character sequences two texts have."""
    found = frozenset(grams.grams(other))
    if not own or not found:
        return 0.0
    return min(len(own & found) / sqrt(len(own) * len(found)), NO_NEARER)
