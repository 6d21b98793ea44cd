"""Which of several things handed in is the answer, and its text; no Django, no network.

An LMS hands over what learners typed as HTML and what they uploaded as files. Only text can be an
answer here: source code, plain text, Markdown, HTML.
"""

from __future__ import annotations

import codecs
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from html.parser import HTMLParser

PLAIN_SUFFIXES = (".txt", ".md", ".markdown")
HTML_SUFFIXES = (".html", ".htm")
HTML_TYPE = "text/html"
_MARKS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
_CHARSETS = frozenset({"utf-8", "us-ascii", "iso-8859-1", "windows-1252", "utf-16"})
_UNTOLD = frozenset({"script", "style", "template", "title", "noscript"})
_SECTIONS = {"article", "aside", "footer", "header", "main", "nav", "section"}
_LISTS = {"dd", "dl", "dt", "li", "ol", "ul"}
_TABLES = {"table", "tbody", "tfoot", "thead", "tr"}
_PARAGRAPHS = frozenset({"p", "h1", "h2", "h3", "h4", "h5", "h6", "blockquote"})
_BLOCKS = _SECTIONS | _LISTS | _TABLES | _PARAGRAPHS | {"address", "div", "figure", "hr", "pre"}
_CELLS = frozenset({"td", "th"})
_SPACES = re.compile(r"[ \t\r\n\f]+")


class NotTextError(ValueError):
    """Bytes that are no text."""


@dataclass(frozen=True)
class Candidate:
    """Something handed in. ``content_type`` as the LMS says it, ``suffix`` with its dot in small
    letters; what was typed in the LMS is no file."""

    key: int
    content_type: str
    suffix: str
    is_file: bool

    @property
    def media_type(self) -> str:
        return self.content_type.partition(";")[0].strip().lower()

    @property
    def is_html(self) -> bool:
        return self.suffix in HTML_SUFFIXES or (not self.suffix and self.media_type == HTML_TYPE)


def best(candidates: Sequence[Candidate], *, code_suffix: str = "") -> list[Candidate]:
    """Those that fit best as the answer: one, several that fit equally well, or none.

    ``code_suffix`` is that of the file which an answer in code has; without it prose is wanted.
    """
    ranked = [(_rank(each, code_suffix), each) for each in candidates]
    ranks = [rank for rank, _ in ranked if rank is not None]
    return [each for rank, each in ranked if ranks and rank == min(ranks)]


def _rank(candidate: Candidate, code_suffix: str) -> int | None:
    if code_suffix and candidate.suffix == code_suffix:
        return 0
    if not candidate.is_file:
        return 1 if candidate.media_type.startswith("text/") else None
    if candidate.suffix in PLAIN_SUFFIXES:
        return 2
    if candidate.suffix in HTML_SUFFIXES and not code_suffix:
        return 3
    if not candidate.suffix and candidate.media_type.startswith("text/"):
        return 4
    return None


def text_of(content: bytes, candidate: Candidate) -> str:
    """The text of what was handed in. Raises NotTextError."""
    text = _decoded(content, _charset(candidate.content_type))
    if "\0" in text:
        raise NotTextError
    text = text.replace("\r\n", "\n").replace("\r", "\n")
    return plain(text) if candidate.is_html else text


def _charset(content_type: str) -> str:
    found = re.search(r"charset\s*=\s*[\"']?([a-z0-9-]+)", content_type.lower())
    return found[1] if found and found[1] in _CHARSETS else ""


def _decoded(content: bytes, charset: str) -> str:
    named = [charset] if charset else []
    marked = [encoding for mark, encoding in _MARKS if content.startswith(mark)]
    for encoding in (*marked, *named, "utf-8"):
        try:
            return content.decode(encoding)
        except UnicodeDecodeError:
            continue
    raise NotTextError


def plain(html: str) -> str:
    """What a page says, as lines: as a browser would show it, without any markup."""
    reader = _Reader()
    reader.feed(html)
    reader.close()
    return reader.text()


class _Reader(HTMLParser):
    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self._parts: list[str] = []
        self._untold = 0
        self._kept = 0

    def handle_starttag(self, tag: str, attrs: object) -> None:  # noqa: ARG002
        if tag in _UNTOLD:
            self._untold += 1
        if tag == "br":
            self._parts.append("\n")
        elif tag in _BLOCKS:
            self._break()
        elif tag in _CELLS:
            self._parts.append(" ")
        if tag == "pre":
            self._kept += 1

    def handle_endtag(self, tag: str) -> None:
        if tag in _UNTOLD:
            self._untold = max(self._untold - 1, 0)
        if tag in _BLOCKS:
            self._break()
        if tag in _PARAGRAPHS:
            self._parts.append("\n")
        if tag == "pre":
            self._kept = max(self._kept - 1, 0)

    def handle_data(self, data: str) -> None:
        if self._untold:
            return
        if not self._kept:
            data = _SPACES.sub(" ", data)
            if self._at_line_start():
                data = data.lstrip(" ")
        self._parts.append(data.replace("\xa0", " "))

    def text(self) -> str:
        lines = "".join(self._parts).split("\n")
        return "\n".join(_without_runs(line.rstrip() for line in lines)).strip("\n")

    def _break(self) -> None:
        if not self._at_line_start():
            self._parts.append("\n")

    def _at_line_start(self) -> bool:
        last = next((part for part in reversed(self._parts) if part), "\n")
        return last.endswith("\n")


def _without_runs(lines: Iterable[str]) -> Iterable[str]:
    """At most two empty lines in a row."""
    empty = 0
    for line in lines:
        empty = 0 if line else empty + 1
        if empty <= 2:
            yield line
