"""Check results in the order in which they help."""

from __future__ import annotations

from dataclasses import dataclass

from django import template

from grading.linediff import DiffLine, differing
from grading.models import CheckResult, Run
from grading.precheck.compare import lines
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


MOST_LINES = 100
CUT = " …"  # how a text ends that was too long to be kept


@register.simple_tag
def line_diff(result: CheckResult) -> list[DiffLine]:
    """The lines of what came out and what was expected, as far as both are known; none where that
    shows nothing: where lines are not what is compared, or there is but one."""
    if result.check_definition.compare not in ("", "exact"):
        return []
    got, expected = lines(result.got.removesuffix(CUT)), lines(result.expected)
    if not got or not expected or max(len(got), len(expected)) < 2:
        return []
    known = MOST_LINES
    if result.got.endswith(CUT):
        known = min(known, len(got) - 1)  # the last is half a line
    found = list(differing(expected[:known], got[:known]))
    if max(len(got), len(expected)) > known:
        found.append(DiffLine("", "…"))
    return found if any(line.sign for line in found) else []


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
