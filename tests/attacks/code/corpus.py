"""Hostile submissions. Each must win no mark and do no harm.

The question is always `answer(n)`, and what it must give is a secret that only the grader knows
(`SECRET`), so a pass means that the verdict was forged or the secret was read. Most of them lie in
`hostile/`, one per file: the first line is the name, `says:` words that one of the summaries must
hold, `kind:` the kind of check when it is not `call`. PORT becomes the port of a listener outside.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

SECRET = "8d1f-the-expected-value-44c2"
_FOLDER = Path(__file__).parent / "hostile"
_SETTING = re.compile(r"^# (says|kind): (.*)$", re.MULTILINE)


@dataclass(frozen=True)
class Attack:
    """`says` must occur in the summary of one of the checks."""

    name: str
    source: str
    says: str = ""
    kind: str = "call"


def _read(path: Path) -> Attack:
    source = path.read_text()
    settings = dict(_SETTING.findall(source))
    return Attack(source.splitlines()[0][2:], source, **settings)


_HARMLESS = "\ndef answer(n):\n    return None\n"
_NOT_PYTHON = "not valid Python"
_UNWRITABLE = [
    Attack("nested without end", "x = " + "(" * 5000 + ")" * 5000 + _HARMLESS, _NOT_PYTHON),
    Attack("minus signs without end", "x = " + "-" * 100_000 + "1" + _HARMLESS),
    Attack("NUL in the source", _HARMLESS + "\0\n", _NOT_PYTHON),
    Attack("half characters in the source", "x = '\ud800'" + _HARMLESS, _NOT_PYTHON),
    Attack("parser bomb", "x = " + "(" * 5000 + "\n", _NOT_PYTHON, "construct"),
    Attack("parser recursion", "x = " + "a." * 50_000 + "b\n", "", "construct"),
    Attack("a program without end", _HARMLESS + "#" * 300_000, "longer than"),
]

ATTACKS = [*(_read(path) for path in sorted(_FOLDER.glob("*.txt"))), *_UNWRITABLE]
