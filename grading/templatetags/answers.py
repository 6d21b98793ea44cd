"""Learners' answers as HTML: code with colours and line numbers, text with its evidence marked."""

from __future__ import annotations

import re
from collections.abc import Iterable
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
from grading.models import Upload

register = template.Library()

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
    """Source as lines, highlighted where it is of one of our languages; Pygments escapes what the
    learner wrote. Its patterns take ages on texts that were made for them, so long ones, long
    lines and long gaps are shown plain.
    """
    kind = _LEXERS.get(f".{filename.rpartition('.')[2]}")
    plain = kind is None or len(source) > LONGEST_COLOURED or _GAP_OR_LONG_LINE.search(source)
    lexer = TextLexer(stripnl=False) if plain or kind is None else kind(stripnl=False)
    formatter = HtmlFormatter(cssclass="code", linenos="inline", linespans="line")
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
def percent(share: float) -> str:
    return f"{share:.0%}"


@register.simple_tag
def evidence(text: str, marks: Iterable[object]) -> SafeString:
    """The text with the machine's evidence marked; overlapping spans are joined.

    `marks` are machine marks; their evidence is `[[start, end, why], …]`.
    """
    spans = sorted(
        (int(start), int(end), str(why))
        for mark in marks
        for start, end, why in getattr(mark, "evidence", [])
        if 0 <= int(start) < int(end) <= len(text)
    )
    parts: list[str] = []
    done = 0
    for start, end, why in spans:
        if start < done:
            continue
        parts.append(escape(text[done:start]))
        parts.append(
            format_html('<mark class="evidence" title="{}">{}</mark>', why, text[start:end])
        )
        done = end
    parts.append(escape(text[done:]))
    return mark_safe("".join(parts))  # noqa: S308 - every part is escaped above
