"""A catches check: the learner's own tests must notice a fault that the author has put in.

The learner hands in `test_NAME.py` and tests `NAME.py`. Their tests must pass on the author's own
solution and fail on the module with the fault. Neither module's text may reach the learner, so
nothing is shown that their code could have put it into: only where in their own file it ended.
"""

from __future__ import annotations

import functools
import re

from grading.precheck.base import Answer, AuthorMistake, CheckOutcome, CheckSpec, Runner
from grading.precheck.wording import broken, not_a_result
from grading.sandbox import Limits, Outcome, Session

PREFIX = "test_"
SECONDS = 30.0
# Runs before the learner's file, in the same module. Tests are functions test…, and the methods
# test… of subclasses of unittest.TestCase.
_RUN = """
def _cograde_tests(space):
    names = []
    for name, found in list(space.items()):
        if name.startswith("test") and callable(found) and not isinstance(found, type):
            found()
            names.append(name)
        elif isinstance(found, type) and any(b.__name__ == "TestCase" for b in found.__mro__[1:]):
            for method in [each for each in dir(found) if each.startswith("test")]:
                case = found(method)
                case.setUp()
                try:
                    getattr(case, method)()
                finally:
                    case.tearDown()
                names.append(name + "." + method)
    return names
"""
_LOOKS_INSIDE = re.compile(
    r"\b(inspect|dis|marshal|hashlib|linecache|tokenize|__code__|co_code|__file__|__loader__"
    r"|open|getsource|__subclasses__|pathlib)\b"
)


class CatchesCheck:
    """See `base.Kind`."""

    needs_program = True
    python_only = True

    def call(self, spec: CheckSpec) -> str | None:
        """None: it has sandboxes of its own."""
        del spec
        return None

    def work(self, spec: CheckSpec, answer: Answer, session: Runner) -> Outcome | CheckOutcome:
        """Run the tests over the right module, then over the one with the fault."""
        del session
        if not answer.filename.startswith(PREFIX):
            raise AuthorMistake(f"The learner's file must be named {PREFIX}….py for this check.")
        files = (answer.filename, answer.source, answer.prelude, answer.limits)
        right = tests_over(answer.reference, *files)
        if right.exception is not None and right.exception.phase in ("compile", "prelude"):
            return right
        flags = _flags(answer.source)
        if right.status != "ok":
            return _told(spec, f"Your tests fail on a correct solution{_where(right)}.", right)
        if not right.value:
            return _told(spec, "There is no test in your file: name it test_….", right)
        faulty = tests_over(spec.fault, *files)
        if faulty.status == "ok":
            return _told(spec, "Your tests do not notice this fault.", faulty)
        return CheckOutcome(
            spec.code,
            "pass",
            f"Your tests notice this fault{_where(faulty)}.",
            seconds=right.seconds + faulty.seconds,
            flags=flags,
        )

    def judge(self, spec: CheckSpec, answer: Answer, outcome: Outcome) -> CheckOutcome:
        """Of a file that is no Python."""
        if outcome.exception is None:
            return broken(spec, f"unexpected outcome {outcome.status}")
        return not_a_result(spec, answer, outcome, "")


@functools.lru_cache(maxsize=64)
def tests_over(subject: str, filename: str, source: str, prelude: str, limits: Limits) -> Outcome:
    """How the learner's tests end over one module; the value of `ok` is the names of the tests."""
    name = filename.removeprefix(PREFIX)
    with Session(
        {filename: source, name: subject},
        limits,
        main=filename,
        prelude=f"{_RUN}\n{prelude}",
        overall_seconds=SECONDS,
    ) as own:
        return own.call("_cograde_tests(globals())")


def _told(spec: CheckSpec, summary: str, outcome: Outcome) -> CheckOutcome:
    line = outcome.exception.line if outcome.exception else None
    return CheckOutcome(
        spec.code, "fail", summary, line=line, hint=spec.hint, seconds=outcome.seconds
    )


def _where(outcome: Outcome) -> str:
    """Never the message: a test could carry the module's text out in it."""
    fault = outcome.exception
    if fault is not None and fault.line:
        return f", at your line {fault.line}"
    return {"timeout": ": they do not end", "cpu": ": they do not end"}.get(outcome.status, "")


def _flags(source: str) -> tuple[str, ...]:
    """Tests that look at the text of a module could tell one from the other without testing."""
    return ("tests-look-inside",) if _LOOKS_INSIDE.search(source) else ()
