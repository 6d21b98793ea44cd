"""What stands on the reviewer's screen. The machine's marks are put here, or kept out, by the
server: in a blind review they are not in the page before the reviewer's own are stored.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from django.utils.translation import gettext as _

from grading.diagnostics import finished_runs
from grading.models import (
    Appeal,
    CheckResult,
    MachineMark,
    Response,
    RoutingDecision,
    Run,
    Voice,
)
from review.models import Review, ReviewMark
from rubrics.models import Criterion, Level

Lane = RoutingDecision.Lane
FIRST = RoutingDecision.FIRST


@dataclass(frozen=True)
class LevelRow:
    """`digit` is the key that chooses it; None from the eleventh level on."""

    level: Level
    digit: int | None
    chosen: bool
    by_machine: bool


@dataclass(frozen=True)
class OtherMark:
    """What somebody else marked, where this review has to know it."""

    who: str
    level: Level
    comment: str


@dataclass(frozen=True)
class CriterionPanel:
    """`open` is whether this review is about the criterion: an appeal leaves the others alone."""

    criterion: Criterion
    levels: tuple[LevelRow, ...]
    comment: str
    machine: MachineMark | None
    first_level: Level | None
    others: tuple[OtherMark, ...] = ()
    appeal: Appeal | None = None
    open: bool = True

    @property
    def disputed(self) -> bool:
        return len({other.level.pk for other in self.others}) > 1

    @property
    def differs(self) -> bool:
        chosen = [row.level.pk for row in self.levels if row.chosen]
        return bool(
            self.machine and self.machine.level_id and chosen and chosen[0] != self.machine.level_id
        )

    @property
    def revised(self) -> bool:
        """Whether another level is chosen than before the machine's was seen."""
        chosen = [row.level.pk for row in self.levels if row.chosen]
        return self.first_level is not None and chosen != [self.first_level.pk]

    @property
    def maximum(self) -> object:
        return max(row.level.points for row in self.levels)


@dataclass(frozen=True)
class Screen:
    """`revealed` is whether the machine's marks are in it, `drafted` whether its levels are filled
    in and nothing of the reviewer's is there yet.
    """

    response: Response
    review: Review
    panels: tuple[CriterionPanel, ...]
    run: Run | None
    revealed: bool
    drafted: bool

    @property
    def machine_marks(self) -> list[MachineMark]:
        return [panel.machine for panel in self.panels if panel.machine is not None]

    @property
    def shows_evidence(self) -> bool:
        return any(mark.evidence for mark in self.machine_marks)

    @property
    def acceptable(self) -> bool:
        """Whether the machine's marks may be seen, there is one for every criterion, and it is the
        reviewer's to take: between people, or in answer to a learner, it is one voice of several.
        """
        mark_anew = self.review.lane in (*FIRST, Lane.SECOND)
        return (
            self.revealed
            and mark_anew
            and all(panel.machine is not None and panel.machine.level_id for panel in self.panels)
        )

    @property
    def just_revealed(self) -> bool:
        return self.review.blind and self.review.marked_at is not None

    @property
    def revised(self) -> bool:
        return any(panel.revised for panel in self.panels)

    @property
    def passed_checks(self) -> int:
        if self.run is None:
            return 0
        return sum(result.status == CheckResult.Status.PASS for result in self.run.results.all())


def screen_for(
    review: Review, typed: Mapping[str, str] | None = None, *, elsewhere: bool = False
) -> Screen:
    """The screen of a review that can be marked. `typed` is what the reviewer sent when it could
    not be taken; `elsewhere`, because another window has saved: then its marks stand beside.
    """
    kept = {
        mark.criterion_id: Kept(str(mark.level_id), mark.comment, mark.first_level)
        for mark in review.marks.select_related("first_level")
    }
    drafted = _drafted(review) and not kept
    shown = _screen(review, kept, typed or {}, revealed=review.reveals_machine, drafted=drafted)
    return _beside_other_window(shown, review) if elsewhere else shown


def _beside_other_window(screen: Screen, review: Review) -> Screen:
    said = {
        mark.criterion_id: OtherMark(_("you, in the other window"), mark.level, mark.comment)
        for mark in review.marks.select_related("level")
    }
    panels = (
        replace(panel, others=(*panel.others, said[panel.criterion.pk]))
        if panel.criterion.pk in said
        else panel
        for panel in screen.panels
    )
    return replace(screen, panels=tuple(panels))


def settled_screen(response: Response, review: Review, *, revealed: bool) -> Screen:
    """The screen of a response that is only read: with the marks of a review of who reads it, or
    else those that count. `review` may be one that was never stored.
    """
    marks = review.marks.all() if review.pk else response.marks.all()
    kept = {mark.criterion_id: Kept(str(mark.level_id), mark.comment, None) for mark in marks}
    return _screen(review, kept, {}, revealed=revealed, drafted=False)


@dataclass(frozen=True)
class Kept:
    level: str
    comment: str
    first: Level | None


def _screen(
    review: Review,
    kept: Mapping[int, Kept],
    typed: Mapping[str, str],
    *,
    revealed: bool,
    drafted: bool,
) -> Screen:
    response = review.response
    machine = _machine_marks(response) if revealed else {}
    others = _others(review)
    appeals = {appeal.criterion_id: appeal for appeal in _appeals(review)}
    panels = []
    for criterion in response.item.rubric.criteria.prefetch_related("levels__anchors"):
        proposed, said = machine.get(criterion.pk), tuple(others.get(criterion.pk, ()))
        begun = Kept(_to_begin_with(review, proposed, said), "", None)
        own = kept.get(criterion.pk, begun)
        panel = _panel(
            criterion,
            typed.get(f"level-{criterion.code}", own.level),
            typed.get(f"comment-{criterion.code}", own.comment),
            own.first,
            proposed,
        )
        about = not appeals or criterion.pk in appeals
        panels.append(replace(panel, others=said, appeal=appeals.get(criterion.pk), open=about))
    run = finished_runs(response).first()
    return Screen(response, review, tuple(panels), run, revealed, drafted)


def _to_begin_with(
    review: Review, proposed: MachineMark | None, others: Sequence[OtherMark]
) -> str:
    """The level that is filled in before the reviewer has chosen: the machine's in a draft; on
    which two reviewers agree, or of which nobody asked for another look, the one that there is.
    """
    levels = {other.level.pk for other in others}
    if len(levels) == 1 and review.lane != Lane.SECOND:
        return str(levels.pop())
    if proposed is not None and proposed.level_id and _drafted(review):
        return str(proposed.level_id)
    return ""


def _drafted(review: Review) -> bool:
    return review.decision.policy.drafts and review.reveals_machine and review.lane in FIRST


def _others(review: Review) -> dict[int, list[OtherMark]]:
    """By criterion. A second reviewer is not told of the first; who decides between the two, or
    answers an appeal, sees what was marked.
    """
    found: dict[int, list[OtherMark]] = {}
    if review.lane == Lane.ADJUDICATION:
        marks = ReviewMark.objects.filter(
            review__response=review.response,
            review__settled_at__isnull=False,
            review__decision__lane__in=(*FIRST, Lane.SECOND),
        ).select_related("level", "review")
        for mark in marks.order_by("review__settled_at"):
            said = found.setdefault(mark.criterion_id, [])
            who = _("first reviewer") if not said else _("second reviewer")
            said.append(OtherMark(who, mark.level, mark.comment))
    elif review.lane == Lane.APPEAL:
        for settled in review.response.marks.select_related("level"):
            human = settled.voice == Voice.HUMAN
            who = _("reviewer before") if human else _("machine, as it counted")
            comment = settled.comment if human else ""
            found[settled.criterion_id] = [OtherMark(who, settled.level, comment)]
    return found


def _appeals(review: Review) -> list[Appeal]:
    return list(review.decision.appeals.all()) if review.lane == Lane.APPEAL else []


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
