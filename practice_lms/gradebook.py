"""The gradebook: what a score does to a cell, and what a cell shows."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import UTC, datetime

from practice_lms.house import house
from practice_lms.problems import Refused
from practice_lms.rows import Enrolment, Grade, LineItem, Person, ResourceLink, grade_key


@dataclass(frozen=True)
class Score:
    """A score as the tool sent it, checked for form (AGS 2.0 section 3.4)."""

    user_id: str
    timestamp: datetime
    activity: str
    grading: str
    given: float | None
    maximum: float | None
    comment: str | None
    submitted_at: str = ""


def now() -> str:
    return datetime.now(UTC).isoformat(timespec="seconds")


def learner(item: LineItem, user_id: str) -> Person:
    """The learner of a score. Raises Refused for strangers, teachers and people who left."""
    manner = house.manner
    person = house.state.person_of(user_id)
    enrolment = house.state.enrolment(item.course, person.id) if person else None
    if person is None or enrolment is None:
        raise Refused(manner.not_learner_status, f"user {user_id} is not enrolled in this course")
    if not enrolment.has("Learner"):
        raise Refused(manner.not_learner_status, f"user {user_id} is not a learner here")
    return person


def store(item: LineItem, score: Score) -> Grade:
    """Put a score into the gradebook in the manner that is set. Raises Refused."""
    person = learner(item, score.user_id)
    with house.state.lock:
        old = house.state.get(Grade, grade_key(item.id, person.id)) or Grade(item.id, person.id)
        _check_order(old, score)
        grade = _written(old, score)
        house.state.put(grade)
    return grade


def override(item: LineItem, person: Person, points: float | None, comment: str, by: str) -> Grade:
    """A teacher sets (or with None takes back) a grade of their own over the tool's."""
    with house.state.lock:
        old = house.state.get(Grade, grade_key(item.id, person.id)) or Grade(item.id, person.id)
        grade = replace(
            old,
            override=points,
            override_comment=comment if points is not None else "",
            override_by=by if points is not None else "",
            stored_at=now(),
        )
        house.state.put(grade)
    return grade


def points(item: LineItem, grade: Grade | None) -> float | None:
    """What the gradebook shows: the teacher's grade, else the tool's on the column's scale."""
    if grade is None:
        return None
    if grade.override is not None:
        return grade.override
    if grade.given is None or not grade.maximum:
        return None
    scaled = grade.given * item.maximum / grade.maximum
    return min(scaled, item.maximum) if house.manner.cap_at_maximum else scaled


def comment(grade: Grade) -> str:
    """The comment that goes with what is shown."""
    return grade.override_comment if grade.override is not None else grade.comment


def next_line_item_id() -> str:
    """A number that no line item has. Call under the state's lock."""
    used = (int(item.id) for item in house.state.all(LineItem) if item.id.isdigit())
    return str(max(used, default=0) + 1)


def line_items_of(link: ResourceLink) -> list[LineItem]:
    """The columns of an activity."""
    return [item for item in house.state.all(LineItem) if item.link == link.id]


def columns(course: str) -> list[LineItem]:
    """The columns of a course."""
    return [item for item in house.state.all(LineItem) if item.course == course]


def learners(course: str) -> list[tuple[Person, Enrolment]]:
    """The active learners of a course by family name."""
    found = [
        (person, enrolment)
        for enrolment in house.state.all(Enrolment)
        if enrolment.course == course and enrolment.has("Learner")
        if (person := house.state.get(Person, enrolment.person))
    ]
    return sorted(found, key=lambda pair: (pair[0].family_name, pair[0].given_name))


def _check_order(old: Grade, score: Score) -> None:
    if not old.timestamp:
        return
    manner = house.manner
    before, after = datetime.fromisoformat(old.timestamp), score.timestamp
    if manner.whole_seconds:
        before, after = before.replace(microsecond=0), after.replace(microsecond=0)
    if after < before or (after == before and manner.equal_is_late):
        raise Refused(
            manner.late_status,
            f"timestamp {score.timestamp.isoformat()} is not later than the stored {old.timestamp}",
        )


def _written(old: Grade, score: Score) -> Grade:
    """The cell after the score."""
    manner = house.manner
    noted = replace(
        old,
        timestamp=score.timestamp.isoformat(),
        activity=score.activity,
        grading=score.grading,
        submitted_at=score.submitted_at or old.submitted_at,
        stored_at=now(),
    )
    if score.grading not in manner.graded_progress:
        if manner.ungraded == "erase":
            return replace(noted, given=None, maximum=None, comment="")
        return noted
    keeps = score.comment is None and manner.missing_comment == "keep"
    written = replace(
        noted,
        given=score.given,
        maximum=score.maximum if score.given is not None else None,
        comment=old.comment if keeps else (score.comment or ""),
    )
    if manner.override_wins:
        return written
    return replace(written, override=None, override_comment="", override_by="")
