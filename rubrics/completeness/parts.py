"""What is wrong with items that are made of parts: choices, pairs, steps and gaps."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from decimal import Decimal, InvalidOperation

from django.utils.translation import gettext as _

from rubrics.cloze import gap_codes
from rubrics.completeness.problem import Problem, named
from rubrics.content import Gap, Item, Rubric
from rubrics.templatetags.prose import markdown


def choice_problems(item: Item) -> Iterator[Problem]:
    right = sum(choice.correct for choice in item.choices)
    if len(item.choices) < 2:
        yield Problem(
            ("choices",),
            _("there must be at least two choices; there are %(count)d")
            % {"count": len(item.choices)},
        )
    if not right:
        yield Problem(("choices",), _("no choice is the right one; mark at least one"))
    if right > 1 and not item.accept_multiple:
        yield Problem(
            ("choices",),
            _("%(count)d choices are right but only one may be ticked; allow several or mark one")
            % {"count": right},
        )
    yield from _twice("choices", (choice.text for choice in item.choices), _("choice"))


def partial_problems(item: Item, rubric: Rubric | None) -> Iterator[Problem]:
    if not item.partial_credit:
        return
    if not item.accept_multiple:
        yield Problem(
            ("partial",), _("partial credit needs several right choices; only one may be ticked")
        )
    if rubric is not None and all(len(each.levels) < 3 for each in rubric.criteria):
        yield Problem(
            ("partial",),
            _(
                "partial credit needs a rubric with levels between right and wrong; that of this"
                " item has none"
            ),
        )


def matching_problems(item: Item) -> Iterator[Problem]:
    asked = [pair for pair in item.pairs if pair.text.strip()]
    if len(asked) < 2:
        yield Problem(
            ("pairs",),
            _("there must be at least two pairs; there are %(count)d") % {"count": len(asked)},
        )
    elif len({pair.partner.strip() for pair in item.pairs}) < 2:
        yield Problem(("pairs",), _("all pairs have the same partner; there is nothing to choose"))
    yield from _twice("pairs", (pair.text for pair in asked), _("text"))


def ordering_problems(item: Item) -> Iterator[Problem]:
    if len(item.choices) < 3:  # of two, one order is right and the other is shown
        yield Problem(
            ("steps",),
            _("there must be at least three steps; there are %(count)d")
            % {"count": len(item.choices)},
        )
    yield from _twice("steps", (step.text for step in item.choices), _("step"))


def cloze_problems(item: Item) -> Iterator[Problem]:
    """Each gap must stand in the text exactly once, and have an answer that can be given."""
    there = Counter(gap_codes(markdown(item.cloze)))
    known = {gap.code for gap in item.gaps}
    if not there:
        yield Problem(
            ("text",), _("the text has no gap; write one as its code in brackets: [[capital]]")
        )
    for code, count in there.items():
        if code not in known:
            yield Problem(
                ("text",), _("nothing is right for the gap [[%(code)s]]") % {"code": code}
            )
        if count > 1:
            yield Problem(("text",), _("the gap [[%(code)s]] is there twice") % {"code": code})
    for index, gap in enumerate(item.gaps):
        if gap.code not in there:
            yield Problem(
                ("gaps", index), _("the text has no gap [[%(code)s]]") % {"code": gap.code}
            )
        name = _("gap “%(code)s”") % {"code": gap.code}
        yield from named(name, _gap_problems(gap, index))
    if item.gaps and not any(gap.weight for gap in item.gaps):
        yield Problem(("gaps",), _("all gaps have the weight 0; give one a weight"))


def _gap_problems(gap: Gap, index: int) -> Iterator[Problem]:
    place = ("gaps", index)
    if not any(answer.strip() for answer in gap.answers):
        yield Problem(place, _("there is no right answer"))
    if gap.tolerance is not None:
        if gap.wrong:
            yield Problem(place, _("a number is typed in; leave out the wrong answers"))
        for answer in gap.answers:
            if not _is_number(answer):
                yield Problem(place, _("“%(answer)s” is no number") % {"answer": answer})
    elif gap.unit:
        yield Problem(place, _("only a number has a unit; give it a tolerance, such as 0"))
    right = {_same(each, gap.match_case) for each in gap.answers}
    for answer in sorted(right & {_same(each, gap.match_case) for each in gap.wrong}):
        yield Problem(place, _("“%(answer)s” is both right and wrong") % {"answer": answer})


def _is_number(text: str) -> bool:
    try:
        return Decimal(text.strip()).is_finite()
    except InvalidOperation:
        return False


def _same(text: str, match_case: bool) -> str:
    """As the marking tells answers apart."""
    text = " ".join(text.split())
    return text if match_case else text.casefold()


def _twice(name: str, texts: Iterable[str], word: str) -> Iterator[Problem]:
    for text, count in Counter(text.strip() for text in texts).items():
        if count > 1:
            yield Problem(
                (name,), _("the %(what)s “%(text)s” is there twice") % {"what": word, "text": text}
            )
