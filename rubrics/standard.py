"""The two rubrics that nobody has to write: for items with one right answer, and for code."""

from __future__ import annotations

from decimal import Decimal

from rubrics.content import Criterion, Level, Rubric

ANSWER_KEY = Rubric(
    code="answer-key",
    title="Answer key",
    criteria=(
        Criterion(
            code="answer",
            title="Answer",
            levels=(
                Level(Decimal(0), "Not correct", "The answer is not the right one."),
                Level(Decimal(1), "Correct", "The answer is right."),
            ),
        ),
    ),
)
CHECKS_PASSED = Rubric(
    code="checks-passed",
    title="Checks passed",
    criteria=(
        Criterion(
            code="correctness",
            title="Correctness",
            description="How many of the checks the code passes, by their weight.",
            levels=(
                Level(Decimal(0), "None", "No check passes."),
                Level(Decimal(1), "Some", "Some checks pass, fewer than half."),
                Level(Decimal(2), "Half", "About half of the checks pass."),
                Level(Decimal(3), "Most", "Most checks pass, but not all."),
                Level(Decimal(4), "All", "Every check passes."),
            ),
        ),
    ),
)
STANDARD_RUBRICS = {rubric.code: rubric for rubric in (ANSWER_KEY, CHECKS_PASSED)}
# What an item gets whose author names no rubric. The other kinds need one of their own.
STANDARD_FOR_KIND = {
    "choice": ANSWER_KEY.code,
    "numeric": ANSWER_KEY.code,
    "code": CHECKS_PASSED.code,
}
