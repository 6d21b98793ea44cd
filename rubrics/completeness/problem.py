from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace

Path = tuple[str | int, ...]


@dataclass(frozen=True)
class Problem:
    """What keeps a content from being published.

    `path` leads to the place from the content it was found in, by the names of the assessment
    file: ("items", 0, "choices"). `words` can be read without it.
    """

    path: Path
    words: str


def below(prefix: Path, problems: Iterable[Problem]) -> Iterator[Problem]:
    """Yield the problems of a part, with their paths seen from the whole."""
    for problem in problems:
        yield replace(problem, path=prefix + problem.path)


def named(name: str, problems: Iterable[Problem]) -> Iterator[Problem]:
    """Yield the problems with the name of the part that they are about before the words."""
    for problem in problems:
        yield replace(problem, words=f"{name}: {problem.words}")
