"""Step 3: the scorer that fits an item proposes a level for each criterion.

What has a key and code are marked from what is certain; text by the approved model of its
criterion; files, and texts without a model, get no proposal and go to a person.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from fractions import Fraction

from grading import answer_keys, diagnostics, registry, routing
from grading.models import CheckResult, MachineMark, Response, ScoringModel
from grading.precheck.base import CheckOutcome, CheckStatus
from grading.scoring import base, deterministic
from grading.scoring import parts as parts_of
from rubrics.models import Check, Criterion, Item, Policy

NOTHING_GIVEN = "nothing-given"
VERSION = "1"
SHARES = 10_000  # how finely a part of a check is kept


@dataclass(frozen=True)
class Given:
    """What was handed in for one item, and what its checks found."""

    text: str = ""
    choices: Sequence[int] = ()
    parts: Mapping[str, str] = field(default_factory=dict)
    files: int = 0
    outcomes: Sequence[CheckOutcome] = ()

    @property
    def empty(self) -> bool:
        return not (self.text.strip() or self.choices or self.parts or self.files)


def machine_marks(response: Response, policy: Policy) -> list[MachineMark]:
    """Unsaved machine marks for every criterion of a response."""
    given = Given(
        text=response.text,
        choices=tuple(response.choices),
        parts=response.parts,
        files=response.uploads.count(),
        outcomes=_outcomes(response),
    )
    marks = propose(response.item, given, policy)
    similar = response.matches.filter(flagged=True).exists()
    for mark in marks:
        mark.response = response
        if similar:
            mark.flags = [*mark.flags, routing.SIMILAR]
    return marks


def without_proposals(response: Response, policy: Policy) -> list[MachineMark]:
    """Unsaved marks that propose nothing, for an answer on which a scorer fails."""
    item = response.item
    why = "The machine could not mark this answer, so a person has to."
    marks = [
        _as_mark(
            criterion,
            base.no_proposal(criterion.code, why, "none", VERSION, base.CHECK_ERROR),
            None,
            policy,
        )
        for criterion in item.rubric.criteria.prefetch_related("levels__anchors")
    ]
    for mark in marks:
        mark.response = response
    return marks


def propose(item: Item, given: Given, policy: Policy) -> list[MachineMark]:
    criteria = item.rubric.criteria.prefetch_related("levels__anchors")
    return [_mark(item, criterion, given, policy) for criterion in criteria]


def _mark(item: Item, criterion: Criterion, given: Given, policy: Policy) -> MachineMark:
    spec = registry.criterion_spec(criterion, item.prompt)
    proposed, model = _proposal(item, criterion, spec, given, policy)
    return _as_mark(criterion, proposed, model, policy)


def _as_mark(
    criterion: Criterion,
    proposed: base.ProposedMark,
    model: ScoringModel | None,
    policy: Policy,
) -> MachineMark:
    levels = sorted(criterion.levels.all(), key=lambda level: level.points)
    return MachineMark(
        criterion=criterion,
        level=None if proposed.level is None else levels[proposed.level],
        confidence=proposed.confidence,
        rationale=proposed.rationale,
        evidence=[[span.start, span.end, span.why] for span in proposed.evidence],
        flags=list(proposed.flags),
        scorer=proposed.scorer,
        scorer_version=proposed.scorer_version,
        model=model,
        policy=policy,
    )


def _proposal(
    item: Item,
    criterion: Criterion,
    spec: base.CriterionSpec,
    given: Given,
    policy: Policy,
) -> tuple[base.ProposedMark, ScoringModel | None]:
    if given.empty:
        return _lowest(spec), None
    match item.kind:
        case Item.Kind.CODE | Item.Kind.DIAGRAM:
            first = item.rubric.criteria.first() == criterion
            outcomes = _check_outcomes(item, given, policy)
            return deterministic.from_checks(spec, outcomes, first), None
        case Item.Kind.SHORT_TEXT | Item.Kind.ESSAY:
            return _from_model(item, criterion, spec, given.text)
        case Item.Kind.FILE:
            return _nobody(spec, "Files are marked by people."), None
    return _from_key(item, spec, given), None


def _from_key(item: Item, spec: base.CriterionSpec, given: Given) -> base.ProposedMark:
    """The mark of an answer that is right or not."""
    ids = tuple(str(choice) for choice in given.choices)
    match item.kind:
        case Item.Kind.CHOICE:
            return deterministic.from_choices(spec, frozenset(ids), answer_keys.choice_key(item))
        case Item.Kind.MATCHING:
            return parts_of.from_pairs(spec, _partners(item, given), answer_keys.pairs_key(item))
        case Item.Kind.ORDERING:
            return parts_of.from_order(spec, ids, answer_keys.order_key(item))
        case Item.Kind.CLOZE:
            return parts_of.from_gaps(spec, given.parts, answer_keys.gaps_key(item))
        case Item.Kind.NUMERIC:
            return deterministic.from_number(spec, given.text, answer_keys.numeric_key(item))
    raise ValueError(f"no scorer for an item of kind {item.kind}")


def _partners(item: Item, given: Given) -> dict[str, str]:
    """The texts of the chosen partners; what was chosen is the id of a pair that has it."""
    by_id = {str(pair.pk): pair.partner for pair in item.pairs.all()}
    return {text: by_id.get(chosen, "") for text, chosen in given.parts.items()}


def _from_model(
    item: Item, criterion: Criterion, spec: base.CriterionSpec, text: str
) -> tuple[base.ProposedMark, ScoringModel | None]:
    model = registry.active_model(item, criterion)
    if model is None:
        return _nobody(spec, "No model has been approved for this criterion yet."), None
    return registry.load(model.pk).score(text), model


def _lowest(spec: base.CriterionSpec) -> base.ProposedMark:
    return base.ProposedMark(
        criterion=spec.code,
        level=0,
        confidence=1.0,
        rationale="Nothing was handed in.",
        evidence=(),
        scorer=NOTHING_GIVEN,
        scorer_version=VERSION,
    )


def _nobody(spec: base.CriterionSpec, why: str) -> base.ProposedMark:
    return base.no_proposal(spec.code, why, "none", VERSION)


def _check_outcomes(item: Item, given: Given, policy: Policy) -> list[base.CheckOutcome]:
    """One outcome per check of the item; a check that left no result counts as an error."""
    found = {outcome.code: outcome for outcome in given.outcomes}
    missing = CheckOutcome("", "error", "")
    return [
        _check_outcome(check, found.get(check.code, missing), policy)
        for check in item.checks.select_related("criterion")
    ]


def _check_outcome(check: Check, outcome: CheckOutcome, policy: Policy) -> base.CheckOutcome:
    flags = outcome.flags
    if outcome.trust == "guarded" and outcome.earned > 0 and not policy.trust_suites:
        flags = (*flags, routing.GUARDED)
    return base.CheckOutcome(
        code=check.code,
        title=check.title,
        outcome=outcome.status,
        weight=check.weight,
        criterion=check.criterion.code if check.criterion else "",
        share=Fraction(round(outcome.earned * SHARES), SHARES),
        flags=flags,
    )


def _outcomes(response: Response) -> list[CheckOutcome]:
    """What the run over the handed-in text found.

    A check that found something else in an earlier run over the very same text judges nothing:
    the program answers by chance, and pressing Check until it passes must not win.
    """
    runs = list(diagnostics.finished_runs(response).prefetch_related("results__check_definition"))
    if not runs:
        return []
    seen: dict[str, set[str]] = {}
    for run in runs:
        for result in run.results.all():
            seen.setdefault(result.check_definition.code, set()).add(result.status)
    return [
        CheckOutcome(
            code=result.check_definition.code,
            status="error" if len(seen[result.check_definition.code]) > 1 else _status(result),
            summary=result.summary,
            share=result.share,
            trust=result.trust,  # type: ignore[arg-type] # the same two words
            flags=tuple(result.flags),
        )
        for result in runs[0].results.all()
    ]


def _status(result: CheckResult) -> CheckStatus:
    return result.status  # type: ignore[return-value] # the same four words
