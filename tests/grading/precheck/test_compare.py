from __future__ import annotations

from typing import Any

import pytest

from grading.precheck.compare import difference, text_difference
from grading.sandbox import Opaque

NAN = float("nan")


@pytest.mark.parametrize(
    ("got", "expected", "tolerance", "same"),
    [
        (1, 1, 0, True),
        (1, True, 0, False),
        (1, 1.0, 0, False),
        (0, False, 0, False),
        (1, 1.0, 0.1, True),
        (True, 1, 0.1, False),
        (1.05, 1, 0.1, True),
        (1.2, 1, 0.1, False),
        (NAN, NAN, 0, True),
        ([NAN], [NAN], 0, True),
        (NAN, 1.0, 0.5, False),
        (float("inf"), float("inf"), 0.5, True),
        (float("inf"), 10**400, 0.5, False),
        (10**400, 1.0, 0.5, False),
        (1 + 2j, 1 + 2.01j, 0.1, True),
        (complex(NAN, 1), complex(NAN, 1), 0, True),
        ([1, 2], (1, 2), 0, False),
        ([1, [2.0]], [1, [2.04]], 0.1, True),
        ({1, 2}, {2, 1}, 0, True),
        ({1}, {True}, 0, False),
        ({1}, {1.0}, 0.5, False),
        ({1}, frozenset({1}), 0, False),
        ({"a": 1}, {"a": True}, 0, False),
        ({1: "x"}, {True: "x"}, 0, False),
        ({(1, 2): 0}, {(1, 2.0): 0}, 0, False),
        ({"a": 1, "b": 2}, {"b": 2, "a": 1}, 0, True),
        ({"a": 1.0}, {"a": 1.05}, 0.1, True),
        ("a", b"a", 0, False),
        (None, 0, 0, False),
        (None, None, 0, True),
        (Opaque("S", "'a'"), "a", 0, False),
        ([], [], 0, True),
    ],
)
def test_values_are_equal_only_as_exact_types(
    got: Any, expected: Any, tolerance: float, same: bool
) -> None:
    assert (difference(got, expected, tolerance) is None) is same


@pytest.mark.parametrize(
    ("got", "expected", "words"),
    [
        ([1, 3], [1, 2, 3], "differs at position 1"),
        ([1, 2], [1, 2, 3], "differs at position 2: 2 items instead of 3"),
        ({"a": 1}, {"b": 1}, "the key 'b' is missing"),
        ({"a": 1, "b": 1}, {"b": 1}, "the key 'a' is too much"),
        ({"a": 1}, {"a": 2}, "differs at key 'a'"),
        ("Yes", "yes", "only capital letters differ"),
        ("yes ", "yes", "only spaces or line ends at the edges differ"),
        ("abd", "abc", "differs at character 2"),
        (1.0, 1, "got type float, expected type int"),
        (Opaque("Thing", "<Thing>"), 1, "it is of type Thing"),
    ],
)
def test_the_difference_is_told(got: Any, expected: Any, words: str) -> None:
    assert difference(got, expected) == words


@pytest.mark.parametrize(
    ("got", "expected", "tolerance", "words"),
    [
        ("3\n", "3", 0, None),
        ("3  \r\n\n\n", "3\n", 0, None),
        ("  3", "3", 0, "line 1 is “  3” instead of “3”"),
        ("1\n2", "1\n2\n3", 0, "line 3 is missing: “3”"),
        ("1\n2\n3", "1\n2", 0, "line 3 is too much: “3”"),
        ("x 1.001", "x 1", 0.01, None),
        ("x 1.1", "x 1", 0.01, "line 1 is “x 1.1” instead of “x 1”"),
        ("", "", 0, None),
    ],
)
def test_printed_text_may_differ_where_nobody_sees(
    got: str, expected: str, tolerance: float, words: str | None
) -> None:
    assert text_difference(got, expected, tolerance) == words
