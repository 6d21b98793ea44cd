"""How far a learner has come in an attempt, item by item."""

from __future__ import annotations

from dataclasses import dataclass

from grading.diagnostics import finished_runs
from grading.models import CheckResult, Response, Submission
from rubrics.models import Item


@dataclass(frozen=True)
class Step:
    """One item. `state`: empty, begun, answered, failing (of its newest checks one
    does not pass; one that could not be run is our fault and not the learner's).
    """

    number: int
    code: str
    title: str
    state: str
    current: bool


@dataclass(frozen=True)
class Progress:
    steps: tuple[Step, ...]

    @classmethod
    def of(cls, submission: Submission, current: Response | None = None) -> Progress:
        responses = submission.responses.select_related("item").order_by("item__position")
        return cls(
            tuple(
                Step(
                    number=number,
                    code=response.item.code,
                    title=response.item.title,
                    state=_state(response),
                    current=current is not None and response.pk == current.pk,
                )
                for number, response in enumerate(responses, start=1)
            )
        )

    @property
    def following(self) -> Step | None:
        """The step after the current one."""
        codes = [step.current for step in self.steps]
        place = codes.index(True) + 1 if True in codes else len(codes)
        return self.steps[place] if place < len(self.steps) else None

    @property
    def empty(self) -> list[Step]:
        return [step for step in self.steps if step.state in ("empty", "begun")]


def _state(response: Response) -> str:
    if response.is_empty:
        return "empty"
    if _partly_filled(response):
        return "begun"
    if response.text and response.text == response.item.starter:
        return "begun"
    run = finished_runs(response).first()
    fine = (CheckResult.Status.PASS, CheckResult.Status.ERROR)
    failing = run is not None and run.results.exclude(status__in=fine).exists()
    return "failing" if failing else "answered"


def _partly_filled(response: Response) -> bool:
    """Whether texts are left without a partner, or gaps without words."""
    item = response.item
    given = sum(bool(text.strip()) for text in response.parts.values())
    if item.kind == Item.Kind.MATCHING:
        return given < sum(bool(pair.text.strip()) for pair in item.pairs.all())
    return item.kind == Item.Kind.CLOZE and given < item.gaps.count()
