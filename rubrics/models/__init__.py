"""The tables of this room, one module per noun."""

from __future__ import annotations

from rubrics.models.assessment import Assessment
from rubrics.models.check import Check
from rubrics.models.item import Item
from rubrics.models.parts import Choice, Gap, Pair
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
    "Gap",
    "Item",
    "Level",
    "Pair",
    "Policy",
    "Programme",
    "Rubric",
    "Versioned",
]
