"""Comments that were given before on the same criterion: a query over the marks, no second list."""

from __future__ import annotations

from dataclasses import dataclass

from django.db.models import Count, Max, Q

from grading.models import Response
from lti_tool.models import Person
from lti_tool.rights import contexts
from lti_tool.roles import Right
from review.models import ReviewMark
from rubrics.models import Criterion

MOST = 8
LONGEST_SEARCH = 100


@dataclass(frozen=True)
class Used:
    """`own` of the `uses` were by the reviewer who asks."""

    text: str
    uses: int
    own: int


def used_before(
    reviewer: Person, response: Response, criterion: Criterion, search: str = ""
) -> list[Used]:
    """Those that hold all words of `search`, one's own most used first; of settled reviews in
    courses in which this person may review, through all versions of the rubric.
    """
    rubric = criterion.rubric
    marks = ReviewMark.objects.filter(
        criterion__code=criterion.code,
        criterion__rubric__code=rubric.code,
        criterion__rubric__programme=rubric.programme_id,
        review__settled_at__isnull=False,
        review__response__submission__placement__resource_link__context__in=contexts(
            reviewer, Right.REVIEW
        ),
    ).exclude(Q(comment="") | Q(review__response=response))
    for word in search[:LONGEST_SEARCH].split():
        marks = marks.filter(comment__icontains=word)
    rows = (
        marks.values("comment")
        .annotate(
            uses=Count("pk"),
            own=Count("pk", filter=Q(review__reviewer=reviewer)),
            last=Max("review__settled_at"),
        )
        .order_by("-own", "-uses", "-last", "comment")
    )
    return [Used(row["comment"], row["uses"], row["own"]) for row in rows[:MOST]]
