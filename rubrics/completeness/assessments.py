from __future__ import annotations

from collections.abc import Iterator, Mapping

from django.utils.translation import gettext as _

from rubrics.completeness.items import item_problems
from rubrics.completeness.problem import Problem, below
from rubrics.content import Assessment, Rubric


def assessment_problems(assessment: Assessment, rubrics: Mapping[str, Rubric]) -> Iterator[Problem]:
    """Yield what is wrong with an assessment; `rubrics` has those its items use, by code.

    What is wrong with the rubrics and the policy themselves is asked for apart.
    """
    if not assessment.items:
        yield Problem(("items",), _("There is no item; add at least one."))
    for index, item in enumerate(assessment.items):
        yield from below(("items", index), item_problems(item, rubrics.get(item.rubric)))
