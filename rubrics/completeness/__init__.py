"""Whether a content can be published: every problem at once, in words, with its place.

Pure: it reads contents, not rows, so the same check answers in the admin and while a file is
imported, where the place becomes a line number.
"""

from __future__ import annotations

from rubrics.completeness.assessments import assessment_problems
from rubrics.completeness.policies import policy_problems
from rubrics.completeness.problem import Problem
from rubrics.completeness.rubrics import rubric_problems

__all__ = ["Problem", "assessment_problems", "policy_problems", "rubric_problems"]
