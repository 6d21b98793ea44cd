"""PlantUML: components, classes, states, use cases, entities and sequences (plantuml.com).

Its flow notation for activities (`:do this;`) is not read. Of C4-PlantUML the macros are, see `c4`.
"""

from __future__ import annotations

import re

from grading.diagrams import c4
from grading.diagrams.graph import CONTAINS, END, IS_A, START, Diagram
from grading.diagrams.relations import ARROW, MULTIPLICITY, relate
from grading.diagrams.statements import Scan, statements

# What has members in braces, which are no parts of the picture, and what has parts in them.
_MEMBERS = (
    "abstract class|abstract|annotation|class|entity|enum|exception|interface|metaclass|object|"
    "protocol|record|struct|map|json"
)
_PARTS = (
    "action|actor|agent|artifact|boundary|card|circle|cloud|collections|component|container|"
    "control|database|file|folder|frame|hexagon|label|node|package|participant|person|process|"
    "queue|rectangle|stack|state|storage|usecase|namespace|system|together"
)
_WORD = re.compile(rf"(?:(?P<members>{_MEMBERS})|(?P<parts>{_PARTS}))\b/?", re.IGNORECASE)
_CREATE = re.compile(r"create\b(?! [-<])", re.IGNORECASE)
_NAME = re.compile(
    r"\"[^\"]+\"|\[\*\]|\[[^\]]+\]|\([^)]+\)|:[^:;]+:|[\w$]+(?:(?:\.|::)[\w$]+)*(?:<[^<>]*>)?"
)
_CIRCLE = re.compile(r"\(\) ?")
_AS = re.compile(r"as\b")
_STEREOTYPE = re.compile(r"<<[^<>]*>>|\$\w+|order \d+")
_INHERITS = re.compile(r"(?:extends|implements)\b")
_COMMA = re.compile(r",")
_COLOUR = re.compile(r"#[\w/|\\:;.-]+")
_ACTIVATION = re.compile(r"\+\+|--|\*\*|!!")
_OPEN, _INSIDE = re.compile(r"\{"), re.compile(r"\{(?P<inside>[^{}]*)\}")
_STYLE_OF_ARROW = re.compile(r"#[\w;:.]+(?= ?:|$)")

# What is said about the drawing and is no part of it.
_SIGNS = re.compile(r"@|!|==|\.\.\.|\|\|\||\|\||--$|\.\.$|__$")
_SAID = re.compile(
    r"(?:skinparam|title|caption|header|footer|scale|hide|show|remove|left to|top to|bottom to|"
    r"autonumber|activate|deactivate|destroy|alt|else|loop|opt|par|break|critical|group|end|"
    r"newpage|allowmixing|allow_mixing|legend|[hr]?note|ref|footbox|box|mainframe|sprite)\b",
    re.IGNORECASE,
)
# Those that go on until their end, when nothing of it stands on the same line.
_LONG = re.compile(
    r"(?:(?P<page>title|header|footer|<style>)"
    r"|(?P<legend>legend)(?: (?:left|right|top|bottom|center))*"
    r"|[hr]?(?P<note>note)(?: [^:\"]+)?|(?P<ref>ref) over [^:]+)$",
    re.IGNORECASE,
)
_END = re.compile(r"end ?[hr]?(?:title|header|footer|legend|note|ref)\b|</style>", re.IGNORECASE)
_BLOCK_BEGIN, _BLOCK_END = "/'", "'/"
_NO_PART = "\0"  # braces around parts that are no part themselves: `together {`


def read(text: str) -> Diagram:
    diagram = Diagram("PlantUML")
    reader = _Reader(diagram)
    number = 0
    for number, statement in statements(_without_comments(text), "'"):
        if not reader.take(statement):
            diagram.misses(number, statement)
    if reader.until:
        diagram.misses(number, f"{reader.until} without its end")
    return diagram


def _without_comments(text: str) -> str:
    """Lines keep their numbers."""
    pieces = []
    place = 0
    while (begin := text.find(_BLOCK_BEGIN, place)) >= 0:
        end = text.find(_BLOCK_END, begin)
        if end < 0:
            break
        pieces += [text[place:begin], "\n" * text.count("\n", begin, end)]
        place = end + len(_BLOCK_END)
    return "".join([*pieces, text[place:]])


class _Reader:
    """Takes one statement after the other. `blocks` are what encloses the next one: a part, or
    nothing for the braces around members. `last` is what a brace on a line of its own belongs to.
    """

    def __init__(self, diagram: Diagram) -> None:
        self.diagram = diagram
        self.blocks: list[str] = []
        self.last: str | None = None
        self.until = ""

    def take(self, statement: str) -> bool:
        """Whether it was understood."""
        if self.until:
            if _END.match(statement):
                self.until = ""
            return True
        if statement == "}":
            if self.blocks:
                self.blocks.pop()
            return True
        if statement == "{" and self.last is not None:
            self.blocks.append(self.last)
            return True
        if self.blocks and not self.blocks[-1]:
            return True  # a member of the class above
        return self.said(statement)

    def said(self, statement: str) -> bool:
        if _SIGNS.match(statement) or self.related(Scan(statement)):
            return True
        if long := _LONG.match(statement):
            self.until = next(word for word in long.groups() if word).lower()
            return True
        if _SAID.match(statement):
            if statement.endswith("{"):
                self.blocks.append("")
            return True
        return c4.read(self.diagram, statement, self.blocks) or self.declared(Scan(statement))

    def related(self, scan: Scan) -> bool:
        scan.take(_CIRCLE)
        left = scan.word(_NAME)
        scan.take(MULTIPLICITY)
        arrow = scan.take(ARROW) if left else None
        if arrow is None:
            return False
        scan.take(MULTIPLICITY)
        scan.take(_CIRCLE)
        right = scan.word(_NAME)
        while scan.take(_ACTIVATION) or scan.take(_STYLE_OF_ARROW):
            pass
        label = scan.label()
        if not right or label is None:
            return False
        relate(self.diagram, self.named(left, START), self.named(right, END), arrow, label)
        return True

    def declared(self, scan: Scan) -> bool:
        created = scan.take(_CREATE)
        word = scan.take(_WORD)
        circle = scan.take(_CIRCLE)
        name = scan.word(_NAME)
        alias = scan.word(_NAME) if scan.take(_AS) else ""
        while scan.take(_STEREOTYPE):
            pass
        if not (word or circle or created or name[:1] in ("[", "(", ":")):
            return self.member(scan, name)
        parents = self.parents(scan)
        scan.take(_COLOUR)
        inside, opened = scan.take(_INSIDE), scan.take(_OPEN)
        if scan.rest and not scan.rest.startswith(":"):
            return False
        key = self.called(name, alias)
        for parent in parents:
            if key:
                self.diagram.relate(key, self.named(parent), kind=IS_A)
        members = word is not None and word["members"] is not None
        self.last = "" if members else key or (self.blocks[-1] if self.blocks else _NO_PART)
        if opened:
            self.blocks.append(self.last)
        return self.inside(inside["inside"].strip()) if inside and not members else True

    def inside(self, statement: str) -> bool:
        """`package P { [A] --> [B] }` in one line."""
        self.blocks.append(self.last or "")
        understood = not statement or self.said(statement)
        self.blocks.pop()
        return understood

    def called(self, name: str, alias: str) -> str:
        """The key. Either may be the label: `component "Web server" as web`, `web as "Web"`."""
        if not name:
            return ""
        key, label = (alias, name) if alias and not alias.startswith('"') else (name, alias)
        return self.named(key, label=_bare(label))

    def member(self, scan: Scan, name: str) -> bool:
        """`name : words` adds a member to a class, and to a state what is done there."""
        if not name or not scan.rest.startswith(":"):
            return False
        self.named(name)
        return True

    def parents(self, scan: Scan) -> list[str]:
        found: list[str] = []
        while scan.take(_INHERITS):
            while parent := scan.word(_NAME):
                found.append(parent)
                if not scan.take(_COMMA):
                    break
        return found

    def named(self, written: str, star: str = START, label: str = "") -> str:
        """Notes a part inside the block in which it is first mentioned. `[*]` is the start or the
        end of the state that encloses it."""
        around = self.blocks[-1] if self.blocks else ""
        key = _bare(written)
        if written == "[*]":
            own = around not in ("", _NO_PART)
            key = f"{around}/{star}" if own else star
            label = f"{star} of {self.diagram.label(around)}" if own else star
        new = key not in self.diagram.parts
        self.diagram.name(key, label)
        if new and around not in ("", _NO_PART, key):
            self.diagram.relate(around, key, kind=CONTAINS)
        return key


def _bare(written: str) -> str:
    written = written.strip()
    if len(written) > 2 and written[0] + written[-1] in ("[]", "()", "::", '""'):
        return written[1:-1].strip()
    return written
