"""A diagram as the machine has read it: drawn, and as a list that says the same."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass

from django import template

from grading.diagrams import Diagram, NotReadable, read
from grading.diagrams.layout import Picture, picture

register = template.Library()


@dataclass(frozen=True)
class Row:
    source: str
    target: str
    directed: bool
    word: str


@dataclass(frozen=True)
class Reading:
    """`refused` says why nothing could be read. `id` is one for the parts of the drawing: a page
    may show several.
    """

    id: str
    refused: str
    diagram: Diagram
    picture: Picture | None
    rows: list[Row]
    alone: list[str]


@register.simple_tag
def diagram_of(text: str) -> Reading:
    mark = f"head-{hashlib.sha256(text.encode('utf-8', 'replace')).hexdigest()[:8]}"
    try:
        diagram = read(text)
    except NotReadable as refused:
        return Reading(mark, str(refused), Diagram(""), None, [], [])
    label = diagram.label
    rows = [
        Row(label(each.source), label(each.target), each.directed, each.words)
        for each in diagram.relations
    ]
    joined = {key for each in diagram.relations for key in (each.source, each.target)}
    alone = [part.label for key, part in diagram.parts.items() if key not in joined]
    return Reading(mark, "", diagram, picture(diagram), rows, alone)


@register.filter
def unlocalised(number: float) -> str:
    """A length for SVG, which knows only points: to the tenth of a unit."""
    return f"{number:.1f}"
