"""The kinds of suites that can be run."""

from __future__ import annotations

import importlib.util
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from grading.precheck.suites import gradescope, junit
from grading.precheck.suites.base import Report, Runner, SuiteUnreadable
from grading.sandbox import Content, Outcome
from rubrics.languages.base import found

INSIDE = "cograde_suite.py"
# What pytest is made of; nothing else of our packages is seen inside.
PACKAGES = ("pytest", "_pytest", "py.py", "pluggy", "iniconfig", "packaging", "pygments")


@dataclass(frozen=True)
class OwnTool:
    """pytest or unittest, over the author's files, or those that the arguments name."""

    tool: str
    keep: str = "report"
    python: bool = True

    def files(
        self, author: Mapping[str, str], learner: Mapping[str, Content]
    ) -> dict[str, Content]:
        program = (Path(__file__).parent / "inside.py").read_text()
        return {**learner, **author, INSIDE: program}

    def words(self, author: Mapping[str, str], arguments: Sequence[str]) -> list[str]:
        names = list(arguments) or sorted(name for name in author if _is_test(name))
        packages = str(site())
        return [found("python3") or "python3", "-B", "-P", INSIDE, self.tool, packages, *names]

    def read(self, outcome: Outcome, kept: Mapping[str, bytes]) -> Report:
        report = junit.report(kept.get("report/results.xml"))
        flags = []
        if kept.get("report/changed", b"") != b"":
            flags.append("patched-modules")
        if "report/changed" not in kept:
            flags.append("early-exit")
        if (outcome.status == "ok") != all(
            test.verdict in ("pass", "skipped") for test in report.tests
        ):
            flags.append("exit-disagrees")
        return Report(report.tests, tuple(flags))


@dataclass(frozen=True)
class Command:
    """Any program that writes JUnit's XML to `results.xml`; the arguments are its words."""

    keep: str = "results.xml"
    python: bool = False

    def files(
        self, author: Mapping[str, str], learner: Mapping[str, Content]
    ) -> dict[str, Content]:
        return {**learner, **author}

    def words(self, author: Mapping[str, str], arguments: Sequence[str]) -> list[str]:
        del author
        if not arguments:
            raise SuiteUnreadable("say in the arguments which program runs the suite")
        return [found(arguments[0]) or arguments[0], *arguments[1:]]

    def read(self, outcome: Outcome, kept: Mapping[str, bytes]) -> Report:
        del outcome
        return junit.report(kept.get("results.xml"))


@dataclass(frozen=True)
class Gradescope:
    """`run_autograder` in its own layout: /autograder/source, /submission and /results."""

    keep: str = "autograder/results"
    python: bool = False

    def files(
        self, author: Mapping[str, str], learner: Mapping[str, Content]
    ) -> dict[str, Content]:
        return {
            **{f"autograder/submission/{name}": text for name, text in learner.items()},
            **{f"autograder/source/{name}": text for name, text in author.items()},
            **{f"autograder/{name}": text for name, text in author.items() if _is_start(name)},
        }

    def words(self, author: Mapping[str, str], arguments: Sequence[str]) -> list[str]:
        del author
        start = "mkdir -p autograder/results && cd autograder && exec bash ./run_autograder"
        return [found("bash") or "bash", "-c", start, *arguments]

    def read(self, outcome: Outcome, kept: Mapping[str, bytes]) -> Report:
        del outcome
        return gradescope.report(kept.get("autograder/results/results.json"))


def _is_test(name: str) -> bool:
    last = name.rpartition("/")[2]
    return last.endswith(".py") and (last.startswith("test") or last.endswith("_test.py"))


def _is_start(name: str) -> bool:
    return name == "run_autograder"


def site() -> Path:
    """The folder in which our own copy of pytest lies. Raises SuiteUnreadable without it."""
    spec = importlib.util.find_spec("pytest")
    if spec is None or spec.origin is None:
        raise SuiteUnreadable("pytest is not installed here")
    return Path(spec.origin).parent.parent


def package_folders() -> tuple[str, ...]:
    folder = site()
    return tuple(str(folder / name) for name in PACKAGES if (folder / name).exists())


RUNNERS: Mapping[str, Runner] = {
    "pytest": OwnTool("pytest"),
    "unittest": OwnTool("unittest"),
    "junit": Command(),
    "gradescope": Gradescope(),
}
