"""`make check`: every gate that needs no test run, two at a time, each told in one line."""

from __future__ import annotations

import os
import secrets
import subprocess
import sys
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from dataclasses import dataclass, field
from pathlib import Path

from stack.local import services
from stack.state import CHECKOUT

BIN = Path(sys.executable).parent
MANAGE = (sys.executable, "manage.py")
# What a production machine sets; the addresses are reserved names that lead nowhere.
PRODUCTION = {
    "SECRET_KEY": secrets.token_urlsafe(48),
    "BASE_URL": "https://cograde.example",
    "ALLOWED_HOSTS": "cograde.example",
    "INSECURE_PLATFORMS": "0",
    "BEHIND_PROXY": "1",
}


@dataclass(frozen=True)
class Gate:
    """One command that must succeed."""

    name: str
    command: Sequence[str]
    environment: dict[str, str] = field(default_factory=dict)


GATES = (
    Gate("types", [str(BIN / "mypy"), "."]),
    Gate("lint", [str(BIN / "ruff"), "check", "."]),
    Gate("format", [str(BIN / "ruff"), "format", "--check", "."]),
    Gate("import direction", [str(BIN / "lint-imports")]),
    Gate("migrations", [*MANAGE, "makemigrations", "--check", "--dry-run"]),
    Gate(
        "deployment",
        [*MANAGE, "check", "--deploy", "--fail-level=WARNING"],
        PRODUCTION,
    ),
)
# Two test processes; a file stays in one, because its tests may share a server they started.
AT_ONCE = ("-n", "2", "--dist", "loadfile")
# They are tests as well, so `make test` runs them with the others.
TESTED_GATES = (
    Gate(
        "templates and documentation",
        [sys.executable, "-m", "pytest", "-q", "tests/docs", "tests/test_templates.py"],
    ),
)


def check(gates: Sequence[Gate] = (*GATES, *TESTED_GATES)) -> int:
    """Run the gates; the number of those that failed. The output of a failed one is shown."""
    failed = 0
    with services(), ThreadPoolExecutor(max_workers=2) as pool:
        for future in as_completed([pool.submit(_run, gate) for gate in gates]):
            gate, done, seconds = future.result()
            verdict = "ok" if done.returncode == 0 else "FAILED"
            print(f"{verdict:6} {gate.name} ({seconds:.1f} s)", flush=True)
            if done.returncode != 0:
                failed += 1
                print(done.stdout, flush=True)
    return failed


def test(arguments: Sequence[str]) -> int:
    """The gates, then all tests, whose own report comes last; the status to exit with."""
    failed = check(GATES)
    command = [sys.executable, "-m", "pytest", *(arguments or AT_ONCE)]
    tests = subprocess.run(command, cwd=CHECKOUT, check=False)
    return tests.returncode or min(failed, 1)


def _run(gate: Gate) -> tuple[Gate, subprocess.CompletedProcess[str], float]:
    began = time.monotonic()
    done = subprocess.run(
        list(gate.command),
        cwd=CHECKOUT,
        env={**os.environ, **gate.environment},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )
    return gate, done, time.monotonic() - began
