from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from django.utils.translation import gettext as _

from rubrics.completeness.problem import Problem, below, named
from rubrics.content import Criterion, Level, Rubric
from rubrics.numbers import plain


def rubric_problems(rubric: Rubric) -> Iterator[Problem]:
    return named(_("Rubric “%(code)s”") % {"code": rubric.code}, _problems(rubric))


def _problems(rubric: Rubric) -> Iterator[Problem]:
    if not rubric.criteria:
        yield Problem(("criteria",), _("there is no criterion; add at least one"))
    for index, criterion in enumerate(rubric.criteria):
        name = _("criterion “%(code)s”") % {"code": criterion.code}
        yield from below(("criteria", index), named(name, _criterion_problems(criterion)))


def _criterion_problems(criterion: Criterion) -> Iterator[Problem]:
    if not criterion.weight:
        yield Problem(
            ("weight",), _("the weight is 0, so it would count for nothing; give it a weight")
        )
    if len(criterion.levels) < 2:
        yield Problem(
            ("levels",),
            _("there must be at least two levels, the lowest with 0 points; there are %(count)d")
            % {"count": len(criterion.levels)},
        )
        return
    yield from _level_problems(criterion.levels)


def _level_problems(levels: tuple[Level, ...]) -> Iterator[Problem]:
    lowest = min(levels, key=lambda level: level.points)
    if lowest.points:
        yield Problem(
            ("levels",),
            _("the lowest level must have 0 points; “%(title)s” has %(points)s")
            % {"title": lowest.title, "points": plain(lowest.points)},
        )
    for points, count in Counter(level.points for level in levels).items():
        if count > 1:
            yield Problem(
                ("levels",),
                _("%(count)d levels have %(points)s points; each must have its own")
                % {"count": count, "points": plain(points)},
            )
