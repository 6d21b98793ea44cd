"""Runs pytest or unittest inside the sandbox and writes `report/results.xml`; our own program.

It shares its process with the learner's code, so whatever it writes can be forged. What it can do
is to look afterwards whether the tools are still what they were: that is told as
`report/changed`, and is a sign, not a proof.
"""

from __future__ import annotations

import os
import sys
from typing import Any
from xml.sax.saxutils import quoteattr

FOLDER = "report"


def watched() -> dict[str, Any]:
    """What decides about a verdict, by name."""
    import builtins
    import unittest.case

    found: dict[str, Any] = {
        "builtins.__import__": builtins.__import__,
        "builtins.isinstance": builtins.isinstance,
        "unittest.TestCase.run": unittest.case.TestCase.run,
        "unittest.TestCase.assertEqual": unittest.case.TestCase.assertEqual,
        "sys.exit": sys.exit,
        "os._exit": os._exit,
        "open": open,
    }
    reports = sys.modules.get("_pytest.reports")
    runner = sys.modules.get("_pytest.runner")
    if reports is not None and runner is not None:
        found["pytest.TestReport"] = reports.TestReport.__dict__["from_item_and_call"].__func__
        found["pytest.CallInfo"] = runner.CallInfo.__dict__["from_call"].__func__
    return found


def with_pytest(packages: str, names: list[str]) -> int:
    sys.path.insert(0, packages)
    import pytest  # type: ignore[import-not-found,unused-ignore]

    sys.path.remove(packages)
    sys.path.insert(0, os.getcwd())
    before = watched()
    code = pytest.main(
        [
            "-q",
            "-p",
            "no:cacheprovider",
            f"--junitxml={FOLDER}/results.xml",
            "-o",
            "addopts=",
            *names,
        ]
    )
    tell_changes(before)
    return int(code)


def with_unittest(names: list[str]) -> int:
    import unittest

    sys.path.insert(0, os.getcwd())
    before = watched()
    told: list[str] = []

    class Result(unittest.TestResult):
        def note(self, test: Any, tag: str, message: str) -> None:
            inner = f"<{tag} message={quoteattr(message)}/>" if tag else ""
            told.append(f"<testcase name={quoteattr(test.id())}>{inner}</testcase>")

        def addSuccess(self, test: Any) -> None:
            self.note(test, "", "")

        def addFailure(self, test: Any, err: Any) -> None:
            super().addFailure(test, err)
            self.note(test, "failure", str(err[1]))

        def addError(self, test: Any, err: Any) -> None:
            super().addError(test, err)
            self.note(test, "error", f"{err[0].__name__}: {err[1]}")

        def addSkip(self, test: Any, reason: str) -> None:
            self.note(test, "skipped", reason)

    result = Result()
    modules = [name.removesuffix(".py").replace("/", ".") for name in names]
    unittest.defaultTestLoader.loadTestsFromNames(modules).run(result)
    with open(f"{FOLDER}/results.xml", "w", encoding="utf-8", errors="replace") as file:
        file.write(f"<testsuite>{''.join(told)}</testsuite>")
    tell_changes(before)
    return 0 if result.wasSuccessful() else 1


def tell_changes(before: dict[str, Any]) -> None:
    changed = [name for name, value in watched().items() if before.get(name, value) is not value]
    with os.fdopen(os.open(f"{FOLDER}/changed", os.O_WRONLY | os.O_CREAT), "w") as file:
        file.write("\n".join(changed))


def main(arguments: list[str]) -> int:
    os.mkdir(FOLDER)
    tool, packages, *names = arguments
    return with_pytest(packages, names) if tool == "pytest" else with_unittest(names)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
