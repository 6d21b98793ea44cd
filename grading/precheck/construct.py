"""A construct check: what the program's text must and must not use."""

from __future__ import annotations

import functools
import re
from pathlib import Path

from grading.precheck.base import Answer, AuthorMistake, CheckOutcome, CheckSpec, Runner
from grading.precheck.wording import broken, not_a_result
from grading.sandbox import Outcome, Session

_WORDS_TEXT = """
for while if try with lambda class def return raise assert break continue pass del
global nonlocal match yield await f-string comprehension generator recursion
docstring annotation import
"""
_WORDS = frozenset(_WORDS_TEXT.split())
_NAMED = re.compile(r"(def|class|import|call|recursion):\.?[^\W\d]\w*(\.\w+)*")


class ConstructCheck:
    """See `base.Kind`."""

    needs_program = True
    python_only = True

    def call(self, spec: CheckSpec) -> str | None:
        """None: the learner's code is not run."""
        del spec
        return None

    def work(self, spec: CheckSpec, answer: Answer, session: Runner) -> Outcome | CheckOutcome:
        """Have the text parsed in the sandbox."""
        del answer
        for name in (*spec.require, *spec.forbid):
            if name not in _WORDS and not _NAMED.fullmatch(name):
                raise AuthorMistake(f"{name!r} names no construct that can be looked for.")
        assert isinstance(session, Session)  # noqa: S101 - python_only
        return session.examine(_tool())

    def judge(self, spec: CheckSpec, answer: Answer, outcome: Outcome) -> CheckOutcome:
        """Pass when all required constructs are found and no forbidden one is."""
        if outcome.status != "ok":
            return not_a_result(spec, answer, outcome, "")
        found = outcome.value
        if type(found) is not dict:
            return broken(spec, "The constructs could not be read.")
        used = [(found[name], name) for name in spec.forbid if name in found]
        missing = [name for name in spec.require if name not in found]
        told = [f"Line {line} uses {_said(name)}, which is not allowed here" for line, name in used]
        told += [f"Your program does not use {_said(name)}, which it must" for name in missing]
        if not told:
            return CheckOutcome(
                spec.code,
                "pass",
                "Your program is built as asked.",
                seconds=outcome.seconds,
            )
        if not spec.show_expected:
            summary = "Your program is not built as asked."
            return CheckOutcome(spec.code, "fail", summary, hint=spec.hint, seconds=outcome.seconds)
        return CheckOutcome(
            code=spec.code,
            status="fail",
            summary="; ".join(told[:3]) + ".",
            line=min(used)[0] if used else None,
            hint=spec.hint,
            detail="\n".join(told),
            seconds=outcome.seconds,
        )


@functools.lru_cache(maxsize=1)
def _tool() -> str:
    return (Path(__file__).parent / "construct_tool.py").read_text()


def _said(name: str) -> str:
    kind, _, what = name.partition(":")
    words = {
        "def": f"a function {what}",
        "class": f"a class {what}",
        "import": f"the module {what}",
        "call": f"a call of {what}",
        "recursion": f"recursion in {what}",
    }
    return words[kind] if what else f"“{kind}”"
