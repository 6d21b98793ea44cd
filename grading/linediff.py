"""What differs between two texts, line by line."""

from __future__ import annotations

import difflib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

AROUND = 3  # lines of what is the same that are shown around a change


@dataclass(frozen=True)
class DiffLine:
    """`sign`: "-" for a line of the first text alone, "+" of the second, "" of both."""

    sign: str
    text: str


def differing(first: Sequence[str], second: Sequence[str]) -> Iterator[DiffLine]:
    """Every line of both."""
    matcher = difflib.SequenceMatcher(None, first, second, autojunk=False)
    for opcode in matcher.get_opcodes():
        yield from _lines(opcode, first, second)


def changes(first: Sequence[str], second: Sequence[str]) -> Iterator[DiffLine]:
    """The lines that changed, with a few around them; what is left out between is one line “…”."""
    matcher = difflib.SequenceMatcher(None, first, second, autojunk=False)
    for number, group in enumerate(matcher.get_grouped_opcodes(AROUND)):
        if number or group[0][1]:
            yield DiffLine("", "…")
        for opcode in group:
            yield from _lines(opcode, first, second)


def _lines(
    opcode: tuple[str, int, int, int, int], first: Sequence[str], second: Sequence[str]
) -> Iterator[DiffLine]:
    kind, begin, end, other_begin, other_end = opcode
    same = kind == "equal"
    yield from (DiffLine("" if same else "-", line) for line in first[begin:end])
    if not same:
        yield from (DiffLine("+", line) for line in second[other_begin:other_end])
