"""How far people and the machine agree, criterion by criterion.

Counted are only marks that people gave before they were shown the machine's: of marks that were
made beside it nobody can say what they would have been.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import groupby

import numpy as np
from django.db.models import F, QuerySet

from grading.models import Response
from grading.scoring.agreement import Interval, confusion, kappa_of
from lti_tool.models import Context
from review.models import ReviewMark
from rubrics.models import Criterion, Level

FEWEST = 10  # pairs from which on a coefficient is shown
MOST_LISTED = 50


@dataclass(frozen=True)
class Cell:
    human: Level
    machine: Level
    count: int
    distance: int


@dataclass(frozen=True)
class CriterionAgreement:
    """`table` has a row per level that people chose, the highest first, and a cell per level of the
    machine, the lowest first. The coefficients are None for too few pairs.
    """

    criterion: Criterion
    item_title: str
    pairs: int
    exact: float
    adjacent: float
    kappa: Interval | None
    weighted: Interval | None
    levels: list[Level]
    table: list[tuple[Level, list[Cell]]]


def unanchored(course: Context) -> QuerySet[ReviewMark]:
    """First choices of settled reviews where the machine has a level too."""
    return ReviewMark.objects.filter(
        review__settled_at__isnull=False,
        first_level__isnull=False,
        review__response__submission__placement__resource_link__context=course,
        review__response__machine_marks__criterion=F("criterion"),
        review__response__machine_marks__level__isnull=False,
    )


def by_criterion(course: Context) -> Iterator[CriterionAgreement]:
    """Each criterion of each version of a rubric by itself: levels of two are not the same."""
    rows = (
        unanchored(course)
        .order_by("review__response__item__title", "criterion__position", "criterion_id")
        .values_list(
            "criterion_id",
            "review__response__item__title",
            "first_level_id",
            "review__response__machine_marks__level_id",
        )
    )
    for pk, group in groupby(rows, key=lambda row: row[0]):
        found = list(group)
        criterion = Criterion.objects.prefetch_related("levels").get(pk=pk)
        yield _agreement(criterion, found[0][1], [(human, machine) for *_, human, machine in found])


def _agreement(
    criterion: Criterion, title: str, pairs: list[tuple[int, int]]
) -> CriterionAgreement:
    levels = sorted(criterion.levels.all(), key=lambda level: level.points)
    places = {level.pk: place for place, level in enumerate(levels)}
    human, machine = ([places[pk] for pk in side] for side in zip(*pairs, strict=True))
    counts = confusion(human, machine, len(levels))
    apart = np.abs(np.subtract.outer(np.arange(len(levels)), np.arange(len(levels))))
    enough = len(pairs) >= FEWEST
    table = [
        (
            level,
            [
                Cell(level, other, int(counts[row, at]), abs(row - at))
                for at, other in enumerate(levels)
            ],
        )
        for row, level in reversed(list(enumerate(levels)))
    ]
    return CriterionAgreement(
        criterion=criterion,
        item_title=title,
        pairs=len(pairs),
        exact=float(counts[apart == 0].sum() / len(pairs)),
        adjacent=float(counts[apart <= 1].sum() / len(pairs)),
        kappa=kappa_of(counts, quadratic=False) if enough else None,
        weighted=kappa_of(counts, quadratic=True) if enough else None,
        levels=levels,
        table=table,
    )


def behind(course: Context, human: Level, machine: Level) -> list[Response]:
    """The newest responses behind one cell of a table."""
    marks = unanchored(course).filter(
        first_level=human, review__response__machine_marks__level=machine
    )
    found = marks.select_related("review__response__item").order_by("-review__settled_at")
    return [mark.review.response for mark in found[:MOST_LISTED]]
