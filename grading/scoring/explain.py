"""Says in plain words what moved a mark, and shows where in the text.

Everything here reads a linear model: the words shown are those whose parts of the sum are
largest. They are what the model reacted to, which is not always what the rubric asks for; that is
why a reviewer sees them.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from grading.scoring.base import CriterionSpec, Span
from grading.scoring.features import FUNCTION_WORDS, WORD, content_words
from grading.scoring.grams import Clean

MOST_UP, MOST_DOWN, MOST_MISSING = 4, 2, 3
LEAST_PUSH = 0.01  # levels
# Words that say nothing to a reader, beyond the grammatical ones that `features` counts.
_FAINT = FUNCTION_WORDS | frozenset(
    re.findall(
        "[a-z]+",
        "about after again all also any because before both each even every few first get gets go"
        " goes how just last like lot make makes many may more most much need never no nothing now"
        " one only other out over said same say second some something still such take than thing"
        " things think three through time times too two until up use used very want way well while"
        " without zero yes am him himself itself me myself she shall us yourself doesnt dont isnt",
    )
)
RAISED, LOWERED = "raised the mark", "lowered the mark"


@dataclass(frozen=True, slots=True)
class _Push:
    start: int
    end: int
    size: float


def evidence(cleaned: Clean, parts: NDArray[np.float64]) -> tuple[Span, ...]:
    """The phrases that pushed the mark most, in the order of the text, as original offsets.

    `parts`: per cleaned character its part of the latent value, in levels. A word counts by how
    far it stands out from the text's mean character, because the common part says nothing.
    """
    if not len(parts):
        return ()
    relative = np.concatenate(([0.0], np.cumsum(parts - parts.mean())))
    pushes = [
        _Push(found.start(), found.end(), float(relative[found.end()] - relative[found.start()]))
        for found in WORD.finditer(cleaned.text)
        if found[0] not in _FAINT and (len(found[0]) > 2 or found[0].isdigit())
    ]
    ranked = sorted(pushes, key=lambda push: (-push.size, push.start))
    up = [push for push in ranked[:MOST_UP] if push.size >= LEAST_PUSH]
    down = [push for push in ranked[::-1][:MOST_DOWN] if push.size <= -LEAST_PUSH]
    spans = _spans(cleaned, up, RAISED) + _spans(cleaned, down, LOWERED)
    return tuple(sorted(spans))


def _spans(cleaned: Clean, pushes: Sequence[_Push], why: str) -> list[Span]:
    """Original offsets; words with nothing but a space between them become one phrase."""
    merged: list[tuple[int, int]] = []
    for push in sorted(pushes, key=lambda push: push.start):
        if merged and push.start - merged[-1][1] == 1:
            merged[-1] = (merged[-1][0], push.end)
        else:
            merged.append((push.start, push.end))
    return [
        Span(cleaned.offsets[start], cleaned.offsets[end - 1] + 1, why) for start, end in merged
    ]


def telling_words(
    texts: Sequence[str], settled: NDArray[np.int_], levels: int
) -> tuple[tuple[str, ...], ...]:
    """Per level the content words that texts at it or above use clearly more often than those
    below it, strongest first, at most 12.

    A word has to stand in three or more texts: rarer ones say something about one learner.
    """
    used = [content_words(text) - _FAINT for text in texts]
    return tuple(_telling(used, settled, level) for level in range(levels))


def _telling(
    used: Sequence[frozenset[str]], settled: NDArray[np.int_], level: int
) -> tuple[str, ...]:
    above = [own for own, given in zip(used, settled, strict=True) if given >= level]
    below = [own for own, given in zip(used, settled, strict=True) if given < level]
    if not above or not below:
        return ()
    count = Counter(word for own in above for word in own)
    count_below = Counter(word for own in below for word in own)
    gains = []
    for word, texts in count.items():
        gain = texts / len(above) - count_below[word] / len(below)
        if texts >= 3 and gain >= 0.1:
            gains.append((-gain, word))
    return tuple(word for _, word in sorted(gains)[:12])


def rationale(
    text: str,
    criterion: CriterionSpec,
    level: int,
    spans: Sequence[Span],
    telling: Sequence[Sequence[str]],
) -> str:
    """One or two sentences for a reviewer, which the learner may read too."""
    title = criterion.levels[level].title
    # At the lowest level the "best" words are only the least bad: naming them would mislead.
    raised = [span for span in spans if span.why == RAISED and level > 0]
    found = [text[span.start : span.end] for span in raised]
    said = f"Most like answers marked “{title}”"
    said += f"; found: {_quoted(found)}." if found else "."
    if level < criterion.top:
        missing = _missing(text, telling[level + 1])
        if missing:
            above = criterion.levels[level + 1].title
            said += f" Missing compared with answers marked “{above}”: {_quoted(missing)}."
    return said


def _missing(text: str, telling: Sequence[str]) -> list[str]:
    stems = {word[:5] for word in content_words(text)}
    return [word for word in telling if word[:5] not in stems][:MOST_MISSING]


def _quoted(phrases: Sequence[str]) -> str:
    return ", ".join(f"“{' '.join(phrase.split())}”" for phrase in dict.fromkeys(phrases))
