"""What an item offers to choose from, in what order a learner sees it, and what of it they chose.

The order is drawn once for each response, so that a page that is opened again looks the same and
two learners see different ones. What stands in the page has names that nobody can read: ids in the
order in which an author wrote would tell what belongs together.
"""

from __future__ import annotations

import random
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TypeVar

from django.utils.crypto import salted_hmac
from django.utils.translation import gettext as _

from grading.errors import NotAccepted
from grading.models import Response
from rubrics.models import Choice, Gap, Item, Pair

LONGEST_GAP = 200
SALT = "grading.offers"

T = TypeVar("T")


@dataclass(frozen=True)
class Offer:
    """Something that can be chosen or arranged, under a name that tells nothing."""

    name: str
    text: str


@dataclass(frozen=True)
class Match:
    """One text of a matching item and the partner that was chosen for it, if any."""

    name: str
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
        Match(
            _name(response, "text", pair.pk),
            pair,
            by_id.get(response.parts.get(str(pair.pk), "")),
        )
        for pair in pairs
        if pair.text.strip()
    ]


def partners(response: Response) -> list[Offer]:
    """Each different partner once, mixed."""
    different = {pair.partner: pair for pair in reversed(response.item.pairs.all())}
    offers = [Offer(_name(response, "partner", p.pk), p.partner) for p in different.values()]
    return _mixed(response, "partners", sorted(offers, key=lambda offer: offer.name))


def steps(response: Response) -> list[Offer]:
    """As the learner has put them; before that mixed, and not right by chance."""
    return [Offer(_name(response, "step", each.pk), each.text) for each in arranged(response)]


def arranged(response: Response) -> list[Choice]:
    by_id = {step.pk: step for step in response.item.choices.all()}
    if sorted(response.choices) == sorted(by_id):
        return [by_id[pk] for pk in response.choices]
    right = list(by_id.values())
    mixed = _mixed(response, "steps", right)
    return mixed if mixed != right else mixed[1:] + mixed[:1]


def options(response: Response, gap: Gap) -> list[str]:
    """What a gap with a list offers, mixed; nothing where it is typed in."""
    return _mixed(response, gap.code, [*gap.answers, *gap.wrong]) if gap.wrong else []


def steps_named(response: Response, names: Sequence[str]) -> list[int]:
    """The ids of steps by their names in the page. Raises NotAccepted for another's name."""
    known = {_name(response, "step", step.pk): step.pk for step in response.item.choices.all()}
    if not set(names) <= set(known):
        raise NotAccepted(_("Those are not the steps of this question. Please order them anew."))
    return [known[name] for name in names]


def pairs_named(response: Response, parts: Mapping[str, str]) -> dict[str, str]:
    """The ids of pairs by the ids of pairs: which partner was chosen for which text. Raises
    NotAccepted for a name that is not in the page.
    """
    pairs = list(response.item.pairs.all())
    texts = {_name(response, "text", pair.pk): str(pair.pk) for pair in pairs}
    offered = {_name(response, "partner", pair.pk): str(pair.pk) for pair in pairs}
    given = {name: chosen for name, chosen in parts.items() if chosen}
    if not (set(given) <= set(texts) and set(given.values()) <= set(offered)):
        raise NotAccepted(_("That is not one of the choices. Please choose again."))
    return {texts[name]: offered[chosen] for name, chosen in given.items()}


def _name(response: Response, kind: str, pk: int) -> str:
    return salted_hmac(SALT, f"{response.pk}/{kind}/{pk}").hexdigest()[:12]


def _mixed(response: Response, name: str, things: Sequence[T]) -> list[T]:
    mixed = list(things)
    seed = salted_hmac(SALT, f"{response.pk}/order/{name}").hexdigest()
    random.Random(seed).shuffle(mixed)  # noqa: S311 - the seed is the secret
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
