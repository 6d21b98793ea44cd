"""All checks of one answer in one sandbox; slow ones beside each other where cores are free."""

from __future__ import annotations

import queue
import threading
import time
from collections.abc import Callable, Generator, Iterator, Sequence
from contextlib import ExitStack, closing
from dataclasses import replace
from typing import TypeAlias

from grading.precheck.base import Answer, AuthorMistake, CheckOutcome, CheckSpec, Kind, Runner
from grading.precheck.cores import free_cores
from grading.precheck.program import Program
from grading.precheck.registry import kind
from grading.precheck.wording import broken
from grading.sandbox import Outcome, SandboxUnavailable, Session
from rubrics.languages import PYTHON, language

OVERALL_SECONDS = 60.0
SLOW_SECONDS = 0.25
MOST_LANES = 4
LONGEST_SOURCE = 256 * 1024  # characters

TOO_LONG = "Your program was stopped: all checks together took too long."

OnResult = Callable[[CheckOutcome], None]


def run_checks(
    answer: Answer,
    specs: Sequence[CheckSpec],
    on_result: OnResult | None = None,
    *,
    overall_seconds: float = OVERALL_SECONDS,
    give_way: tuple[type[Exception], ...] = (),
) -> list[CheckOutcome]:
    """One outcome per check, in the order given; `on_result` is told each as it is settled.

    Nothing of the learner's makes this raise. Without a sandbox every check that needs one is
    `error` with the reason, and none of the learner's code has run. A text that is no valid
    program fails every check that depends on it, with the same words. What is in `give_way` goes
    through: by it the caller says that time is up.
    """
    outcomes: dict[int, CheckOutcome] = {}
    with _Run(_without_outputs(answer, specs), specs, overall_seconds, give_way) as run:
        for place, outcome in _beside_each_other(run):
            outcomes[place] = outcome
            if on_result is not None:
                on_result(outcome)
    return [outcomes[place] for place in range(len(specs))]


def _without_outputs(answer: Answer, specs: Sequence[CheckSpec]) -> Answer:
    """Files that the program has to write are not there before."""
    written = {spec.output_file for spec in specs if spec.output_file}
    kept = {path: content for path, content in answer.files.items() if path not in written}
    return replace(answer, files=kept)


Placed: TypeAlias = tuple[int, CheckOutcome]
Landed: TypeAlias = "queue.SimpleQueue[Placed | BaseException]"


def _beside_each_other(run: _Run) -> Iterator[Placed]:
    """Outcomes as they come, with the places of their checks. When one has taken long and more are
    to come, the others are shared out to sandboxes of their own, as many as cores are free: to
    start one costs more than most checks take, so that quick ones stay together.
    """
    done = 0
    with closing(run.outcomes()) as outcomes:
        for place, outcome in enumerate(outcomes):
            yield place, outcome
            done = place + 1
            more = len(run.specs) - done > 1
            if outcome.seconds >= SLOW_SECONDS and more and run.invalid is None and free_cores():
                break
    left = range(done, len(run.specs))
    # Counted again now that nothing of ours runs.
    lanes = min(free_cores() + 1, len(left), MOST_LANES)
    if left:
        yield from _shared(run, left, lanes)


def _shared(run: _Run, places: Sequence[int], lanes: int) -> Iterator[Placed]:
    """Each lane takes every so manieth check in a thread with a sandbox of its own: a sandbox ends
    with the thread that made it. `on_result` and what is in `give_way` stay in the caller's.
    """
    landed: Landed = queue.SimpleQueue()
    shares = [places[lane::lanes] for lane in range(lanes)]
    runs = [run.another([run.specs[place] for place in share]) for share in shares]
    threads = [
        threading.Thread(target=_lane, args=(each, share, landed), daemon=True)
        for each, share in zip(runs, shares, strict=True)
    ]
    for thread in threads:
        thread.start()
    try:
        for _place in places:
            found = landed.get()
            if isinstance(found, BaseException):
                raise found
            yield found
    finally:
        for each in runs:
            each.ends = 0.0  # also those that were given up begin no other check
        for thread in threads:
            thread.join()


def _lane(run: _Run, places: Sequence[int], landed: Landed) -> None:
    try:
        with run:
            for placed in zip(places, run.outcomes(), strict=True):
                landed.put(placed)
    except BaseException as error:  # noqa: BLE001 - raised again where somebody can hear it
        landed.put(error)


class _Run:
    def __init__(
        self,
        answer: Answer,
        specs: Sequence[CheckSpec],
        overall_seconds: float,
        give_way: tuple[type[Exception], ...],
    ) -> None:
        self.give_way = give_way
        self.ends = time.monotonic() + overall_seconds
        self.answer = answer
        self.specs = specs
        self.overall_seconds = overall_seconds
        self.stack = ExitStack()
        self.session: Runner | None = None
        self.unavailable: SandboxUnavailable | None = None
        self.invalid: CheckOutcome | None = None
        self.program: Program | None = None  # compiled before

    def another(self, specs: Sequence[CheckSpec]) -> _Run:
        """One over other checks of the same answer, within the same time."""
        other = _Run(self.answer, specs, max(self.ends - time.monotonic(), 0.1), self.give_way)
        other.program = self.session if isinstance(self.session, Program) else None
        return other

    def __enter__(self) -> _Run:
        return self

    def __exit__(self, *error: object) -> None:
        self.stack.close()

    def outcomes(self) -> Generator[CheckOutcome, None, None]:
        waiting: list[tuple[CheckSpec, Kind, str]] = []
        for spec in self.specs:
            prepared = self.prepared(spec)
            if isinstance(prepared, tuple) and prepared[1] is not None:
                waiting.append((spec, prepared[0], prepared[1]))
                continue
            yield from self.called(waiting)
            waiting = []
            yield prepared if isinstance(prepared, CheckOutcome) else self.one(spec, prepared[0])
        yield from self.called(waiting)

    def prepared(self, spec: CheckSpec) -> CheckOutcome | tuple[Kind, str | None]:
        """The kind of check and its call, or the outcome where the author made a mistake."""
        if len(self.answer.source) > LONGEST_SOURCE:
            summary = f"Your program is longer than {LONGEST_SOURCE // 1024} KB."
            return CheckOutcome(spec.code, "fail", summary)
        try:
            found = kind(spec.kind)
            if found.python_only and self.answer.language != PYTHON.code:
                return broken(spec, f"Checks of kind {spec.kind} are for Python programs only.")
            return found, found.call(spec)
        except AuthorMistake as mistake:
            return broken(spec, str(mistake))
        except self.give_way:
            raise
        except Exception as error:  # noqa: BLE001 - a third party's check must not end the others
            return broken(spec, f"{type(error).__name__}: {error}")

    def called(self, waiting: Sequence[tuple[CheckSpec, Kind, str]]) -> Iterator[CheckOutcome]:
        """Checks that are one call each, in one request."""
        if not waiting:
            return
        session = self.opened()
        if not isinstance(session, Session) or self.invalid is not None:
            yield from (self.undone(spec) for spec, _found, _call in waiting)
            return
        done = 0
        try:
            with closing(session.calls([call for _spec, _found, call in waiting])) as answers:
                for outcome, (spec, found, _call) in zip(answers, waiting, strict=False):
                    done += 1
                    yield self.judged(spec, found, outcome)
                    if self.invalid is not None:
                        break
        except SandboxUnavailable as error:
            self.unavailable = error
        yield from (self.undone(spec) for spec, _found, _call in waiting[done:])

    def one(self, spec: CheckSpec, found: Kind) -> CheckOutcome:
        """A check that does its own work."""
        if found.needs_program and self.invalid is not None:
            return self.undone(spec)
        if time.monotonic() > self.ends:
            return CheckOutcome(spec.code, "fail", TOO_LONG, hint=spec.hint)
        session = self.opened()
        if session is None:
            return self.undone(spec)
        try:
            outcome = found.work(spec, self.answer, session)
        except AuthorMistake as mistake:
            return broken(spec, str(mistake))
        except SandboxUnavailable as error:
            self.unavailable = error
            return self.undone(spec)
        except self.give_way:
            raise
        except Exception as error:  # noqa: BLE001 - a check that crashed is `error`, never `pass`
            return broken(spec, f"{type(error).__name__}: {error}")
        return outcome if isinstance(outcome, CheckOutcome) else self.judged(spec, found, outcome)

    def judged(self, spec: CheckSpec, found: Kind, outcome: Outcome) -> CheckOutcome:
        try:
            verdict = found.judge(spec, self.answer, outcome)
        except AuthorMistake as mistake:
            return broken(spec, str(mistake))
        except self.give_way:
            raise
        except Exception as error:  # noqa: BLE001 - a check that crashed is `error`, never `pass`
            return broken(spec, f"{type(error).__name__}: {error}")
        fault = outcome.exception
        if fault is not None and fault.phase == "compile" and found.needs_program:
            self.invalid = verdict
        return verdict

    def opened(self) -> Runner | None:
        """The program in its sandbox, started when first needed; None without a sandbox."""
        if self.session is None and self.unavailable is None:
            try:
                self.session = self.started()
            except SandboxUnavailable as error:
                self.unavailable = error
        return self.session

    def started(self) -> Runner:
        answer = self.answer
        if self.program is not None:
            return self.stack.enter_context(self.program.again(self.overall_seconds))
        if answer.language == PYTHON.code:
            python = Session(
                answer.all_files,
                answer.limits,
                main=answer.filename,
                prelude=answer.prelude,
                overall_seconds=self.overall_seconds,
            )
            return self.stack.enter_context(python)
        chosen = language(answer.language)
        if chosen is None:
            raise SandboxUnavailable(f"There is no language called {answer.language!r}.", "")
        program = Program(
            chosen,
            answer.all_files,
            answer.limits,
            main=answer.filename,
            flags=answer.flags,
            overall_seconds=self.overall_seconds,
        )
        return self.stack.enter_context(program)

    def undone(self, spec: CheckSpec) -> CheckOutcome:
        """The outcome of a check that was not run, with the reason."""
        if self.invalid is not None:
            return replace(self.invalid, code=spec.code, hint=spec.hint, input=spec.call)
        reason = str(self.unavailable or "The sandbox gave no answer.")
        return broken(spec, reason)
