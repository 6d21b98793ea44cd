"""Check results in the order in which they help."""

from __future__ import annotations

import difflib
from dataclasses import dataclass

from django import template

from grading.models import CheckResult, Run
from rubrics.models import Criterion

register = template.Library()

_ORDER = {"fail": 0, "error": 1, "skipped": 2, "pass": 3}


@dataclass(frozen=True)
class Verdict:
    passed: int
    all: int
    seconds: str


@register.simple_tag
def verdict(run: Run) -> Verdict:
    results = list(run.results.all())
    passed = sum(result.status == CheckResult.Status.PASS for result in results)
    took = (run.finished_at - run.created_at).total_seconds() if run.finished_at else 0.0
    return Verdict(passed, len(results), f"{took:.1f}")


@dataclass(frozen=True)
class DiffLine:
    """`sign`: "-" for a line that was expected, "+" for one that came out, "" for both."""

    sign: str
    text: str


MOST_LINES = 200


@register.simple_tag
def line_diff(result: CheckResult) -> list[DiffLine]:
    """The lines of what came out and what was expected; none where either is one line alone, and
    both are seen at a glance."""
    got, expected = result.got.splitlines(), result.expected.splitlines()
    if not got or not expected or max(len(got), len(expected)) < 2:
        return []
    found = difflib.ndiff(expected[:MOST_LINES], got[:MOST_LINES])
    return [DiffLine(line[0].strip(), line[2:]) for line in found if line[0] != "?"]


@register.filter
def useful_first(results: list[CheckResult]) -> list[CheckResult]:
    """Failures first, in the author's order, then what could not judge, then passes."""
    return sorted(results, key=lambda result: _ORDER[result.status])


@register.simple_tag
def to_practise(run: Run) -> list[Criterion]:
    """The criteria of checks that failed, in the rubric's order, where the author says what helps.
    Checks that name no criterion belong to the first."""
    failed = run.results.filter(status=CheckResult.Status.FAIL)
    named = set(failed.values_list("check_definition__criterion", flat=True))
    criteria = list(run.response.item.rubric.criteria.all()) if named else []
    return [
        each
        for place, each in enumerate(criteria)
        if each.remediation and (each.pk in named or (place == 0 and None in named))
    ]
