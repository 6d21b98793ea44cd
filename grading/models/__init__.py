"""What was handed in, what the machine made of it, and the grade that left."""

from __future__ import annotations

from grading.models.appeals import Appeal
from grading.models.diagnostics import CheckResult, Run
from grading.models.marks import (
    Annotation,
    Grade,
    GradeChange,
    MachineMark,
    Mark,
    RoutingDecision,
    Voice,
)
from grading.models.registry import PastAnswer, PastMark, ScoringModel
from grading.models.regrades import Regrade, RegradeRow
from grading.models.similarity import Fingerprint, FingerprintMark, Match
from grading.models.submissions import Placement, Response, Submission, Upload

__all__ = [
    "Annotation",
    "Appeal",
    "CheckResult",
    "Fingerprint",
    "FingerprintMark",
    "Grade",
    "GradeChange",
    "MachineMark",
    "Mark",
    "Match",
    "PastAnswer",
    "PastMark",
    "Placement",
    "Regrade",
    "RegradeRow",
    "Response",
    "RoutingDecision",
    "Run",
    "ScoringModel",
    "Submission",
    "Upload",
    "Voice",
]
