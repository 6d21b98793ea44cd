"""The learner's first second: from Check to the last result, and what it costs.

    python -m bench.diagnostics [DATA] [--presses 40] [--submissions 60]

DATA holds question_N.json and .jsonl as in the Refactory data set (Hu et al., ASE 2019); the first
question with at least ten checks is used, with ten of them, over right programs.

on screen    A product of its own (web server, one worker, practice LMS) and Chromium with the
             activity in a frame: from the click on Check until the verdict stands on the page.
work         Processor time of the sandbox over one bare `python3` that makes the same calls, over
             the same submissions in turns.
beside       Time on the clock for eight checks of a third of a second of work, in one sandbox over
             shared out: on an idle machine as many times faster as there are cores, at most four.
otter        Submissions per second with two processes, over that of `otter run` with two.

FIGURE is the work ratio. A p95 of half a second or more, or less than fifty times otter's rate,
makes it `short` as well.
"""

from __future__ import annotations

import argparse
import os
import statistics
import sys
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from pathlib import Path
from unittest.mock import patch

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from bench import _otter_peer, _servers, code_corpus
from bench.code_corpus import Question, bare, judge, timed
from grading.precheck import Answer, CheckSpec, run_checks
from grading.sandbox import Limits, SandboxUnavailable, interpreter
from stack import slots
from stack.local import services
from stack.state import State

AIM = 1.5
P95_MS = 500.0
OTTER_TIMES = 50.0
CHECKS = 10
WORKERS = 2
OTTER_SUBMISSIONS = 4

_PRESS = """
() => new Promise((resolve, reject) => {
  const results = document.getElementById("results");
  results.replaceChildren();
  const begun = performance.now();
  const look = new MutationObserver(() => {
    if (results.querySelector("b") && !results.querySelector("progress")) {
      look.disconnect();
      resolve(performance.now() - begun);
    }
  });
  look.observe(results, { childList: true, subtree: true });
  setTimeout(() => reject(new Error("no verdict within 20 s")), 20_000);
  document.querySelector('button[value="check"]').click();
})
"""


def question(folder: Path) -> Question | None:
    found = [each for each in code_corpus.questions(folder) if len(each.checks) >= CHECKS]
    if not found:
        return None
    rows = tuple(row for row in found[0].rows if row["label"] == "correct")
    return replace(found[0], checks=found[0].checks[:CHECKS], rows=rows)


def passes(task: Question, source: str) -> bool:
    answer = Answer(source=source, prelude=task.prelude, limits=code_corpus.LIMITS)
    return all(outcome.status == "pass" for outcome in run_checks(answer, task.specs()))


def work(task: Question, count: int) -> float:
    judge(task, task.rows[0])  # what a worker finds out once in its life
    ours = theirs = 0.0
    walls: list[float] = []
    for row in task.rows[:count]:
        wall, cpu = timed(lambda row=row: judge(task, row))
        walls.append(wall * 1e3)
        ours += cpu
        theirs += timed(lambda row=row: bare(task, row["source"]))[1]
    print(
        f"work: {count} submissions, {CHECKS} checks each: median {statistics.median(walls):.1f} ms"
        f" on the clock; processor time {ours / theirs:.2f} times the bare interpreter's"
    )
    return ours / theirs


BUSY = """
import time

def busy(seconds):
    ends = time.process_time() + seconds
    while time.process_time() < ends:
        pass
    return seconds
"""


def beside() -> float:
    """How many times faster slow checks are when cores are free than when none are."""
    answer = Answer(BUSY, limits=Limits(cpu_seconds=2))
    specs = [CheckSpec(f"c{n}", "call", call="busy(0.33)", expected="0.33") for n in range(8)]
    shared = timed(lambda: run_checks(answer, specs))[0]
    with patch("grading.precheck.run.free_cores", lambda: 0):
        alone = timed(lambda: run_checks(answer, specs))[0]
    cores = len(os.sched_getaffinity(0))
    print(f"beside: eight slow checks {alone / shared:.2f} times as fast on {cores} cores")
    return alone / shared


def otter_times(task: Question, count: int) -> float:
    sources = [row["source"] for row in task.rows[:count]]
    with ProcessPoolExecutor(WORKERS) as pool:
        list(pool.map(passes, [task] * WORKERS, sources[:WORKERS]))  # start the processes
        begun = time.perf_counter()
        list(pool.map(passes, [task] * count, sources, chunksize=4))
        ours = (time.perf_counter() - begun) / count
    right = [source for source in sources if passes(task, source)][:OTTER_SUBMISSIONS]
    theirs = _otter_peer.seconds_each(task.prelude, task.checks, right)
    print(
        f"otter: {theirs:.2f} s a submission with {WORKERS} processes, cograde {ours * 1e3:.0f} ms:"
        f" {theirs / ours:.0f} times its rate (aim {OTTER_TIMES:.0f})"
    )
    return theirs / ours


@contextmanager
def _slot() -> Iterator[None]:
    """What a test session would set up before a product of its own can run."""
    with ExitStack() as stack:
        state = State()
        stack.enter_context(services(state))
        number = stack.enter_context(slots.slot(state))
        os.environ["DATABASE_URL"] = slots.database_url(os.environ["DATABASE_URL"], number)
        os.environ["REDIS_URL"] = slots.redis_url(os.environ["REDIS_URL"], number, 512)
        os.environ["COGRADE_TEST_SLOT"] = str(number)
        yield


ASSESSMENT = """
cograde: 1
programme: {{code: bench, title: Bench}}
policy: {{code: bench, title: Bench, mode: auto, stakes: low}}
assessment:
  code: bench
  title: Bench
  items:
    - code: task
      kind: code
      title: Task
      points: 10
      prompt: As it stands.
      prelude: {prelude}
      checks:
{checks}
"""


def _file(task: Question) -> str:
    from json import dumps

    checks = "\n".join(
        f"        - {{code: c{number}, kind: call, title: Check {number},"
        f" call: {dumps(call)}, expected: {dumps(expected)}}}"
        for number, (call, expected) in enumerate(task.checks)
    )
    return ASSESSMENT.format(prelude=dumps(task.prelude), checks=checks)


def on_screen(task: Question, presses: int) -> float:
    """The 95th percentile in milliseconds."""
    from tempfile import NamedTemporaryFile

    from tests.journeys.browser import chromium, person
    from tests.journeys.stack import running

    times: list[float] = []
    with _slot(), running() as product, chromium() as browser:
        with NamedTemporaryFile("w", suffix=".yaml") as file:
            file.write(_file(task))
            file.flush()
            product.manage("import_assessment", file.name, "--publish")
        course = {"id": "bench", "title": "Bench", "members": {"ada": ["Learner"]}}
        link = {"id": "bench-link", "title": "Bench", "custom": {"assessment": "bench"}}
        product.lms.seed([{**course, "links": [link]}])
        page = person(browser, product.lms.url, "Ada Okafor")
        page.goto(f"{product.lms.url}/courses/bench")
        page.get_by_role("link", name="Bench").last.click()
        frame = page.frame_locator("iframe.tool")
        frame.get_by_role("button", name="Begin").click()
        frame.get_by_role("button", name="Check").wait_for()
        inner = next(each for each in page.frames if product.tool in each.url)
        for number in range(presses):
            source = task.rows[number % len(task.rows)]["source"]
            inner.locator("#answer").fill(f"# {number}\n{source}")
            times.append(float(inner.evaluate(_PRESS)))
    times = sorted(times[2:])  # the first ones warm up what a day's first learner warms up
    p95 = times[int(len(times) * 0.95)]
    print(
        f"on screen: {len(times)} presses, p50 {statistics.median(times):.0f} ms,"
        f" p95 {p95:.0f} ms (aim {P95_MS:.0f} ms)"
    )
    return p95


def main(arguments: Sequence[str]) -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("data", nargs="?", default="../shared/data/code", type=Path)
    parser.add_argument("--presses", default=42, type=int)
    parser.add_argument("--submissions", default=60, type=int)
    chosen = parser.parse_args(arguments)
    task = question(chosen.data) if chosen.data.is_dir() else None
    if task is None:
        print(f"diagnostics: skipped, no question with {CHECKS} checks in {chosen.data}")
        return 0
    try:
        interpreter.find()
    except SandboxUnavailable as error:
        print(f"diagnostics: skipped, {error}")
        return 0
    _servers.say_if_busy()
    ratio = work(task, chosen.submissions)
    beside()
    times = otter_times(task, chosen.submissions)
    p95 = on_screen(task, chosen.presses)
    reached = ratio <= AIM and p95 < P95_MS and times >= OTTER_TIMES
    print(f"diagnostics: {ratio:.2f} (aim {AIM:.2f}) {'ok' if reached else 'short'}")
    return 0 if reached else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
