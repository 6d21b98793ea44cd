"""Learners' answers as HTML: code with colours and line numbers, text with its evidence marked."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from decimal import Decimal
from itertools import pairwise
from pathlib import PurePosixPath

from django import template
from django.utils.html import escape, format_html
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext as _
from pygments import highlight
from pygments.formatters import HtmlFormatter
from pygments.lexer import Lexer
from pygments.lexers.c_cpp import CLexer, CppLexer
from pygments.lexers.javascript import JavascriptLexer
from pygments.lexers.jvm import JavaLexer
from pygments.lexers.python import PythonLexer
from pygments.lexers.shell import BashLexer
from pygments.lexers.special import TextLexer

from grading import release
from grading.models import Annotation, Upload

register = template.Library()

LONGEST_STRETCH = 160  # characters
LONGEST_REASON = 80  # characters, of each of so many:
MOST_REASONS = 3
LONGEST_SHOWN = 200_000  # bytes
LONGEST_COLOURED = 20_000  # characters
# A line as Pygments writes it, up to its end.
_LINE = re.compile(r'<span id="line-(?P<number>\d+)">[^\n]*')
_GAP_OR_LONG_LINE = re.compile(r"\s{100}|[^\n]{400}")
_LEXERS: dict[str, type[Lexer]] = {
    ".py": PythonLexer,
    ".c": CLexer,
    ".h": CLexer,
    **dict.fromkeys((".cpp", ".cc", ".cxx", ".hpp"), CppLexer),
    ".java": JavaLexer,
    ".js": JavascriptLexer,
    ".sh": BashLexer,
}


@register.filter
def figure(points: Decimal) -> str:
    return release.figure(points)


@register.filter
def code(source: str, filename: str) -> SafeString:
    return _code(source, filename, ())


@register.simple_tag
def remarked_code(source: str, filename: str, remarks: Iterable[Annotation], at: str) -> SafeString:
    """The same, with the lines marked that remarks are about; the last of them ends in a link to
    the remark, the element ``at-number``, numbers from 1.
    """
    links: dict[int, str] = {}
    lines: set[int] = set()
    for number, each in enumerate(remarks, start=1):
        last = line_of(source, each.end - 1)
        links[last] = links.get(last, "") + _link(at, number)
        lines.update(range(line_of(source, each.start), last + 1))
    shown = _code(source, filename, sorted(lines))
    if not links:
        return shown
    ended = _LINE.sub(lambda line: line[0] + links.get(int(line["number"]), ""), shown)
    return mark_safe(ended)  # noqa: S308 - what Pygments has escaped, and links of ours


def _code(source: str, filename: str, marked: Sequence[int]) -> SafeString:
    """Source as lines, highlighted where it is of one of our languages; Pygments escapes what the
    learner wrote. Its patterns take ages on texts that were made for them, so long ones, long
    lines and long gaps are shown plain.
    """
    kind = _LEXERS.get(f".{filename.rpartition('.')[2]}")
    plain = kind is None or len(source) > LONGEST_COLOURED or _GAP_OR_LONG_LINE.search(source)
    lexer = TextLexer(stripnl=False) if plain or kind is None else kind(stripnl=False)
    formatter = HtmlFormatter(cssclass="code", linenos="inline", linespans="line", hl_lines=marked)
    return mark_safe(highlight(source, lexer, formatter))  # noqa: S308


@register.filter
def base_name(path: str) -> str:
    return PurePosixPath(path).name


@register.simple_tag
def text_of(upload: Upload) -> str | None:
    """What stands in a file; None where it is no text, or too long to be read on a page."""
    if upload.size > LONGEST_SHOWN or b"\0" in bytes(upload.content):
        return None
    return bytes(upload.content).decode("utf-8", "replace")


@register.filter
def sureness(confidence: float) -> str:
    """A confidence in words; the figure is a fold away."""
    if confidence >= 0.95:
        return _("sure")
    if confidence >= 0.8:
        return _("quite sure")
    if confidence >= 0.6:
        return _("fairly sure")
    if confidence >= 0.4:
        return _("unsure")
    return _("guessing")


@register.filter
def line_of(text: str, offset: int) -> int:
    """The line, from 1, in which a character of a text stands."""
    return text.count("\n", 0, offset) + 1


@register.filter
def stretch(text: str, remark: Annotation) -> str:
    """The words that a remark is about, the middle left out where they are many."""
    words = text[remark.start : remark.end].strip()
    half = LONGEST_STRETCH // 2
    return words if len(words) <= LONGEST_STRETCH else f"{words[:half]} … {words[-half:]}"


@register.filter
def percent(share: float) -> str:
    return f"{share:.0%}"


@register.simple_tag
def evidence(
    text: str, marks: Iterable[object], remarks: Iterable[Annotation] = (), at: str = ""
) -> SafeString:
    """The text with the machine's evidence marked, and what remarks are about, each followed by a
    link to the remark: the element ``at-number``, numbers from 1. Stretches may overlap.

    `marks` are machine marks, or None; their evidence is `[[start, end, why], …]`.
    """
    found = [
        (int(start), int(end), str(why))
        for mark in marks or ()
        for start, end, why in getattr(mark, "evidence", [])
        if 0 <= int(start) < int(end) <= len(text)
    ]
    said = [(each.start, each.end, "") for each in remarks]
    cuts = sorted(
        {0, len(text), *(cut for start, end, _text in found + said for cut in (start, end))}
    )
    parts: list[str] = []
    for start, end in pairwise(cuts):
        proposed, remarked = _about(found, start), _about(said, start)
        parts.append(_stretch(text[start:end], proposed, remarked))
        parts.extend(_link(at, n) for n, each in enumerate(said, start=1) if each[1] == end)
    return mark_safe("".join(parts))  # noqa: S308 - every part is escaped


def _about(stretches: Iterable[tuple[int, int, str]], place: int) -> list[str]:
    return [text for start, end, text in stretches if start <= place < end]


def _stretch(text: str, proposed: list[str], remarked: list[str]) -> str:
    """`title` says why the machine named it; what a remark says stands with the remark."""
    kinds = " ".join(filter(None, ["evidence" if proposed else "", "remarked" if remarked else ""]))
    if not kinds:
        return escape(text)
    why = " · ".join(each[:LONGEST_REASON] for each in proposed[:MOST_REASONS])
    title = format_html(' title="{}"', why) if why else ""
    return format_html('<mark class="{}"{}>{}</mark>', kinds, title, text)


def _link(at: str, number: int) -> str:
    said = _("remark %(n)d") % {"n": number}
    spoken = format_html('<span class="sr-only">{}</span>', said)
    drawn = format_html('<span aria-hidden="true">{}</span>', number)
    return format_html('<sup><a href="#{}-{}">{}{}</a></sup>', at, number, spoken, drawn)
