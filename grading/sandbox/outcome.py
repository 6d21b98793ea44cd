"""What came out of the sandbox for one request: plain data, nothing that can act."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

from grading.sandbox.plain import Opaque, Plain

Status = Literal[
    "ok", "exception", "timeout", "cpu", "memory", "output", "exit", "killed", "crashed"
]
Phase = Literal["prelude", "compile", "source", "call"]


@dataclass(frozen=True, slots=True)
class Fault:
    """An exception of the program. `line` counts in the learner's own file, from 1."""

    type: str
    message: str
    line: int | None
    phase: Phase
    frames: tuple[
        tuple[int, str], ...
    ] = ()  # (line, function) in the learner's file, outermost first


@dataclass(frozen=True, slots=True)
class Outcome:
    """The end of one request.

    `ok`: ended by itself, `value` is set. `exception`: raised. `timeout`, `cpu`, `memory`,
    `output`: crossed that limit. `exit`: the program ended its own process. `killed`: ended by a
    signal, or by us because it broke the protocol. `crashed`: the interpreter itself fell over.
    `stdout` and `stderr` may be cut at the output limit. `seconds` is time on the clock.
    """

    status: Status
    value: Plain | Opaque = None
    stdout: str = ""
    stderr: str = ""
    exception: Fault | None = None
    seconds: float = 0.0
    detail: str = field(default="")
