"""Learners' answers as HTML: code with colours and line numbers, text with its evidence marked."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from decimal import Decimal
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
LONGEST_SHOWN = 200_000  # bytes
LONGEST_COLOURED = 20_000  # characters
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
def remarked_code(source: str, filename: str, remarks: Iterable[Annotation]) -> SafeString:
    """The same, with the lines marked that remarks are about."""
    lines = {
        line
        for each in remarks
        for line in range(line_of(source, each.start), line_of(source, each.end - 1) + 1)
    }
    return _code(source, filename, sorted(lines))


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
def evidence(text: str, marks: Iterable[object], remarks: Iterable[Annotation] = ()) -> SafeString:
    """The text with the machine's evidence marked, and numbered what remarks are about; where
    stretches overlap the first one stands.

    `marks` are machine marks, or None; their evidence is `[[start, end, why], …]`.
    """
    spans = [
        (int(start), int(end), str(why), 0)
        for mark in marks or ()
        for start, end, why in getattr(mark, "evidence", [])
        if 0 <= int(start) < int(end) <= len(text)
    ]
    spans += [(each.start, each.end, each.text, n) for n, each in enumerate(remarks, start=1)]
    parts: list[str] = []
    done = 0
    for start, end, why, number in sorted(spans):
        if start < done:
            continue
        parts.append(escape(text[done:start]))
        kind = "evidence" if not number else "evidence evidence--remark"
        note = format_html("<sup>{}</sup>", number) if number else ""
        parts.append(
            format_html('<mark class="{}" title="{}">{}</mark>{}', kind, why, text[start:end], note)
        )
        done = end
    parts.append(escape(text[done:]))
    return mark_safe("".join(parts))  # noqa: S308 - every part is escaped above
