"""No hostile program, of any kind of check and language, passes unseen or puts us at fault."""

from __future__ import annotations

import time

import pytest

from grading.precheck import Answer, CheckSpec, run_checks
from tests.attacks.code.programs import HONEST, KINDS, LIMITS, PROGRAMS, Program

AT_ONCE = 5.0
LAST_LINE = 1_000_000
NEXT = Answer("print(2 * int(input()))\n", limits=LIMITS)


def serve_next_learner() -> None:
    begun = time.monotonic()
    [outcome] = run_checks(NEXT, [CheckSpec("next", "io", stdin="21\n", expected="42\n")])
    assert outcome.status == "pass", outcome
    assert time.monotonic() - begun < AT_ONCE


@pytest.mark.parametrize("program", PROGRAMS, ids=lambda program: f"{program.name}-{program.kind}")
def test_a_hostile_program_wins_nothing_unseen(program: Program) -> None:
    if missing := program.chosen.missing:
        pytest.skip(f"this machine has no {', '.join(missing)}")
    outcomes = run_checks(program.answer, KINDS[program.kind])
    for outcome in outcomes:
        # A forged suite passes, but only where a person looks, or where the policy trusts suites.
        seen = outcome.trust == "guarded" or outcome.flags or program.kind == HONEST
        assert outcome.status == "fail" or (outcome.status == "pass" and seen), outcome
        assert outcome.line is None or 0 < outcome.line <= LAST_LINE
        written = "".join([outcome.summary, outcome.got, outcome.detail, outcome.input])
        assert "ESCAPED" not in written
        assert "def test_" not in written
        assert len(written) < 60_000
    if program.kind == HONEST:
        assert outcomes[0].status == "pass"
    serve_next_learner()
