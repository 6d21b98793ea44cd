"""Which notation a text is in, and its diagram."""

from __future__ import annotations

import unicodedata

from grading.diagrams import drawio, mermaid, plantuml
from grading.diagrams.graph import Diagram, NotReadable

_FENCES = ("```", "~~~")
_MERMAID_COMMENT = "%%"
_UNKNOWN = (
    "This is no diagram that can be read here. Begin with a word of Mermaid (flowchart, "
    "sequenceDiagram, classDiagram, stateDiagram-v2, erDiagram), with @startuml for PlantUML, or "
    "hand in a file of draw.io."
)
_DIRECTIVE_BEGIN, _DIRECTIVE_END = "%%{", "}%%"


def read(text: str) -> Diagram:
    """Raises NotReadable with words for who drew it. `text` may stand in a Markdown fence, with
    words around it.
    """
    text = unicodedata.normalize("NFC", text.replace("\r\n", "\n").lstrip("\ufeff"))
    text = _without_directives(_unfenced(text))
    for line in text.split("\n"):
        begin = line.strip()
        if not begin or begin.startswith((_MERMAID_COMMENT, "'")):
            continue
        if begin.startswith("<"):
            return _something(drawio.read(text))
        if begin.startswith("@start"):
            return _something(plantuml.read(text))
        if begin == "---" or mermaid.HEADER.match(begin):
            return _something(mermaid.read(text))
        break
    raise NotReadable(_UNKNOWN)


def _something(diagram: Diagram) -> Diagram:
    if not diagram.parts and diagram.unread:
        line, statement = next(iter(diagram.unread.items()))
        raise NotReadable(f"Nothing of this could be read; line {line} is “{statement[:60]}”.")
    if not diagram.parts:
        raise NotReadable("There is no part in this diagram yet.")
    return diagram


def _unfenced(text: str) -> str:
    """What stands in the first fence, with blank lines before it so that lines keep their numbers;
    all of it where there is none.
    """
    lines = text.split("\n")
    begin = next((n for n, line in enumerate(lines) if line.strip().startswith(_FENCES)), None)
    if begin is None:
        return text
    after = range(begin + 1, len(lines))
    end = next((n for n in after if lines[n].strip().startswith(_FENCES)), len(lines))
    return "\n" * (begin + 1) + "\n".join(lines[begin + 1 : end])


def _without_directives(text: str) -> str:
    """`%%{init: …}%%` of Mermaid says how to draw."""
    begin = text.find(_DIRECTIVE_BEGIN)
    end = text.find(_DIRECTIVE_END, begin)
    if begin < 0 or end < 0:
        return text
    lines = text.count("\n", begin, end)
    return text[:begin] + "\n" * lines + text[end + len(_DIRECTIVE_END) :]
