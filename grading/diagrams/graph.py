"""What every notation is read into."""

from __future__ import annotations

import html
import re
from dataclasses import dataclass, field

# What goes beyond is no diagram that anybody draws or reads. The first bounds how long patterns
# that look ahead can take.
LONGEST_STATEMENT = 400  # characters
LONGEST_LABEL = 200
MOST_PARTS = 300
MOST_RELATIONS = 1000

IS_A, HAS, USES, CONTAINS = "is a", "has", "uses", "contains"
KINDS = frozenset({IS_A, HAS, USES, CONTAINS})
START, END = "start", "end"

_BREAKS = re.compile(r"\\n|<br ?/?>", re.IGNORECASE)
# Only what is markup: `List<String>` and `<<include>>` are words.
_TAGS = re.compile(
    r"(?<!<)</?(?:a|b|big|center|code|div|em|font|h[1-6]|hr|i|img|li|ol|p|pre|s|small|span|strong|"
    r"sub|sup|table|tbody|td|th|tr|u|ul)(?:\s[^<>]*)?/?>",
    re.IGNORECASE,
)
_ICONS = re.compile(r"\bfa[bklrs]?:fa-[\w-]+")


class NotReadable(ValueError):  # noqa: N818 - says what it is
    """The text is no diagram that we can read; the message is for its author."""


@dataclass(frozen=True, slots=True)
class Part:
    """`key` is what the notation calls it, `label` what stands in the picture."""

    key: str
    label: str


@dataclass(frozen=True, slots=True)
class Relation:
    """Between two parts, by key. `kind` is one of KINDS where the arrow's form says it, else empty.
    Without `directed` it is a line without a head; an arrow with two heads is two relations.
    """

    source: str
    target: str
    label: str = ""
    kind: str = ""
    directed: bool = True

    @property
    def words(self) -> str:
        """What is shown beside it: what its form says, and what stands there."""
        return ": ".join(word for word in (self.kind, self.label) if word)


@dataclass
class Diagram:
    """`unread` are the statements that were not understood, by the number of their line."""

    notation: str
    parts: dict[str, Part] = field(default_factory=dict)
    relations: list[Relation] = field(default_factory=list)
    unread: dict[int, str] = field(default_factory=dict)

    def name(self, key: str, label: str = "") -> str:
        """Notes a part, and its label where one is given; the first label stays. The key."""
        known = self.parts.get(key)
        label = plain(label)
        if known is None:
            if len(self.parts) >= MOST_PARTS:
                raise NotReadable(f"A diagram may have at most {MOST_PARTS} parts.")
            self.parts[key] = Part(key, label or plain(key) or "?")
        elif label and known.label == plain(key):
            self.parts[key] = Part(key, label)
        return key

    def relate(
        self, source: str, target: str, label: str = "", kind: str = "", *, directed: bool = True
    ) -> None:
        if len(self.relations) >= MOST_RELATIONS:
            raise NotReadable(f"A diagram may have at most {MOST_RELATIONS} arrows.")
        self.relations.append(Relation(source, target, plain(label), kind, directed))

    def relate_both(self, one: str, other: str, label: str = "") -> None:
        """An arrow with a head at both ends."""
        self.relate(one, other, label)
        self.relate(other, one, label)

    def misses(self, line: int, statement: str) -> None:
        """Notes what was not understood."""
        before = self.unread.get(line)
        self.unread[line] = f"{before}; {statement}" if before else statement

    def label(self, key: str) -> str:
        return self.parts[key].label


def plain(label: str) -> str:
    """A label as one line of text that is not endless: without markup, icons, line breaks,
    quotation marks around it, and signs that nobody sees.
    """
    text = _BREAKS.sub(" ", label[: 10 * LONGEST_LABEL])
    text = html.unescape(_ICONS.sub("", _TAGS.sub(" ", text)))
    text = " ".join("".join(c if c.isprintable() else " " for c in text).split()).strip("\"'` ")
    return text if len(text) <= LONGEST_LABEL else f"{text[: LONGEST_LABEL - 1]}…"
