"""Which notation a text is in, and its diagram."""

from __future__ import annotations

import re

from grading.diagrams import drawio, mermaid, plantuml
from grading.diagrams.graph import Diagram, NotReadable

_FENCE = re.compile(
    r"\A\s*(?:```|~~~)[ \t]*(?:mermaid|plantuml|puml)?[ \t]*\n(.*)\n(?:```|~~~)\s*\Z", re.DOTALL
)
_BEFORE_MERMAID = re.compile(r"\A\s*(?:---\n.*?\n---\n)?(?:\s|%%[^\n]*\n)*", re.DOTALL)
_UNKNOWN = (
    "This is no diagram that can be read here. Begin with a word of Mermaid (flowchart, "
    "sequenceDiagram, classDiagram, stateDiagram-v2, erDiagram), with @startuml for PlantUML, or "
    "hand in a file of draw.io."
)


def read(text: str) -> Diagram:
    """Raises NotReadable with words for who drew it. `text` may stand in a Markdown fence."""
    fenced = _FENCE.match(text)
    if fenced:
        text = "\n" + fenced[1]  # the fence is a line too
    begin = text.lstrip("\ufeff \t\r\n")
    if begin.startswith("<"):
        return _something(drawio.read(text.lstrip("\ufeff")))
    if begin.startswith("@start"):
        return _something(plantuml.read(text))
    after = _BEFORE_MERMAID.match(text)
    if after is not None and mermaid.HEADER.match(text, after.end()):
        return _something(mermaid.read(text))
    raise NotReadable(_UNKNOWN)


def _something(diagram: Diagram) -> Diagram:
    if not diagram.parts:
        raise NotReadable("There is no part in this diagram yet.")
    return diagram
