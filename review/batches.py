"""Answers alike: one decision, shown on all of them before it is applied, and undone as one.

Alike are answers that say the same but for spacing and case, or nearly the same by the letters
they are made of; code by its tokens (`review.likeness`). Each gets a review, a record and an undo
of its own; as it was decided on another answer, it never counts as unanchored agreement.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

from django.db import transaction
from django.db.models import Exists, OuterRef
from django.utils import timezone
from django.utils.translation import gettext as _

from grading.matches import compared_text, language_of
from grading.models import Response, RoutingDecision
from review import claims, settling
from review.errors import NotPossible
from review.likeness import SAME, likeness, normal
from review.models import Batch, Review, ReviewMark
from review.queue import available
from rubrics.models import Item

Lane = RoutingDecision.Lane
# Only what nobody has looked at: a second look is a person's own.
FIRST = RoutingDecision.FIRST
MOST_COMPARED = 200
MOST_SHOWN = 50
NEAR = 0.8
TEXTS = (Item.Kind.CODE, Item.Kind.DIAGRAM, Item.Kind.ESSAY, Item.Kind.SHORT_TEXT)


@dataclass(frozen=True)
class Alike:
    decision: RoutingDecision
    likeness: float

    @property
    def response(self) -> Response:
        return self.decision.response

    @property
    def same(self) -> bool:
        return self.likeness == SAME


def alike(review: Review) -> list[Alike]:
    """Open answers to the same item that are like this settled one, the likest first, which the
    reviewer could take now.
    """
    response = review.response
    if review.lane not in FIRST or response.item.kind == Item.Kind.FILE or not _counts(review):
        return []
    # One that only lies open before the reviewer, such as the next on the screen, is still free.
    begun = Review.objects.filter(decision=OuterRef("pk")).exclude(
        reviewer=review.reviewer, marked_at=None
    )
    free = (
        available(review.reviewer, review.decision.context)
        .filter(item_code=review.decision.item_code, response__item=response.item)
        # Those that were drawn by lot measure agreement: they are marked one by one.
        .filter(~Exists(begun), lane__in=FIRST, audited=False)
        .select_related("response__item", "response__submission", "policy")
    )
    decisions = [each for each in free[:MOST_COMPARED] if each.response_id != response.pk]
    found = [
        Alike(decision, value)
        for decision, value in zip(decisions, _likenesses(response, decisions), strict=True)
        if value >= NEAR
    ]
    return sorted(found, key=lambda each: -each.likeness)[:MOST_SHOWN]


def _counts(review: Review) -> bool:
    """Whether the marks of a review are those of its response, by the rubric that it has now."""
    if review.settled_at is None:
        return False
    own = set(review.marks.values_list("criterion", "level"))
    criteria = set(review.response.item.rubric.criteria.values_list("pk", flat=True))
    if {criterion for criterion, _level in own} != criteria:
        return False
    settled = set(review.response.marks.values_list("criterion", "level"))
    # Nothing is settled yet where a second person marks it too.
    return settled in (own, set())


def _likenesses(response: Response, decisions: list[RoutingDecision]) -> list[float]:
    if response.item.kind not in TEXTS:
        own = _chosen(response)
        return [SAME if _chosen(each.response) == own else 0.0 for each in decisions]
    language = language_of(response.item)
    forms = [normal(compared_text(each.response), language) for each in decisions]
    return likeness(normal(compared_text(response), language), forms)


def _chosen(response: Response) -> tuple[object, ...]:
    """What was chosen or typed, where only the same is alike."""
    choices = response.choices
    if response.item.kind != Item.Kind.ORDERING:
        choices = sorted(choices)
    return response.text.strip(), tuple(choices), tuple(sorted(response.parts.items()))


def apply(review: Review, chosen: Collection[int]) -> Batch:
    """Marks the chosen answers (keys of their decisions) as `review` did. What somebody else has
    taken meanwhile is left to them. Raises NotPossible when nothing is left.
    """
    candidates = {each.decision.pk: each.decision for each in alike(review)}
    batch = Batch.objects.create(reviewer=review.reviewer, source=review)
    done = 0
    for pk in chosen:
        decision = candidates.get(pk)
        if decision is not None:
            done += _apply_to(decision, review, batch)
    if not done:
        batch.delete()
        raise NotPossible(_("None of these answers is open any more."))
    return batch


def _apply_to(decision: RoutingDecision, source: Review, batch: Batch) -> bool:
    with transaction.atomic():
        locked = RoutingDecision.objects.select_for_update(of=("self",)).get(pk=decision.pk)
        if locked.settled_at is not None or not claims.renew(source.reviewer, locked):
            return False
        now = timezone.now()
        review, _opened = Review.objects.update_or_create(
            decision=locked,
            reviewer=source.reviewer,
            defaults={
                "response_id": locked.response_id,
                "batch": batch,
                "blind": False,
                "marked_at": now,
            },
        )
        review.marks.all().delete()
        ReviewMark.objects.bulk_create(
            ReviewMark(
                review=review,
                criterion_id=mark.criterion_id,
                level_id=mark.level_id,
                comment=mark.comment,
            )
            for mark in source.marks.all()
        )
        claims.let_go(source.reviewer, locked)
        settling.settle(review)
    return True
