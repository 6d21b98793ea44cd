"""Check results in the order in which they help."""

from __future__ import annotations

from dataclasses import dataclass

from django import template

from grading.models import CheckResult, Run

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


@register.filter
def useful_first(results: list[CheckResult]) -> list[CheckResult]:
    """Failures first, in the author's order, then what could not judge, then passes."""
    return sorted(results, key=lambda result: _ORDER[result.status])
