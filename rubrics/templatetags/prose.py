"""Authors' markdown as safe HTML."""

from __future__ import annotations

import nh3
from django import template
from django.utils.safestring import SafeString, mark_safe
from markdown_it import MarkdownIt

from rubrics.cloze import GAP

register = template.Library()

# Raw HTML in the source is shown as text; nh3 sees to it that nothing else slips through.
_markdown = MarkdownIt("commonmark", {"html": False}).enable("table")
_TAGS = {
    *("p", "br", "hr", "h1", "h2", "h3", "h4", "h5", "h6", "strong", "em", "code", "pre"),
    *("ul", "ol", "li", "blockquote", "a", "table", "thead", "tbody", "tr", "th", "td"),
}


@register.filter
def blanks(text: str) -> str:
    """The text of a cloze item with a line in each gap, as nobody has filled it yet."""
    return GAP.sub("\\_\\_\\_\\_\\_\\_", text)


@register.filter
def markdown(text: str) -> SafeString:
    html = nh3.clean(
        _markdown.render(text or ""),
        tags=_TAGS,
        url_schemes={"https", "mailto"},
        # Wide code scrolls inside itself, which the keyboard must reach too.
        set_tag_attribute_values={"pre": {"tabindex": "0"}},
    )
    return mark_safe(html)  # noqa: S308 - cleaned just above
