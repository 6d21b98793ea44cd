"""The launches of a link that is known, which most launches are: one statement, or two.

A launch of somebody who comes back says what the one before said. Everything that it would write
down is compared where it stands; when all of it is there already, there is nothing to write but
that this state was used and somebody was seen. When only the person says something new, most of
all that they come for the first time, a second statement writes down who they are and what they
are in the course. Whatever else differs, however little, is left to ``lti_tool.people``, which
knows how to write it; what is written here is what it would have written (held by tests).
"""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from datetime import datetime
from typing import Any, NamedTuple

from django.db import connection
from django.db.backends.postgresql.base import ServerBindingCursor
from django.utils import timezone
from psycopg.types.json import Jsonb

from lti_tool import people, sessions, state
from lti_tool.copies import UID
from lti_tool.encryption import encrypt
from lti_tool.messages import RESOURCE_LINK_REQUEST, Course, GradeService, Link, Message
from lti_tool.models import Person, Registration
from lti_tool.refusals import LaunchRefused
from lti_tool.roles import rights_of
from lti_tool.sessions import SessionStore


@dataclass(frozen=True)
class Familiar:
    """Who launches, from which link; both are written down."""

    person: Person
    link_pk: int


class _Found(NamedTuple):
    """``person`` is None when they said something new, ``link`` when the link or its course did.

    ``unseen`` says that nobody has opened the link for a while. ``session`` is what the session of
    the browser holds, None when it has ended; ``renamed`` says whether it has its new key.
    """

    first_use: bool
    person: uuid.UUID | None
    context: int | None
    link: int | None
    unseen: bool | None
    session: str | None
    renamed: bool


# Written with subqueries that each find one row by a unique key: as one join of seven tables it
# takes the database ten times longer to plan than to run.
#
# The state is used up by the row that its unique digest lets in once. A roster that was asked
# for, or read within a day, needs no further asking. A column that is not the one named last is
# left to `lti_tool.columns`. That somebody was seen is written exactly: a list of people that the
# LMS was asked for before must not overrule this launch. The session of the browser gets its new
# key here; whose it was is seen afterwards, and nobody knows the new key before.
_SEEN = """
WITH used AS (
  INSERT INTO lti_tool_usedstate (digest, used_at) VALUES (%(state)s, %(now)s)
  ON CONFLICT DO NOTHING RETURNING digest
), deployment AS MATERIALIZED (
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
  SELECT id, seen_at FROM lti_tool_resourcelink AS link
  WHERE context_id = (SELECT id FROM context) AND lti_id = %(link)s AND title = %(link_title)s
    AND custom = %(custom)s AND uid = %(uid)s
    AND line_items_url = %(line_items)s AND service_scopes = %(scopes)s
    AND (%(line_item)s = '' OR EXISTS (
      SELECT FROM lti_tool_lineitem AS named
      WHERE resource_link_id = link.id AND url = %(line_item)s AND scopes = %(scopes)s
        AND NOT EXISTS (
          SELECT FROM lti_tool_lineitem
          WHERE resource_link_id = link.id AND seen_at > named.seen_at)))
), person AS MATERIALIZED (
  SELECT id FROM lti_tool_person
  WHERE registration_id = %(registration)s AND sub = %(sub)s
), seen AS (
  UPDATE lti_tool_membership SET seen_at = %(now)s
  WHERE person_id = (SELECT id FROM person) AND context_id = (SELECT id FROM context)
    AND roles = %(roles)s AND rights = %(rights)s AND departed_at IS NULL
    AND EXISTS (SELECT FROM used) AND EXISTS (SELECT FROM link)
    AND EXISTS (SELECT FROM lti_tool_personname
                WHERE person_id = (SELECT id FROM person) AND said = %(said)s)
  RETURNING person_id
), session AS MATERIALIZED (
  SELECT session_data FROM django_session
  WHERE session_key = %(session)s AND expire_date > %(now)s
), renamed AS (
  UPDATE django_session SET session_key = %(new_key)s, expire_date = %(session_ends)s
  WHERE session_key = %(session)s AND expire_date > %(now)s AND EXISTS (SELECT FROM seen)
  RETURNING session_key
)
SELECT EXISTS (SELECT FROM used), (SELECT person_id FROM seen), (SELECT id FROM context),
  (SELECT id FROM link), (SELECT seen_at < %(now)s - interval '1 hour' FROM link),
  (SELECT session_data FROM session), EXISTS (SELECT FROM renamed)
"""

# The update that changes nothing is for its answer: whoever made the row, its id comes back. An
# unnamed person stays so, and no name does not blank the one that we know.
#
# The disk is not waited for: this statement alone. Whatever is written after it and waited for,
# such as an answer of this person, is on the disk only with what was written before it.
_JOINED = """
WITH person AS (
  INSERT INTO lti_tool_person (id, registration_id, sub, anonymous, legacy_id, created_at)
  VALUES (%(person)s, %(registration)s, %(sub)s, false, '', %(now)s)
  ON CONFLICT (registration_id, sub) DO UPDATE SET sub = EXCLUDED.sub
  RETURNING id, anonymous
), named AS (
  INSERT INTO lti_tool_personname AS known (person_id, name, email, said)
  SELECT id, %(name)s, %(email)s, %(said)s FROM person WHERE NOT anonymous
  ON CONFLICT (person_id) DO UPDATE SET
    name = coalesce(nullif(EXCLUDED.name, ''), known.name),
    email = coalesce(nullif(EXCLUDED.email, ''), known.email),
    said = EXCLUDED.said
  WHERE known.said <> EXCLUDED.said
), joined AS (
  INSERT INTO lti_tool_membership (person_id, context_id, roles, rights, seen_at)
  SELECT id, %(context)s, %(roles)s, %(rights)s, %(now)s FROM person
  ON CONFLICT (person_id, context_id) DO UPDATE SET
    roles = EXCLUDED.roles, rights = EXCLUDED.rights, seen_at = EXCLUDED.seen_at,
    departed_at = NULL
)
SELECT id, set_config('synchronous_commit', 'off', true) FROM person
"""

_LINK_SEEN = """
WITH link AS (
  UPDATE lti_tool_resourcelink SET seen_at = %(now)s WHERE id = %(link)s RETURNING id
)
UPDATE lti_tool_lineitem SET seen_at = %(now)s
WHERE resource_link_id = (SELECT id FROM link) AND url = %(line_item)s AND url <> ''
"""


def launched(
    registration: Registration, message: Message, sealed: str, session: SessionStore | None
) -> Familiar | None:
    """Write down a launch of a known link; None when it is to be written down as a new one.

    Either way the state ``sealed`` is used up: raises :class:`LaunchRefused` when it was before.
    Only a launch of a link in a course, by somebody with a right there, is looked at. ``session``
    is that of the browser, which is looked up, and gets a new key, along with it.
    """
    rights = sorted(right.value for right in rights_of(message.roles))
    if (
        message.course is None
        or message.link is None
        or message.subject is None
        or not rights
        or not _is_plain(message)
        or not _platform_is_known(registration, message)
    ):
        state.use_up(sealed)
        return None
    facts = _facts(registration, message, message.course, message.link)
    facts |= {"state": state.digest(sealed), "sub": message.subject, "rights": rights}
    browser = session if session is not None and session.untouched else None
    facts |= _session_facts(browser, facts["now"])
    found = _Found(*_row(_SEEN, facts))
    if not found.first_use:
        raise LaunchRefused("state-used")
    if browser is not None:
        browser.looked_up(found.session, facts["new_key"] if found.renamed else None)
    if found.link is None:
        return None
    person = found.person or _joined(facts, message, found)
    if found.unseen:
        with connection.cursor() as cursor:
            cursor.execute(_LINK_SEEN, facts | {"link": found.link})
    known = Person(pk=person, registration=registration, sub=message.subject)
    return Familiar(known, found.link)


def _is_plain(message: Message) -> bool:
    """A launch of a link without a word of LTI 1.1 that would have to be proven."""
    of_legacy = message.legacy is not None and message.legacy.consumer_key != ""
    return message.message_type == RESOURCE_LINK_REQUEST and not of_legacy


def _platform_is_known(registration: Registration, message: Message) -> bool:
    new = set(people.launch_origins(registration, message)) - set(registration.origins)
    same_product = message.product in ("", registration.product)
    launched = registration.launched_at
    lately = launched is not None and timezone.now() - launched < people.SEEN_FOR
    return not new and same_product and lately


def _joined(facts: dict[str, Any], message: Message, found: _Found) -> uuid.UUID:
    """The person of a message, written down as one of the course."""
    new = {
        "person": uuid.uuid4(),
        "name": encrypt(message.name) if message.name else "",
        "email": encrypt(message.email) if message.email else "",
        "context": found.context,
    }
    person, _ = _row(_JOINED, facts | new)
    return uuid.UUID(str(person))


def _session_facts(session: SessionStore | None, now: datetime) -> dict[str, Any]:
    return {
        "session": session.session_key if session is not None else "",
        "new_key": sessions.new_key(),
        "session_ends": sessions.ends(now),
    }


def _row(statement: str, facts: dict[str, Any]) -> tuple[Any, ...]:
    """The row that a statement answers.

    Django's cursors put the values into the text, which the database then reads and plans anew:
    four fifths of its work on these statements. This one is Django's too and sends the values
    apart, so that they are planned once per connection.
    """
    connection.ensure_connection()
    apart: Any = ServerBindingCursor(connection.connection)  # type: ignore[call-arg]
    with connection._prepare_cursor(apart) as cursor:  # type: ignore[attr-defined]
        cursor.execute(statement, facts)
        row: tuple[Any, ...] = cursor.fetchone()
    return row


def _facts(
    registration: Registration, message: Message, course: Course, link: Link
) -> dict[str, Any]:
    """The parameters of the statements."""
    grades = message.grades or GradeService((), "", "")
    notices = message.notices
    return {
        "now": timezone.now(),
        "registration": registration.pk,
        "said": people.name_digest(message.name, message.email),
        "deployment": message.deployment_id,
        "course": course.id,
        "course_title": course.title,
        "course_label": course.label,
        "roster": message.roster.url if message.roster else "",
        "groups": message.groups.url if message.groups else "",
        "group_scopes": list(message.groups.scopes) if message.groups else [],
        "roles": Jsonb(list(message.roles)),
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
