"""What a suite says, once it has been read; and what a runner of suites is."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal, Protocol

from grading.sandbox import Content, Outcome

Verdict = Literal["pass", "fail", "error", "skipped"]
MOST_TESTS = 1000
MESSAGE = 500


@dataclass(frozen=True, slots=True)
class Test:
    """One test of a suite. `share` is what of it was earned, 0 to 1."""

    name: str
    verdict: Verdict
    message: str = ""
    share: float = 0.0
    weight: float = 1.0


@dataclass(frozen=True, slots=True)
class Report:
    """What a suite reports of itself. `flags` are signs of interference that only it can see."""

    tests: Sequence[Test]
    flags: tuple[str, ...] = ()

    @property
    def share(self) -> float:
        """What was earned of all, 0 to 1, by the weights of the tests."""
        total = sum(test.weight for test in self.tests)
        return sum(test.weight * test.share for test in self.tests) / total if total else 0.0


class SuiteUnreadable(ValueError):  # noqa: N818 - says what it is
    """There is no report, or none that can be read; the text says which, for the author."""


class Runner(Protocol):
    """How suites of one kind are run. The learner's file lies where the suite expects it."""

    @property
    def keep(self) -> str:
        """The file or folder in which the suite leaves its report."""

    @property
    def python(self) -> bool:
        """Whether it needs the packages of Python's own test tools."""

    def files(
        self, author: Mapping[str, str], learner: Mapping[str, Content]
    ) -> dict[str, Content]:
        """All files by the place where the suite wants them; the author's cover the learner's."""

    def words(self, author: Mapping[str, str], arguments: Sequence[str]) -> list[str]:
        """The command that runs it."""

    def read(self, outcome: Outcome, kept: Mapping[str, bytes]) -> Report:
        """What it reports. All of it may be forged. Raises SuiteUnreadable."""
