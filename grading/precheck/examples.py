"""Doctests, and Otter's tests in their form: examples with what Python would answer.

The examples go into the learner's sandbox without what is expected, and what they print comes out,
as if they had been typed at a prompt. It is compared here, by the rules of `doctest`; so these
suites are sealed, unless an example shows no more than that something is true, or compares or
asserts by itself: a comparison that is made inside can be forged.

Sources: the standard module `doctest`; Otter-Grader's OK format (`test = {"suites": [...]}`).
"""

from __future__ import annotations

import ast
import doctest
from collections.abc import Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass, replace

from grading.precheck.base import Answer, AuthorMistake, CheckOutcome, CheckSpec, Trust
from grading.precheck.wording import SHOWN, clean, not_a_result
from grading.sandbox import Outcome, Session

EXAMPLES = ("doctest", "otter")
# Evaluates statements as a prompt would and gives what it would have shown for each. Only data
# goes in, and the learner's module is where it happens.
_PROMPT = """(lambda io, contextlib, sources, space: [
    (lambda out: (contextlib.redirect_stdout(out).__enter__(), exec(
        compile(source, "<example>", "single"), space), out.getvalue())[2])(io.StringIO())
    for source in sources])(__import__("io"), __import__("contextlib"), {sources!r}, globals())"""


@dataclass(frozen=True)
class Group:
    """Examples that follow each other, as in one docstring."""

    name: str
    examples: Sequence[doctest.Example]


def run_examples(spec: CheckSpec, answer: Answer, session: Session) -> Outcome | CheckOutcome:
    """Pass when every example shows what it must. Raises AuthorMistake."""
    groups = list(_groups(spec))
    if not any(group.examples for group in groups):
        raise AuthorMistake("There is no example in the files of this check.")
    trust: Trust = "guarded" if any(_is_guessed(group) for group in groups) else "sealed"
    checker = doctest.OutputChecker()
    wrong: list[str] = []
    first: CheckOutcome | None = None
    seconds = 0.0
    for group in groups:
        with closing(session.calls(_expressions(group))) as outcomes:
            for example, outcome in zip(group.examples, outcomes, strict=False):
                seconds += outcome.seconds
                if outcome.exception and outcome.exception.phase in ("compile", "prelude"):
                    return outcome
                said = _difference(checker, example, outcome)
                if said is None:
                    continue
                wrong.append(f"{group.name}: {example.source.strip()}")
                if first is None:
                    first = _failed(spec, answer, example, outcome, said)
                break  # what follows in the group leans on it
    total = sum(len(group.examples) for group in groups)
    if first is None:
        summary = f"All {total} examples hold."
        return CheckOutcome(spec.code, "pass", summary, seconds=seconds, trust=trust)
    return replace(first, trust=trust)


def _is_guessed(group: Group) -> bool:
    """Whether an example of the group leaves the verdict to the learner's objects. What shows
    nothing, like an assignment, is there for what follows; at the end it proves nothing."""
    last = group.examples[-1] if group.examples else None
    proves_nothing = last is not None and not last.want.strip() and last.exc_msg is None
    return proves_nothing or any(
        example.want.strip() in ("True", "False", "None") or _compares(example.source)
        for example in group.examples
    )


def _compares(source: str) -> bool:
    try:
        tree = ast.parse(source)
    except (SyntaxError, ValueError, RecursionError):
        return True
    return any(isinstance(node, ast.Assert | ast.Compare) for node in ast.walk(tree))


def _expressions(group: Group) -> list[str]:
    """For each example a call that goes through the group up to it; what it shows comes last."""
    before: list[str] = []
    calls = []
    for example in group.examples:
        calls.append(f"({_PROMPT.format(sources=[*before, example.source])})[-1]")
        before.append(_again(example))
    return calls


def _again(example: doctest.Example) -> str:
    """The example as what comes before another: what it raises is known by then."""
    if example.exc_msg is None:
        return example.source
    inner = f"exec(compile({example.source!r}, '<example>', 'single'), globals())"
    return f"try: {inner}\nexcept Exception: pass\n"


def _difference(
    checker: doctest.OutputChecker, example: doctest.Example, outcome: Outcome
) -> str | None:
    options = sum(flag for flag, on in example.options.items() if on)
    if example.exc_msg is not None:
        fault = outcome.exception
        if fault is None or fault.phase != "call":
            return "it raises nothing"
        raised = f"{fault.type}: {fault.message}\n" if fault.message else f"{fault.type}\n"
        return None if checker.check_output(example.exc_msg, raised, options) else raised.strip()
    if outcome.status != "ok":
        return ""
    got = outcome.value if isinstance(outcome.value, str) else ""
    return None if checker.check_output(example.want, got, options) else got.strip()


def _failed(
    spec: CheckSpec, answer: Answer, example: doctest.Example, outcome: Outcome, said: str
) -> CheckOutcome:
    source = example.source.strip()
    if outcome.status != "ok" and example.exc_msg is None:
        return not_a_result(spec, answer, outcome, source)
    wanted = (example.exc_msg or example.want).strip()
    summary = f"{source} shows {said or 'nothing'}"
    summary += (
        f", expected {wanted or 'nothing'}." if spec.show_expected else ", which is not right."
    )
    return CheckOutcome(
        code=spec.code,
        status="fail",
        summary=clean(summary, SHOWN * 2),
        got=clean(said, SHOWN),
        expected=clean(wanted, SHOWN) if spec.show_expected else "",
        input=clean(source, SHOWN),
        hint=spec.hint,
        seconds=outcome.seconds,
    )


def _groups(spec: CheckSpec) -> Iterator[Group]:
    parser = doctest.DocTestParser()
    for name, text in spec.files.items():
        texts = _otter_cases(name, text) if spec.runner == "otter" else [text]
        for number, each in enumerate(texts, start=1):
            try:
                examples = [
                    example
                    for example in parser.get_examples(each)
                    if not example.options.get(doctest.SKIP)
                ]
                yield Group(f"{name} {number}" if len(texts) > 1 else name, examples)
            except ValueError as error:
                raise AuthorMistake(f"{name}: {error}") from None


def _otter_cases(name: str, text: str) -> list[str]:
    """The examples of a test file in OK format: `test = {...}`, a literal."""
    try:
        for node in ast.parse(text).body:
            if isinstance(node, ast.Assign) and ast.unparse(node.targets[0]).lower() == "test":
                return _codes(ast.literal_eval(node.value))
    except (SyntaxError, ValueError, TypeError, KeyError, AttributeError, RecursionError) as error:
        raise AuthorMistake(f"{name} is no test file of Otter in OK format: {error}") from None
    raise AuthorMistake(f"{name} has no `test = {{...}}`.")


def _codes(test: dict[str, object]) -> list[str]:
    suites = test["suites"]
    if not isinstance(suites, list):
        raise TypeError("suites is no list")
    return [
        str(case["code"]) + "\n"
        for suite in suites
        for case in suite["cases"]
        if case.get("code") is not None
    ]
