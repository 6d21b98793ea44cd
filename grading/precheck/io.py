"""An io check: the program, run as a script, must print what is expected, or write it to a file."""

from __future__ import annotations

from dataclasses import replace

from grading.precheck.base import Answer, AuthorMistake, CheckOutcome, CheckSpec, Runner
from grading.precheck.checker import FAILED, Stumbled, verdict
from grading.precheck.compare import printed_difference
from grading.precheck.program import Program
from grading.precheck.wording import SHOWN, clean, not_a_result
from grading.sandbox import Outcome
from rubrics.languages import PYTHON

BY_PROGRAM = ("pattern", "checker")
FILE_SECONDS = 15.0


class IoCheck:
    """See `base.Kind`."""

    needs_program = True
    python_only = False

    def call(self, spec: CheckSpec) -> str | None:
        """None: each run has a process of its own."""
        del spec
        return None

    def work(self, spec: CheckSpec, answer: Answer, session: Runner) -> Outcome | CheckOutcome:
        """Run the program on the author's input."""
        if not spec.output_file:
            return session.run(spec.arguments, spec.stdin)
        if isinstance(session, Program):
            return self._written(spec, answer, session)
        with _as_command(answer) as program:
            return self._written(spec, answer, program)

    def judge(self, spec: CheckSpec, answer: Answer, outcome: Outcome) -> CheckOutcome:
        """Pass when the program ended well and printed what is expected."""
        if outcome.status != "ok":
            return not_a_result(spec, answer, outcome, _given(spec))
        return self._judged(spec, outcome, outcome.stdout)

    def _written(self, spec: CheckSpec, answer: Answer, program: Program) -> CheckOutcome:
        outcome, content = program.run_for_file(spec.arguments, spec.stdin, spec.output_file)
        outcome = _own_lines(outcome, answer)
        if outcome.status != "ok":
            return not_a_result(spec, answer, outcome, _given(spec))
        if content is None:
            summary = f"Your program wrote no file {spec.output_file}."
            return CheckOutcome(spec.code, "fail", summary, input=_given(spec), hint=spec.hint)
        if spec.compare == "checker":
            return self._judged(spec, outcome, content)
        return self._judged(spec, outcome, content.decode("utf-8", "replace"))

    def _judged(self, spec: CheckSpec, outcome: Outcome, got: str | bytes) -> CheckOutcome:
        flags: tuple[str, ...] = ()
        try:
            differs = _difference(spec, got)
        except Stumbled:
            differs, flags = "it could not be judged as it is", (FAILED,)
        told = spec.show_expected or spec.compare == "checker"
        by_program = spec.compare in BY_PROGRAM
        return CheckOutcome(
            code=spec.code,
            status="pass" if differs is None else "fail",
            summary=clean(_sentence(spec, differs, told)),
            got=clean(got if isinstance(got, str) else f"{len(got)} bytes", SHOWN * 4),
            expected=spec.expected if spec.show_expected and not by_program else "",
            input=_given(spec),
            hint=spec.hint if differs is not None else "",
            detail=clean(outcome.stderr, 2000),
            seconds=outcome.seconds,
            flags=flags,
        )


def _sentence(spec: CheckSpec, differs: str | None, told: bool) -> str:
    if differs is None:
        what = f"wrote {spec.output_file} as" if spec.output_file else "printed what"
        return f"Your program {what} was expected."
    what = (
        f"wrote something else to {spec.output_file}"
        if spec.output_file
        else ("printed something else")
    )
    return f"Your program {what}: {differs}." if told else f"Your program {what} than was expected."


def _difference(spec: CheckSpec, got: str | bytes) -> str | None:
    if spec.compare in BY_PROGRAM:
        return verdict(spec, got, _given(spec))
    if isinstance(got, bytes):
        got = got.decode("utf-8", "replace")
    try:
        return printed_difference(got, spec.expected, spec.compare, spec.tolerance)
    except ValueError as error:
        raise AuthorMistake(f"The expected text is no JSON: {error}") from None


def _given(spec: CheckSpec) -> str:
    return spec.stdin if not spec.arguments else f"{' '.join(spec.arguments)}\n{spec.stdin}"


def _own_lines(outcome: Outcome, answer: Answer) -> Outcome:
    """Lines counted in the learner's file, where the question's code was put before it."""
    fault = outcome.exception
    if fault is None or not fault.line or answer.language != PYTHON.code or not answer.prelude:
        return outcome
    line = fault.line - answer.prelude.count("\n") - 1
    return replace(outcome, exception=replace(fault, line=line if line > 0 else None))


def _as_command(answer: Answer) -> Program:
    """The warmed interpreter gives back values; for a file that is written the program is run as
    the machine's Python would run it, with what the question gives before it."""
    source = f"{answer.prelude}\n{answer.source}" if answer.prelude else answer.source
    given = replace(answer, source=source)
    return Program(
        PYTHON,
        given.all_files,
        answer.limits,
        main=answer.filename,
        overall_seconds=FILE_SECONDS,
    )
