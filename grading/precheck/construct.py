"""A construct check: what the program's text must and must not use."""

from __future__ import annotations

import functools
import re
from dataclasses import replace
from pathlib import Path

from grading.precheck.base import Answer, AuthorMistake, CheckOutcome, CheckSpec, Runner
from grading.precheck.wording import broken, not_a_result
from grading.sandbox import Outcome, Session, as_text
from grading.sandbox.session import MAIN

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
        for name in (*spec.require, *spec.forbid):
            if name not in _WORDS and not _NAMED.fullmatch(name):
                raise AuthorMistake(f"{name!r} names no construct that can be looked for.")
        assert isinstance(session, Session)  # noqa: S101 - python_only
        main = session.examine(_tool())
        if main.status != "ok" or type(main.value) is not dict:
            return main
        used = {name: ("", line) for name, line in main.value.items()}
        for path, content in answer.files.items():
            if path.endswith(".py"):
                for name, line in _used_in(as_text(content), answer).items():
                    used.setdefault(name, (path, line))
        return replace(main, value=used)

    def judge(self, spec: CheckSpec, answer: Answer, outcome: Outcome) -> CheckOutcome:
        """Pass when all required constructs are found and no forbidden one is."""
        if outcome.status != "ok":
            return not_a_result(spec, answer, outcome, "")
        found = outcome.value
        if type(found) is not dict:
            return broken(spec, "The constructs could not be read.")
        used = [(*found[name], name) for name in spec.forbid if name in found]
        missing = [name for name in spec.require if name not in found]
        told = [
            f"{f'{path}, line' if path else 'Line'} {line} uses {_said(name)}, which is not allowed"
            " here"
            for path, line, name in used
        ]
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
            line=min((line for path, line, _name in used if not path), default=None),
            hint=spec.hint,
            detail="\n".join(told),
            seconds=outcome.seconds,
        )


def _used_in(source: str, answer: Answer) -> dict[str, int]:
    """What another file uses; nothing where it is no Python: it fails when it is imported."""
    with Session({MAIN: source}, answer.limits, main=MAIN) as session:
        found = session.examine(_tool())
    if found.status != "ok" or type(found.value) is not dict:
        return {}
    return found.value


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
