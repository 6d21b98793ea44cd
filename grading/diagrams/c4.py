"""The macros of C4-PlantUML: `Container(shop, "Web shop", "Django")`, `Rel(shop, db, "reads")`."""

from __future__ import annotations

import re

from grading.diagrams.graph import CONTAINS, Diagram

_MACRO = re.compile(r"(?P<name>[A-Z]\w*)\((?P<given>.*)\) ?(?P<open>\{)?$")
_PART = re.compile(
    r"(?:Person|System|Container|Component|Node|Deployment_Node)(?:Db|Queue)?(?:_Ext|_L|_R)?$"
)
_BOUNDARY = re.compile(r"(?:Enterprise_|System_|Container_)?Boundary$")
_RELATION = re.compile(r"(?P<both>Bi)?Rel(?:_[A-Z]\w*)?$")


def read(diagram: Diagram, statement: str, blocks: list[str]) -> bool:
    """Whether it is one of the macros; what it says is added, and a boundary that it opens."""
    found = _MACRO.match(statement)
    if found is None:
        return False
    given = _arguments(found["given"])
    relation = _RELATION.match(found["name"])
    if relation and len(given) >= 2:
        one, other = diagram.name(given[0]), diagram.name(given[1])
        label = given[2] if len(given) > 2 else ""
        if relation["both"]:
            diagram.relate_both(one, other, label)
        else:
            diagram.relate(one, other, label)
        return True
    if not given[0] or not (_PART.match(found["name"]) or _BOUNDARY.match(found["name"])):
        return found["name"].startswith(("SHOW_", "LAYOUT_", "HIDE_", "Lay_", "Update", "Add"))
    key = diagram.name(given[0], given[1] if len(given) > 1 else "")
    if blocks and blocks[-1] in diagram.parts:
        diagram.relate(blocks[-1], key, kind=CONTAINS)
    if found["open"]:
        blocks.append(key)
    return True


def _arguments(text: str) -> list[str]:
    """Between commas outside of quotation marks, without those that have a name (`$tags=…`)."""
    pieces = [""]
    quoted = False
    for letter in text:
        if letter == '"':
            quoted = not quoted
        elif letter == "," and not quoted:
            pieces.append("")
        else:
            pieces[-1] += letter
    return [piece.strip() for piece in pieces if not piece.strip().startswith("$")] or [""]
