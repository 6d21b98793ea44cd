"""An io check: the program, run as a script, must print the expected text."""

from __future__ import annotations

from grading.precheck.base import Answer, CheckOutcome, CheckSpec
from grading.precheck.compare import text_difference
from grading.precheck.wording import SHOWN, clean, not_a_result
from grading.sandbox import Outcome, Session


class IoCheck:
    """See `base.Kind`."""

    needs_program = True

    def call(self, spec: CheckSpec) -> str | None:
        """None: each run has a process of its own."""
        del spec
        return None

    def work(self, spec: CheckSpec, answer: Answer, session: Session) -> Outcome | CheckOutcome:
        """Run the script on the author's input."""
        del answer
        return session.run(spec.arguments, spec.stdin)

    def judge(self, spec: CheckSpec, answer: Answer, outcome: Outcome) -> CheckOutcome:
        """Pass when the program ended well and its standard output is the expected text."""
        given = spec.stdin if not spec.arguments else f"{' '.join(spec.arguments)}\n{spec.stdin}"
        if outcome.status != "ok":
            return not_a_result(spec, answer, outcome, given)
        differs = text_difference(outcome.stdout, spec.expected, spec.tolerance)
        summary = "Your program printed what was expected."
        if differs is not None and spec.show_expected:
            summary = f"Your program printed something else: {differs}."
        elif differs is not None:
            summary = "Your program printed something else than was expected."
        return CheckOutcome(
            code=spec.code,
            status="pass" if differs is None else "fail",
            summary=clean(summary),
            got=clean(outcome.stdout, SHOWN * 4),
            expected=spec.expected if spec.show_expected else "",
            input=given,
            hint=spec.hint if differs is not None else "",
            detail=clean(outcome.stderr, 2000),
            seconds=outcome.seconds,
        )
