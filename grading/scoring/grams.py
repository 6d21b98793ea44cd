"""Text as the set of its character sequences of length 1 to 6, with the way back to the text.

Presence of character sequences across word borders, each text scaled to length one, is the
kernel of Cozma, Butnaru and Ionescu (2018, "Automated essay scoring with string kernels and word
embeddings"), which needs no word list, is robust to misspelling, and stays linear: every sequence
carries one weight that can be shown in the text.
"""

from __future__ import annotations

from array import array
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

LONGEST = 6
_PLAIN = {
    **dict.fromkeys("\u2018\u2019\u201a\u2032`", "'"),
    **dict.fromkeys("\u201c\u201d\u201e\u2033", '"'),
    **dict.fromkeys("\u2013\u2014\u2212", "-"),
}


@dataclass(frozen=True, slots=True)
class Clean:
    """Lower-case text with single spaces; `offsets[i]` is where character i stood originally."""

    text: str
    offsets: tuple[int, ...]


def clean(text: str) -> Clean:
    """Lower case, plain quotes and dashes, runs of spaces and control characters as one space."""
    characters: list[str] = []
    offsets: list[int] = []
    space = True
    for offset, original in enumerate(text):
        if original.isspace() or not original.isprintable():
            if not space:
                characters.append(" ")
                offsets.append(offset)
            space = True
            continue
        space = False
        # Lower case may be longer than one character (İ).
        for character in _PLAIN.get(original, original.lower()):
            characters.append(character)
            offsets.append(offset)
    return Clean("".join(characters), tuple(offsets))


def grams(cleaned: str) -> tuple[str, ...]:
    """The different character sequences of 1 to 6 characters, in order of appearance."""
    return tuple(
        dict.fromkeys(
            cleaned[start : start + size]
            for size in range(1, LONGEST + 1)
            for start in range(len(cleaned) - size + 1)
        )
    )


@dataclass(frozen=True, slots=True)
class GramTable:
    """Which text has which gram: `presence` is (texts, grams) sparse of ones, float32."""

    vocabulary: Sequence[str]
    presence: Any

    @property
    def sizes(self) -> NDArray[np.float64]:
        """Number of different grams per text, at least 1."""
        return np.maximum(np.diff(np.asarray(self.presence.indptr)), 1).astype(float)


def table(texts: Sequence[str]) -> GramTable:
    """The gram table of cleaned texts. Equal input gives equal output."""
    index: dict[str, int] = {}
    columns, starts = array("q"), [0]
    for text in texts:
        columns.extend(sorted(index.setdefault(gram, len(index)) for gram in grams(text)))
        starts.append(len(columns))
    ones = np.ones(len(columns), dtype=np.float32)
    presence = sparse.csr_matrix(
        (ones, np.frombuffer(columns, dtype=np.int64) if columns else [], starts),
        shape=(len(texts), len(index)),
    )
    return GramTable(tuple(index), presence)


def similarities(grams_of: GramTable) -> NDArray[np.float64]:
    """Cosine similarity between all pairs of texts, (texts, texts), 0..1.

    It depends on the two texts alone (no document frequencies), so that held-out texts stay
    unseen whichever way the matrix is cut. Frequent grams are multiplied densely: ten times faster.
    """
    presence = grams_of.presence
    counts = np.asarray(presence.sum(axis=0)).ravel()
    often = counts > max(2.0, 0.05 * presence.shape[0])
    dense = presence[:, often].toarray()
    rare = presence[:, ~often]
    shared = (dense @ dense.T).astype(float) + (rare @ rare.T).toarray()
    scale = 1.0 / np.sqrt(grams_of.sizes)
    return np.asarray(shared * scale[:, None] * scale[None, :], dtype=float)


def known_shares(
    grams_of: GramTable, rows: NDArray[np.int_], among: NDArray[np.int_]
) -> NDArray[np.float64]:
    """For the texts `rows`: share of their grams that occur in two or more of the texts `among`."""
    counts = np.asarray(grams_of.presence[among].sum(axis=0)).ravel()
    known = (counts >= 2).astype(np.float32)
    return np.asarray((grams_of.presence[rows] @ known) / grams_of.sizes[rows], dtype=float)


def weigh_characters(
    cleaned: str, weights: Mapping[str, float]
) -> tuple[float, int, int, NDArray[np.float64]]:
    """Adds up the weights of a text's grams.

    Returns the sum, how many different grams the text has, how many of them are in `weights`, and
    per character its part of the sum: a gram's weight is spread evenly over its occurrences and
    their characters, so that the parts add up to the sum.
    """
    length = len(cleaned)
    steps = np.zeros(length + 1)
    total, different, known = 0.0, 0, 0
    for size in range(1, min(LONGEST, length) + 1):
        pieces = [cleaned[start : start + size] for start in range(length - size + 1)]
        counts: dict[str, int] = {}
        for piece in pieces:
            counts[piece] = counts.get(piece, 0) + 1
        different += len(counts)
        parts: dict[str, float] = {}
        for piece, count in counts.items():
            weight = weights.get(piece)
            if weight is not None:
                known += 1
                total += weight
                parts[piece] = weight / (count * size)
        values = np.fromiter((parts.get(piece, 0.0) for piece in pieces), float, len(pieces))
        steps[: len(pieces)] += values
        steps[size : size + len(pieces)] -= values
    return total, different, known, np.cumsum(steps)[:length]
