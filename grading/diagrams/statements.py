"""Lines of a notation: numbered, without comments and blank ones, none too long; and reading one
from left to right.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from grading.diagrams.graph import LONGEST_STATEMENT, NotReadable

_SPACES = re.compile(r"\s+")


def statements(text: str, comment: str, separator: str = "") -> Iterator[tuple[int, str]]:
    """The number of the line, from 1, and the statement, with single spaces. `comment` begins a
    line to leave out; `separator` ends a statement within a line, outside quotation marks and
    brackets.
    """
    for number, line in enumerate(text.splitlines(), start=1):
        stripped = _SPACES.sub(" ", line).strip()
        if not stripped or stripped.startswith(comment):
            continue
        if len(stripped) > LONGEST_STATEMENT:
            raise NotReadable(f"Line {number} is longer than {LONGEST_STATEMENT} characters.")
        for part in _split(stripped, separator) if separator else (stripped,):
            if part.strip():
                yield number, part.strip()


def _split(line: str, separator: str) -> Iterator[str]:
    begin, depth, quoted = 0, 0, False
    for place, letter in enumerate(line):
        if letter == '"':
            quoted = not quoted
        elif quoted:
            continue
        elif letter in "[({":
            depth += 1
        elif letter in "])}":
            depth -= 1
        elif letter == separator and depth <= 0:
            yield line[begin:place]
            begin = place + 1
    yield line[begin:]


class Scan:
    """A statement that is read piece by piece: what was taken is never tried again, so reading
    takes time in proportion to its length.
    """

    def __init__(self, text: str) -> None:
        self.text = text
        self.place = 0

    def take(self, pattern: re.Pattern[str]) -> re.Match[str] | None:
        """The piece that comes next, after a space; None, and nothing taken, for another."""
        begin = self.place + self.text.startswith(" ", self.place)
        found = pattern.match(self.text, begin)
        if found is None or found.end() == found.start():
            return None
        self.place = found.end()
        return found

    def word(self, pattern: re.Pattern[str]) -> str:
        found = self.take(pattern)
        return found[0] if found else ""

    @property
    def rest(self) -> str:
        return self.text[self.place :].strip()

    def label(self) -> str | None:
        """What follows a colon to the end; empty at the end; None where something else follows."""
        rest = self.rest
        if not rest:
            return ""
        return rest[1:].strip() if rest.startswith(":") else None
