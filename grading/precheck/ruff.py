"""A ruff check: the learner's text must break none of the rules that the author chose."""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from grading.precheck.base import Answer, AuthorMistake, CheckOutcome, CheckSpec, Runner
from grading.precheck.wording import broken, clean
from grading.sandbox import SYSTEM_LINKS, Commands, Interior, Limits, Outcome, as_bytes

LIMITS = Limits(cpu_seconds=5, memory_mb=512, processes=16, output_kb=4096)
SECONDS = 15.0
_FINDINGS = 20
WORK = "/tmp"  # noqa: S108 - inside the sandbox
_RULES = re.compile(r"[A-Z]{1,10}[0-9]{0,4}(\s*,\s*[A-Z]{1,10}[0-9]{0,4})*")


class RuffCheck:
    """See `base.Kind`. ruff reads the text and does not run it; but a text can be made for it to
    fall over, so it works in a sandbox of its own."""

    needs_program = False
    python_only = True

    def call(self, spec: CheckSpec) -> str | None:
        """None: no expression."""
        del spec
        return None

    def work(self, spec: CheckSpec, answer: Answer, session: Runner) -> Outcome | CheckOutcome:
        """Settle the check with the pinned ruff; no configuration file is read."""
        del session
        if not _RULES.fullmatch(spec.rules.strip()):
            raise AuthorMistake(f"The rules {spec.rules!r} are not codes such as E,F,B.")
        binary = str(Path(sys.executable).parent / "ruff")
        interior = Interior("commands", ("/usr", binary), SYSTEM_LINKS)
        files = {
            path: as_bytes(content)
            for path, content in answer.all_files.items()
            if path.endswith(".py")
        }
        with Commands(files, interior, LIMITS, overall_seconds=SECONDS) as commands:
            outcome = commands.run(_words(binary, sorted(files), spec)).outcome
        return _told(spec, answer, outcome)

    def judge(self, spec: CheckSpec, answer: Answer, outcome: Outcome) -> CheckOutcome:
        """Never asked: `work` settles it."""
        del answer
        return broken(spec, f"unexpected outcome {outcome.status}")


def _words(binary: str, files: Sequence[str], spec: CheckSpec) -> list[str]:
    words = [binary, "check", "--isolated", "--no-cache", "--output-format", "json"]
    # The learner's own word that a rule does not count, does not count.
    words += ["--ignore-noqa", "--select", "".join(spec.rules.split())]
    if spec.complexity:
        words += ["--config", f"lint.mccabe.max-complexity={spec.complexity}"]
    return [*words, "--", *files]


def _told(spec: CheckSpec, answer: Answer, outcome: Outcome) -> CheckOutcome:
    """Raises AuthorMistake for rules that ruff does not know."""
    code = outcome.detail.removeprefix("exit code ")
    if outcome.status == "ok" or (outcome.status == "exit" and code == "1"):
        return _judged(spec, answer, list(json.loads(outcome.stdout)), outcome.seconds)
    if outcome.status == "exit" and code == "2":
        message = outcome.stderr.strip()[:500]
        if "selector" in message or "invalid value" in message:
            raise AuthorMistake(f"ruff refuses the rules {spec.rules!r}: {message}")
        return broken(spec, f"ruff did not work: {message}")
    if outcome.status == "exit":
        return broken(spec, f"ruff did not work: {outcome.stderr.strip()[:500]}")
    summary = "More rules are broken than can be listed."
    if outcome.status != "output":
        summary = "Your program is nested too deeply to be looked through."
    return CheckOutcome(spec.code, "fail", summary, hint=spec.hint, seconds=outcome.seconds)


def _judged(
    spec: CheckSpec, answer: Answer, findings: list[dict[str, Any]], seconds: float
) -> CheckOutcome:
    findings.sort(key=lambda finding: _file(finding) != answer.filename)  # the main file first
    told = [_sentence(finding, answer) for finding in findings]
    if not told:
        return CheckOutcome(spec.code, "pass", "No rule is broken.", seconds=seconds)
    if not spec.show_expected:
        summary = "Not all rules are kept."
        return CheckOutcome(spec.code, "fail", summary, hint=spec.hint, seconds=seconds)
    more = f" ({len(told) - 1} more)" if len(told) > 1 else ""
    return CheckOutcome(
        code=spec.code,
        status="fail",
        summary=f"{told[0]}{more}.",
        line=findings[0]["location"]["row"] if _file(findings[0]) == answer.filename else None,
        got=f"{len(told)} finding{'s' if len(told) > 1 else ''}",
        hint=spec.hint,
        detail="\n".join(told[:_FINDINGS]),
        seconds=seconds,
    )


def _file(finding: dict[str, Any]) -> str:
    """The path below the working folder."""
    return str(finding["filename"]).removeprefix(f"{WORK}/")


def _sentence(finding: dict[str, Any], answer: Answer) -> str:
    own = _file(finding) == answer.filename
    message = clean(str(finding["message"]), 300).rstrip(".")
    rule = f" ({finding['code']})" if finding.get("code") else ""
    where = "" if own else f"{_file(finding)}, "
    place = f"{where}line {finding['location']['row']}"
    return (
        f"{place[:1].upper()}{place[1:]}: {message}{rule}" if own else f"{place}: {message}{rule}"
    )
