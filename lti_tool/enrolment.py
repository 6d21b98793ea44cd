"""Writing people down as the LMS lists them: who they are, and what they are in a course.

Many at a time, in few statements. Whoever launched after the list was asked for is left as that
launch says.
"""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import lru_cache
from typing import Any

from django.conf import settings
from django.db import connection
from django.utils import timezone

from lti_tool.messages import FROM_LTI_1P1
from lti_tool.models import Context, Person, PersonName, Registration
from lti_tool.nrps import Member
from lti_tool.roles import OUTSIDE_THE_COURSE, rights_of

ROWS = 2000
# Django would send each value of each row by itself, which takes ten times as long.
_JOIN = """
    INSERT INTO lti_tool_membership
        (person_id, context_id, roles, rights, seen_at, listed_at)
    SELECT person, %s, %s::jsonb, %s::varchar[], %s, %s FROM unnest(%s::uuid[]) AS person
    ON CONFLICT (person_id, context_id) DO NOTHING
"""


@dataclass(frozen=True)
class Known:
    """A membership as it stands; ``seen_at`` is the latest launch."""

    pk: int
    roles: list[str]
    rights: list[str]
    seen_at: datetime
    listed_at: datetime | None
    departed_at: datetime | None


def launch_lasts() -> timedelta:
    """How long a launch can last: whoever comes back later must launch anew, and is then known."""
    return timedelta(seconds=settings.SESSION_COOKIE_AGE)


def identify(registration: Registration, listed: Mapping[str, Member]) -> dict[str, Any]:
    """The id of each person by ``sub``, new ones included; names and old ids are written down."""
    found = _stored(registration, listed)
    if _came_over(registration, [m for sub, m in listed.items() if sub not in found]):
        found = _stored(registration, listed)
    missing = [
        Person(registration=registration, sub=sub, legacy_id=member.legacy)
        for sub, member in listed.items()
        if sub not in found
    ]
    if missing:
        # Some may have launched in this moment.
        Person.objects.bulk_create(missing, ignore_conflicts=True, batch_size=ROWS)
        found |= _stored(registration, [person.sub for person in missing])
    _note_legacy(found, listed)
    keys = {sub: key for sub, (key, _legacy) in found.items()}
    _note_names({keys[sub]: member for sub, member in listed.items()})
    return keys


def _came_over(registration: Registration, new: Iterable[Member]) -> bool:
    """Give people who were brought over from LTI 1.1 the id by which the LMS calls them now.

    A launch would not find them any more, were there somebody new of that id already.
    """
    expected = {FROM_LTI_1P1 + member.legacy: member for member in new if member.legacy}
    waiting = Person.objects.filter(registration=registration, sub__in=list(expected))
    changed = [
        Person(pk=key, sub=expected[sub].sub, legacy_id=expected[sub].legacy)
        for key, sub in waiting.values_list("pk", "sub")
    ]
    return Person.objects.bulk_update(changed, ["sub", "legacy_id"], batch_size=ROWS) > 0


def _stored(registration: Registration, subs: Iterable[str]) -> dict[str, tuple[Any, str]]:
    """(id, id in LTI 1.1) by ``sub``."""
    rows = Person.objects.filter(registration=registration, sub__in=list(subs))
    return {sub: (key, legacy) for sub, key, legacy in rows.values_list("sub", "pk", "legacy_id")}


def _note_legacy(found: Mapping[str, tuple[Any, str]], listed: Mapping[str, Member]) -> None:
    changed = [
        Person(pk=key, legacy_id=listed[sub].legacy)
        for sub, (key, legacy) in sorted(found.items())
        if listed[sub].legacy and not legacy
    ]
    Person.objects.bulk_update(changed, ["legacy_id"], batch_size=ROWS)


def _note_names(listed: Mapping[Any, Member]) -> None:
    """Store names and e-mails that differ; what the LMS does not send stays as it is."""
    named = {key: member for key, member in listed.items() if member.name or member.email}
    if not named:
        return
    rows = PersonName.objects.filter(person__in=list(named))
    stored = {key: (name, email) for key, name, email in rows.values_list("pk", "name", "email")}
    changed = []
    # In one order: two readings at once must not wait for each other in a circle.
    for key, member in sorted(named.items()):
        name, email = stored.get(key, ("", ""))
        wanted = (member.name or name, member.email or email)
        if wanted != (name, email) or key not in stored:
            # What launches say is compared anew by the next one.
            changed.append(PersonName(person_id=key, name=wanted[0], email=wanted[1], said=""))
    PersonName.objects.bulk_create(
        changed,
        update_conflicts=True,
        unique_fields=["person"],
        update_fields=["name", "email", "said"],
        batch_size=ROWS,
    )


def standing(context: Context) -> dict[Any, Known]:
    """The course's memberships by the person's id."""
    rows = context.memberships.values_list(
        "person_id", "pk", "roles", "rights", "seen_at", "listed_at", "departed_at"
    )
    return {row[0]: Known(*row[1:]) for row in rows}


def enrol(
    context: Context,
    listed: Mapping[str, Member],
    people: Mapping[str, Any],
    known: Mapping[Any, Known],
    began: datetime,
) -> None:
    """Memberships as listed: new ones made, changed ones changed, a statement per set of roles."""
    new: dict[tuple[str, ...], list[Any]] = defaultdict(list)
    changed: dict[tuple[str, ...], list[int]] = defaultdict(list)
    unlisted: list[int] = []
    for sub, member in listed.items():
        before = known.get(people[sub])
        if before is None:
            new[member.roles or ()].append(people[sub])
            continue
        if before.listed_at is None:
            unlisted.append(before.pk)
        roles = _roles_now(before, member, began)
        same = roles == tuple(before.roles) and tuple(before.rights) == _rights(roles)
        if before.departed_at or not same:
            changed[roles].append(before.pk)
    for roles, persons in new.items():
        _join(context, persons, roles, began)
    for roles, keys in changed.items():
        _unseen_since(context, keys, began).update(
            roles=list(roles), rights=list(_rights(roles)), departed_at=None
        )
    context.memberships.filter(pk__in=unlisted).update(listed_at=began)


def _join(context: Context, people: list[Any], roles: tuple[str, ...], began: datetime) -> None:
    """New memberships; whoever launched in this moment has one already, and keeps it."""
    values = (context.pk, json.dumps(roles), list(_rights(roles)), began, began, people)
    with connection.cursor() as cursor:
        cursor.execute(_JOIN, values)


def _roles_now(before: Known, member: Member, began: datetime) -> tuple[str, ...]:
    """The roles as listed, with those of the latest launch that no list of a course can name.

    Roles outside the course (an administrator of the school) are kept as long as that launch can
    last. Where the list's roles could not be read, what was known stays.
    """
    if member.roles is None:
        return tuple(before.roles)
    launched = before.seen_at > began - launch_lasts() and before.departed_at is None
    outside = [role for role in before.roles if role in OUTSIDE_THE_COURSE] if launched else []
    wanted = tuple(dict.fromkeys((*member.roles, *outside)))
    # The same roles in another order are no change.
    return tuple(before.roles) if set(wanted) == set(before.roles) else wanted


@lru_cache(maxsize=1000)
def _rights(roles: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(sorted(right.value for right in rights_of(roles)))


def depart(context: Context, keys: list[int], began: datetime) -> None:
    """Gone is gone: whoever comes back is listed anew, or launches."""
    _unseen_since(context, keys, began).update(
        rights=[], departed_at=timezone.now(), listed_at=None
    )


def _unseen_since(context: Context, keys: list[int], began: datetime) -> Any:
    """Of these memberships those without a launch since: the database looks once more."""
    return context.memberships.filter(pk__in=keys, seen_at__lte=began)
