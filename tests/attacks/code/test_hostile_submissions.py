"""Every hostile submission wins nothing, harms nothing, and the next learner is served at once."""

from __future__ import annotations

import contextlib
import os
import socket
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from grading.precheck import Answer, CheckOutcome, CheckSpec, run_checks
from grading.sandbox import Limits
from tests.attacks.code.corpus import ATTACKS, SECRET, Attack

LIMITS = Limits(
    wall_seconds=0.4, cpu_seconds=1, memory_mb=64, processes=12, disk_mb=4, output_kb=16
)
AT_ONCE = 2.0
HONEST = Answer("def answer(n):\n    return n * 2\n", limits=Limits(memory_mb=64))


def specs(kind: str) -> list[CheckSpec]:
    if kind == "io":
        return [CheckSpec("one", "io", stdin="x", expected=SECRET)]
    if kind == "construct":
        return [CheckSpec("one", "construct", require=["def:answer"])]
    return [
        CheckSpec(f"call-{n}", "call", call=f"answer({n})", expected=repr(SECRET)) for n in range(2)
    ]


def sandboxed_processes() -> set[int]:
    """Numbers of processes on this machine that run as one of the sandbox's users."""
    found = set()
    for status in Path("/proc").glob("[0-9]*/status"):
        with contextlib.suppress(OSError):
            lines = dict(line.split(":", 1) for line in status.read_text().splitlines())
            if 60_800 <= int(lines["Uid"].split()[0]) < 61_056:
                found.add(int(lines["Pid"]))
    return found


def serve_next_learner() -> float:
    begun = time.monotonic()
    [outcome] = run_checks(HONEST, [CheckSpec("next", "call", call="answer(4)", expected="8")])
    assert outcome.status == "pass", outcome
    return time.monotonic() - begun


@pytest.fixture
def listener() -> Iterator[socket.socket]:
    with socket.create_server(("127.0.0.1", 0)) as server:
        server.setblocking(False)
        yield server


def run(attack: Attack, port: int, limits: Limits = LIMITS) -> list[CheckOutcome]:
    source = attack.source.replace("PORT", str(port))
    return run_checks(Answer(source, limits=limits), specs(attack.kind), overall_seconds=30)


def told(attack: Attack, outcomes: list[CheckOutcome]) -> bool:
    return any(attack.says in outcome.summary for outcome in outcomes)


@pytest.mark.parametrize("attack", ATTACKS, ids=lambda attack: attack.name)
def test_a_hostile_submission_wins_nothing_and_harms_nothing(
    attack: Attack, listener: socket.socket
) -> None:
    begun = time.monotonic()
    outcomes = run(attack, listener.getsockname()[1])
    if not told(attack, outcomes):  # a busy machine may need longer than the short time given
        outcomes = run(attack, listener.getsockname()[1], replace(LIMITS, wall_seconds=4))
    assert len(outcomes) == len(specs(attack.kind))
    assert {outcome.status for outcome in outcomes} <= {"fail", "error"}, outcomes
    assert told(attack, outcomes), outcomes
    for outcome in outcomes:
        written = "".join([outcome.summary, outcome.got, outcome.detail, outcome.input])
        assert "\0" not in written
        written.encode()
        assert len(written) < 60_000
    assert time.monotonic() - begun < 20
    assert serve_next_learner() < AT_ONCE
    with pytest.raises(BlockingIOError):
        listener.accept()


def test_nothing_of_the_hostile_submissions_is_left_on_the_machine() -> None:
    for attack in ATTACKS:
        if "outlive" in attack.name or "bomb" in attack.name:
            run(attack, 9)
    left, until = sandboxed_processes(), time.monotonic() + 20
    while left and time.monotonic() < until:  # other sandboxes of the machine come and go
        time.sleep(0.05)
        left &= sandboxed_processes()
    assert not left
    groups = Path("/sys/fs/cgroup").glob(f"*/**/cograde-{os.getpid()}-*")
    assert list(groups) == []
