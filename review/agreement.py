"""How far people agree with each other and with the machine, criterion by criterion.

Counted are only marks that people gave before they were shown anybody else's: of marks that were
made beside another nobody can say what they would have been.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Any

import numpy as np
from django.db.models import F, OuterRef, QuerySet, Subquery

from grading.models import Response, RoutingDecision
from grading.scoring.agreement import Interval, confusion, kappa_of, krippendorff_alpha
from lti_tool.models import Context
from review.models import ReviewMark
from rubrics.models import Criterion, Level

FEWEST = 10  # pairs from which on a coefficient is shown
MOST_LISTED = 50
Lane = RoutingDecision.Lane
FIRST = RoutingDecision.FIRST
BY_THEMSELVES = (*FIRST, Lane.SECOND, Lane.CALIBRATION)
# What a table's columns are.
MACHINE, SECOND = "machine", "second"


@dataclass(frozen=True)
class Cell:
    human: Level
    other: Level
    count: int
    distance: int


@dataclass(frozen=True)
class Agreement:
    """Of pairs of marks. `table` has a row per level of the first reviewer, the highest first, and
    a cell per level of the other side, the lowest first. Coefficients are None for too few pairs.
    """

    against: str
    pairs: int
    exact: float
    adjacent: float
    kappa: Interval | None
    weighted: Interval | None
    table: list[tuple[Level, list[Cell]]]


@dataclass(frozen=True)
class CriterionAgreement:
    """`alpha` is over everybody who marked by themselves, however many for each answer."""

    criterion: Criterion
    item_title: str
    levels: list[Level]
    found: list[Agreement]
    alpha: Interval | None
    answers: int


def _given(course: Context) -> QuerySet[ReviewMark]:
    """First choices, made alone, of reviews that are final."""
    return ReviewMark.objects.filter(
        review__settled_at__isnull=False,
        review__blind=True,
        first_level__isnull=False,
        review__decision__context=course,
    )


def _with_machine(course: Context) -> QuerySet[Any]:
    """Those of first reviewers where the machine has a level too, as `other`."""
    return (
        _given(course)
        .filter(
            review__decision__lane__in=FIRST,
            review__response__machine_marks__criterion=F("criterion"),
            review__response__machine_marks__level__isnull=False,
        )
        .annotate(other=F("review__response__machine_marks__level"))
    )


def _with_second(course: Context) -> QuerySet[Any]:
    """Those of first reviewers where a second one marked too, as `other`."""
    second = ReviewMark.objects.filter(
        review__response=OuterRef("review__response"),
        review__decision__lane=Lane.SECOND,
        review__settled_at__isnull=False,
        criterion=OuterRef("criterion"),
    ).values("first_level")[:1]
    marks = _given(course).filter(review__decision__lane__in=FIRST)
    return marks.annotate(other=Subquery(second)).filter(other__isnull=False)


PAIRS = {MACHINE: _with_machine, SECOND: _with_second}


def by_criterion(course: Context) -> Iterator[CriterionAgreement]:
    """Each criterion of each version of a rubric by itself: levels of two are not the same."""
    pairs = {against: _pairs(marks(course)) for against, marks in PAIRS.items()}
    rated = _rated(course)
    wanted = {pk for found in pairs.values() for pk in found} | set(rated)
    criteria = Criterion.objects.filter(pk__in=wanted).prefetch_related("levels")
    titles = _titles(course)
    for criterion in sorted(criteria, key=lambda each: (titles[each.pk], each.position, each.pk)):
        levels = sorted(criterion.levels.all(), key=lambda level: level.points)
        counts = _counts(rated.get(criterion.pk, {}), levels)
        twice = int((counts.sum(axis=1) >= 2).sum())
        found = [
            _agreement(against, levels, pairs[against][criterion.pk])
            for against in PAIRS
            if criterion.pk in pairs[against]
        ]
        if found or twice:
            alpha = krippendorff_alpha(counts) if twice >= FEWEST else None
            yield CriterionAgreement(criterion, titles[criterion.pk], levels, found, alpha, twice)


def _titles(course: Context) -> dict[int, str]:
    """Of the items that are judged by each criterion: several may share a rubric."""
    found: dict[int, list[str]] = defaultdict(list)
    item = "review__response__item"
    given = _given(course).values_list("criterion", f"{item}__title", f"{item}__position")
    for criterion, title, _position in given.distinct().order_by(f"{item}__position"):
        if title not in found[criterion]:
            found[criterion].append(title)
    return {criterion: ", ".join(each) for criterion, each in found.items()}


def _pairs(marks: QuerySet[Any]) -> dict[int, list[tuple[int, int]]]:
    rows = marks.order_by("criterion_id").values_list("criterion_id", "first_level_id", "other")
    return {
        pk: [(human, other) for _pk, human, other in group]
        for pk, group in groupby(rows, key=lambda row: row[0])
    }


def _rated(course: Context) -> dict[int, dict[object, list[int]]]:
    """By criterion and answer the levels that people gave by themselves."""
    found: dict[int, dict[object, list[int]]] = defaultdict(lambda: defaultdict(list))
    marks = _given(course).filter(review__decision__lane__in=BY_THEMSELVES)
    rows = marks.values_list("criterion_id", "review__response_id", "first_level_id")
    for criterion, response, level in rows:
        found[criterion][response].append(level)
    return found


def _counts(rated: dict[object, list[int]], levels: Sequence[Level]) -> np.ndarray:
    places = {level.pk: place for place, level in enumerate(levels)}
    counts = np.zeros((len(rated), len(levels)), dtype=int)
    for row, given in enumerate(rated.values()):
        for level in given:
            counts[row, places[level]] += 1
    return counts


def _agreement(against: str, levels: list[Level], pairs: list[tuple[int, int]]) -> Agreement:
    places = {level.pk: place for place, level in enumerate(levels)}
    human, other = ([places[pk] for pk in side] for side in zip(*pairs, strict=True))
    counts = confusion(human, other, len(levels))
    apart = np.abs(np.subtract.outer(np.arange(len(levels)), np.arange(len(levels))))
    enough = len(pairs) >= FEWEST
    table = [
        (
            level,
            [
                Cell(level, column, int(counts[row, at]), abs(row - at))
                for at, column in enumerate(levels)
            ],
        )
        for row, level in reversed(list(enumerate(levels)))
    ]
    return Agreement(
        against=against,
        pairs=len(pairs),
        exact=float(counts[apart == 0].sum() / len(pairs)),
        adjacent=float(counts[apart <= 1].sum() / len(pairs)),
        kappa=kappa_of(counts, quadratic=False) if enough else None,
        weighted=kappa_of(counts, quadratic=True) if enough else None,
        table=table,
    )


def behind(course: Context, against: str, human: Level, other: Level) -> list[Response]:
    """The newest responses behind one cell of a table."""
    marks = PAIRS[against](course).filter(first_level=human, other=other.pk)
    found = marks.select_related("review__response__item").order_by("-review__settled_at")
    return [mark.review.response for mark in found[:MOST_LISTED]]


@dataclass(frozen=True)
class Drift:
    """How often the machine and people chose the same level, in the newest `RECENT` pairs and in
    those before; shares, None without any.
    """

    pairs: int
    recent: float | None
    earlier: float | None


RECENT = 50


def machine_drift(course: Context) -> Drift:
    rows = (
        _with_machine(course)
        .order_by("-review__settled_at", "-pk")
        .values_list("first_level_id", "other")
    )
    same = [human == machine for human, machine in rows]
    return Drift(len(same), _share(same[:RECENT]), _share(same[RECENT:]))


def _share(same: Sequence[bool]) -> float | None:
    return sum(same) / len(same) if same else None
