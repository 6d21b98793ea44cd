"""The launch that says what the one before said, which most launches do: one statement.

Everything that a launch writes down is compared where it stands; when all of it is there already,
there is nothing to write but that somebody was seen. Whatever differs, however little, is left to
``lti_tool.people``, which knows how to write it.
"""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from typing import Any

from django.db import connection
from django.utils import timezone
from psycopg.types.json import Jsonb

from lti_tool import people
from lti_tool.copies import UID
from lti_tool.messages import RESOURCE_LINK_REQUEST, Course, GradeService, Link, Message
from lti_tool.models import Person, Registration
from lti_tool.roles import rights_of


@dataclass(frozen=True)
class Familiar:
    """Who launches, from which link; both have been written down before."""

    person: Person
    link_pk: int


# Written with subqueries that each find one row by a unique key: as one join of seven tables it
# takes the database ten times longer to plan than to run.
#
# A roster that was asked for, or read within a day, needs no further asking; and a link that was
# opened within the hour is known to be in use.
_SEEN = """
WITH deployment AS MATERIALIZED (
  SELECT id FROM lti_tool_deployment
  WHERE registration_id = %(registration)s AND deployment_id = %(deployment)s AND active
), context AS MATERIALIZED (
  SELECT id FROM lti_tool_context
  WHERE deployment_id = (SELECT id FROM deployment) AND lti_id = %(course)s AND NOT of_link
    AND title = %(course_title)s AND label = %(course_label)s
    AND roster_url = %(roster)s AND groups_url = %(groups)s AND group_scopes = %(group_scopes)s
    AND (roster_url = '' OR roster_due_at IS NOT NULL
         OR roster_read_at > %(now)s - interval '1 day')
    AND (NOT %(notices)s OR EXISTS (
      SELECT FROM lti_tool_noticeservice
      WHERE deployment_id = (SELECT id FROM deployment) AND url = %(notices_url)s
        AND offered = %(notices_offered)s))
), link AS MATERIALIZED (
  SELECT id FROM lti_tool_resourcelink AS link
  WHERE context_id = (SELECT id FROM context) AND lti_id = %(link)s AND title = %(link_title)s
    AND custom = %(custom)s AND uid = %(uid)s
    AND line_items_url = %(line_items)s AND service_scopes = %(scopes)s
    AND seen_at > %(now)s - interval '1 hour'
    AND (%(line_item)s = '' OR EXISTS (
      SELECT FROM lti_tool_lineitem
      WHERE resource_link_id = link.id AND url = %(line_item)s AND scopes = %(scopes)s))
), person AS MATERIALIZED (
  SELECT id FROM lti_tool_person
  WHERE registration_id = %(registration)s AND sub = %(sub)s
)
UPDATE lti_tool_membership SET seen_at = %(now)s
WHERE person_id = (SELECT id FROM person) AND context_id = (SELECT id FROM context)
  AND roles = %(roles)s AND rights = %(rights)s AND departed_at IS NULL
  AND EXISTS (SELECT FROM link)
  AND EXISTS (SELECT FROM lti_tool_personname
              WHERE person_id = (SELECT id FROM person) AND said = %(name)s)
RETURNING person_id, (SELECT id FROM link)
"""


def seen_again(registration: Registration, message: Message) -> Familiar | None:
    """Note that somebody was seen whose launch says nothing new; None when it says anything new.

    Only a launch of a link in a course, by somebody with a right there, is looked at.
    """
    rights = sorted(right.value for right in rights_of(message.roles))
    plain = message.message_type == RESOURCE_LINK_REQUEST and message.legacy is None
    if message.subject is None or message.course is None or message.link is None:
        return None
    if not plain or not rights or not _platform_is_known(registration, message):
        return None
    with connection.cursor() as cursor:
        cursor.execute(_SEEN, _facts(registration, message, message.course, message.link, rights))
        row: tuple[uuid.UUID, int] | None = cursor.fetchone()
    if row is None:
        return None
    return Familiar(Person(pk=row[0], registration=registration, sub=message.subject), row[1])


def _platform_is_known(registration: Registration, message: Message) -> bool:
    new = set(people.launch_origins(registration, message)) - set(registration.origins)
    same_product = message.product in ("", registration.product)
    launched = registration.launched_at
    lately = launched is not None and timezone.now() - launched < people.SEEN_FOR
    return not new and same_product and lately


def _facts(
    registration: Registration, message: Message, course: Course, link: Link, rights: list[str]
) -> dict[str, Any]:
    """The parameters of the statement."""
    grades = message.grades or GradeService((), "", "")
    notices = message.notices
    return {
        "now": timezone.now(),
        "registration": registration.pk,
        "sub": message.subject,
        "name": people.name_digest(message.name, message.email),
        "deployment": message.deployment_id,
        "course": course.id,
        "course_title": course.title,
        "course_label": course.label,
        "roster": message.roster.url if message.roster else "",
        "groups": message.groups.url if message.groups else "",
        "group_scopes": list(message.groups.scopes) if message.groups else [],
        "roles": Jsonb(list(message.roles)),
        "rights": rights,
        "link": link.id,
        "link_title": link.title,
        "custom": Jsonb(dict(message.custom)),
        "uid": message.custom.get(UID, "")[:64],
        "line_items": grades.line_items,
        "scopes": list(grades.scopes),
        "line_item": grades.line_item,
        "notices": notices is not None,
        "notices_url": notices.url if notices else "",
        "notices_offered": list(notices.offered) if notices else [],
    }
