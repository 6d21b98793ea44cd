"""Mermaid: flowcharts, sequence, class, state and entity diagrams (mermaid.js.org/syntax)."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping

from grading.diagrams.graph import CONTAINS, END, START, Diagram, NotReadable
from grading.diagrams.relations import ARROW, MULTIPLICITY, relate
from grading.diagrams.statements import Scan, statements

HEADER = re.compile(
    r"(?P<kind>flowchart|graph|sequenceDiagram|classDiagram|stateDiagram|erDiagram)"
    r"(?:-v2|-elk)?(?=\s|;|$)"
)
_FRONTMATTER = "---"


def read(text: str) -> Diagram:
    """Raises NotReadable for a kind of diagram that is not among those above."""
    lines = list(statements(_without_frontmatter(text), "%%", ";"))
    header = HEADER.match(lines[0][1]) if lines else None
    if header is None:
        raise NotReadable("This is no kind of Mermaid diagram that can be read here.")
    diagram = Diagram(f"Mermaid {header['kind']}")
    reader = _READERS[header["kind"]](diagram)
    for number, statement in lines[1:]:
        if not reader.take(statement):
            diagram.misses(number, statement)
    return diagram


def _without_frontmatter(text: str) -> str:
    """Lines keep their numbers."""
    lines = text.split("\n")
    begin = next((n for n, line in enumerate(lines) if line.strip()), 0)
    if lines[begin].strip() != _FRONTMATTER:
        return text
    after = range(begin + 1, len(lines))
    end = next((n for n in after if lines[n].strip() == _FRONTMATTER), begin)
    return "\n" * (end + 1) + "\n".join(lines[end + 1 :])


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
        r"(?:(?P<open>--|==|-\.)\s*(?P<text>\"[^\"]*\"|[^-=.|>~\s][^|]*?)\s*"
        r"(?P<close>--+|==+|\.+-)(?P<tip>[>ox])?"
        r"|(?P<body>--+|==+|-\.+-|~~~+)(?P<right>[>ox])?)"
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
                if link["left"] == "<" and head:
                    self.diagram.relate_both(source, target, label)
                else:
                    self.diagram.relate(source, target, label, directed=head)


class _Sequence(_Reader):
    IGNORED = re.compile(
        r"(?:note|loop|alt|else|opt|par|and|critical|option|break|rect|end|activate|deactivate|"
        r"autonumber|box|title|destroy|links?|accTitle|accDescr)\b(?!\s*(?:<<)?-)",
        re.IGNORECASE,
    )
    PARTICIPANT = re.compile(r"(?:create )?(?:participant|actor) (?P<key>.+)$")
    ARROW = re.compile(r"<<-?->>|--?>>|--?>|--?\)|--?x(?=\W|\w)")

    def understood(self, statement: str) -> bool:
        found = self.PARTICIPANT.match(statement)
        if found:
            key, _as, label = found["key"].partition(" as ")
            self.named(key.strip(), label)
            return True
        # The first arrow that a name can stand before: names may have hyphens themselves.
        arrow = next((a for a in self.ARROW.finditer(statement) if a.start()), None)
        if arrow is None:
            return False
        source = statement[: arrow.start()].strip()
        rest, _colon, label = statement[arrow.end() :].partition(":")
        target = rest.strip().lstrip("+-").strip()
        if not source or not target or ":" in source:
            return False
        one, other = self.named(source), self.named(target)
        if arrow[0].startswith("<<"):
            self.diagram.relate_both(one, other, label)
        else:
            self.diagram.relate(one, other, label)
        return True


class _Class(_Reader):
    IGNORED = re.compile(
        r"(?:direction|note|click|callback|link|style|classDef|cssClass|title|accTitle|accDescr)\b"
        r"|<<.*>>"
    )
    NAME = re.compile(r"`[^`]+`|\w+(?:\.\w+)*(?:~[^~]*~)?")
    CLASS, NAMESPACE = re.compile(r"class(?= )"), re.compile(r"namespace(?= )")
    LABEL = re.compile(r"\[\"(?P<label>[^\"]*)\"\]")
    STYLED = re.compile(r":::[\w-]+|<<[^<>]*>>")
    OPEN, INSIDE = re.compile(r"\{"), re.compile(r"\{[^{}]*\}")

    def understood(self, statement: str) -> bool:
        if statement == "}":
            return self.close()
        if self.blocks and not self.blocks[-1]:
            return True  # a member of the class above
        scan = Scan(statement)
        if scan.take(self.NAMESPACE):
            return self.namespace(scan)
        if scan.take(self.CLASS):
            return self.declared(scan)
        return self.related(scan)

    def namespace(self, scan: Scan) -> bool:
        name = scan.word(self.NAME)
        if not name or scan.rest != "{":
            return False
        self.open(name)
        return True

    def declared(self, scan: Scan) -> bool:
        key = scan.word(self.NAME)
        label = scan.take(self.LABEL)
        scan.take(self.STYLED)
        scan.take(self.INSIDE)
        opened = scan.take(self.OPEN)
        if not key or scan.rest:
            return False
        self.named(_bare(key), label["label"] if label else "")
        if opened:
            self.open("")
        return True

    def related(self, scan: Scan) -> bool:
        left = scan.word(self.NAME)
        scan.take(self.STYLED)
        scan.take(MULTIPLICITY)
        arrow = scan.take(ARROW)
        if arrow is None:  # `Duck : +swim()`
            if not left or not scan.rest.startswith(":"):
                return False
            self.named(_bare(left))
            return True
        scan.take(MULTIPLICITY)
        right = scan.word(self.NAME)
        scan.take(self.STYLED)
        label = scan.label()
        if not left or not right or label is None:
            return False
        relate(self.diagram, self.named(_bare(left)), self.named(_bare(right)), arrow, label)
        return True


def _bare(name: str) -> str:
    return name.strip("`").split("~")[0]


class _State(_Reader):
    IGNORED = re.compile(r"(?:direction|classDef|class|style|end note|accTitle|accDescr)\b|--$")
    NOTE = re.compile(r"note (?:left|right) of [^:]+(?P<words>:)?|note \"[^\"]*\"")
    NAMED = re.compile(r"state \"(?P<label>[^\"]*)\" as (?P<key>[\w.-]+)(?P<open> ?\{)?$")
    STATE = re.compile(r"state (?P<key>[\w.-]+)(?: ?<<\w+>>)?(?P<open> ?\{)?$")
    NAME, ARROW = re.compile(r"\[\*\]|\w[\w.]*(?:-\w+)*"), re.compile(r"-->")
    STYLED = re.compile(r":::\w+")

    def __init__(self, diagram: Diagram) -> None:
        super().__init__(diagram)
        self.in_note = False

    def take(self, statement: str) -> bool:
        note = self.NOTE.match(statement)
        if self.in_note or note:
            begins = note is not None and note["words"] is None and '"' not in statement
            self.in_note = statement != "end note" and (self.in_note or begins)
            return True
        return super().take(statement)

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
        scan = Scan(statement)
        first = scan.word(self.NAME)
        scan.take(self.STYLED)
        if first and scan.take(self.ARROW):
            return self.changed(first, scan)
        words = scan.label()
        if not first or first == "[*]" or words is None:
            return False
        self.named(first, words)
        return True

    def changed(self, first: str, scan: Scan) -> bool:
        second = scan.word(self.NAME)
        scan.take(self.STYLED)
        label = scan.label()
        if not second or label is None:
            return False
        source, target = self.state(first, START), self.state(second, END)
        self.diagram.relate(source, target, label)
        return True

    def state(self, name: str, star: str) -> str:
        """`[*]` is the start or the end of the state that encloses it."""
        if name != "[*]":
            return self.named(name)
        around = self.blocks[-1] if self.blocks else ""
        if not around:
            return self.named(star)
        return self.named(f"{around}/{star}", f"{star} of {self.diagram.label(around)}")


class _Entities(_Reader):
    IGNORED = re.compile(r"(?:direction|title|style|classDef|class|accTitle|accDescr)\b")
    NAME = re.compile(r"\"[^\"]+\"|\w[\w.]*(?:-\w+)*")
    _SIDE = r"only one|one or more|one or zero|one or many|zero or more|zero or one|many\(\d\)|1\+?"
    RELATION = re.compile(
        rf"(?:[|}}][|o]|\}}\||{_SIDE}) ?(?:--|\.\.|optionally to|to) ?(?:[|o][|{{]|\|\{{|{_SIDE})"
    )
    LABEL, OPEN = re.compile(r"\[(?P<label>[^\]]*)\]"), re.compile(r"\{")
    INSIDE = re.compile(r"\{[^{}]*\}")

    def understood(self, statement: str) -> bool:
        if statement == "}":
            return self.close()
        if self.blocks:
            return True  # an attribute of the entity above
        scan = Scan(statement)
        first = scan.word(self.NAME).strip('"')
        if first and scan.take(self.RELATION):
            second, words = scan.word(self.NAME).strip('"'), scan.label()
            if not second or words is None:
                return False
            self.diagram.relate(self.named(first), self.named(second), words, directed=False)
            return True
        label = scan.take(self.LABEL)
        scan.take(self.INSIDE)
        opened = scan.take(self.OPEN)
        if not first or scan.rest:
            return False
        self.named(first, label["label"] if label else "")
        if opened:
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
