"""Who is in a course: every change counts up, so that tools can ask what has changed since."""

from __future__ import annotations

from practice_lms.house import house
from practice_lms.rows import Enrolment, Status, enrolment_key


def enrol(course: str, person: str, roles: tuple[str, ...], status: Status = "Active") -> None:
    """Put a person into a course with these roles, or change how they are in it."""
    with house.state.lock:
        old = house.state.get(Enrolment, enrolment_key(course, person))
        if old and (old.roles, old.status) == (roles, status):
            return
        house.state.put(Enrolment(course, person, roles, status, house.state.changes + 1))


def set_status(course: str, person: str, status: Status) -> bool:
    """Suspend (Inactive), take out (Deleted) or bring back (Active); False for a stranger."""
    with house.state.lock:
        old = house.state.get(Enrolment, enrolment_key(course, person))
        if old is None:
            return False
        enrol(course, person, old.roles, status)
    return True


def members(course: str, *, since: int | None = None) -> list[Enrolment]:
    """The enrolments of a course, or those changed after the change numbered ``since``.

    Those who were taken out are told among changes only.
    """
    return [
        row
        for row in house.state.all(Enrolment)
        if row.course == course
        and (row.status != "Deleted" if since is None else row.changed > since)
    ]
