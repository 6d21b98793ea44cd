"""Which parts of two answers are the same: greedy string tiling over the shapes of their tokens."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

from grading.similarity.tokens import TEXT, Token, tokens

SHORTEST = 8
SHORTEST_OF_TEXT = 4
# The same few tokens thousands of times match everywhere: then what was found by now must do.
MOST_STEPS = 500_000


@dataclass(frozen=True, slots=True)
class Tile:
    """A shared part: places in one answer and in the other, and how many tokens it has."""

    start: int
    end: int
    other_start: int
    other_end: int
    length: int


def tiles(one: str, other: str, language: str) -> list[Tile]:
    """Shared parts, none overlapping another, in the order of the first answer."""
    mine, theirs = tokens(one, language), tokens(other, language)
    shortest = SHORTEST_OF_TEXT if language == TEXT else SHORTEST
    found = _Tiling([t.shape for t in mine], [t.shape for t in theirs], shortest).run()
    return [_tile(mine, theirs, *each) for each in sorted(found)]


def _tile(mine: Sequence[Token], theirs: Sequence[Token], i: int, j: int, length: int) -> Tile:
    return Tile(
        mine[i].start, mine[i + length - 1].end, theirs[j].start, theirs[j + length - 1].end, length
    )


class _Tiling:
    """Takes the longest common stretch of tokens that are still free, again and again."""

    def __init__(self, mine: Sequence[str], theirs: Sequence[str], shortest: int) -> None:
        self.mine, self.theirs, self.shortest = mine, theirs, shortest
        self.free = [True] * len(mine)
        self.free_there = [True] * len(theirs)
        self.places: dict[tuple[str, ...], list[int]] = defaultdict(list)
        for place in range(len(theirs) - shortest + 1):
            self.places[tuple(theirs[place : place + shortest])].append(place)
        self.steps = 0

    def run(self) -> list[tuple[int, int, int]]:
        """(place, place there, length) of each tile."""
        found = []
        while self.steps < MOST_STEPS:
            longest = self._longest()
            if not longest:
                break
            for i, j, length in longest:
                if self._take(i, j, length):
                    found.append((i, j, length))
        return found

    def _longest(self) -> list[tuple[int, int, int]]:
        best: list[tuple[int, int, int]] = []
        length = self.shortest
        for i in range(len(self.mine) - self.shortest + 1):
            if not self.free[i]:
                continue
            for j in self.places.get(tuple(self.mine[i : i + self.shortest]), ()):
                if self.steps > MOST_STEPS:
                    return best
                reach = self._reach(i, j)
                if reach > length:
                    best, length = [(i, j, reach)], reach
                elif reach == length:
                    best.append((i, j, reach))
        return best

    def _reach(self, i: int, j: int) -> int:
        length = 0
        while (
            i + length < len(self.mine)
            and j + length < len(self.theirs)
            and self.free[i + length]
            and self.free_there[j + length]
            and self.mine[i + length] == self.theirs[j + length]
        ):
            length += 1
        self.steps += length + 1
        return length

    def _take(self, i: int, j: int, length: int) -> bool:
        here, there = slice(i, i + length), slice(j, j + length)
        if not (all(self.free[here]) and all(self.free_there[there])):
            return False
        self.free[here] = [False] * length
        self.free_there[there] = [False] * length
        return True
