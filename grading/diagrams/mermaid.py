"""Mermaid: flowcharts, sequence, class, state and entity diagrams (mermaid.js.org/syntax)."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping

from grading.diagrams.graph import CONTAINS, END, START, Diagram, NotReadable
from grading.diagrams.relations import ARROW, relate
from grading.diagrams.statements import statements

HEADER = re.compile(
    r"(?:flowchart|graph|sequenceDiagram|classDiagram|stateDiagram|erDiagram)(?:-v2|-elk)?\b"
)
_FRONTMATTER = re.compile(r"\A\s*---\n.*?\n---\n", re.DOTALL)


def read(text: str) -> Diagram:
    """Raises NotReadable for a kind of diagram that is not among those above."""
    matter = _FRONTMATTER.match(text)
    if matter:  # blank lines in its place, so that lines keep their numbers
        text = "\n" * matter[0].count("\n") + text[matter.end() :]
    lines = list(statements(text, "%%", ";"))
    if not lines or not HEADER.match(lines[0][1]):
        raise NotReadable("This is no kind of Mermaid diagram that can be read here.")
    kind = re.split(r"[-\s]", lines[0][1])[0]
    diagram = Diagram(f"Mermaid {kind}")
    reader = _READERS[kind](diagram)
    for number, statement in lines[1:]:
        if not reader.take(statement):
            diagram.unread[number] = statement
    return diagram


class _Reader:
    """Takes one statement after the other; `blocks` are what encloses the next one."""

    IGNORED: re.Pattern[str]

    def __init__(self, diagram: Diagram) -> None:
        self.diagram = diagram
        self.blocks: list[str] = []
        self.inside: set[str] = set()

    def take(self, statement: str) -> bool:
        """Whether it was understood."""
        return bool(self.IGNORED.match(statement)) or self.understood(statement)

    def understood(self, statement: str) -> bool:
        raise NotImplementedError

    def named(self, key: str, label: str = "") -> str:
        """Notes a part. It belongs to the first block inside of which it is mentioned, where that
        is a part itself.
        """
        self.diagram.name(key, label)
        around = self.blocks[-1] if self.blocks else ""
        if around and key not in self.inside and key not in self.blocks:
            self.inside.add(key)
            self.diagram.relate(around, key, kind=CONTAINS)
        return key

    def open(self, key: str, label: str = "") -> None:
        self.blocks.append(self.named(key, label) if key else "")

    def close(self) -> bool:
        if self.blocks:
            self.blocks.pop()
        return True


class _Flowchart(_Reader):
    IGNORED = re.compile(r"(?:classDef|class|style|linkStyle|click|direction|accTitle|accDescr)\b")
    NODE = re.compile(r"\s*(?P<key>[^\W_][\w]*(?:[-.][\w]+)*|_\w*)")
    # The longer brackets first; the text may stand in quotation marks.
    SHAPES = (
        *(("(((", ")))"), ("([", "])"), ("[[", "]]"), ("[(", ")]"), ("((", "))"), ("{{", "}}")),
        *(("[/", "/]"), ("[\\", "\\]"), ("[/", "\\]"), ("[\\", "/]"), ("[", "]"), ("(", ")")),
        *(("{", "}"), (">", "]")),
    )
    PROPERTIES = re.compile(r"@\{(?P<inside>[^}]*)\}")
    LABEL = re.compile(r"label:\s*(?:\"(?P<quoted>[^\"]*)\"|(?P<bare>[^,}]*))")
    CLASS = re.compile(r":::[\w-]+")
    LINK = re.compile(
        r"\s*(?:[\w]+@)?(?P<left>[<ox](?=[-=]))?"
        r"(?:(?P<open>--|==|-\.)\s*(?P<text>\"[^\"]*\"|[^-=.|>~\s][^|>]*?)\s*"
        r"(?P<close>--+|==+|\.+-)(?P<tip>>|[ox](?=\s))?"
        r"|(?P<body>--+|==+|-\.+-|~~~+)(?P<right>>|[ox](?=\s))?)"
        r"(?:\s*\|(?P<beside>[^|]*)\|)?"
    )
    AND = re.compile(r"\s*&")
    SUBGRAPH = re.compile(r"subgraph\b\s*(?P<rest>.*)")

    def understood(self, statement: str) -> bool:
        if statement == "end":
            return self.close()
        found = self.SUBGRAPH.match(statement)
        if found:
            return self.subgraph(found["rest"].strip())
        return self.chain(statement)

    def subgraph(self, rest: str) -> bool:
        key = re.match(r"([\w-]+)\s*(?:\[(.*)\])?$", rest)
        if key:
            self.open(key[1], key[2] or "")
        else:
            self.open(rest.strip('"'), "")
        return True

    def chain(self, statement: str) -> bool:
        """`A[one] & B --> C -- word --> D`"""
        place, nodes = self.group(statement, 0)
        groups, links = [nodes], []
        while nodes and place < len(statement):
            link = self.LINK.match(statement, place)
            if not link:
                return False
            links.append(link)
            place, nodes = self.group(statement, link.end())
            groups.append(nodes)
        if not nodes:
            return False
        # Only now, so that half a statement leaves nothing behind.
        named = [[self.named(key, label) for key, label in group] for group in groups]
        for sources, targets, link in zip(named, named[1:], links, strict=False):
            self.linked(sources, targets, link)
        return True

    def group(self, statement: str, place: int) -> tuple[int, list[tuple[str, str]]]:
        """The nodes with `&` between them, with their labels; none where one is not understood."""
        nodes: list[tuple[str, str]] = []
        while True:
            found = self.NODE.match(statement, place)
            if not found:
                return place, []
            place, label = self.shape(statement, found.end())
            nodes.append((found["key"], label))
            more = self.AND.match(statement, place)
            if not more:
                return place, nodes
            place = more.end()

    def shape(self, statement: str, place: int) -> tuple[int, str]:
        label = ""
        for begin, end in self.SHAPES:
            if statement.startswith(begin, place):
                close = self.closing(statement, place + len(begin), end)
                if close >= 0:
                    label = statement[place + len(begin) : close]
                    place = close + len(end)
                    break
        properties = self.PROPERTIES.match(statement, place)
        if properties:
            named = self.LABEL.search(properties["inside"])
            label = (named["quoted"] or named["bare"] or "") if named else label
            place = properties.end()
        styled = self.CLASS.match(statement, place)
        return styled.end() if styled else place, label

    def closing(self, statement: str, place: int, end: str) -> int:
        """Where the bracket is closed; what stands in quotation marks does not close it."""
        if statement.startswith('"', place):
            quote = statement.find('"', place + 1)
            return statement.find(end, quote + 1) if quote >= 0 else -1
        return statement.find(end, place)

    def linked(self, sources: list[str], targets: list[str], link: re.Match[str]) -> None:
        if link["body"] and link["body"].startswith("~"):
            return  # a line that nobody sees, for the layout
        head = (link["right"] or link["tip"]) == ">"
        label = link["beside"] or link["text"] or ""
        for source in sources:
            for target in targets:
                both = link["left"] == "<" and head
                self.diagram.relate(source, target, label, directed=head and not both)


class _Sequence(_Reader):
    IGNORED = re.compile(
        r"(?:note|loop|alt|else|opt|par|and|critical|option|break|rect|end|activate|deactivate|"
        r"autonumber|box|title|destroy|links?|accTitle|accDescr)\b",
        re.IGNORECASE,
    )
    PARTICIPANT = re.compile(r"(?:create\s+)?(?:participant|actor)\s+(.+?)(?:\s+as\s+(.+))?$")
    MESSAGE = re.compile(
        r"(?P<from>[^-<>:]+?)\s*(?P<arrow><<-?->>|<<->>|--?>>|--?>|--?x|--?\))\s*[+-]?\s*"
        r"(?P<to>[^-<>:+]+?)\s*(?::\s*(?P<label>.*))?$"
    )

    def understood(self, statement: str) -> bool:
        found = self.PARTICIPANT.match(statement)
        if found:
            self.named(found[1].strip(), found[2] or "")
            return True
        sent = self.MESSAGE.match(statement)
        if not sent:
            return False
        source, target = self.named(sent["from"].strip()), self.named(sent["to"].strip())
        both = sent["arrow"].startswith("<<")
        self.diagram.relate(source, target, sent["label"] or "", directed=not both)
        return True


class _Class(_Reader):
    IGNORED = re.compile(
        r"(?:direction|note|click|callback|link|style|classDef|cssClass|title|accTitle|accDescr)\b"
        r"|<<.*>>"
    )
    NAME = r"`[^`]+`|\w+(?:\.\w+)*(?:~[^~]*~)?"
    CLASS = re.compile(
        rf"class\s+(?P<key>{NAME})\s*(?:\[\"(?P<label>[^\"]*)\"\])?[^{{]*(?P<open>\{{)?"
    )
    NAMESPACE = re.compile(r"namespace\s+([\w.]+)\s*\{")
    RELATION = re.compile(
        rf"(?P<from>{NAME})\s*(?:\"[^\"]*\"\s*)?{ARROW}\s*(?:\"[^\"]*\"\s*)?(?P<to>{NAME})"
        r"\s*(?::\s*(?P<label>.*))?$"
    )
    MEMBER = re.compile(rf"(?P<key>{NAME})\s*:")

    def understood(self, statement: str) -> bool:
        if statement == "}":
            return self.close()
        if self.blocks and not self.blocks[-1]:
            return True  # a member of the class above
        for pattern, taken in (
            (self.NAMESPACE, self.namespace),
            (self.CLASS, self.declared),
            (self.RELATION, self.related),
            (self.MEMBER, self.member),
        ):
            found = pattern.match(statement)
            if found:
                taken(found)
                return True
        return False

    def namespace(self, found: re.Match[str]) -> None:
        self.open(found[1])

    def declared(self, found: re.Match[str]) -> None:
        self.named(_bare(found["key"]), found["label"] or "")
        if found["open"] and not found.string.rstrip().endswith("}"):
            self.open("")

    def related(self, found: re.Match[str]) -> None:
        left, right = self.named(_bare(found["from"])), self.named(_bare(found["to"]))
        relate(self.diagram, left, right, found, found["label"] or "")

    def member(self, found: re.Match[str]) -> None:
        self.named(_bare(found["key"]))


def _bare(name: str) -> str:
    return name.strip("`").split("~")[0]


class _State(_Reader):
    IGNORED = re.compile(
        r"(?:direction|note|classDef|class|style|end note|accTitle|accDescr)\b|--$"
    )
    NAMED = re.compile(r"state\s+\"(?P<label>[^\"]*)\"\s+as\s+(?P<key>[\w.-]+)\s*(?P<open>\{)?$")
    STATE = re.compile(r"state\s+(?P<key>[\w.-]+)\s*(?:<<\w+>>)?\s*(?P<open>\{)?$")
    CHANGE = re.compile(
        r"(?P<from>\[\*\]|[\w.-]+?)(?::::\w+)?\s*-->\s*(?P<to>\[\*\]|[\w.-]+)(?::::\w+)?"
        r"\s*(?::\s*(?P<label>.*))?$"
    )
    DESCRIBED = re.compile(r"(?P<key>[\w.-]+)\s*:\s*(?P<label>.*)$")
    ALONE = re.compile(r"[\w.-]+$")

    def understood(self, statement: str) -> bool:
        if statement == "}":
            return self.close()
        found = self.NAMED.match(statement) or self.STATE.match(statement)
        if found:
            label = found.groupdict().get("label") or ""
            self.named(found["key"], label)
            if found["open"]:
                self.open(found["key"])
            return True
        changed = self.CHANGE.match(statement)
        if changed:
            source = START if changed["from"] == "[*]" else changed["from"]
            target = END if changed["to"] == "[*]" else changed["to"]
            self.diagram.relate(self.named(source), self.named(target), changed["label"] or "")
            return True
        described = self.DESCRIBED.match(statement)
        if described:
            self.named(described["key"], described["label"])
            return True
        alone = self.ALONE.match(statement)
        return bool(alone and self.named(alone[0]))


class _Entities(_Reader):
    IGNORED = re.compile(r"(?:direction|title|style|classDef|class|accTitle|accDescr)\b")
    NAME = r"\"[^\"]+\"|[\w.-]+?"
    RELATION = re.compile(
        rf"(?P<from>{NAME})\s*(?:[|}}][|o]|\}}\||only one|one or more|zero or more|zero or one)"
        r"\s*(?:--|\.\.|to|optionally to)\s*"
        rf"(?:[|o][|{{]|only one|one or more|zero or more|zero or one)\s*(?P<to>{NAME})"
        r"\s*(?::\s*(?P<label>.*))?$"
    )
    ENTITY = re.compile(r"(?P<key>\"[^\"]+\"|[\w.-]+)\s*(?:\[(?P<label>[^\]]*)\])?\s*(?P<open>\{)?")

    def understood(self, statement: str) -> bool:
        if statement == "}":
            return self.close()
        if self.blocks:
            return True  # an attribute of the entity above
        found = self.RELATION.match(statement)
        if found:
            left, right = self.named(found["from"].strip('"')), self.named(found["to"].strip('"'))
            self.diagram.relate(left, right, found["label"] or "", directed=False)
            return True
        entity = self.ENTITY.match(statement)
        if not entity:
            return False
        self.named(entity["key"].strip('"'), entity["label"] or "")
        if entity["open"] and not statement.endswith("}"):
            self.open("")
        return True


_READERS: Mapping[str, Callable[[Diagram], _Reader]] = {
    "flowchart": _Flowchart,
    "graph": _Flowchart,
    "sequenceDiagram": _Sequence,
    "classDiagram": _Class,
    "stateDiagram": _State,
    "erDiagram": _Entities,
}
