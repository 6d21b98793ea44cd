"""Which languages there are: ours, and those of installed packages."""

from __future__ import annotations

import functools
from collections.abc import Mapping
from importlib.metadata import entry_points

from rubrics.languages import c, cpp, java, javascript, python, shell
from rubrics.languages.base import Language

GROUP = "cograde.languages"
PYTHON = python.LANGUAGE
_OWN = (PYTHON, c.LANGUAGE, cpp.LANGUAGE, java.LANGUAGE, javascript.LANGUAGE, shell.LANGUAGE)


@functools.lru_cache(maxsize=1)
def languages() -> Mapping[str, Language]:
    """By their code. An entry point is a :class:`Language`; ours cannot be replaced."""
    others = [point.load() for point in entry_points(group=GROUP)]
    return {each.code: each for each in (*others, *_OWN)}


def language(code: str) -> Language | None:
    return languages().get(code)
