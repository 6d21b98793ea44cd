"""What stands on the reviewer's screen. The machine's marks are put here, or kept out, by the
server: in a blind review they are not in the page before the reviewer's own are stored.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from grading.diagnostics import finished_runs
from grading.models import CheckResult, MachineMark, Response, Run
from review.models import Review
from rubrics.models import Criterion, Level


@dataclass(frozen=True)
class LevelRow:
    """`digit` is the key that chooses it; None from the eleventh level on."""

    level: Level
    digit: int | None
    chosen: bool
    by_machine: bool


@dataclass(frozen=True)
class CriterionPanel:
    criterion: Criterion
    levels: tuple[LevelRow, ...]
    comment: str
    machine: MachineMark | None
    first_level: Level | None

    @property
    def differs(self) -> bool:
        chosen = [row.level.pk for row in self.levels if row.chosen]
        return bool(
            self.machine and self.machine.level_id and chosen and chosen[0] != self.machine.level_id
        )

    @property
    def maximum(self) -> object:
        return max(row.level.points for row in self.levels)


@dataclass(frozen=True)
class Screen:
    response: Response
    review: Review
    panels: tuple[CriterionPanel, ...]
    run: Run | None

    @property
    def revealed(self) -> bool:
        return self.review.reveals_machine

    @property
    def machine_marks(self) -> list[MachineMark]:
        return [panel.machine for panel in self.panels if panel.machine is not None]

    @property
    def acceptable(self) -> bool:
        """Whether the machine's marks may be seen and there is one for every criterion."""
        return self.revealed and all(
            panel.machine is not None and panel.machine.level_id for panel in self.panels
        )

    @property
    def just_revealed(self) -> bool:
        return self.review.blind and self.review.marked_at is not None

    @property
    def passed_checks(self) -> int:
        if self.run is None:
            return 0
        return sum(result.status == CheckResult.Status.PASS for result in self.run.results.all())


def screen_for(review: Review, typed: Mapping[str, str] | None = None) -> Screen:
    """The screen of a review. `typed` is what the reviewer sent when it could not be taken."""
    response = review.response
    kept = {
        mark.criterion_id: (str(mark.level_id), mark.comment, mark.first_level)
        for mark in review.marks.select_related("first_level")
    }
    machine = _machine_marks(response) if review.reveals_machine else {}
    panels = []
    for criterion in response.item.rubric.criteria.prefetch_related("levels__anchors"):
        level, comment, first = kept.get(criterion.pk, ("", "", None))
        if typed is not None:
            level = typed.get(f"level-{criterion.code}", level)
            comment = typed.get(f"comment-{criterion.code}", comment)
        panels.append(_panel(criterion, level, comment, first, machine.get(criterion.pk)))
    run = finished_runs(response).first()
    return Screen(response, review, tuple(panels), run)


def _machine_marks(response: Response) -> dict[int, MachineMark]:
    marks = response.machine_marks.select_related("level", "criterion")
    return {mark.criterion_id: mark for mark in marks}


def _panel(
    criterion: Criterion,
    chosen: str,
    comment: str,
    first: Level | None,
    machine: MachineMark | None,
) -> CriterionPanel:
    levels = tuple(
        LevelRow(
            level=level,
            digit=number if number < 10 else None,
            chosen=str(level.pk) == chosen,
            by_machine=machine is not None and machine.level_id == level.pk,
        )
        for number, level in enumerate(criterion.levels.all())
    )
    return CriterionPanel(criterion, levels, comment, machine, first)
