"""What of a response stands in another one, side by side for whoever judges it.

A match says that two answers are alike, and nothing of who wrote first or why.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from django.db.models import Q, QuerySet

from grading.matches import compared_text, language_of
from grading.models import Match, Response
from grading.similarity import Tile, tiles

MOST_SHOWN = 10


@dataclass(frozen=True)
class Row:
    """A match as the response sees it; `other` is the other answer, `later` whether it came
    after this one."""

    match: Match
    other: Response
    later: bool


@dataclass(frozen=True)
class Part:
    """A stretch of text; `number` is that of the tile that it belongs to, 0 for none."""

    text: str
    number: int


@dataclass(frozen=True)
class SideBySide:
    here: list[Part]
    there: list[Part]
    tiles: int


def matches_of(response: Response) -> list[Row]:
    """The closest matches, whichever of the two came first."""
    either = Q(response=response) | Q(earlier=response)
    found = Match.objects.filter(either).select_related("response", "earlier").order_by("-share")
    return [
        Row(match, match.earlier, later=False)
        if match.response_id == response.pk
        else Row(match, match.response, later=True)
        for match in found[:MOST_SHOWN]
    ]


def match_with(response: Response, other_pk: object) -> Match | None:
    return _of(response).filter(Q(earlier=other_pk) | Q(response=other_pk)).first()


def side_by_side(response: Response, other: Response) -> SideBySide:
    here, beside = compared_text(response), compared_text(other)
    found = tiles(here, beside, language_of(response.item) or "text")
    there = [Tile(t.other_start, t.other_end, t.start, t.end, t.length) for t in found]
    return SideBySide(
        here=_parts(here, _numbered(found)),
        there=_parts(beside, sorted(_numbered(there))),
        tiles=len(found),
    )


def _of(response: Response) -> QuerySet[Match]:
    pairs = Match.objects.filter(Q(response=response) | Q(earlier=response))
    place = "submission__placement__resource_link__context__deployment__registration"
    return pairs.select_related(
        f"response__{place}", f"earlier__{place}", "response__item", "earlier__item"
    ).order_by("-share")


def _numbered(found: Iterable[Tile]) -> list[tuple[int, int, int]]:
    return [(tile.start, tile.end, number) for number, tile in enumerate(found, start=1)]


def _parts(text: str, spans: Iterable[tuple[int, int, int]]) -> list[Part]:
    parts, done = [], 0
    for start, end, number in spans:
        parts += [Part(text[done:start], 0), Part(text[start:end], number)]
        done = end
    return [part for part in (*parts, Part(text[done:], 0)) if part.text]
