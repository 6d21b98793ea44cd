"""What a check is, what comes out of it, and the one protocol that every kind of check keeps."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Literal, Protocol

from grading.sandbox import Limits, Outcome, Session

CheckStatus = Literal["pass", "fail", "error", "skipped"]


@dataclass(frozen=True, slots=True)
class CheckSpec:
    """One check as its author wrote it. Fields that a kind does not use stay empty.

    `expected` is a Python literal for `call`, printed text for `io`. `tolerance` is absolute, 0 or
    more. `rules` are ruff's rule codes, with commas. `weight` is relative to the other checks.
    """

    code: str
    kind: str
    title: str = ""
    criterion: str | None = None
    weight: Decimal = Decimal(1)
    call: str = ""
    expected: str = ""
    tolerance: float = 0.0
    stdin: str = ""
    arguments: Sequence[str] = ()
    rules: str = ""
    require: Sequence[str] = ()
    forbid: Sequence[str] = ()
    hint: str = ""
    show_expected: bool = True


@dataclass(frozen=True, slots=True)
class Answer:
    """What the learner handed in, what runs before it, and how much it may use."""

    source: str
    filename: str = "solution.py"
    prelude: str = ""
    limits: Limits = field(default_factory=Limits)


@dataclass(frozen=True, slots=True)
class CheckOutcome:
    """The result of one check, in words for the learner.

    `error` means that we cannot say: the check or the sandbox failed, not the learner; `detail`
    then tells the author or operator. `expected` is filled only where the check may show it.
    `line` counts in the learner's file from 1. `seconds` is time on the clock.
    """

    code: str
    status: CheckStatus
    summary: str
    got: str = ""
    expected: str = ""
    input: str = ""
    line: int | None = None
    hint: str = ""
    detail: str = ""
    seconds: float = 0.0


class AuthorMistake(Exception):  # noqa: N818 - says what it is
    """The check itself is wrong; the message is for its author."""

    permanent = True


class Kind(Protocol):
    """A kind of check. Third parties register an object like this in the entry point group
    `cograde.checks`, under the name of the kind."""

    needs_program: bool
    """Whether the check can say nothing about a program that is not valid Python."""

    def call(self, spec: CheckSpec) -> str | None:
        """The expression to evaluate in the learner's module, where that is all that is needed;
        such checks share a process. None: the kind does its own work in `work`."""

    def work(self, spec: CheckSpec, answer: Answer, session: Session) -> Outcome | CheckOutcome:
        """Ask the sandbox, or settle the check without it. Raises AuthorMistake."""

    def judge(self, spec: CheckSpec, answer: Answer, outcome: Outcome) -> CheckOutcome:
        """The verdict, outside the sandbox, on what came out of it. Raises AuthorMistake."""
