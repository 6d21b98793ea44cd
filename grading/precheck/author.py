"""The author's own programs: they run in a sandbox too, never in that of the learner.

What the learner's program gave reaches them as a plain value, written into the call as a literal.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from grading.precheck.base import AuthorMistake
from grading.precheck.wording import fault_sentence
from grading.sandbox import Limits, Outcome, Session

LIMITS = Limits(cpu_seconds=5, memory_mb=256)
SECONDS = 10.0


def author_calls(
    source: str,
    expressions: Sequence[str],
    *,
    prelude: str = "",
    files: Mapping[str, str] | None = None,
    limits: Limits = LIMITS,
) -> list[Outcome]:
    """What the expressions give in the author's module, one after the other."""
    given = {**(files or {}), "author.py": source}
    with Session(given, limits, main="author.py", prelude=prelude, overall_seconds=SECONDS) as own:
        return list(own.calls(list(expressions)))


def author_value(source: str, expression: str, what: str) -> object:
    """The one value of an expression. Raises AuthorMistake, naming `what` did not work."""
    [outcome] = author_calls(source, [expression])
    if outcome.status != "ok":
        raise AuthorMistake(f"{what} does not work: {ending(outcome)}")
    return outcome.value


def ending(outcome: Outcome) -> str:
    """How the author's program ended, for the author."""
    return fault_sentence(outcome.exception) if outcome.exception else f"{outcome.status}."
