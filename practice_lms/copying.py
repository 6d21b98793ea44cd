"""Copying a course: its activities and columns anew, its teachers along, its learners not."""

from __future__ import annotations

import uuid
from dataclasses import replace

from practice_lms import assignments, claims, gradebook, notices, roster, vocabulary
from practice_lms.house import house
from practice_lms.rows import Assignment, Course, ResourceLink, Tool


def copy(source: Course, title: str = "", id: str = "") -> Course:
    """A copy of ``source`` whose history names what it was copied from.

    Resource links keep their custom parameters and get new ids, as LTI Core 1.3 section 5.3.5
    asks; grades stay behind. Raises ValueError for an id that a course has.
    """
    with house.state.lock:
        if id and house.state.get(Course, id):
            raise ValueError(f"there is a course {id!r} already")
        made = replace(
            source,
            id=id or str(uuid.uuid4()),
            title=title or f"Copy of {source.title}",
            history=(source.id, *source.history),
        )
        house.state.put(made)
        for link in house.state.all(ResourceLink):
            if link.course == source.id:
                _copy_link(link, made)
        for assignment in assignments.of_course(source.id):
            _copy_assignment(assignment, made)
        for enrolment in roster.members(source.id):
            if enrolment.has(*vocabulary.TEACHERS):
                roster.enrol(made.id, enrolment.person, enrolment.roles)
    _tell(source, made)
    return made


def _tell(source: Course, made: Course) -> None:
    """Send a notice to every deployment that has an activity in the copy (LtiContextCopyNotice)."""
    told = {"context": claims.context(made), "origin_contexts": [source.id]}
    own = {f"{vocabulary.CLAIM}{name}": value for name, value in told.items()}
    links = [link for link in house.state.all(ResourceLink) if link.course == made.id]
    for client_id, deployment in sorted({(link.client_id, link.deployment) for link in links}):
        tool = house.state.get(Tool, client_id)
        if tool is not None:
            notices.notify(tool, deployment, vocabulary.CONTEXT_COPY_NOTICE, [own])


def _copy_assignment(assignment: Assignment, course: Course) -> None:
    made = replace(assignment, id=str(uuid.uuid4()), course=course.id)
    house.state.put(made)
    for processor in assignments.processors_of(assignment):
        house.state.put(replace(processor, id=str(uuid.uuid4()), assignment=made.id))


def _copy_link(link: ResourceLink, course: Course) -> None:
    made = replace(link, id=str(uuid.uuid4()), course=course.id, history=(link.id, *link.history))
    house.state.put(made)
    for item in gradebook.line_items_of(link):
        house.state.put(
            replace(item, id=gradebook.next_line_item_id(), course=course.id, link=made.id)
        )
