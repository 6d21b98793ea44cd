"""Gradescope's `results.json`: `tests` with score, max_score and status, or one `score` for all.

Source: Gradescope's autograder documentation, section "Output format".
"""

from __future__ import annotations

import json
import math
from typing import Any

from grading.precheck.suites.base import MESSAGE, MOST_TESTS, Report, SuiteUnreadable, Test

LONGEST = 1_000_000


def report(content: bytes | None) -> Report:
    """Raises SuiteUnreadable."""
    if content is None:
        raise SuiteUnreadable("the autograder left no results.json")
    if len(content) > LONGEST:
        raise SuiteUnreadable("results.json is too long")
    try:
        found = json.loads(content.decode("utf-8-sig"))
    except (ValueError, RecursionError):
        raise SuiteUnreadable("results.json is no JSON") from None
    if not isinstance(found, dict):
        raise SuiteUnreadable("results.json is no object")
    listed = found.get("tests")
    if isinstance(listed, list) and listed:
        if len(listed) > MOST_TESTS:
            raise SuiteUnreadable("results.json has too many tests")
        return Report([_test(each, number) for number, each in enumerate(listed, start=1)])
    most = _number(found.get("max_score"), 100.0)
    score = _number(found.get("score"), -1.0)
    if score < 0:
        raise SuiteUnreadable("results.json has neither tests nor a score")
    share = _share(score, most)
    return Report([Test("score", "pass" if share >= 1 else "fail", share=share, weight=most)])


def _test(found: Any, number: int) -> Test:
    if not isinstance(found, dict):
        raise SuiteUnreadable(f"test {number} of results.json is no object")
    name = str(found.get("name") or found.get("number") or number)[:200]
    message = str(found.get("output") or "")[:MESSAGE]
    most = _number(found.get("max_score"), 0.0)
    if most <= 0:
        passed = found.get("status") == "passed"
        return Test(name, "pass" if passed else "fail", message, 1.0 if passed else 0.0)
    share = _share(_number(found.get("score"), 0.0), most)
    passed = found.get("status", "passed" if share >= 1 else "failed") == "passed" and share >= 1
    return Test(name, "pass" if passed else "fail", message, share, most)


def _share(score: float, most: float) -> float:
    return min(max(score / most, 0.0), 1.0) if most > 0 else 0.0


def _number(value: object, otherwise: float) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        return otherwise
    try:
        number = float(value)
    except (ValueError, OverflowError):
        return otherwise
    return number if math.isfinite(number) and abs(number) < 1e9 else otherwise
