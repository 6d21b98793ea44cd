"""Lines of a notation: numbered, without comments and blank ones, none too long."""

from __future__ import annotations

from collections.abc import Iterator

from grading.diagrams.graph import LONGEST_STATEMENT, NotReadable


def statements(text: str, comment: str, separator: str = "") -> Iterator[tuple[int, str]]:
    """The number of the line, from 1, and the statement. `comment` begins a line to leave out;
    `separator` ends a statement within a line, outside quotation marks and brackets.
    """
    for number, line in enumerate(text.splitlines(), start=1):
        stripped = line.strip()
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
