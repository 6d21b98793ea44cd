"""The words in which an author requires or forbids a construct of Python in an answer."""

from __future__ import annotations

import re

PLAIN = (
    *("for", "while", "if", "try", "with", "match", "lambda", "class", "def", "import"),
    *("return", "raise", "assert", "break", "continue", "pass", "del", "global", "nonlocal"),
    *("yield", "await", "f-string", "comprehension", "generator", "recursion"),
    *("docstring", "annotation"),
)
NAME = r"[^\W\d]\w*"
NAMED = re.compile(
    rf"((def|class|recursion):{NAME}|import:{NAME}(\.{NAME})*|call:\.?{NAME}(\.{NAME})*)\Z"
)


def is_construct(words: str) -> bool:
    """Tell whether `words` is a construct, such as `while`, `def:parse` or `call:.sort`."""
    return words in PLAIN or NAMED.match(words) is not None


def expected_constructs() -> str:
    """Return what can be written, for a message."""
    return ", ".join(PLAIN) + ", def:NAME, class:NAME, recursion:NAME, import:MODULE, call:NAME"
