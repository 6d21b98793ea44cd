"""A generated check: calls that the author's program draws, with a seed, so that no answer can be
known by heart.

The expected values come from the author's own solution, in a sandbox of its own. Of the calls that
fail the shortest is told, since small inputs explain best.
"""

from __future__ import annotations

import functools
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass, replace
from typing import Any

from grading.precheck.author import author_calls, ending
from grading.precheck.base import Answer, AuthorMistake, CheckOutcome, CheckSpec, Runner
from grading.precheck.call import Raises, expression, judged
from grading.sandbox import Opaque, Outcome, Session

MOST_CALLS = 100
LONGEST_CALL = 2000


@dataclass(frozen=True)
class Case:
    """A call and what it must give: a value, or `Raises`."""

    call: str
    expected: Any


class GeneratedCheck:
    """See `base.Kind`. The generator has `cases(random)`, which gives the calls as texts; `random`
    is a `random.Random` that was seeded for this attempt."""

    needs_program = True
    python_only = True

    def call(self, spec: CheckSpec) -> str | None:
        """None: it makes many calls."""
        del spec
        return None

    def work(self, spec: CheckSpec, answer: Answer, session: Runner) -> Outcome | CheckOutcome:
        """Make all the calls in the learner's module."""
        assert isinstance(session, Session)  # noqa: S101 - python_only
        cases = drawn(spec.generator, answer.reference, answer.prelude, answer.seed)
        failed: list[CheckOutcome] = []
        seconds = 0.0
        with closing(session.calls([case.call for case in cases])) as outcomes:
            for case, outcome in zip(cases, outcomes, strict=False):
                if _says_all(outcome):
                    return outcome
                found = judged(replace(spec, call=case.call), answer, outcome, case.expected)
                seconds += found.seconds
                if found.status != "pass":
                    failed.append(found)
                if outcome.status in ("timeout", "cpu"):
                    break  # the others would take as long
        if not failed:
            summary = f"All {len(cases)} calls that were drawn for you give the right result."
            return CheckOutcome(spec.code, "pass", summary, seconds=seconds)
        first = min(failed, key=lambda each: (len(each.input), each.input))
        more = f" {len(failed)} of {len(cases)} calls that were drawn for you fail."
        return replace(first, summary=first.summary + more, seconds=seconds)

    def judge(self, spec: CheckSpec, answer: Answer, outcome: Outcome) -> CheckOutcome:
        """Of an outcome that says all there is to say."""
        return judged(spec, answer, outcome, None)


def _says_all(outcome: Outcome) -> bool:
    """Nothing was called: the program is none, or our own part of it fails."""
    fault = outcome.exception
    return fault is not None and fault.phase in ("compile", "prelude")


@functools.lru_cache(maxsize=256)
def drawn(generator: str, reference: str, prelude: str, seed: int) -> tuple[Case, ...]:
    """The calls with what they must give. Raises AuthorMistake."""
    draw = f"list(cases(__import__('random').Random({seed})))"
    [outcome] = author_calls(generator, [draw], prelude=prelude)
    if outcome.status != "ok":
        raise AuthorMistake(f"The generator does not work: {ending(outcome)}")
    calls = list(_calls(outcome.value))
    outcomes = author_calls(reference, calls, prelude=prelude)
    return tuple(
        Case(call, _expected(call, outcome)) for call, outcome in zip(calls, outcomes, strict=True)
    )


def _calls(value: object) -> Iterator[str]:
    if type(value) is not list or not 0 < len(value) <= MOST_CALLS:
        raise AuthorMistake(f"cases(random) must give 1 to {MOST_CALLS} calls.")
    for call in value:
        if type(call) is not str or len(call) > LONGEST_CALL:
            raise AuthorMistake("cases(random) must give calls as short texts, such as 'f(3)'.")
        yield expression(call)


def _expected(call: str, outcome: Outcome) -> Any:
    fault = outcome.exception
    if fault is not None and fault.phase == "call":
        return Raises(fault.type)
    if outcome.status != "ok":
        raise AuthorMistake(f"The reference solution fails at {call}: {ending(outcome)}")
    if isinstance(outcome.value, Opaque):
        raise AuthorMistake(f"{call} gives a {outcome.value.type}, which cannot be compared.")
    return outcome.value
