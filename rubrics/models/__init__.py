"""The tables of this room, one module per noun."""

from __future__ import annotations

from rubrics.models.assessment import Assessment, Check, Choice, Item
from rubrics.models.policy import Policy
from rubrics.models.programme import Competency, Programme
from rubrics.models.rubric import Anchor, Criterion, Level, Rubric
from rubrics.models.versioned import Versioned

__all__ = [
    "Anchor",
    "Assessment",
    "Check",
    "Choice",
    "Competency",
    "Criterion",
    "Item",
    "Level",
    "Policy",
    "Programme",
    "Rubric",
    "Versioned",
]
