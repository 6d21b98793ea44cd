"""Is what came out what the author expects? Pure, on plain data, outside the sandbox."""

from __future__ import annotations

import json
import math
import sys
from typing import Any

from grading.precheck.wording import SHOWN, clean, shown
from grading.sandbox import Opaque

_NUMBERS = (int, float)


def difference(got: Any, expected: Any, tolerance: float = 0.0) -> str | None:
    """None when equal, else where they differ, in a few words.

    Types must be the same exact built-in types at every depth: 1, True and 1.0 are three things.
    NaN equals NaN, and 0.0 equals -0.0. With a tolerance (absolute, > 0) numbers other than
    booleans may differ by it, and then 1 and 1.0 are the same; this holds inside lists, tuples and
    the values of dictionaries. Members of sets and keys of dictionaries are always exact.
    """
    if isinstance(got, Opaque):
        return f"it is of type {got.type}"
    if tolerance > 0 and _both_numbers(got, expected):
        return None if _close(got, expected, tolerance) else "the numbers are too far apart"
    if type(got) is not type(expected):
        return f"got type {type(got).__name__}, expected type {type(expected).__name__}"
    if type(got) in (list, tuple):
        return _sequence(got, expected, tolerance)
    if type(got) is dict:
        return _dictionary(got, expected, tolerance)
    if type(got) in (set, frozenset):
        # The number first: a set that was made to collide takes seconds to go through.
        same = len(got) == len(expected) and _keys(got) == _keys(expected)
        return None if same else "the members differ"
    if type(got) is str:
        return None if got == expected else _text(got, expected)
    return None if got == expected or _both_nan(got, expected) else "the values differ"


def _both_numbers(got: Any, expected: Any) -> bool:
    if complex in (type(got), type(expected)):
        return {type(got), type(expected)} <= {int, float, complex}
    return type(got) in _NUMBERS and type(expected) in _NUMBERS


def _close(got: Any, expected: Any, tolerance: float) -> bool:
    if _both_nan(got, expected) or got == expected:
        return True
    try:
        return bool(abs(got - expected) <= tolerance)
    except OverflowError:
        return False


def _both_nan(got: Any, expected: Any) -> bool:
    if type(got) is float and type(expected) is float:
        return math.isnan(got) and math.isnan(expected)
    if type(got) is complex and type(expected) is complex:
        return _both_same(got.real, expected.real) and _both_same(got.imag, expected.imag)
    return False


def _both_same(got: float, expected: float) -> bool:
    return got == expected or _both_nan(got, expected)


def _sequence(got: Any, expected: Any, tolerance: float) -> str | None:
    for place, (one, other) in enumerate(zip(got, expected, strict=False)):
        if difference(one, other, tolerance) is not None:
            return f"differs at position {place}"
    if len(got) != len(expected):
        place = min(len(got), len(expected))
        return f"differs at position {place}: {len(got)} items instead of {len(expected)}"
    return None


def _dictionary(got: Any, expected: Any, tolerance: float) -> str | None:
    mine, theirs = _keys(got), _keys(expected)
    for key, original in theirs.items():
        if key not in mine:
            return f"the key {shown(original, 60)} is missing"
        if difference(got[mine[key]], expected[original], tolerance) is not None:
            return f"differs at key {shown(original, 60)}"
    extra = next((mine[key] for key in mine if key not in theirs), None)
    return None if len(mine) == len(theirs) else f"the key {shown(extra, 60)} is too much"


def _keys(values: Any) -> dict[Any, Any]:
    """The members by a form in which 1, True and 1.0 differ."""
    return {_exact(value): value for value in values}


def _exact(value: Any) -> Any:
    if type(value) is tuple:
        return (tuple, tuple(_exact(item) for item in value))
    if type(value) is frozenset:
        return (frozenset, frozenset(_exact(item) for item in value))
    return (type(value), "nan") if value != value else (type(value), value)


def _text(got: str, expected: str) -> str:
    if got.strip() == expected.strip():
        return "only spaces or line ends at the edges differ"
    if got.casefold() == expected.casefold():
        return "only capital letters differ"
    place = next(
        (i for i, (one, other) in enumerate(zip(got, expected, strict=False)) if one != other),
        min(len(got), len(expected)),
    )
    return f"differs at character {place}"


def lines(text: str) -> list[str]:
    """Printed text as lines without what nobody sees: spaces and empty lines at the ends."""
    found = [line.rstrip() for line in text.replace("\r\n", "\n").split("\n")]
    while found and not found[-1]:
        found.pop()
    return found


def text_difference(got: str, expected: str, tolerance: float = 0.0) -> str | None:
    """None when the printed texts agree but for trailing spaces and empty lines at the end.

    With a tolerance, words that are numbers may differ by it.
    """
    mine, theirs = lines(got), lines(expected)
    for number, (one, other) in enumerate(zip(mine, theirs, strict=False), start=1):
        if one != other and not (tolerance > 0 and _words_close(one, other, tolerance)):
            return f"line {number} is {_quoted(one)} instead of {_quoted(other)}"
    if len(mine) < len(theirs):
        return f"line {len(mine) + 1} is missing: {_quoted(theirs[len(mine)])}"
    if len(mine) > len(theirs):
        return f"line {len(theirs) + 1} is too much: {_quoted(mine[len(theirs)])}"
    return None


def _quoted(line: str) -> str:
    return f"“{clean(line, SHOWN // 5)}”"


def _words_close(got: str, expected: str, tolerance: float) -> bool:
    mine, theirs = got.split(), expected.split()
    return len(mine) == len(theirs) and all(
        one == other or _near(one, other, tolerance)
        for one, other in zip(mine, theirs, strict=True)
    )


def _near(got: str, expected: str, tolerance: float) -> bool:
    try:
        return abs(float(got) - float(expected)) <= tolerance
    except ValueError:
        return False


def printed_difference(got: str, expected: str, how: str, tolerance: float = 0.0) -> str | None:
    """None when the printed texts agree in the way that the author chose.

    `""`: line by line, but for what nobody sees (`text_difference`); `exact`: to the last
    character; `words`: however they are spaced and broken into lines; `unordered`: the same lines
    in any order; `json`: the same JSON value, numbers by value. Raises ValueError when `expected`
    is no JSON, which is its author's mistake.
    """
    if how == "exact":
        return None if got == expected else _text(got, expected)
    if how == "words":
        return _words_difference(got.split(), expected.split(), tolerance)
    if how == "unordered":
        return _unordered_lines(got, expected, tolerance)
    if how == "json":
        return _json_difference(got, expected, tolerance)
    return text_difference(got, expected, tolerance)


def unordered_difference(got: Any, expected: Any, tolerance: float = 0.0) -> str | None:
    """None when two lists or tuples have equal members, in any order, each as often."""
    if type(got) is not type(expected) or type(got) not in (list, tuple):
        return difference(got, expected, tolerance)
    left = list(expected)
    for item in got:
        place = next((i for i, one in enumerate(left) if not difference(item, one, tolerance)), -1)
        if place < 0:
            return f"{shown(item, SHOWN // 5)} is too much"
        del left[place]
    return f"{shown(left[0], SHOWN // 5)} is missing" if left else None


def _words_difference(mine: list[str], theirs: list[str], tolerance: float) -> str | None:
    for number, (one, other) in enumerate(zip(mine, theirs, strict=False), start=1):
        if one != other and not (tolerance > 0 and _near(one, other, tolerance)):
            return f"word {number} is {_quoted(one)} instead of {_quoted(other)}"
    if len(mine) < len(theirs):
        return f"word {len(mine) + 1} is missing: {_quoted(theirs[len(mine)])}"
    if len(mine) > len(theirs):
        return f"word {len(theirs) + 1} is too much: {_quoted(mine[len(theirs)])}"
    return None


def _unordered_lines(got: str, expected: str, tolerance: float) -> str | None:
    left = lines(expected)
    for line in lines(got):
        fits = (
            i
            for i, one in enumerate(left)
            if one == line or (tolerance > 0 and _words_close(line, one, tolerance))
        )
        place = next(fits, -1)
        if place < 0:
            return f"the line {_quoted(line)} is too much"
        del left[place]
    return f"the line {_quoted(left[0])} is missing" if left else None


def _json_difference(got: str, expected: str, tolerance: float) -> str | None:
    wanted = json.loads(expected)
    try:
        found = json.loads(got)
    except (ValueError, RecursionError):
        return "it is no JSON"
    try:
        # JSON knows one kind of number.
        return difference(found, wanted, max(tolerance, sys.float_info.min))
    except RecursionError:
        return "it is nested too deeply"
