"""What was handed in, what the machine made of it, and the grade that left."""

from __future__ import annotations

from grading.models.diagnostics import CheckResult, Run
from grading.models.marks import Grade, MachineMark, Mark, RoutingDecision, Voice
from grading.models.registry import PastAnswer, PastMark, ScoringModel
from grading.models.similarity import Fingerprint, FingerprintMark, Match
from grading.models.submissions import Placement, Response, Submission, Upload

__all__ = [
    "CheckResult",
    "Fingerprint",
    "FingerprintMark",
    "Grade",
    "MachineMark",
    "Mark",
    "Match",
    "PastAnswer",
    "PastMark",
    "Placement",
    "Response",
    "RoutingDecision",
    "Run",
    "ScoringModel",
    "Submission",
    "Upload",
    "Voice",
]
