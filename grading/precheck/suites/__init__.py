"""Test suites that authors bring from elsewhere: how each is run, and how its report is read."""

from __future__ import annotations

from grading.precheck.suites.base import Report, Runner, SuiteUnreadable, Test
from grading.precheck.suites.runners import RUNNERS

__all__ = ["RUNNERS", "Report", "Runner", "SuiteUnreadable", "Test"]
