"""What a check is, what comes out of it, and the one protocol that every kind of check keeps."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Literal, Protocol, TypeAlias

from grading.precheck.program import Program
from grading.sandbox import Content, Limits, Outcome, Session
from rubrics.languages import PYTHON

CheckStatus = Literal["pass", "fail", "error", "skipped"]
Trust = Literal["sealed", "guarded"]
Runner: TypeAlias = Session | Program


@dataclass(frozen=True, slots=True)
class CheckSpec:
    """One check as its author wrote it. Fields that a kind does not use stay empty.

    - `expected`: a Python literal for `call`, printed text for `io`
    - `compare`: how what came out is held against it, see `compare` and `checker`
    - `checker`: the author's program that judges, for `compare="checker"`
    - `output_file`: the file that an `io` program writes and that is judged instead of its output
    - `tolerance`: absolute, 0 or more
    - `rules`: ruff's rule codes, with commas; `complexity`: the most that C901 lets pass, 0: ruff's
    - `generator`: the author's program that draws the calls of a `generated` check
    - `fault`: for `catches`, a module with a fault that the learner's tests should find
    - `runner`, `files`, `tests`: for `suite`, what runs, over which files, and how many tests it
      must report (0: any number)
    - `weight`: relative to the other checks
    """

    code: str
    kind: str
    title: str = ""
    criterion: str | None = None
    weight: Decimal = Decimal(1)
    call: str = ""
    expected: str = ""
    compare: str = ""
    checker: str = ""
    output_file: str = ""
    tolerance: float = 0.0
    stdin: str = ""
    arguments: Sequence[str] = ()
    rules: str = ""
    complexity: int = 0
    require: Sequence[str] = ()
    forbid: Sequence[str] = ()
    generator: str = ""
    fault: str = ""
    runner: str = ""
    files: Mapping[str, str] = field(default_factory=dict)
    tests: int = 0
    hint: str = ""
    show_expected: bool = True


@dataclass(frozen=True, slots=True)
class Answer:
    """What the learner handed in, what runs before it, and how much it may use.

    `language` is the code of one; `flags` are the author's words for its compiler. `files` lie
    beside the main one. `reference` is the author's own solution, which never enters the learner's
    sandbox. `seed` is what generated inputs are drawn with.
    """

    source: str
    filename: str = "solution.py"
    prelude: str = ""
    limits: Limits = field(default_factory=Limits)
    language: str = PYTHON.code
    flags: tuple[str, ...] = ()
    files: Mapping[str, Content] = field(default_factory=dict)
    reference: str = ""
    seed: int = 1

    @property
    def all_files(self) -> dict[str, Content]:
        return {**self.files, self.filename: self.source}


@dataclass(frozen=True, slots=True)
class CheckOutcome:
    """The result of one check, in words for the learner.

    `error` means that we cannot say: the check or the sandbox failed, not the learner; `detail`
    then tells the author or operator. `expected` is filled only where the check may show it.
    `line` counts in the learner's file from 1. `seconds` is time on the clock.

    `share` is what of the check was earned, 0 to 1; left at None it follows from the status.
    `trust`: `sealed` verdicts are decided outside the sandbox on values that the learner's program
    had to know; `guarded` ones rest on a report that was written inside, beside that program.
    `flags` are signs that somebody may have interfered; each sends the response to a person.
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
    share: float | None = None
    trust: Trust = "sealed"
    flags: tuple[str, ...] = ()

    @property
    def earned(self) -> float:
        if self.share is not None:
            return self.share
        return 1.0 if self.status == "pass" else 0.0


class AuthorMistake(Exception):  # noqa: N818 - says what it is
    """The check itself is wrong; the message is for its author."""

    permanent = True


class Kind(Protocol):
    """A kind of check. Third parties register an object like this in the entry point group
    `cograde.checks`, under the name of the kind."""

    needs_program: bool
    """Whether the check can say nothing about a program that is not valid."""

    python_only: bool
    """Whether it can say nothing about programs in other languages."""

    def call(self, spec: CheckSpec) -> str | None:
        """The expression to evaluate in the learner's module, where that is all that is needed;
        such checks share a process. None: the kind does its own work in `work`."""

    def work(self, spec: CheckSpec, answer: Answer, session: Runner) -> Outcome | CheckOutcome:
        """Ask the sandbox, or settle the check without it. Raises AuthorMistake."""

    def judge(self, spec: CheckSpec, answer: Answer, outcome: Outcome) -> CheckOutcome:
        """The verdict, outside the sandbox, on what came out of it. Raises AuthorMistake."""
