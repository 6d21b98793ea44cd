"""Step 2 of a submission: its checks, run in the sandbox, with one outcome each."""

from __future__ import annotations

from grading.precheck.base import Answer, CheckOutcome, CheckSpec
from grading.precheck.run import run_checks

__all__ = ["Answer", "CheckOutcome", "CheckSpec", "run_checks"]
