"""The text of a cloze item: prose in which `[[code]]` stands for a gap."""

from __future__ import annotations

import re

GAP = re.compile(r"\[\[([a-z0-9][a-z0-9_-]*)\]\]")
# In HTML: a tag with its quoted attributes, in which a gap would break the markup; or a gap.
TAG_OR_GAP = re.compile(rf"<[^<>\"]*(?:\"[^\"]*\"[^<>\"]*)*>|{GAP.pattern}")


def gap_codes(html: str) -> list[str]:
    """The codes of the gaps that a reader of the page sees, in the order of the text."""
    return [code for code in TAG_OR_GAP.findall(html) if code]
