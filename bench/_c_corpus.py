"""The part of `code_corpus` that is about C: real first-year submissions, each compiled and run.

FOLDER holds labNN_exNN.json (reference, compile, checks) and .jsonl (id, label, source), as in
C-Pack-IPAs (Orvalho et al. 2024). The labels were given by comparing to the last character, so the
checks compare like that here. A label counts as disproved when the machine's compiler, started
without us, gives another one.
"""

from __future__ import annotations

import json
import subprocess
import tempfile
from collections import Counter
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from grading.precheck import Answer, CheckSpec, run_checks
from grading.sandbox import Limits

LIMITS = Limits(cpu_seconds=2, memory_mb=128)
BARE_SECONDS = 5.0
REFUSED = "does_not_compile"


@dataclass(frozen=True)
class Task:
    """`flags` are the compiler's; `checks` are (standard input, expected output)."""

    name: str
    reference: str
    flags: tuple[str, ...]
    checks: tuple[tuple[str, str], ...]
    rows: tuple[dict[str, str], ...]


def tasks(folder: Path) -> list[Task]:
    found = []
    for path in sorted(folder.glob("lab*_ex*.json")):
        data = json.loads(path.read_text())
        lines = path.with_suffix(".jsonl").read_text().splitlines()
        found.append(
            Task(
                name=path.stem,
                reference=data["reference"],
                flags=tuple(word for word in data["compile"].split()[1:] if word != "-lm"),
                checks=tuple((check["stdin"], check["expected"]) for check in data["checks"]),
                rows=tuple(json.loads(line) for line in lines if line.strip()),
            )
        )
    return found


def said(task: Task, source: str) -> str:
    """Our verdict, in the words of the labels."""
    answer = Answer(source, filename="solution.c", language="c", flags=task.flags, limits=LIMITS)
    specs = [
        CheckSpec(f"run-{number}", "io", stdin=stdin, expected=expected, compare="exact")
        for number, (stdin, expected) in enumerate(task.checks, start=1)
    ]
    outcomes = run_checks(answer, specs)
    if any(outcome.status == "error" for outcome in outcomes):
        return "error"
    if outcomes[0].summary.startswith("Your program does not compile"):
        return REFUSED
    return "correct" if all(outcome.status == "pass" for outcome in outcomes) else "wrong"


def bare(task: Task, source: str) -> str:
    """The verdict of the machine's compiler and of its program, with nothing of ours between."""
    with tempfile.TemporaryDirectory() as folder:
        file, program = Path(folder) / "solution.c", Path(folder) / "program"
        file.write_text(source)
        words = ["gcc", "-o", str(program), str(file), *task.flags, "-lm"]
        if subprocess.run(words, capture_output=True, check=False).returncode != 0:
            return REFUSED
        for stdin, expected in task.checks:
            try:
                ran = subprocess.run(
                    [str(program)],
                    input=stdin.encode(),
                    capture_output=True,
                    timeout=BARE_SECONDS,
                    check=False,
                )
            except subprocess.TimeoutExpired:
                return "wrong"
            if ran.stdout.decode(errors="replace") != expected or ran.returncode < 0:
                return "wrong"
    return "correct"


def agreement(task: Task, pool: ProcessPoolExecutor) -> tuple[int, int]:
    """Print the task's table; rows that agree, and rows that count."""
    sources = [row["source"] for row in task.rows]
    verdicts = list(pool.map(said, [task] * len(sources), sources, chunksize=8))
    pairs = list(zip(task.rows, verdicts, strict=True))
    differing = [(row, verdict) for row, verdict in pairs if verdict != row["label"]]
    proofs = list(pool.map(bare, [task] * len(differing), [row["source"] for row, _ in differing]))
    mistakes = [
        (row, verdict, proof)
        for (row, verdict), proof in zip(differing, proofs, strict=True)
        if verdict != proof
    ]
    table = Counter((row["label"], verdict) for row, verdict in pairs)
    print(f"{task.name}: {len(pairs)} submissions; the reference is {said(task, task.reference)}")
    for (label, verdict), count in sorted(table.items()):
        print(f"  label {label:16} verdict {verdict:16} {count}")
    for row, verdict, proof in mistakes:
        print(f"  {row['id']}: label {row['label']}, verdict {verdict}, bare {proof}: our mistake")
    print(
        f"  set aside because the bare compiler disproves the label: "
        f"{len(differing) - len(mistakes)}"
    )
    good = len(pairs) - len(differing)
    return good, good + len(mistakes)


def figures(all_tasks: Sequence[Task], workers: int) -> tuple[int, int]:
    """Rows that agree, and rows that count, over all tasks."""
    with ProcessPoolExecutor(workers) as pool:
        found = [agreement(task, pool) for task in all_tasks]
    return sum(good for good, _ in found), sum(counted for _, counted in found)
