from __future__ import annotations

import time
from decimal import Decimal
from typing import Any

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from rubrics.interchange.problems import UnreadableError
from rubrics.interchange.yaml_tree import MAX_BYTES, read


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        ("yes", "yes"),
        ("No", "No"),
        ("on", "on"),
        ("1:30", "1:30"),
        ("2026-01-01", "2026-01-01"),
        ("0x10", "0x10"),
        (".nan", ".nan"),
        (".inf", ".inf"),
        ("True", True),
        ("false", False),
        ("12", 12),
        ("-007", -7),
        ("0.1", Decimal("0.1")),
        ("1e-6", Decimal("0.000001")),
        (".5", Decimal("0.5")),
        ("~", None),
        ("", None),
        ("'12'", "12"),
        ('"true"', "true"),
        ("|\n  12\n", "12\n"),
        ("1_000", "1_000"),
    ],
)
def test_scalars_are_read_as_their_authors_mean_them(written: str, expected: Any) -> None:
    value = read(f"a: {written}\n".encode()).value["a"]
    assert value == expected
    assert type(value) is type(expected)


def test_every_value_has_its_line_and_column() -> None:
    tree = read(b"a:\n  - b: 1\n    c: two\n")
    assert tree.place(("a", 0, "c")) == (3, 8)
    assert tree.key_place(("a", 0, "c")) == (3, 5)
    assert tree.place(("a", 0, "missing")) == (2, 5)


@pytest.mark.parametrize(
    ("raw", "line", "words"),
    [
        (b"", 1, "the file is empty"),
        (b"a: 1\n---\nb: 2\n", 2, "a second document"),
        (b"a: 1\nb: 2\na: 3\n", 3, "“a” is there twice; the first is in line 1"),
        (b"a: &x 1\n", 1, "anchors (&x) are not read"),
        (b"a: 1\nb: *x\n", 2, "references (*x) are not read"),
        (b"a: !!python/object/apply:os.system [ls]\n", 1, "tags"),
        (b"a: !local 1\n", 1, "tags (!local) are not read"),
        (b"[1, 2]: 3\n", 1, "must be a plain word"),
        (b"a: text: more\n", 1, "there is a colon where none can be"),
        (b"a:\n\tb: 1\n", 2, "indent with spaces, not tabs"),
        (b"a: 'open\n", 2, "a quotation mark is opened but not closed"),
        (b"a: [1, 2\nb: 3\n", 2, "a list in square brackets is not closed"),
        (b"ok: 1\nbad: \xff\n", 2, "not in UTF-8"),
        (b"a: 1\nb: x\x00y\n", 2, "a control character"),
        (b'a: "x\\0y"\n', 1, "a character that cannot be stored"),
        (b"a: " + b"1" * 41, 1, "at most 40 characters"),
        (b"[" * 200, 1, "nested more than 20 deep"),
        (b"a: " + b"x" * MAX_BYTES, 1, "at most 1,048,576 are read"),
    ],
)
def test_what_cannot_be_read_is_told_with_its_line(raw: bytes, line: int, words: str) -> None:
    with pytest.raises(UnreadableError) as caught:
        read(raw)
    assert [p for p in caught.value.problems if p.line == line and words in p.words], caught.value


def test_a_bomb_of_references_is_refused_at_once() -> None:
    lines = ["a0: &a0 [x, x, x, x, x, x, x, x, x]"]
    lines += [f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 9)}]" for n in range(1, 30)]
    started = time.monotonic()
    with pytest.raises(UnreadableError, match="references"):
        read("\n".join(lines).encode())
    assert time.monotonic() - started < 1


def test_a_file_of_brackets_is_refused_at_once() -> None:
    started = time.monotonic()
    with pytest.raises(UnreadableError, match="nested"):
        read(b"[" * MAX_BYTES)
    assert time.monotonic() - started < 1


def test_all_problems_are_told_at_once() -> None:
    with pytest.raises(UnreadableError) as caught:
        read(b"a: &x 1\na: 2\nb: *x\n")
    assert [problem.line for problem in caught.value.problems] == [1, 2, 3]


@given(st.binary(max_size=200))
def test_any_bytes_are_read_or_refused(raw: bytes) -> None:
    try:
        read(raw)
    except UnreadableError as error:
        assert error.problems


@given(st.text(alphabet="ab:-[]{}&*!|>'\"#\n\t ,?%@`1.~", max_size=60))
def test_any_signs_of_yaml_are_read_or_refused(text: str) -> None:
    try:
        read(text.encode())
    except UnreadableError as error:
        assert error.problems


values = st.recursive(
    st.none() | st.booleans() | st.integers(-(10**9), 10**9) | st.text(alphabet="abc yesno1-:#'\n"),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.text(alphabet="abc", min_size=1), inner, max_size=3)
    ),
    max_leaves=10,
)


@given(values)
def test_plain_values_read_back(value: Any) -> None:
    text = yaml.safe_dump({"a": value}, allow_unicode=True)
    if "&" in text:  # the same empty list twice: the dumper makes a reference of it
        return
    assert read(text.encode()).value == {"a": value}
