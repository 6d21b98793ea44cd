"""How the results of checks are drawn for the learner."""

from __future__ import annotations

import pytest

from grading.models import CheckResult
from grading.templatetags.checks import CUT, line_diff
from rubrics.models import Check


def drawn(got: str, expected: str, compare: str = "") -> str:
    check = Check(code="c", kind="io", compare=compare)
    rows = line_diff(CheckResult(check_definition=check, got=got, expected=expected))
    return "|".join(row.sign + row.text for row in rows)


@pytest.mark.parametrize(
    ("got", "expected", "rows"),
    [
        ("1\n3\n3\n", "1\n2\n3\n", "1|-2|3|+3"),
        ("1\n2\n", "1\n2\n3\n", "1|2|-3"),
        ("1 \n2\n\n", "1\n4\n", "1|-4|+2"),
        ("1", "2", ""),
        ("", "1\n2", ""),
        ("1\n2", "1\n2", ""),
    ],
)
def test_lines_that_differ_are_marked(got: str, expected: str, rows: str) -> None:
    assert drawn(got, expected) == rows


def test_what_was_not_kept_is_not_called_missing() -> None:
    expected = "".join(f"line {number}\n" for number in range(180))
    got = expected.replace("line 3\n", "line x\n")[:600] + CUT
    assert drawn(got, expected).count("-") == 1
    assert drawn(got, expected).endswith("|…")


@pytest.mark.parametrize("compare", ["words", "unordered", "json", "pattern", "checker"])
def test_lines_are_marked_only_where_lines_are_compared(compare: str) -> None:
    assert drawn("1\n3", "1\n2", compare) == ""
