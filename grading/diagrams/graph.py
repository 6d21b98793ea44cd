"""What every notation is read into."""

from __future__ import annotations

import html
import re
from dataclasses import dataclass, field

# What goes beyond is no diagram that anybody draws or reads. The first bounds how long patterns
# that look ahead can take.
LONGEST_STATEMENT = 1000  # characters
MOST_PARTS = 300
MOST_RELATIONS = 1000

IS_A, HAS, USES, CONTAINS = "is a", "has", "uses", "contains"
START, END = "start", "end"

_BREAKS = re.compile(r"\\n|<br ?/?>", re.IGNORECASE)
_TAGS = re.compile(r"</?[A-Za-z][^<>]*>")


class NotReadable(ValueError):  # noqa: N818 - says what it is
    """The text is no diagram that we can read; the message is for its author."""


@dataclass(frozen=True, slots=True)
class Part:
    """`key` is what the notation calls it, `label` what stands in the picture."""

    key: str
    label: str


@dataclass(frozen=True, slots=True)
class Relation:
    """Between two parts, by key. `kind` is one of the words above where the arrow's form says it,
    else empty. Without `directed` it leads both ways.
    """

    source: str
    target: str
    label: str = ""
    kind: str = ""
    directed: bool = True


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
            self.parts[key] = Part(key, label or plain(key))
        elif label and known.label == plain(key):
            self.parts[key] = Part(key, label)
        return key

    def relate(
        self, source: str, target: str, label: str = "", kind: str = "", *, directed: bool = True
    ) -> None:
        if len(self.relations) >= MOST_RELATIONS:
            raise NotReadable(f"A diagram may have at most {MOST_RELATIONS} arrows.")
        self.relations.append(Relation(source, target, plain(label), kind, directed))

    def label(self, key: str) -> str:
        return self.parts[key].label


def plain(label: str) -> str:
    """A label as one line of text: without markup, line breaks and quotation marks around it."""
    text = html.unescape(_TAGS.sub(" ", _BREAKS.sub(" ", label)))
    return " ".join(text.split()).strip("\"'` ")
