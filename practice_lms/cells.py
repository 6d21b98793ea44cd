"""The gradebook's cells as pages show them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from practice_lms import gradebook, submission_review
from practice_lms.house import house
from practice_lms.rows import Grade, LineItem, Person, grade_key

PROGRESS = {
    "Pending": "being graded",
    "PendingManual": "waiting for a reviewer",
    "Failed": "could not be graded",
    "NotReady": "started",
}


@dataclass(frozen=True)
class Cell:
    """One learner's standing in one gradebook column, as pages show it."""

    item: LineItem
    person: Person
    points: float | None
    comment: str
    when: datetime | None
    progress: str
    overridden_by: str
    review: str  # the words of the link to what was handed in


def cell(item: LineItem, person: Person) -> Cell:
    """The cell of the gradebook, empty when there is nothing yet."""
    grade = house.state.get(Grade, grade_key(item.id, person.id)) or Grade(item.id, person.id)
    return Cell(
        item=item,
        person=person,
        points=gradebook.points(item, grade),
        comment=gradebook.comment(grade),
        when=datetime.fromisoformat(grade.stored_at) if grade.stored_at else None,
        progress=PROGRESS.get(grade.grading, "") if grade.grading != "FullyGraded" else "",
        overridden_by=grade.override_by,
        review=submission_review.label(item, grade),
    )
