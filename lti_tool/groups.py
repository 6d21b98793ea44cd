"""Groups of a course (LTI Course Groups Service 1.0): which there are, and who is in which.

The service lists the groups; who is in them stands in the list of people (``group_enrollments``),
or the LMS tells it person by person. ``groups`` and ``read`` speak to the LMS at once and must
not be called inside a transaction.
"""

from __future__ import annotations

import time
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from django.db import transaction

from lti_tool import services
from lti_tool.models import Context, CourseGroup, Membership, Registration
from lti_tool.nrps import PAGE_BYTES, Member, Status, identifier, text
from lti_tool.transport import Answer, TransportError

SCOPE = "https://purl.imsglobal.org/spec/lti-gs/scope/contextgroup.readonly"
MEDIA_TYPE = "application/vnd.ims.lti-gs.v1.contextgroupcontainer+json"
PAGE_GROUPS = 500
MOST_GROUPS = 10_000
NAME_LENGTH = 255
# More people than this are not asked about one by one.
MOST_ASKED = 200
# All questions together: with two readings of the people before, shorter than a reading's lease.
READING_SECONDS = 5 * 60.0
ROWS = 2000

_CAUSES: Mapping[int, str] = {
    403: "The LMS does not let this tool see the groups of the course.",
    404: "The LMS no longer has the groups of this course.",
}


@dataclass(frozen=True)
class Group:
    """``tag`` is the LMS's own mark for groups that belong together, empty for none."""

    id: str
    name: str
    tag: str = ""


def groups(
    registration: Registration, url: str, offered: Iterable[str], *, ends: float | None = None
) -> dict[str, Group]:
    """The groups of a course by their id, over all pages: everything or an error.

    ``ends`` is the moment (``time.monotonic``) after which nothing more is asked.
    """
    ends = ends or time.monotonic() + READING_SECONDS
    asked = services.with_query(url, {"limit": str(PAGE_GROUPS)})
    found: dict[str, Group] = {}
    for answer in services.pages(
        registration, offered, SCOPE, asked, MEDIA_TYPE, causes=_CAUSES, limit=PAGE_BYTES
    ):
        found |= {group.id: group for group in _page(answer)}
        if time.monotonic() > ends:
            raise TransportError("The LMS took too long to list the groups.", permanent=False)
        if len(found) > MOST_GROUPS:
            raise TransportError("The LMS lists more groups than a course has.", permanent=True)
    return found


def read(context: Context, members: Mapping[str, Member]) -> None:
    """Make the course's groups what the LMS says; ``members`` is its whole list of people.

    Groups that the LMS no longer has vanish; where it does not tell who is in them, that stays as
    it is. Raises :class:`TransportError`.
    """
    ends = time.monotonic() + READING_SECONDS
    found = _groups_of(context, context.groups_url, ends)
    told = {sub: member.groups for sub, member in members.items() if member.groups is not None}
    enrolled = told or _asked(context, found, members, ends)
    with transaction.atomic():
        rows = _store(context, found)
        if enrolled is not None:
            _enrol(context, rows, enrolled)


def _groups_of(context: Context, url: str, ends: float) -> dict[str, Group]:
    scopes = context.group_scopes or [SCOPE]
    return groups(context.deployment.registration, url, scopes, ends=ends)


def _asked(
    context: Context, found: Mapping[str, Group], members: Mapping[str, Member], ends: float
) -> dict[str, tuple[str, ...]] | None:
    """Each person's groups, asked for one by one; None when that tells nothing."""
    active = [sub for sub, member in members.items() if member.status == Status.ACTIVE]
    if not found or len(active) > MOST_ASKED:
        return None
    asked = {sub: _groups_with(context, sub, ends) for sub in active}
    # An LMS that knows no such question answers with all groups for everybody.
    return None if all(set(ids) == set(found) for ids in asked.values()) else asked


def _groups_with(context: Context, sub: str, ends: float) -> tuple[str, ...]:
    url = services.with_query(context.groups_url, {"user_id": sub})
    try:
        return tuple(_groups_of(context, url, ends))
    except TransportError as error:
        if error.status == 404:
            return ()
        raise


def _page(answer: Answer) -> list[Group]:
    container = answer.json()
    entries = container.get("groups") if isinstance(container, dict) else None
    if not isinstance(entries, list):
        raise TransportError(
            "The LMS sent a list of groups that could not be read.",
            permanent=False,
            status=answer.status,
        )
    return [group for entry in entries if (group := _group(entry)) is not None]


def _group(entry: Any) -> Group | None:
    found = identifier(entry.get("id")) if isinstance(entry, dict) else ""
    if not found:
        return None
    return Group(found, text(entry.get("name"), NAME_LENGTH), text(entry.get("tag"), NAME_LENGTH))


def _store(context: Context, found: Mapping[str, Group]) -> dict[str, int]:
    """The row of each group by the LMS's id."""
    context.groups.exclude(lti_id__in=list(found)).delete()
    CourseGroup.objects.bulk_create(
        [
            CourseGroup(context=context, lti_id=group.id, name=group.name, tag=group.tag)
            for group in found.values()
        ],
        update_conflicts=True,
        unique_fields=["context", "lti_id"],
        update_fields=["name", "tag"],
        batch_size=ROWS,
    )
    return dict(context.groups.values_list("lti_id", "pk"))


def _enrol(
    context: Context, rows: Mapping[str, int], enrolled: Mapping[str, tuple[str, ...]]
) -> None:
    """Put everybody into the groups that are named for them, and out of all others."""
    enrolments = Membership.groups.through
    keys = dict(context.memberships.values_list("person__sub", "pk"))
    wanted = {
        (keys[sub], rows[group])
        for sub, groups_of_one in enrolled.items()
        if sub in keys
        for group in groups_of_one
        if group in rows
    }
    stored = enrolments.objects.filter(membership__context=context)
    present = {
        (membership, group): key
        for key, membership, group in stored.values_list("pk", "membership_id", "coursegroup_id")
    }
    ended = [key for pair, key in present.items() if pair not in wanted]
    enrolments.objects.filter(pk__in=ended).delete()
    enrolments.objects.bulk_create(
        [
            enrolments(membership_id=membership, coursegroup_id=group)
            for membership, group in sorted(wanted - present.keys())
        ],
        ignore_conflicts=True,
        batch_size=ROWS,
    )
