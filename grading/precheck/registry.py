"""The kinds of check that exist: ours, and those of installed packages."""

from __future__ import annotations

import functools
from collections.abc import Mapping
from importlib.metadata import entry_points

from grading.precheck.base import AuthorMistake, Kind
from grading.precheck.call import CallCheck
from grading.precheck.catches import CatchesCheck
from grading.precheck.construct import ConstructCheck
from grading.precheck.generated import GeneratedCheck
from grading.precheck.io import IoCheck
from grading.precheck.ruff import RuffCheck
from grading.precheck.suite import SuiteCheck

GROUP = "cograde.checks"
_OWN: Mapping[str, Kind] = {
    "call": CallCheck(),
    "io": IoCheck(),
    "ruff": RuffCheck(),
    "construct": ConstructCheck(),
    "generated": GeneratedCheck(),
    "catches": CatchesCheck(),
    "suite": SuiteCheck(),
}


@functools.lru_cache(maxsize=1)
def _others() -> Mapping[str, Kind]:
    """An entry point is a callable without arguments that gives a `Kind`.

    Ours cannot be replaced.
    """
    return {point.name: point.load()() for point in entry_points(group=GROUP)}


def kind(name: str) -> Kind:
    """The kind of that name. Raises AuthorMistake where there is none."""
    found = _OWN.get(name) or _others().get(name)
    if found is None:
        raise AuthorMistake(f"There is no kind of check called {name!r}.")
    return found
