"""Whether a response is marked twice, and whether two markers are too far apart. The first two
functions are pure.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from grading.models import RoutingDecision
from grading.routing import draw_for
from review.models import Review
from review.queue import eligible
from rubrics.models import Criterion

Lane = RoutingDecision.Lane


def drawn(response: str, policy_version: str, share: float) -> bool:
    """The same answer whenever it is asked, and another lot than that of the audits."""
    return draw_for(f"second/{response}", policy_version) < share


def too_far_apart(
    first: Mapping[int, int],
    second: Mapping[int, int],
    levels: Mapping[int, Sequence[int]],
    tolerance: int,
) -> list[int]:
    """Criteria on which two markers chose levels more than `tolerance` places apart.

    Keys are criteria, values of `first` and `second` chosen levels, of `levels` all of a criterion
    in the order of their points.
    """
    return [
        criterion
        for criterion, places in levels.items()
        if abs(places.index(first[criterion]) - places.index(second[criterion])) > tolerance
    ]


def wanted(review: Review) -> str:
    """Why a second person marks it too; empty when nobody has to."""
    policy = review.decision.policy
    version = f"{policy.code}/{policy.version}"
    if drawn(str(review.response_id), version, policy.second_share):
        return "Chosen by lot to be marked by two people."
    if policy.second_for_new and _marked(review) <= policy.second_for_new:
        return "The first reviewer is new to this item."
    return ""


def _marked(review: Review) -> int:
    """How many responses of the item this reviewer has marked, with this one."""
    return 1 + (
        Review.objects.filter(
            reviewer=review.reviewer_id,
            settled_at__isnull=False,
            decision__item_code=review.decision.item_code,
            decision__policy__programme=review.decision.policy.programme_id,
        )
        .exclude(pk=review.pk)
        .exclude(decision__lane=Lane.CALIBRATION)
        .count()
    )


def somebody_else(review: Review) -> bool:
    """Whether the course has another person who may mark it: a second mark that nobody can give
    would keep the grade for ever.
    """
    may = eligible(review.decision.context, [review.decision])[review.decision_id]
    return bool(may - {review.reviewer_id})


def places(criteria: Sequence[Criterion]) -> dict[int, list[int]]:
    return {
        criterion.pk: [
            level.pk for level in sorted(criterion.levels.all(), key=lambda each: each.points)
        ]
        for criterion in criteria
    }
