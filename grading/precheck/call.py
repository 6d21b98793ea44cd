"""A call check: the author's expression in the learner's module must give the expected value."""

from __future__ import annotations

import ast
from typing import Any

from grading.precheck.base import Answer, AuthorMistake, CheckOutcome, CheckSpec
from grading.precheck.compare import difference
from grading.precheck.wording import clean, not_a_result, shown
from grading.sandbox import Outcome, Session

_NAMES = {"nan": float("nan"), "inf": float("inf")}


class CallCheck:
    """See `base.Kind`."""

    needs_program = True

    def call(self, spec: CheckSpec) -> str | None:
        """The expression, once it and the expected value are known to be sound."""
        try:
            ast.parse(spec.call, mode="eval")
        except (SyntaxError, ValueError) as error:
            raise AuthorMistake(f"The call {spec.call!r} is not an expression: {error}") from None
        literal(spec.expected)
        return spec.call

    def work(self, spec: CheckSpec, answer: Answer, session: Session) -> Outcome | CheckOutcome:
        """One call in a process of its own."""
        del answer
        return session.call(spec.call)

    def judge(self, spec: CheckSpec, answer: Answer, outcome: Outcome) -> CheckOutcome:
        """Pass when the value equals the expected literal."""
        if outcome.status != "ok":
            return not_a_result(spec, answer, outcome, spec.call)
        expected = literal(spec.expected)
        differs = difference(outcome.value, expected, spec.tolerance)
        got, wanted = shown(outcome.value), shown(expected)
        summary = f"{spec.call} gives {got}."
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
    """The value of a Python literal; `nan`, `inf`, `set()` and `frozenset({...})` are literals too.

    Raises AuthorMistake.
    """
    try:
        return _value(ast.parse(text.strip(), mode="eval").body)
    except (SyntaxError, ValueError, TypeError, RecursionError, MemoryError) as error:
        raise AuthorMistake(
            f"The expected value {text!r} is not a Python literal: {error}"
        ) from None


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
