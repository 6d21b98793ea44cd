"""The text of a cloze item: prose in which `[[code]]` stands for a gap."""

from __future__ import annotations

import re

GAP = re.compile(r"\[\[([a-z0-9][a-z0-9_-]*)\]\]")


def gap_codes(text: str) -> list[str]:
    """The codes of the gaps in the order of the text, as often as they are there."""
    return GAP.findall(text)
