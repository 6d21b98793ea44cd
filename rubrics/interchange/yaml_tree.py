"""YAML into plain values, with the line of each, from text that nobody has checked.

Read is what an author needs and no more: one document of maps, lists and scalars. Anchors,
aliases and tags are refused, so a small file cannot grow in memory and no type can be asked for;
size, depth and the length of numbers are capped. Plain scalars follow the core schema of YAML 1.2
(section 10.3.2): `yes`, `no` and `1:30` are text, as their authors mean them. Numbers with a
fraction become Decimals, so 0.1 stays 0.1.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

import yaml

from rubrics.interchange.problems import FileProblem, UnreadableError

MAX_BYTES = 1024 * 1024
MAX_DEPTH = 20
MAX_NUMBER = 40

Path = tuple[str | int, ...]
Place = tuple[int, int]

NULL = re.compile(r"(~|null|Null|NULL|)\Z")
BOOLEAN = re.compile(r"(true|True|TRUE|false|False|FALSE)\Z")
INTEGER = re.compile(r"[-+]?[0-9]+\Z")
CONTROL = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x84\x86-\x9f\ufffe\uffff]")
# What a database cannot hold: NUL, and halves of characters.
FORBIDDEN = re.compile("[\x00\ud800-\udfff]")
FRACTION = re.compile(r"[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]{1,3})?\Z")

PARSER_WORDS = {
    "mapping values are not allowed": "there is a colon where none can be; put text that holds "
    "a colon into quotation marks, and check the indentation",
    "cannot start any token": "a line cannot begin like this; indent with spaces, not tabs, and "
    "put text that begins with a sign into quotation marks",
    "did not find expected key": "the indentation does not fit the lines before",
    "did not find expected '-' indicator": "the indentation does not fit the list before",
    "could not find expected ':'": "a colon is missing after the name of this field",
    "did not find expected ',' or ']'": "a list in square brackets is not closed before this",
    "did not find expected ',' or '}'": "a group in curly brackets is not closed before this",
    "found unexpected end of stream": "a quotation mark is opened but not closed",
    "control characters are not allowed": "there is a control character; remove it",
}


@dataclass
class Tree:
    """`value` is made of dict, list, str, int, Decimal, bool and None; places are by path."""

    value: Any = None
    places: dict[Path, Place] = field(default_factory=dict)
    keys: dict[Path, Place] = field(default_factory=dict)

    def place(self, path: Path) -> Place:
        """Return line and column of the value, or of the nearest thing that encloses it."""
        while path and path not in self.places:
            path = path[:-1]
        return self.places.get(path, (1, 1))

    def key_place(self, path: Path) -> Place:
        """Return line and column of the name of a field."""
        return self.keys.get(path) or self.place(path)


def read(raw: bytes) -> Tree:
    """Return the one document of a file. Raises UnreadableError."""
    events = _Events(_decoded(raw))
    try:
        tree = events.document()
    except yaml.MarkedYAMLError as error:
        raise UnreadableError([*events.problems, _parser_problem(error)]) from None
    except yaml.reader.ReaderError as error:
        words = f"there is a character that a text file cannot hold ({error.reason})"
        raise UnreadableError([FileProblem(1, 1, words)]) from None
    if events.problems:
        raise UnreadableError(events.problems)
    return tree


def _decoded(raw: bytes) -> str:
    if len(raw) > MAX_BYTES:
        words = f"the file has {len(raw):,} bytes; at most {MAX_BYTES:,} are read"
        raise UnreadableError([FileProblem(1, 1, words)])
    try:
        text = raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = raw.count(b"\n", 0, error.start) + 1
        words = "the file is not in UTF-8 from here on; save it with the encoding UTF-8"
        raise UnreadableError([FileProblem(line, 1, words)]) from None
    found = CONTROL.search(text)
    if found:
        line = text.count("\n", 0, found.start()) + 1
        column = found.start() - text.rfind("\n", 0, found.start())
        raise UnreadableError(
            [FileProblem(line, column, "there is a control character; remove it")]
        )
    return text


def _parser_problem(error: yaml.MarkedYAMLError) -> FileProblem:
    mark = error.problem_mark or error.context_mark
    problem = error.problem or ""
    words = next((ours for theirs, ours in PARSER_WORDS.items() if theirs in problem), None)
    if words is None:
        words = f"this is not YAML: {problem}"
    line, column = (mark.line + 1, mark.column + 1) if mark else (1, 1)
    return FileProblem(line, column, words)


class _Events:
    """Builds the tree from the parser's events, so nothing is made before it is allowed."""

    def __init__(self, text: str) -> None:
        loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
        self.events: Iterator[Any] = yaml.parse(text, Loader=loader)
        self.problems: list[FileProblem] = []
        self.tree = Tree()

    def document(self) -> Tree:
        next(self.events)  # the stream begins
        if isinstance(next(self.events), yaml.StreamEndEvent):
            self.problems.append(FileProblem(1, 1, "the file is empty"))
            return self.tree
        self.tree.value = self._value(next(self.events), ())
        next(self.events)  # the document ends
        after = next(self.events)
        if not isinstance(after, yaml.StreamEndEvent):
            self._problem(after, "there is a second document (---); a file holds one")
        return self.tree

    def _value(self, event: Any, path: Path) -> Any:
        self.tree.places[path] = _place(event)
        if len(path) > MAX_DEPTH:
            # No way to go on: the rest would have to be descended into.
            self._problem(event, f"it is nested more than {MAX_DEPTH} deep")
            raise UnreadableError(self.problems)
        if isinstance(event, yaml.AliasEvent):
            self._problem(event, f"references (*{event.anchor}) are not read; write the text out")
            return None
        if event.anchor is not None:
            self._problem(event, f"anchors (&{event.anchor}) are not read; remove it")
        if event.tag is not None and event.tag != "!":
            self._problem(event, f"tags ({event.tag}) are not read; remove it")
        if isinstance(event, yaml.MappingStartEvent):
            return self._mapping(path)
        if isinstance(event, yaml.SequenceStartEvent):
            return self._sequence(path)
        return self._scalar(event)

    def _mapping(self, path: Path) -> dict[str, Any]:
        values: dict[str, Any] = {}
        while not isinstance(event := next(self.events), yaml.MappingEndEvent):
            name = self._key(event, path)
            if name in values:
                first = self.tree.keys[(*path, name)][0]
                self._problem(event, f"“{name}” is there twice; the first is in line {first}")
                self._value(next(self.events), (*path, f"{name} (again)"))
                continue
            self.tree.keys[(*path, name)] = _place(event)
            values[name] = self._value(next(self.events), (*path, name))
        return values

    def _key(self, event: Any, path: Path) -> str:
        if isinstance(event, yaml.ScalarEvent) and event.anchor is None and event.tag is None:
            return str(event.value)
        self._problem(event, "the name of a field must be a plain word")
        self._value(event, (*path, "?"))
        return "?"

    def _sequence(self, path: Path) -> list[Any]:
        values: list[Any] = []
        while not isinstance(event := next(self.events), yaml.SequenceEndEvent):
            values.append(self._value(event, (*path, len(values))))
        return values

    def _scalar(self, event: Any) -> Any:
        text: str = event.value
        if FORBIDDEN.search(text):
            self._problem(event, "the text holds a character that cannot be stored; remove it")
        if not event.implicit[0] or event.tag == "!":
            return text  # in quotation marks, or a block
        if NULL.match(text):
            return None
        if BOOLEAN.match(text):
            return text.lower() == "true"
        if FRACTION.match(text):
            if len(text) > MAX_NUMBER:
                self._problem(event, f"a number may have at most {MAX_NUMBER} characters")
                return 0
            return int(text) if INTEGER.match(text) else Decimal(text)
        return text

    def _problem(self, event: Any, words: str) -> None:
        self.problems.append(FileProblem(*_place(event), words))


def _place(event: Any) -> Place:
    return event.start_mark.line + 1, event.start_mark.column + 1
