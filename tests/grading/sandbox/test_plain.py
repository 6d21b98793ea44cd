from __future__ import annotations

import json
import math
from collections import OrderedDict, namedtuple
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from grading.sandbox.encoding import encode
from grading.sandbox.plain import Opaque, Unreadable, decode

SCALARS = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False)
    | st.complex_numbers(allow_nan=False)
    | st.text(st.characters(exclude_categories=()))
    | st.binary()
)
KEYS = st.recursive(SCALARS, lambda keys: st.tuples(keys, keys) | st.frozensets(keys), max_leaves=4)
VALUES = st.recursive(
    SCALARS,
    lambda values: (
        st.lists(values) | st.tuples(values, values) | st.dictionaries(KEYS, values) | st.sets(KEYS)
    ),
    max_leaves=12,
)


def there_and_back(value: object) -> Any:
    return decode(json.loads(encode(value)))


@given(VALUES)
def test_a_plain_value_arrives_as_it_left(value: Any) -> None:
    arrived = there_and_back(value)
    assert type(arrived) is type(value)
    assert arrived == value


def test_not_a_number_arrives() -> None:
    assert math.isnan(there_and_back(float("nan")))


class Equal:
    def __eq__(self, other: object) -> bool:
        return True

    def __repr__(self) -> str:
        raise KeyError


class Text(str):
    __slots__ = ()


Point = namedtuple("Point", "x")
DEEP: list[Any] = []
for _ in range(200):
    DEEP = [DEEP]
CYCLE: list[Any] = []
CYCLE.append(CYCLE)


@pytest.mark.parametrize(
    ("value", "kind"),
    [
        (Equal(), "Equal"),
        (Text("x"), "Text"),
        (Point(1), "Point"),
        ([1, OrderedDict()], "list"),
        (range(3), "range"),
        (len, "builtin_function_or_method"),
        (DEEP, "list"),
        (CYCLE, "list"),
        (list(range(30_000)), "list"),
        ([1 << 300_000], "list"),
        (["x" * 300_000], "list"),
        (bytearray(b"x"), "bytearray"),
    ],
    ids=lambda given: given if type(given) is str else "value",
)
def test_anything_else_is_only_described(value: object, kind: str) -> None:
    arrived = there_and_back(value)
    assert isinstance(arrived, Opaque)
    assert arrived.type == kind
    assert len(arrived.text) <= 2_000


def test_one_value_in_two_places_is_no_cycle() -> None:
    shared = [1]
    assert there_and_back([shared, shared]) == [[1], [1]]


@pytest.mark.parametrize(
    "forged",
    [
        None,
        [],
        ["i"],
        ["i", 5],
        ["i", "zz"],
        ["i", "f" * 10**6],
        ["f", "x" * 99],
        ["f", 1],
        ["c", "1"],
        ["u", 1],
        ["y", "zz"],
        ["s", [["l", []]]],
        ["d", [[["n", 0]]]],
        ["l", "text"],
        ["l", {"a": 1}],
        ["q", 0],
        [["l"], 0],
        ["o", "x"],
        ["o", ["int", 5]],
        ["l", [["o", ["int", "5"]]]],
        ["l", [["n", 0]] * 30_000],
    ],
)
def test_a_forged_value_is_refused(forged: Any) -> None:
    with pytest.raises(Unreadable):
        decode(forged)
