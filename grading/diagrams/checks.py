"""The checks of a diagram item: what it must and must not show."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from grading.diagrams.graph import Diagram, NotReadable
from grading.diagrams.reading import read
from grading.diagrams.search import Search
from grading.precheck.base import CheckOutcome, CheckSpec
from grading.precheck.run import OnResult
from grading.precheck.wording import broken, clean
from rubrics.diagrams import Wish, wish

# A person looks: the machine may not have understood what was meant.
OTHER_NAMES, UNREAD = "diagram-other-names", "diagram-unread"
_NOT_SHOWN = "Your diagram does not show everything that is asked for."
_AS_ASKED = "Your diagram shows what is asked for."
MOST_TOLD = 3


def run_diagram_checks(
    text: str, specs: Sequence[CheckSpec], on_result: OnResult | None = None
) -> list[CheckOutcome]:
    """One outcome per check, in the order given; `on_result` is told each.

    A check that fails raises `diagram-other-names` where a part is missing while the diagram has
    parts that no check knows, and `diagram-unread` where statements were not understood.
    """
    outcomes = []
    for outcome in _outcomes(text, specs):
        outcomes.append(outcome)
        if on_result is not None:
            on_result(outcome)
    return outcomes


def _outcomes(text: str, specs: Sequence[CheckSpec]) -> Iterable[CheckOutcome]:
    try:
        diagram = read(text)
    except NotReadable as refused:
        for spec in specs:
            yield CheckOutcome(
                spec.code, "fail", clean(str(refused)), hint=spec.hint, share=0.0, flags=(UNREAD,)
            )
        return
    search = Search(diagram)
    wished: dict[str, tuple[list[Wish], list[Wish]]] = {}
    mistakes: dict[str, str] = {}
    for spec in specs:
        try:
            wished[spec.code] = ([wish(x) for x in spec.require], [wish(x) for x in spec.forbid])
        except ValueError as error:
            mistakes[spec.code] = f"What is asked of the diagram cannot be read: {error}."
    everything = [each for both in wished.values() for part in both for each in part]
    others = search.others(everything)
    for spec in specs:
        if spec.code in mistakes:
            yield broken(spec, mistakes[spec.code])
        else:
            yield _outcome(spec, diagram, search, *wished[spec.code], others)


def _outcome(
    spec: CheckSpec,
    diagram: Diagram,
    search: Search,
    required: Sequence[Wish],
    forbidden: Sequence[Wish],
    others: bool,
) -> CheckOutcome:
    lacking = [(each, said) for each in required if (said := search.lacks(each))]
    present = [each for each in forbidden if search.found(each)]
    if not lacking and not present:
        return CheckOutcome(
            spec.code, "pass", _AS_ASKED, flags=_unread(diagram, present, forbidden)
        )
    flags = [UNREAD] if diagram.unread else []
    if others and any(search.missing_part(each) for each, _said in lacking):
        flags.append(OTHER_NAMES)
    told = [said for _each, said in lacking] + [_shown(each) for each in present]
    asked, missed = len(required) + len(forbidden), len(told)
    told = list(dict.fromkeys(told))
    return CheckOutcome(
        code=spec.code,
        status="fail",
        summary=_summary(told) if spec.show_expected else _NOT_SHOWN,
        hint=spec.hint,
        detail="\n".join(told),
        share=(asked - missed) / asked,
        flags=tuple(flags),
    )


def _unread(
    diagram: Diagram, present: Sequence[Wish], forbidden: Sequence[Wish]
) -> tuple[str, ...]:
    """What is forbidden may stand in a statement that was not understood."""
    return (UNREAD,) if diagram.unread and forbidden and not present else ()


def _shown(wish: Wish) -> str:
    if not wish.way:
        return f"the part “{wish.source[0]}” does not belong there"
    word = "a way leads" if wish.way == "=>" else "an arrow leads"
    return f"{word} from “{wish.source[0]}” to “{wish.target[0]}”, which must not be"


def _summary(told: Sequence[str]) -> str:
    said = "; ".join(told[:MOST_TOLD])
    more = len(told) - MOST_TOLD
    said = f"{said}; and {more} more" if more > 0 else said
    return clean(f"{said[:1].upper()}{said[1:]}.")
