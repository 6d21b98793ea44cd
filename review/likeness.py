"""How alike answers to one item are: 1 for the same but for spacing, case and punctuation.

Pure. Near answers are found by the character sequences that they share (`grading.scoring.grams`):
it needs no words, no model and no training, and forgives slips of the pen.
"""

from __future__ import annotations

from collections.abc import Sequence

from grading.scoring import grams
from grading.similarity import TEXT, tokens

LONGEST = 4_000  # characters: of longer answers the beginning is compared
SAME = 1.0


def normal(answer: str, language: str | None) -> str:
    """The tokens of an answer in small letters: without punctuation in prose, without comments
    and spacing in code. Names and numbers stay: another number is another answer.
    """
    found = tokens(answer, language or TEXT)
    return " ".join(token.text for token in found)[:LONGEST]


def likeness(one: str, others: Sequence[str]) -> list[float]:
    """Of each of `others` with `one`, 0 to 1; all are normal forms. An empty answer is like none
    but another empty one.
    """
    table = grams.table([one, *others])
    shared = grams.similarities(table)[0]
    return [
        SAME if other == one else min(float(shared[place]), 0.99) if one and other else 0.0
        for place, other in enumerate(others, start=1)
    ]
