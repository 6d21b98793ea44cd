"""What an item offers to choose from, in what order a learner sees it, and what of it they chose.

The order is drawn once for each response, so that a page that is opened again looks the same and
two learners see different ones.
"""

from __future__ import annotations

import random
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TypeVar

from django.utils.translation import gettext as _

from grading.errors import NotAccepted
from grading.models import Response
from rubrics.models import Choice, Gap, Item, Pair

LONGEST_GAP = 200

T = TypeVar("T")


@dataclass(frozen=True)
class Match:
    """One text of a matching item and the partner that was chosen for it, if any."""

    pair: Pair
    chosen: Pair | None

    @property
    def right(self) -> bool:
        return self.chosen is not None and self.chosen.partner == self.pair.partner


def matches(response: Response) -> list[Match]:
    """In the order of the item, which tells nothing: the partners are mixed."""
    pairs = list(response.item.pairs.all())
    by_id = {str(pair.pk): pair for pair in pairs}
    return [
        Match(pair, by_id.get(response.parts.get(str(pair.pk), "")))
        for pair in pairs
        if pair.text.strip()
    ]


def partners(response: Response) -> list[Pair]:
    """Each different partner once, mixed."""
    different = {pair.partner: pair for pair in reversed(response.item.pairs.all())}
    return _mixed(response, "partners", sorted(different.values(), key=lambda pair: pair.pk))


def steps(response: Response) -> list[Choice]:
    """As the learner has put them; before that mixed, and never right by chance."""
    by_id = {step.pk: step for step in response.item.choices.all()}
    if sorted(response.choices) == sorted(by_id):
        return [by_id[pk] for pk in response.choices]
    right = list(by_id.values())
    mixed = _mixed(response, "steps", right)
    return mixed if mixed != right else mixed[1:] + mixed[:1]


def options(response: Response, gap: Gap) -> list[str]:
    """What a gap with a list offers, mixed; nothing where it is typed in."""
    return _mixed(response, gap.code, [*gap.answers, *gap.wrong]) if gap.wrong else []


def _mixed(response: Response, name: str, things: Sequence[T]) -> list[T]:
    mixed = list(things)
    random.Random(f"{response.pk}/{name}").shuffle(mixed)  # noqa: S311 - an order, no secret
    return mixed


def chosen(item: Item, choices: Sequence[int]) -> list[int]:
    """The ids as they are kept: ticked ones sorted, the steps of an ordering item in the learner's
    order. Raises NotAccepted for anything that was not offered.
    """
    known = set(item.choices.values_list("pk", flat=True))
    if item.kind == Item.Kind.ORDERING:
        if sorted(choices) != sorted(known):
            raise NotAccepted(
                _("Those are not the steps of this question. Please order them anew.")
            )
        return list(choices)
    if not set(choices) <= known or (len(choices) > 1 and not item.accept_multiple):
        raise NotAccepted(_("That is not one of the choices. Please choose again."))
    return sorted(set(choices))


def filled(item: Item, parts: Mapping[str, str]) -> dict[str, str]:
    """What was chosen or typed in, without what was left blank. Raises NotAccepted for anything
    that was not offered.
    """
    given = {name: text.strip() for name, text in parts.items() if text.strip()}
    if item.kind == Item.Kind.MATCHING:
        known = {str(pk) for pk in item.pairs.values_list("pk", flat=True)}
        if not {*given, *given.values()} <= known:
            raise NotAccepted(_("That is not one of the choices. Please choose again."))
        return given
    _check_gaps(item.gaps.all(), given)
    return given


def _check_gaps(gaps: Iterable[Gap], given: Mapping[str, str]) -> None:
    by_code = {gap.code: gap for gap in gaps}
    if not set(given) <= set(by_code):
        raise NotAccepted(_("That is not a gap of this text. Please load the page again."))
    for code, text in given.items():
        if len(text) > LONGEST_GAP or "\x00" in text:
            raise NotAccepted(
                _("What you wrote into a gap is too long: at most %(limit)d characters fit.")
                % {"limit": LONGEST_GAP}
            )
        gap = by_code[code]
        if gap.wrong and text not in (*map(str.strip, gap.answers), *map(str.strip, gap.wrong)):
            raise NotAccepted(_("That is not one of the choices. Please choose again."))
