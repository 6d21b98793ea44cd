"""PlantUML: components, classes, states, use cases, entities and sequences (plantuml.com).

Its flow notation for activities (`:do this;`) is not read.
"""

from __future__ import annotations

import re

from grading.diagrams.graph import CONTAINS, END, START, Diagram
from grading.diagrams.relations import ARROW, relate
from grading.diagrams.statements import statements

# What has members in braces, which are no parts of the picture, and what has parts in them.
_WITH_MEMBERS = (
    "abstract class|abstract|annotation|class|entity|enum|exception|interface|metaclass|object|"
    "protocol|record|struct|map|json"
)
_WITH_PARTS = (
    "action|actor|agent|artifact|boundary|card|circle|cloud|collections|component|container|"
    "control|database|file|folder|frame|hexagon|label|node|package|participant|person|process|"
    "queue|rectangle|stack|state|storage|usecase|namespace|system|together"
)
_NAME = r"\"[^\"]+\"|\[\*\]|\[[^\]]+\]|\([^)]+\)|:[^:]+:|[\w$]+(?:\.[\w$]+)*(?:<[^<>]*>)?"
_ALIAS = r"(?:\s+as\s+(?P<alias>\"[^\"]+\"|\[[^\]]+\]|\([^)]+\)|[\w$]+(?:\.[\w$]+)*))?"
_TAIL = (
    r"(?:\s*<<.*?>>)*(?:\s+(?:extends|implements)\s+[\w., ]+)?(?:\s*#[\w/|\\:;.-]+)?"
    r"\s*(?P<open>\{)?"
)
_DECLARED = re.compile(
    rf"(?:create\s+)?(?P<word>{_WITH_MEMBERS}|{_WITH_PARTS})\b/?\s*(?P<name>{_NAME})?{_ALIAS}{_TAIL}",
    re.IGNORECASE,
)
_ALONE = re.compile(rf"(?P<name>\[[^\]]+\]|\([^)]+\)|:[^:;]+:){_ALIAS}{_TAIL}\s*$")
_RELATION = re.compile(
    rf"(?P<from>{_NAME})\s*(?:\"[^\"]*\"\s*)?{ARROW}\s*(?:\"[^\"]*\"\s*)?(?P<to>{_NAME})"
    r"(?:\s*(?:\+\+|--|\*\*|!!))*\s*(?::\s*(?P<label>.*))?$"
)
_MEMBER = re.compile(rf"(?P<name>{_NAME})\s*:\s*(?P<label>.*)$")
_EXTENDS = re.compile(r"\b(?:extends|implements)\s+(?P<parents>[\w., ]+)")
_IGNORED = re.compile(
    r"@|!|'|==|\.\.\.|\|\|\||(?:skinparam|title|caption|header|footer|scale|hide|show|remove|"
    r"left to|top to|bottom to|autonumber|activate|deactivate|destroy|return|alt|else|loop|opt|par|"
    r"break|critical|group|end|newpage|allowmixing|allow_mixing|legend|note|ref|footbox|mainframe|sprite)\b",
    re.IGNORECASE,
)
_LONG = re.compile(r"(?P<word>note|legend|header|footer|ref|title)\b(?!.*:)", re.IGNORECASE)
_BLOCK_COMMENT = re.compile(r"/'.*?'/", re.DOTALL)


def read(text: str) -> Diagram:
    diagram = Diagram("PlantUML")
    reader = _Reader(diagram)
    without = _BLOCK_COMMENT.sub(lambda found: "\n" * found[0].count("\n"), text)
    for number, statement in statements(without, "'"):
        if not reader.take(statement):
            diagram.unread[number] = statement
    return diagram


class _Reader:
    def __init__(self, diagram: Diagram) -> None:
        self.diagram = diagram
        self.blocks: list[str] = []
        self.until = ""  # the end of a note or a legend over several lines

    def take(self, statement: str) -> bool:
        """Whether it was understood."""
        small = statement.lower()
        if self.until:
            if re.match(rf"end\s*{self.until}\b", small):
                self.until = ""
            return True
        if statement == "}":
            if self.blocks:
                self.blocks.pop()
            return True
        if self.blocks and not self.blocks[-1]:
            return True  # a member of the class above
        if _IGNORED.match(statement):
            self.begun(statement)
            return True
        return self.understood(statement)

    def begun(self, statement: str) -> None:
        found = _LONG.match(statement)
        titled = found is not None and found["word"].lower() == "title" and len(statement) > 5
        if found and not titled and '"' not in statement:
            self.until = found["word"].lower()
        if statement.endswith("{"):
            self.blocks.append("")  # skinparam and the like

    def understood(self, statement: str) -> bool:
        found = _RELATION.match(statement)
        if found:
            left, right = self.named(found["from"], START), self.named(found["to"], END)
            relate(self.diagram, left, right, found, found["label"] or "")
            return True
        declared = _DECLARED.match(statement) or _ALONE.match(statement)
        if declared:
            self.declared(declared, statement)
            return True
        member = _MEMBER.match(statement)
        if member:
            self.described(member)
            return True
        return False

    def declared(self, found: re.Match[str], statement: str) -> None:
        word = (found.groupdict().get("word") or "").lower()
        name, alias = found["name"] or "", found["alias"] or ""
        # Either may be the label: `component "Web server" as web`, `state web as "Web server"`.
        key, label = (alias, name) if alias and not alias.startswith('"') else (name, alias)
        inside = self.named(key, label=_bare(label)) if key else ""
        parents = _EXTENDS.search(statement)
        for parent in parents["parents"].split(",") if parents and inside else ():
            self.diagram.relate(inside, self.named(parent.strip()), kind="is a")
        if found["open"] and not statement.endswith("}"):
            members = re.fullmatch(_WITH_MEMBERS, word) is not None
            enclosing = self.blocks[-1] if self.blocks else ""
            self.blocks.append("" if members else inside or enclosing or _NO_PART)

    def described(self, found: re.Match[str]) -> None:
        """`name : words` adds a member to a class, and to a state what is done there."""
        self.named(found["name"])

    def named(self, written: str, star: str = START, label: str = "") -> str:
        key = star if written == "[*]" else _bare(written)
        new = key not in self.diagram.parts
        self.diagram.name(key, label)
        around = self.blocks[-1] if self.blocks else ""
        if new and around not in ("", _NO_PART, key):
            self.diagram.relate(around, key, kind=CONTAINS)
        return key


_NO_PART = "\0"  # braces around parts that are no part themselves: `together {`


def _bare(written: str) -> str:
    written = written.strip()
    if len(written) > 2 and written[0] + written[-1] in ("[]", "()", "::", '""'):
        return written[1:-1].strip()
    return written
