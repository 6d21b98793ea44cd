"""A catches check: the learner's own tests must notice a fault that the author has put in.

The learner hands in `test_NAME.py` and tests `NAME.py`. Their tests must pass on the author's own
solution and fail on the module with the fault, each time of several, in an order that nobody can
know. Neither module's text may reach the learner, so nothing is shown that their code could have
put it into: only a line of their own file.

The tests see the module that they run over, so they could tell one from the other without testing
what it does; hence the verdict is `guarded`.
"""

from __future__ import annotations

import io
import secrets
import tokenize

from grading.precheck.base import Answer, AuthorMistake, CheckOutcome, CheckSpec, Runner
from grading.precheck.wording import broken, not_a_result
from grading.sandbox import Outcome, Session

PREFIX = "test_"
SECONDS = 10.0
TIMES = 2  # each module is run over
CHANCE = "tests-by-chance"
LOOKS = "tests-look-inside"
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
            found.setUpClass()
            for method in [each for each in dir(found) if each.startswith("test")]:
                case = found(method)
                case.setUp()
                try:
                    getattr(case, method)()
                finally:
                    case.tearDown()
                names.append(name + "." + method)
            found.tearDownClass()
    return names
"""
_INSIDE = frozenset(
    [
        "inspect",
        "dis",
        "marshal",
        "hashlib",
        "linecache",
        "tokenize",
        "__code__",
        "co_code",
        "__file__",
        "__loader__",
        "open",
        "fileio",
        "io",
        "os",
        "sys",
        "getsource",
        "__subclasses__",
        "pathlib",
        "time",
        "random",
        "urandom",
        "gc",
        "ctypes",
        "getattr",
        "vars",
        "eval",
        "exec",
        "__import__",
        "importlib",
        "__dict__",
        "__globals__",
        "__builtins__",
    ]
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
        """Run the tests over the right module and over the one with the fault, several times."""
        del session
        if not answer.filename.startswith(PREFIX):
            raise AuthorMistake(f"The learner's file must be named {PREFIX}….py for this check.")
        ended = _ended(spec, answer)
        right, faulty = ended[answer.reference], ended[spec.fault]
        if _invalid(right[0]):
            return right[0]
        return _verdict(spec, answer, right, faulty)

    def judge(self, spec: CheckSpec, answer: Answer, outcome: Outcome) -> CheckOutcome:
        """Of a file that is no Python."""
        if outcome.exception is None:
            return broken(spec, f"unexpected outcome {outcome.status}")
        return not_a_result(spec, answer, outcome, "")


def _ended(spec: CheckSpec, answer: Answer) -> dict[str, list[Outcome]]:
    """How the tests ended over each module; what is no Python ends the trying."""
    order = [answer.reference, spec.fault] * TIMES
    secrets.SystemRandom().shuffle(order)
    found: dict[str, list[Outcome]] = {answer.reference: [], spec.fault: []}
    for subject in order:
        outcome = _tests_over(subject, answer)
        found[subject].append(outcome)
        if _invalid(outcome):
            return {answer.reference: [outcome], spec.fault: [outcome]}
    return found


def _tests_over(subject: str, answer: Answer) -> Outcome:
    with Session(
        {
            **answer.files,
            answer.filename: answer.source,
            answer.filename.removeprefix(PREFIX): subject,
        },
        answer.limits,
        main=answer.filename,
        prelude=f"{_RUN}\n{answer.prelude}",
        overall_seconds=SECONDS,
    ) as own:
        return own.call("_cograde_tests(globals())")


def _invalid(outcome: Outcome) -> bool:
    fault = outcome.exception
    return fault is not None and fault.phase in ("compile", "prelude")


def _verdict(
    spec: CheckSpec, answer: Answer, right: list[Outcome], faulty: list[Outcome]
) -> CheckOutcome:
    flags = (LOOKS,) if _looks_inside(answer.source) else ()
    accepts = [outcome.status == "ok" for outcome in right]
    notices = [outcome.status != "ok" for outcome in faulty]
    status, summary, line = "fail", "Your tests notice this fault{where}.", faulty[0]
    if len(set(accepts)) > 1 or len(set(notices)) > 1:
        summary, flags = "Your tests do not end the same way each time.", (*flags, CHANCE)
    elif not accepts[0]:
        summary, line = "Your tests fail on a correct solution{where}.", right[0]
    elif not right[0].value:
        summary = "There is no test in your file: name it test_…."
    elif not notices[0]:
        summary = "Your tests do not notice this fault."
    else:
        status = "pass"
    place = _line(line, answer)
    return CheckOutcome(
        code=spec.code,
        status="pass" if status == "pass" else "fail",
        summary=summary.format(where=f", at your line {place}" if place else ""),
        line=place if status != "pass" else None,
        hint=spec.hint if status != "pass" else "",
        seconds=sum(outcome.seconds for outcome in (*right, *faulty)),
        trust="guarded",
        flags=flags,
    )


def _looks_inside(source: str) -> bool:
    """Whether the learner's file names something by which it could see what it runs over. Words are
    read and not parsed: hostile text makes parsers fall over."""
    try:
        found = list(tokenize.generate_tokens(io.StringIO(source).readline))
    except (tokenize.TokenError, SyntaxError):
        return True
    return any(each.type == tokenize.NAME and each.string.lower() in _INSIDE for each in found)


def _line(outcome: Outcome, answer: Answer) -> int | None:
    """Never the message: a test could carry the module's text out in it. Nor a line that the file
    has not, which would say something else than a line."""
    fault = outcome.exception
    if fault is None or fault.line is None or fault.type == "SyntaxError":
        return None
    return fault.line if fault.line <= answer.source.count("\n") + 1 else None
