"""A call check: the author's expression in the learner's module must give the expected value."""

from __future__ import annotations

import ast
import functools
import re
from dataclasses import dataclass, replace
from typing import Any

from grading.precheck.base import Answer, AuthorMistake, CheckOutcome, CheckSpec, Runner
from grading.precheck.compare import difference, unordered_difference
from grading.precheck.wording import clean, not_a_result, shown
from grading.sandbox import Outcome, Session

_RAISES = re.compile(r"raises ([A-Za-z_]\w*)")
_NAMES = {"nan": float("nan"), "inf": float("inf")}


class CallCheck:
    """See `base.Kind`."""

    needs_program = True
    python_only = True

    def call(self, spec: CheckSpec) -> str | None:
        """The expression, once it and the expected value are known to be sound."""
        literal(spec.expected)
        return expression(spec.call)

    def work(self, spec: CheckSpec, answer: Answer, session: Runner) -> Outcome | CheckOutcome:
        """One call in a process of its own."""
        del answer
        assert isinstance(session, Session)  # noqa: S101 - python_only
        return session.call(spec.call)

    def judge(self, spec: CheckSpec, answer: Answer, outcome: Outcome) -> CheckOutcome:
        """Pass when the value equals the expected literal, or the exception is the expected."""
        return judged(spec, answer, outcome, literal(spec.expected))


def expression(call: str) -> str:
    """`call` itself. Raises AuthorMistake when it is no Python expression."""
    try:
        _tree(call)
    except (SyntaxError, ValueError) as error:
        raise AuthorMistake(f"The call {call!r} is not an expression: {error}") from None
    return call


@dataclass(frozen=True)
class Raises:
    """What a call must raise, by the name of the exception's type."""

    type: str

    def __repr__(self) -> str:
        return f"raises {self.type}"


def judged(spec: CheckSpec, answer: Answer, outcome: Outcome, expected: Any) -> CheckOutcome:
    """The verdict on what `spec.call` came to, held against a value or `Raises`."""
    if isinstance(expected, Raises):
        return _judged_exception(spec, answer, outcome, expected)
    if outcome.status != "ok":
        return not_a_result(spec, answer, outcome, spec.call)
    how = unordered_difference if spec.compare == "unordered" else difference
    differs = how(outcome.value, expected, spec.tolerance)
    return _verdict(spec, outcome, shown(outcome.value), shown(expected), differs)


def _judged_exception(
    spec: CheckSpec, answer: Answer, outcome: Outcome, expected: Raises
) -> CheckOutcome:
    fault = outcome.exception
    if outcome.status == "ok":
        got = shown(outcome.value)
        return _verdict(spec, outcome, got, repr(expected), "it raises nothing")
    if outcome.status != "exception" or fault is None or fault.phase != "call":
        return not_a_result(spec, answer, outcome, spec.call)
    differs = None if fault.type == expected.type else f"it raises {fault.type}"
    verdict = _verdict(spec, outcome, clean(f"raises {fault.type}"), repr(expected), differs)
    return replace(verdict, line=fault.line if differs else None)


def _verdict(
    spec: CheckSpec, outcome: Outcome, got: str, wanted: str, differs: str | None
) -> CheckOutcome:
    does = got if got.startswith("raises ") else f"gives {got}"
    summary = f"{spec.call} {does}."
    if differs is not None and spec.show_expected:
        summary = f"{spec.call}: got {got}, expected {wanted}: {differs}."
    elif differs is not None:
        summary = f"{spec.call}: got {got}, which is not right."
    return CheckOutcome(
        code=spec.code,
        status="pass" if differs is None else "fail",
        summary=clean(summary),
        got=got,
        expected=wanted if spec.show_expected else "",
        input=spec.call,
        hint=spec.hint if differs is not None else "",
        detail=clean(outcome.stdout, 2000),
        seconds=outcome.seconds,
    )


def literal(text: str) -> Any:
    """The value of a Python literal; `nan`, `inf`, `set()` and `frozenset({...})` are literals too,
    and `raises ValueError` is what its author means by it.

    Raises AuthorMistake.
    """
    raises = _RAISES.fullmatch(text.strip())
    if raises is not None:
        return Raises(raises[1])
    try:
        return _value(_tree(text.strip()))
    except (SyntaxError, ValueError, TypeError, RecursionError, MemoryError) as error:
        raise AuthorMistake(
            f"The expected value {text!r} is not a Python literal: {error}"
        ) from None


@functools.lru_cache(maxsize=4096)
def _tree(text: str) -> ast.expr:
    """Kept, because a whole class is marked by the same few expressions; read only."""
    return ast.parse(text, mode="eval").body


def _value(node: ast.expr) -> Any:
    if isinstance(node, ast.Name) and node.id in _NAMES:
        return _NAMES[node.id]
    if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.USub):
        return -_value(node.operand)
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and not node.keywords:
        return _constructed(node.func.id, [_value(argument) for argument in node.args])
    if isinstance(node, ast.List):
        return [_value(item) for item in node.elts]
    if isinstance(node, ast.Tuple):
        return tuple(_value(item) for item in node.elts)
    if isinstance(node, ast.Set):
        return {_value(item) for item in node.elts}
    if isinstance(node, ast.Dict) and all(key is not None for key in node.keys):
        pairs = zip(node.keys, node.values, strict=True)
        return {_value(key): _value(item) for key, item in pairs if key is not None}
    return ast.literal_eval(node)


def _constructed(name: str, arguments: list[Any]) -> Any:
    if name == "set" and not arguments:
        return set()
    if name == "frozenset" and len(arguments) <= 1:
        return frozenset(*arguments)
    if name == "float" and len(arguments) == 1 and type(arguments[0]) is str:
        return float(arguments[0])
    raise ValueError(f"{name}(...) is not allowed in it")
