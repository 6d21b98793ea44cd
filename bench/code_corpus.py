"""Real first-year submissions through the real sandbox: do the verdicts agree with the labels?

    .venv/bin/python bench/code_corpus.py DATA DATA_C

DATA is a folder of question_N.json (prelude, reference, checks) and question_N.jsonl (id, label,
source), as in the Refactory data set (Hu et al., ASE 2019). Every submission is run. For each
whose verdict is not its label, the listing says what the bare interpreter gives outside our
comparison, so that a wrong label can be told from a mistake of ours. DATA_C is the same for C, see
`_c_corpus.py`.

FIGURE is the share of rows on which verdict and label agree once the rows are set aside whose
label the bare interpreter or compiler disproves. The work ratio is the processor time of
both ways over the same rows, taken in turns: the sandbox against one bare `python3` process per
submission that makes all its calls.
"""

from __future__ import annotations

import ast
import json
import resource
import statistics
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from bench import _c_corpus
from grading.precheck import Answer, CheckOutcome, CheckSpec, run_checks
from grading.sandbox import Limits, SandboxUnavailable, interpreter

AIM = 1.0
WORKERS = 2
SAMPLE = 60  # submissions of each question on which time is compared
LIMITS = Limits(wall_seconds=4, cpu_seconds=2, memory_mb=128)
BARE_SECONDS = 5.0

# The bare interpreter's own verdict: equal text of the repr, with no code of ours in between.
_BARE = """
import io, sys
calls, results, out = {calls!r}, [], sys.stdout
def attempt(call, space):
    try:
        return repr(eval(call, space))
    except BaseException as error:
        return type(error).__name__ + ": " + str(error)
for call in calls:
    space = {{"__name__": "solution"}}
    sys.stdout = io.StringIO()
    try:
        exec(compile({prelude!r}, "prelude", "exec"), space)
        exec(compile({source!r}, "solution.py", "exec"), space)
    except BaseException as error:
        results.append(type(error).__name__ + ": " + str(error))
        continue
    results.append(attempt(call, space))
sys.stdout = out
print(results)
"""


@dataclass(frozen=True)
class Question:
    """A task with its checks and the submissions to it."""

    name: str
    prelude: str
    reference: str
    checks: tuple[tuple[str, str], ...]
    rows: tuple[dict[str, str], ...]

    def specs(self) -> list[CheckSpec]:
        return [
            CheckSpec(code=f"check-{number}", kind="call", call=call, expected=expected)
            for number, (call, expected) in enumerate(self.checks, start=1)
        ]


@dataclass(frozen=True)
class Verdict:
    """What our checks say of one row."""

    row: dict[str, str]
    outcomes: list[CheckOutcome]

    @property
    def said(self) -> str:
        if any(outcome.status == "error" for outcome in self.outcomes):
            return "error"
        passed = all(outcome.status == "pass" for outcome in self.outcomes)
        return "correct" if passed else "wrong"


def questions(folder: Path) -> list[Question]:
    found = []
    for path in sorted(folder.glob("question_*.json")):
        data = json.loads(path.read_text())
        lines = path.with_suffix(".jsonl").read_text().splitlines()
        found.append(
            Question(
                name=path.stem,
                prelude=data["prelude"],
                reference=data["reference"],
                checks=tuple((check["call"], check["expected"]) for check in data["checks"]),
                rows=tuple(json.loads(line) for line in lines if line.strip()),
            )
        )
    return found


def judge(question: Question, row: dict[str, str]) -> Verdict:
    answer = Answer(source=row["source"], prelude=question.prelude, limits=LIMITS)
    return Verdict(row, run_checks(answer, question.specs()))


def bare(question: Question, source: str) -> list[str]:
    """The repr, or the exception, of every call in a plain interpreter."""
    program = _BARE.format(
        calls=[call for call, _ in question.checks], prelude=question.prelude, source=source
    )
    try:
        done = subprocess.run(
            [interpreter.find().executable, "-"],
            input=program,
            capture_output=True,
            text=True,
            timeout=BARE_SECONDS,
            check=False,
        )
    except subprocess.TimeoutExpired:
        return ["did not finish"] * len(question.checks)
    try:
        results = ast.literal_eval(done.stdout)
    except (SyntaxError, ValueError):
        return [f"exit code {done.returncode}"] * len(question.checks)
    return [str(result) for result in results]


def cause(question: Question, verdict: Verdict) -> tuple[bool, str]:
    """Whether the label is disproved by the bare interpreter, and the cause in words."""
    given = bare(question, verdict.row["source"])
    expected = [expected for _, expected in question.checks]
    differing = [
        place for place, pair in enumerate(zip(given, expected, strict=True)) if pair[0] != pair[1]
    ]
    if verdict.said == "error":
        return False, "a check could not be run"
    if verdict.said == "correct" and not differing:
        return True, (
            "the bare interpreter gives the expected repr for every call: the tests cannot tell"
        )
    if verdict.said == "wrong" and differing:
        place = differing[0]
        return True, (
            f"the bare interpreter gives {given[place][:80]!r} for {question.checks[place][0]},"
            f" expected {expected[place]!r}: the label is wrong"
        )
    return False, "the bare interpreter does not bear our verdict out: our mistake"


def listed(verdict: Verdict, words: str) -> None:
    print(f"  {verdict.row['id']}: label {verdict.row['label']}, verdict {verdict.said}: {words}")
    for outcome in verdict.outcomes:
        if outcome.status != "pass":
            print(f"    {outcome.code} {outcome.status}: {outcome.summary[:160]}")
            break


def agreement(question: Question, verdicts: Sequence[Verdict]) -> tuple[int, int]:
    """Print the question's table; rows that agree, and rows that count."""
    table = Counter((verdict.row["label"], verdict.said) for verdict in verdicts)
    print(f"{question.name}: {len(verdicts)} submissions")
    for (label, said), count in sorted(table.items()):
        print(f"  label {label:8} verdict {said:8} {count}")
    good = counted = disproved = 0
    for verdict in verdicts:
        label = verdict.row["label"]
        if label == "fail":
            listed(
                verdict,
                f"label 'fail', bare: {bare(question, verdict.row['source'])[0][:80]}",
            )
            continue
        if verdict.said == label:
            good, counted = good + 1, counted + 1
            continue
        mislabelled, words = cause(question, verdict)
        listed(verdict, words)
        disproved += mislabelled
        counted += not mislabelled
    total = sum(count for (label, _), count in table.items() if label != "fail")
    raw = sum(count for (label, said), count in table.items() if label == said)
    print(f"  agreement with the labels as they are: {raw}/{total} = {raw / total:.4f}")
    print(f"  set aside because the bare interpreter disproves the label: {disproved}")
    return good, counted


def processor_seconds() -> float:
    """Processor time of this process and of the children it has waited for."""
    return sum(
        usage.ru_utime + usage.ru_stime
        for usage in map(resource.getrusage, (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
    )


def timed(act: Any) -> tuple[float, float]:
    """Wall and processor seconds."""
    cpu, wall = processor_seconds(), time.perf_counter()
    act()
    return time.perf_counter() - wall, processor_seconds() - cpu


def ratio(all_questions: Sequence[Question]) -> None:
    """Both ways over the same correct rows, one after the other, so that noise hits both."""
    ours: list[tuple[float, float]] = []
    theirs: list[tuple[float, float]] = []
    for question in all_questions:
        rows = [row for row in question.rows if row["label"] == "correct"][:SAMPLE]
        for row in rows:
            ours.append(timed(lambda row=row, q=question: judge(q, row)))
            theirs.append(timed(lambda row=row, q=question: bare(q, row["source"])))
    if not ours:
        return
    medians = [statistics.median(wall for wall, _ in times) * 1e3 for times in (ours, theirs)]
    work = [sum(cpu for _, cpu in times) for times in (ours, theirs)]
    ninety_fifth = sorted(wall for wall, _ in ours)[int(len(ours) * 0.95)] * 1e3
    print(
        f"one at a time, {len(ours)} submissions: sandbox median {medians[0]:.1f} ms "
        f"(p95 {ninety_fifth:.1f}), bare interpreter median {medians[1]:.1f} ms; "
        f"wall ratio {medians[0] / medians[1]:.2f}, processor time ratio {work[0] / work[1]:.2f} "
        f"(aim 1.50)"
    )


def judged(question: Question, pool: ProcessPoolExecutor) -> list[Verdict]:
    return list(pool.map(judge, [question] * len(question.rows), question.rows, chunksize=8))


def main(arguments: Sequence[str]) -> int:
    folder = Path(arguments[0] if arguments else "../shared/data/code")
    all_questions = questions(folder) if folder.is_dir() else []
    if not all_questions:
        print(f"code_corpus: skipped, no question_N.json in {folder}")
        return 0
    try:
        interpreter.find()
        check_references(all_questions)
    except SandboxUnavailable as error:
        print(f"code_corpus: skipped, {error}")
        return 0
    good = counted = 0
    begun = time.perf_counter()
    with ProcessPoolExecutor(WORKERS) as pool:
        verdicts = [judged(question, pool) for question in all_questions]
        seconds = time.perf_counter() - begun
        total = sum(map(len, verdicts))
        print(
            f"{total} submissions in {seconds:.1f} s with {WORKERS} workers: "
            f"{total / seconds:.0f} per second"
        )
        begun = time.perf_counter()
        for question in all_questions:
            sources = [row["source"] for row in question.rows]
            list(pool.map(bare, [question] * len(sources), sources, chunksize=8))
        plain = time.perf_counter() - begun
    print(
        f"bare interpreter, same rows and calls: {total / plain:.0f} per second; "
        f"total time ratio {seconds / plain:.2f} (includes programs that do not end)"
    )
    for question, found in zip(all_questions, verdicts, strict=True):
        one, other = agreement(question, found)
        good, counted = good + one, counted + other
    ratio(all_questions)
    folder_c = Path(arguments[1] if len(arguments) > 1 else folder.with_name(f"{folder.name}_c"))
    begun = time.perf_counter()
    in_c = _c_corpus.tasks(folder_c)
    one, other = _c_corpus.figures(in_c, WORKERS)
    good, counted = good + one, counted + other
    if in_c:
        rate = sum(len(task.rows) for task in in_c) / (time.perf_counter() - begun)
        print(f"C, everything included: {rate:.0f} submissions per second")
    else:
        print(f"C: skipped, no labNN_exNN.json in {folder_c}")
    figure = good / counted if counted else 0.0
    reached = figure >= AIM
    print(f"code_corpus: {figure:.4f} (aim {AIM:.4f}) {'ok' if reached else 'short'}")
    return 0 if reached else 1


def check_references(all_questions: Sequence[Question]) -> None:
    """The author's own solution must pass, or the figures mean nothing."""
    for question in all_questions:
        row = {"id": "reference", "label": "correct", "source": question.reference}
        verdict = judge(question, row)
        print(f"{question.name}: the reference solution is {verdict.said}")
        if any(outcome.status == "error" for outcome in verdict.outcomes):
            raise SandboxUnavailable(verdict.outcomes[0].detail, "")


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
