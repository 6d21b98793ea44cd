"""A ruff check: the learner's text must break none of the rules that the author chose."""

from __future__ import annotations

import json
import re
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

from grading.precheck.base import Answer, AuthorMistake, CheckOutcome, CheckSpec, Runner
from grading.precheck.wording import broken, clean
from grading.sandbox import Outcome

_SECONDS = 10.0
_FINDINGS = 20
_RULES = re.compile(r"[A-Z]{1,10}[0-9]{0,4}(\s*,\s*[A-Z]{1,10}[0-9]{0,4})*")


class RuffCheck:
    """See `base.Kind`. ruff reads the text and does not run it, so it needs no sandbox."""

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
        begun = time.monotonic()
        try:
            findings = _findings(answer.source, answer.filename, spec)
        except (OSError, subprocess.SubprocessError, ValueError) as error:
            return broken(spec, f"ruff did not work: {error}")
        return _judged(spec, findings, time.monotonic() - begun)

    def judge(self, spec: CheckSpec, answer: Answer, outcome: Outcome) -> CheckOutcome:
        """Never asked: `work` settles it."""
        del answer
        return broken(spec, f"unexpected outcome {outcome.status}")


def _findings(source: str, filename: str, spec: CheckSpec) -> list[dict[str, Any]]:
    """What ruff reports, as its JSON objects. Raises AuthorMistake for rules it does not know."""
    rules = spec.rules
    binary = Path(sys.executable).parent / "ruff"
    arguments = [str(binary), "check", "--isolated", "--no-cache", "--output-format", "json"]
    arguments += ["--select", "".join(rules.split()), "--stdin-filename", filename, "-"]
    if spec.complexity:
        arguments += ["--config", f"lint.mccabe.max-complexity={spec.complexity}"]
    done = subprocess.run(
        arguments,
        input=source.encode("utf-8", "replace"),
        capture_output=True,
        timeout=_SECONDS,
        check=False,
        cwd="/",
        env={"LANG": "C.UTF-8"},
    )
    if done.returncode == 2:
        message = done.stderr.decode(errors="replace").strip()[:500]
        if "selector" in message or "invalid value" in message:
            raise AuthorMistake(f"ruff refuses the rules {rules!r}: {message}")
        raise ValueError(message)
    if done.returncode not in (0, 1):
        raise ValueError(f"exit code {done.returncode}")
    found = json.loads(done.stdout)
    return list(found)


def _judged(spec: CheckSpec, findings: list[dict[str, Any]], seconds: float) -> CheckOutcome:
    told = [_sentence(finding) for finding in findings]
    if not told:
        return CheckOutcome(spec.code, "pass", "No rule is broken.", seconds=seconds)
    more = f" ({len(told) - 1} more)" if len(told) > 1 else ""
    return CheckOutcome(
        code=spec.code,
        status="fail",
        summary=f"{told[0]}{more}.",
        line=findings[0]["location"]["row"],
        got=f"{len(told)} finding{'s' if len(told) > 1 else ''}",
        hint=spec.hint,
        detail="\n".join(told[:_FINDINGS]),
        seconds=seconds,
    )


def _sentence(finding: dict[str, Any]) -> str:
    message = clean(str(finding["message"]), 300).rstrip(".")
    rule = f" ({finding['code']})" if finding.get("code") else ""
    return f"Line {finding['location']['row']}: {message}{rule}"
