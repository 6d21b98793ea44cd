"""Marking what has been marked: gold responses, whose right marks are agreed on.

They are given out as if they were new, before the queue of an item opens to a reviewer and now
and then later, and compared at once. Nothing of it touches the learner. A reviewer who drifts
moves away from the gold; a model that drifts moves away from reviewers who do not.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from django.db import transaction
from django.db.models import Exists, OuterRef
from django.utils import timezone

from audit import record
from grading import decisions
from grading.models import Response, RoutingDecision, Submission
from lti_tool.models import Context, Person
from review.models import Conflict, Gold, GoldMark, Review, ReviewMark
from review.queue import open_work
from review.team import newest_items
from rubrics.models import Criterion, Level

Lane = RoutingDecision.Lane
RECENT = 10  # comparisons that tell how a reviewer marks now


def choose(response: Response, by: Person, note: str) -> Gold:
    """Makes a settled response gold, with its marks as they are now; again replaces the note."""
    with transaction.atomic():
        gold, _new = Gold.objects.update_or_create(
            response=response,
            defaults={"chosen_by": by, "note": note.strip()[:2000], "retired_at": None},
        )
        gold.marks.all().delete()
        GoldMark.objects.bulk_create(
            GoldMark(gold=gold, criterion_id=mark.criterion_id, level_id=mark.level_id)
            for mark in response.marks.all()
        )
        record.append(
            response.submission_id,
            "gold.chosen",
            f"person:{by.code}",
            {"response": str(response.pk)},
        )
    return gold


def retire(gold: Gold, by: Person) -> None:
    with transaction.atomic():
        if Gold.objects.filter(pk=gold.pk, retired_at=None).update(retired_at=timezone.now()):
            record.append(
                gold.response.submission_id,
                "gold.retired",
                f"person:{by.code}",
                {"response": str(gold.response_id)},
            )


def without_gold(course: Context) -> list[str]:
    """Titles of items that people have to mark, for which the policy asks them to be compared, and
    there is nothing to compare them by.
    """
    asking = [
        item
        for item in newest_items(course)
        if item.assessment.policy.calibration_first or item.assessment.policy.calibration_every
    ]
    if not asking:
        return []
    assessment = ("response__item__assessment__programme", "response__item__assessment__code")
    by_people = RoutingDecision.objects.filter(context=course, lane__in=RoutingDecision.FIRST)
    marked = set(by_people.values_list(*assessment, "item_code").distinct())
    golden = Gold.objects.filter(
        retired_at=None, response__submission__placement__resource_link__context=course
    )
    there = set(golden.values_list("response__item__code", "response__item__rubric"))
    return [
        item.title
        for item in asking
        if (item.assessment.programme_id, item.assessment.code, item.code) in marked
        and (item.code, item.rubric_id) not in there
    ]


def candidates(course: Context) -> list[Response]:
    """Released responses that people marked lately and that are not gold: to choose one from."""
    settled = Review.objects.filter(
        decision__context=course,
        settled_at__isnull=False,
        response__submission__state=Submission.State.RELEASED,
    ).exclude(decision__lane=Lane.CALIBRATION)
    golden = Gold.objects.filter(retired_at=None, response=OuterRef("response"))
    found = settled.exclude(Exists(golden)).select_related("response__item")
    newest = {each.response_id: each.response for each in found.order_by("-settled_at")[:RECENT]}
    return list(newest.values())


def give_up(decision: RoutingDecision) -> None:
    """Closes a comparison that its reviewer must not make; nothing came of it."""
    RoutingDecision.objects.filter(pk=decision.pk).update(settled_at=timezone.now())


def due_before(reviewer: Person, decision: RoutingDecision) -> RoutingDecision | None:
    """The gold response to mark before this one, reserved for the reviewer; None where the policy
    asks for none now or there is none that they have not marked. The caller holds a transaction.
    """
    reserved = open_work(reviewer, decision.context).filter(reserved_for=reviewer)
    begun = reserved.filter(item_code=decision.item_code).first()
    if begun is not None or not _wanted(reviewer, decision):
        return begun
    gold = _unseen(reviewer, decision)
    if gold is None:
        return None
    return decisions.send(
        gold.response, Lane.CALIBRATION, [], due_at=decision.due_at, reserved_for=reviewer
    )


def _wanted(reviewer: Person, decision: RoutingDecision) -> bool:
    policy = decision.policy
    if not policy.calibration_first and not policy.calibration_every:
        return False
    done = _done(reviewer, decision)
    if len(done) < policy.calibration_first:
        return True
    every = policy.calibration_every
    return bool(every) and _since(reviewer, decision, done) >= every


def _done(reviewer: Person, decision: RoutingDecision) -> list[Review]:
    """Finished comparisons on the same item in the same programme, the newest first."""
    return list(
        Review.objects.filter(
            reviewer=reviewer,
            settled_at__isnull=False,
            decision__lane=Lane.CALIBRATION,
            decision__item_code=decision.item_code,
            response__item__rubric__programme=decision.policy.programme_id,
        ).order_by("-settled_at")
    )


def _since(reviewer: Person, decision: RoutingDecision, done: list[Review]) -> int:
    """How much of the item they have marked since the newest comparison."""
    marked = Review.objects.filter(
        reviewer=reviewer,
        settled_at__isnull=False,
        decision__item_code=decision.item_code,
        response__item__rubric__programme=decision.policy.programme_id,
    ).exclude(decision__lane=Lane.CALIBRATION)
    return (marked.filter(settled_at__gt=done[0].settled_at) if done else marked).count()


def _unseen(reviewer: Person, decision: RoutingDecision) -> Gold | None:
    """Of the same course and rubric, handed in by somebody whom this reviewer may mark, and not
    marked by them before; by its random id, so that it tells nothing.
    """
    rubric = decision.response.item.rubric_id
    known = Conflict.objects.filter(
        reviewer=reviewer, learner=OuterRef("response__submission__person")
    )
    marked = Review.objects.filter(
        reviewer=reviewer, response=OuterRef("response"), settled_at__isnull=False
    )
    return (
        Gold.objects.filter(
            Exists(GoldMark.objects.filter(gold=OuterRef("pk"), criterion__rubric=rubric)),
            ~Exists(known),
            ~Exists(marked),
            retired_at=None,
            response__item__code=decision.item_code,
            response__item__rubric=rubric,
            response__submission__placement__resource_link__context=decision.context_id,
        )
        .exclude(response__submission__person=reviewer)
        .exclude(chosen_by=reviewer)
        .select_related("response__item", "response__submission__assessment__policy")
        .select_related("response__submission__placement__resource_link")
        .order_by("response_id")
        .first()
    )


def finish(review: Review) -> None:
    """Ends a comparison, inside the caller's transaction."""
    review.close()
    compared = compare(review)
    record.append(
        review.reviewer_id,
        "calibration.marked",
        f"reviewer:{review.reviewer.code}",
        {"response": str(review.response_id), "same": sum(each.same for each in compared)},
    )


@dataclass(frozen=True)
class Compared:
    criterion: Criterion
    chosen: Level
    gold: Level

    @property
    def same(self) -> bool:
        return self.chosen.pk == self.gold.pk


def compare(review: Review) -> list[Compared]:
    gold = GoldMark.objects.filter(gold__response=review.response).select_related("level")
    levels = {mark.criterion_id: mark.level for mark in gold}
    marks = review.marks.select_related("criterion", "level").order_by("criterion__position")
    return [
        Compared(mark.criterion, mark.level, levels[mark.criterion_id])
        for mark in marks
        if mark.criterion_id in levels
    ]


@dataclass(frozen=True)
class Standing:
    """How often a reviewer chose the gold level: `recent` of the newest comparisons, `earlier` of
    those before; shares, None without any.
    """

    reviewer: Person
    comparisons: int
    recent: float | None
    earlier: float | None


def standings(course: Context) -> list[Standing]:
    """Of everybody who was compared in a course, the weakest first."""
    marks = (
        ReviewMark.objects.filter(
            review__settled_at__isnull=False,
            review__decision__lane=Lane.CALIBRATION,
            review__decision__context=course,
        )
        .select_related("review__reviewer")
        .order_by("-review__settled_at", "pk")
    )
    levels = {
        (mark.gold.response_id, mark.criterion_id): mark.level_id
        for mark in GoldMark.objects.filter(
            gold__response__decisions__context=course
        ).select_related("gold")
    }
    found: dict[Person, list[list[bool]]] = {}
    seen: dict[int, list[bool]] = {}
    for mark in marks:
        key = (mark.review.response_id, mark.criterion_id)
        if key not in levels:
            continue
        if mark.review_id not in seen:
            seen[mark.review_id] = []
            found.setdefault(mark.review.reviewer, []).append(seen[mark.review_id])
        seen[mark.review_id].append(levels[key] == mark.level_id)
    rows = [
        Standing(person, len(each), _share(each[:RECENT]), _share(each[RECENT:]))
        for person, each in found.items()
    ]
    return sorted(rows, key=lambda row: row.recent if row.recent is not None else 1.0)


def _share(comparisons: Iterable[list[bool]]) -> float | None:
    same = [each for comparison in comparisons for each in comparison]
    return sum(same) / len(same) if same else None
