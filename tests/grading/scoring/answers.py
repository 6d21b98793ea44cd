"""Marked answers for the tests: made by rule, but shaped like real ones (uneven levels, two
raters who differ, slips of spelling, filler).
"""

from __future__ import annotations

import random
from decimal import Decimal

from grading.scoring.base import CriterionSpec, LevelSpec
from grading.scoring.text_model import MarkedText

CRITERION = CriterionSpec(
    "correctness",
    "Correctness",
    Decimal(2),
    (
        LevelSpec(Decimal(0), "Not shown", "Nothing about the cache."),
        LevelSpec(Decimal(1), "Touched", "Says that values are kept."),
        LevelSpec(Decimal(2), "Sound", "Explains why the value is stale."),
        LevelSpec(Decimal(4), "Complete", "Explains the stale value and a remedy with its price."),
    ),
    prompt="Why does the shop show an old price, and what would you change?",
)
_IDEAS = (
    ("the dictionary keeps every price after the first call", "values stay stored in the cache"),
    (
        "the stale entry is never compared with the database again",
        "nobody invalidates the entry when the database changes",
    ),
    (
        "delete the key in the function that saves a price",
        "give each entry an expiry of five minutes, which costs more queries",
    ),
)
_FILLER = (
    "I think the shop is a good example of this.",
    "This is what happens when many people look at the page.",
    "The customer would not be happy with it.",
    "In Python you can do this in many ways.",
    "We had a similar thing in the second week.",
    "It is because the computer is fast and the price is a number.",
    "So in the end it depends on what you want.",
)


def marked(n: int, seed: int = 1, noise: float = 0.12) -> list[MarkedText]:
    """n answers; with probability `noise` a rater's level is one off."""
    rng = random.Random(seed)
    return [_answer(rng, noise) for _ in range(n)]


def _answer(rng: random.Random, noise: float) -> MarkedText:
    level = rng.choices(range(4), (2, 3, 3, 2))[0]
    sentences = [f"{rng.choice(idea).capitalize()}." for idea in _IDEAS[:level]]
    sentences += rng.sample(_FILLER, rng.randint(1, 4))
    rng.shuffle(sentences)
    text = list(" ".join(sentences))
    for _ in range(rng.randint(0, 3)):
        del text[rng.randrange(len(text))]
    return MarkedText("".join(text), (_seen(level, rng, noise), _seen(level, rng, noise)))


def _seen(level: int, rng: random.Random, noise: float) -> int:
    if rng.random() >= noise:
        return level
    return min(max(level + rng.choice((-1, 1)), 0), 3)
