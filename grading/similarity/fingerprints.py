"""What is kept of an answer, to be compared with others: `grams` and `marks`."""

from __future__ import annotations

import zlib
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from grading.similarity.tokens import TEXT, Token, tokens

GRAM = 3  # tokens; found best on Java tasks of beginners, see bench/similarity.py
MARK = {TEXT: 4}
MARK_OF_CODE = 7
WINDOW = 4
_SIGNED = 1 << 31


@dataclass(frozen=True, slots=True)
class Print:
    """`grams`: every run of three shapes, as sorted 32-bit numbers, each as often as it stands.
    `marks`: the winnowed runs, of shapes and of words as they were written, each once."""

    grams: tuple[int, ...]
    marks: frozenset[int]


def fingerprint(answer: str, language: str, given: Iterable[str] = ()) -> Print:
    """The print of an answer without what the question gave (`given`), such as starter code."""
    found = tokens(answer, language)
    grams = Counter(_grams(found))
    marks = _marks(found, language)
    for text in given:
        of_question = tokens(text, language)
        grams -= Counter(_grams(of_question))
        marks -= _all_runs(of_question, language)
    return Print(tuple(sorted(grams.elements())), frozenset(marks))


def share(earlier: Sequence[int], later: Sequence[int]) -> float:
    """How much of the earlier answer stands in the later one, 0 to 1, by their grams.

    By the earlier alone: what somebody adds to hide a copy does not make it less of one.
    """
    if not earlier:
        return 0.0
    return (Counter(earlier) & Counter(later)).total() / len(earlier)


def _grams(found: Sequence[Token]) -> list[int]:
    shapes = [token.shape for token in found]
    return [_hash(shapes[place : place + GRAM]) for place in range(len(shapes) - GRAM + 1)]


def _marks(found: Sequence[Token], language: str) -> set[int]:
    size = MARK.get(language, MARK_OF_CODE)
    shapes = _winnowed(_runs([token.shape for token in found], size, "shape"))
    if language == TEXT:
        return shapes
    return shapes | _winnowed(_runs([token.text for token in found], size, "text"))


def _all_runs(found: Sequence[Token], language: str) -> set[int]:
    size = MARK.get(language, MARK_OF_CODE)
    shapes = _runs([token.shape for token in found], size, "shape")
    return {*shapes, *_runs([token.text for token in found], size, "text")}


def _runs(words: Sequence[str], size: int, family: str) -> list[int]:
    return [_hash([family, *words[place : place + size]]) for place in range(len(words) - size + 1)]


def _winnowed(runs: Sequence[int]) -> set[int]:
    """The smallest of each window: of every shared stretch that is long enough, one is kept."""
    if len(runs) <= WINDOW:
        return {min(runs)} if runs else set()
    return {min(runs[place : place + WINDOW]) for place in range(len(runs) - WINDOW + 1)}


def _hash(words: Sequence[str]) -> int:
    """A number that PostgreSQL holds in four bytes, the same on every machine."""
    return zlib.crc32("\x1f".join(words).encode("utf-8", "replace")) - _SIGNED
