"""The rubrics that nobody has to write: for items with one right answer, for items of several
parts, and for code."""

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
            description="How many of the checks pass, by their weight.",
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
# Every share that some of 2 to 6 parts can be, and the tenths at the ends.
_SHARES = (
    *(("10", "1/10"), ("16.66", "1/6"), ("20", "1/5"), ("25", "1/4"), ("33.33", "1/3")),
    *(("40", "2/5"), ("50", "1/2"), ("60", "3/5"), ("66.66", "2/3"), ("75", "3/4")),
    *(("80", "4/5"), ("83.33", "5/6"), ("90", "9/10")),
)
PARTS_RIGHT = Rubric(
    code="parts-right",
    title="Parts right",
    criteria=(
        Criterion(
            code="parts",
            title="Parts",
            description="How many of the parts are right, by their weight.",
            levels=(
                Level(Decimal(0), "None", "Less than a tenth is right."),
                *(
                    Level(Decimal(points), share, f"At least {share} of it is right.")
                    for points, share in _SHARES
                ),
                Level(Decimal(100), "All", "All of it is right."),
            ),
        ),
    ),
)
STANDARD_RUBRICS = {rubric.code: rubric for rubric in (ANSWER_KEY, PARTS_RIGHT, CHECKS_PASSED)}
# What an item gets whose author names no rubric. The other kinds need one of their own.
STANDARD_FOR_KIND = {
    "choice": ANSWER_KEY.code,
    "matching": PARTS_RIGHT.code,
    "ordering": PARTS_RIGHT.code,
    "cloze": PARTS_RIGHT.code,
    "numeric": ANSWER_KEY.code,
    "code": CHECKS_PASSED.code,
    "diagram": CHECKS_PASSED.code,
}
