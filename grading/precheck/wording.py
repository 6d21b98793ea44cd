"""Sentences for learners about what happened to their program."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from grading.precheck.base import Answer, CheckOutcome, CheckSpec, CheckStatus
from grading.sandbox import Fault, Opaque, Outcome
from rubrics.languages import PYTHON

# What nobody sees and what turns a line around is shown as a sign: it would say something else to a
# reader, or to a terminal, than to us.
_CONTROLS = [*range(9), 11, 12, *range(14, 32)]
_UNSEEN = {
    **{code: 0x2400 + code for code in _CONTROLS},
    127: 0x2421,
    **dict.fromkeys([*range(0x202A, 0x202F), *range(0x2066, 0x206A)], "\N{REPLACEMENT CHARACTER}"),
}
SHOWN = 500  # characters of a value or text that are shown


def clean(text: str, limit: int = 20_000) -> str:
    """Text that can be stored and shown anywhere: no NUL, no half characters, not endless."""
    cut = text if len(text) <= limit else text[:limit] + " …"
    return cut.translate(_UNSEEN).encode("utf-8", "replace").decode()


def shown(value: Any, limit: int = SHOWN) -> str:
    """A value as Python would write it, cut to `limit` characters."""
    if isinstance(value, Opaque):
        return clean(f"{value.text} (of type {value.type})", limit)
    try:
        return clean(repr(value), limit)
    except ValueError:  # a whole number of more digits than Python cares to write
        return "a value with a whole number of thousands of digits"


def seconds(amount: float) -> str:
    """`2 seconds`, `0.5 seconds`, `1 second`."""
    return f"{amount:g} second" + ("" if amount == 1 else "s")


def fault_sentence(fault: Fault) -> str:
    """`IndexError: list index out of range, at your line 7.`"""
    named = f"{fault.type}: {fault.message}" if fault.message and fault.type else ""
    return _placed(named or fault.message or fault.type, fault.line)


def said_of(fault: Fault) -> str:
    """The same without the type, which is ours where a compiler speaks."""
    return _placed(fault.message, fault.line)


def _placed(said: str, line: int | None) -> str:
    said = clean(said, SHOWN).rstrip(".")
    return f"{said}, at your line {line}." if line else f"{said}."


def ending(outcome: Outcome, answer: Answer) -> tuple[CheckStatus, str, str]:
    """Status, sentence and detail for an outcome that is no result."""
    if outcome.exception is not None and outcome.exception.phase == "prelude":
        said = fault_sentence(outcome.exception)
        return "error", _OURS, f"The prelude of the question fails: {said}"
    if outcome.detail == "overall":
        return "fail", "Your program was stopped: all checks together took too long.", ""
    return "fail", _sentence(outcome, answer), _trace(outcome)


def _sentence(outcome: Outcome, answer: Answer) -> str:
    limits = answer.limits
    if outcome.status in _TOLD:
        return _TOLD[outcome.status](outcome, answer)
    if outcome.status == "crashed" and answer.language == PYTHON.code:
        return "Your program made the Python interpreter itself crash."
    if outcome.status == "crashed":
        return f"Your program crashed: {_CRASHES.get(outcome.detail, outcome.detail)}."
    allowed = limits.wall_seconds if outcome.status == "timeout" else limits.cpu_seconds
    return f"Your program did not finish within {seconds(allowed)}."


_CRASHES: Mapping[str, str] = {
    "signal 4": "it came to an instruction that is none (SIGILL)",
    "signal 6": "it aborted itself (SIGABRT)",
    "signal 7": "it used memory in a way that is not allowed (SIGBUS)",
    "signal 8": "it divided by zero, or overflowed (SIGFPE)",
    "signal 11": "it used memory that is not its own (SIGSEGV, segmentation fault)",
    "signal 31": "it made a system call that is not allowed here (SIGSYS)",
}
_OURS = "This check could not be run. That is our mistake, not yours."


def _exception(outcome: Outcome, answer: Answer) -> str:
    fault = outcome.exception
    if fault is None:
        return "Your program raised an exception."
    if fault.phase == "compile" and answer.language != PYTHON.code:
        return "Your program does not compile: " + said_of(fault)
    if fault.phase == "compile":
        return "Your program is not valid Python: " + fault_sentence(fault)
    return fault_sentence(fault)


def _memory(outcome: Outcome, answer: Answer) -> str:
    if outcome.exception is not None and outcome.exception.phase == "compile":
        return "Your program is nested too deeply to be read."
    return f"Your program used more than {answer.limits.memory_mb} MB."


def _output(outcome: Outcome, answer: Answer) -> str:
    if outcome.detail == "result":
        return "Your program returned a value that is too large to read."
    return f"Your program printed more than {answer.limits.output_kb} KB."


def _exit(outcome: Outcome, answer: Answer) -> str:
    del answer
    if outcome.exception is not None:
        message = clean(outcome.exception.message, SHOWN)
        how = f"sys.exit({message})" if message else "sys.exit()"
        return f"Your program ended itself with {how} before it gave a result."
    return f"Your program ended itself before it gave a result ({outcome.detail})."


def _killed(outcome: Outcome, answer: Answer) -> str:
    del answer
    if outcome.detail == "protocol":
        return "Your program interfered with the way results are reported, so none counts."
    return "Your program was ended before it gave a result."


_TOLD: Mapping[str, Callable[[Outcome, Answer], str]] = {
    "exception": _exception,
    "memory": _memory,
    "output": _output,
    "exit": _exit,
    "killed": _killed,
}


def _trace(outcome: Outcome) -> str:
    if outcome.exception is None or not outcome.exception.frames:
        return clean(outcome.stderr, 4000)
    return "\n".join(f"line {line}, in {clean(name)}" for line, name in outcome.exception.frames)


def not_a_result(spec: CheckSpec, answer: Answer, outcome: Outcome, given: str) -> CheckOutcome:
    """The check's outcome when the program gave no result; `given` is its input."""
    status, sentence, detail = ending(outcome, answer)
    return CheckOutcome(
        code=spec.code,
        status=status,
        summary=sentence,
        input=given,
        line=outcome.exception.line if outcome.exception else None,
        hint=spec.hint if status == "fail" else "",
        detail=detail,
        seconds=outcome.seconds,
    )


def broken(spec: CheckSpec, detail: str) -> CheckOutcome:
    """`error`: the check could not be run, and the learner is told that it is not their doing."""
    return CheckOutcome(spec.code, "error", _OURS, detail=clean(detail))
