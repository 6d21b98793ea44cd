"""What an author asks of a diagram: parts, and what leads where.

Web server | server         a part, under either name
Client -> Web server        an arrow from the one to the other
Client -- Web server        a line or an arrow, either way
Client => Database          a way along arrows, also through other parts
Client -> *: request        an arrow to any part, with that word beside it
"""

from __future__ import annotations

import re
from dataclasses import dataclass

ANY = "*"
_ARROW = re.compile(r"(?<=\s)(->|--|=>)(?=\s)")


@dataclass(frozen=True, slots=True)
class Wish:
    """`source` and `target` are the names that will do; `way` is empty for a part alone, else one
    of the arrows above; `label` are the words that will do beside the arrow, none for any.
    """

    source: tuple[str, ...]
    way: str = ""
    target: tuple[str, ...] = ()
    label: tuple[str, ...] = ()


def wish(line: str) -> Wish:
    """Raises ValueError for a line that is none of the forms above."""
    pieces = _ARROW.split(f" {line.strip()} ")
    if len(pieces) == 1:
        return Wish(_names(line))
    if len(pieces) != 3:
        raise ValueError("more than one arrow")
    target, colon, label = pieces[2].partition(":")
    words = _names(label) if colon else ()
    return Wish(_names(pieces[0]), pieces[1], _names(target), words)


def _names(text: str) -> tuple[str, ...]:
    names = tuple(" ".join(name.split()) for name in text.split("|"))
    if not all(names):
        raise ValueError("a name is missing")
    return names
