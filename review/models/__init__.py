"""Who is looking at what, what they decided, and by what they are compared."""

from __future__ import annotations

from review.models.calibration import Gold, GoldMark
from review.models.claims import Claim, Conflict, Skip
from review.models.notes import Flag, Note
from review.models.reviewers import Reviewer, SavedView
from review.models.reviews import Batch, Review, ReviewMark

__all__ = [
    "Batch",
    "Claim",
    "Conflict",
    "Flag",
    "Gold",
    "GoldMark",
    "Note",
    "Review",
    "ReviewMark",
    "Reviewer",
    "SavedView",
    "Skip",
]
