"""Which of several things handed in is the answer, and its text; no Django, no network.

An LMS hands over what learners typed as HTML and what they uploaded as files. Only text can be an
answer here: source code, plain text, Markdown, HTML.
"""

from __future__ import annotations

import codecs
import html
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

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
# Python's own parser takes minutes over hostile markup. Here every sign is looked at a few times at
# most: what is opened and never closed is eaten to the end at once, or is text.
_MARKUP = re.compile(
    r"""<!--(?:.*?-->|.*)
    | <[!?][^<>]*>
    | <(?P<closing>/?)(?P<name>[a-zA-Z][a-zA-Z0-9]*+)(?>[^<>"']|"[^"]*"|'[^']*')*+>
    """,
    re.DOTALL | re.VERBOSE,
)
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


def plain(source: str) -> str:
    """What a page says, as lines: as a browser would show it, without any markup."""
    page = _Page()
    at = 0
    for found in _MARKUP.finditer(source):
        page.say(source[at : found.start()])
        at = found.end()
        if found["name"]:
            page.enter(found["name"].lower(), closing=bool(found["closing"]))
    page.say(source[at:])
    return page.text()


class _Page:
    """The lines of a page, as they grow."""

    def __init__(self) -> None:
        self._parts: list[str] = []
        self._untold = 0
        self._kept = 0

    def enter(self, tag: str, *, closing: bool) -> None:
        step = -1 if closing else 1
        if tag in _UNTOLD:
            self._untold = max(self._untold + step, 0)
        if tag == "pre":
            self._kept = max(self._kept + step, 0)
        if tag == "br":
            self._parts.append("\n")
        elif tag in _BLOCKS:
            self._break()
        elif tag in _CELLS and not closing:
            self._parts.append(" ")
        if tag in _PARAGRAPHS and closing:
            self._parts.append("\n")

    def say(self, words: str) -> None:
        if self._untold or not words:
            return
        if not self._kept:
            words = _SPACES.sub(" ", words)
            if self._at_line_start():
                words = words.lstrip(" ")
        if words:
            self._parts.append(html.unescape(words).replace("\xa0", " "))

    def text(self) -> str:
        lines = "".join(self._parts).split("\n")
        return "\n".join(_without_runs(line.rstrip() for line in lines)).strip("\n")

    def _break(self) -> None:
        if not self._at_line_start():
            self._parts.append("\n")

    def _at_line_start(self) -> bool:
        return not self._parts or self._parts[-1].endswith("\n")


def _without_runs(lines: Iterable[str]) -> Iterable[str]:
    """At most two empty lines in a row."""
    empty = 0
    for line in lines:
        empty = 0 if line else empty + 1
        if empty <= 2:
            yield line
