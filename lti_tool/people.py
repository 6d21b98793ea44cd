"""Writing down who launched, from which link, with which roles; and the session of a person."""

from __future__ import annotations

import json
import uuid
from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any

from django.db import models
from django.http import HttpRequest
from django.utils import timezone
from django.utils.crypto import salted_hmac

from lti_tool import columns, copies, frames, notice_services
from lti_tool.messages import (
    FROM_LTI_1P1,
    RESOURCE_LINK_REQUEST,
    UNNAMED,
    GradeService,
    Legacy,
    Message,
)
from lti_tool.middleware import EARLIER_KEY, SESSION_KEY
from lti_tool.models import (
    Context,
    Deployment,
    Membership,
    Person,
    PersonName,
    Registration,
    ResourceLink,
)
from lti_tool.refusals import LaunchRefused
from lti_tool.roles import rights_of

MOST_ORIGINS = 20
SEEN_FOR = timedelta(minutes=1)
ROSTER_FRESH = timedelta(days=1)


def before(registration: Registration, message: Message) -> Membership | None:
    """What the person of a message was in its course until now; most launches come from somebody
    known, so person, name, course and deployment come with it in one look."""
    if message.subject is None or message.course is None:
        return None
    found = (
        Membership.objects.select_related("person__personal", "context__deployment")
        .filter(
            person__registration=registration,
            person__sub=message.subject,
            context__deployment__registration=registration,
            context__deployment__deployment_id=message.deployment_id,
            context__lti_id=message.course.id,
            context__of_link=False,
        )
        .first()
    )
    if found is not None:
        found.person.registration = found.context.deployment.registration = registration
    return found


def person(
    registration: Registration, message: Message, legacy: Legacy | None, here: Person | None
) -> Person:
    """Who launches. ``here`` is the person of this browser so far.

    Without ``sub`` it is somebody new each time, or whoever was here without a name before.
    ``legacy`` is proven: who came over from LTI 1.1 without having launched yet is found by it.
    """
    if message.subject is None:
        unnamed = here is not None and here.sub.startswith(UNNAMED)
        if here is not None and unnamed and here.registration_id == registration.pk:
            return here
        sub = f"{UNNAMED}{uuid.uuid4()}"
        return Person.objects.create(registration=registration, sub=sub, anonymous=True)
    people = Person.objects.select_related("personal").filter(registration=registration)
    found = people.filter(sub=message.subject).first()
    if found is None and legacy is not None and legacy.user_id:
        # Whoever was brought over from LTI 1.1 under this id gets their new name now.
        people.filter(sub=FROM_LTI_1P1 + legacy.user_id).update(sub=message.subject)
        found = people.filter(sub=message.subject).first()
    if found is None:
        found, _created = people.get_or_create(registration=registration, sub=message.subject)
    found.registration = registration
    return found


def note(person: Person, message: Message, legacy: Legacy | None) -> None:
    """What a launch says about a person. No name does not blank the one that we know."""
    if legacy is not None and legacy.user_id:
        _change(person, legacy_id=legacy.user_id)
    if person.anonymous:
        return
    named = {"name": message.name, "email": message.email}
    said = name_digest(**named)
    stored: PersonName | None = getattr(person, "personal", None)
    if stored is None:
        PersonName.objects.get_or_create(person=person, defaults={**named, "said": said})
    else:
        given = {field: value for field, value in named.items() if value}
        _change(stored, **given, said=said)


def name_digest(name: str, email: str) -> str:
    """Tells whether two launches say the same of a person, and nothing else (keyed)."""
    return salted_hmac("lti_tool.people", json.dumps([name, email]), algorithm="sha256").hexdigest()


def place(
    deployment: Deployment,
    person: Person,
    message: Message,
    legacy: Legacy | None,
    before: Membership | None,
) -> tuple[Membership, ResourceLink | None]:
    """Where somebody launches; roles replace those of earlier launches, never add to them.

    The link is None for messages that name none.
    """
    context = _context(deployment, message, legacy, before)
    link = _link(context, message, legacy) if message.link else None
    return _membership(person, context, message, before), link


def _membership(
    person: Person, context: Context, message: Message, before: Membership | None
) -> Membership:
    values = {
        "roles": list(message.roles),
        "rights": sorted(right.value for right in rights_of(message.roles)),
        "departed_at": None,
    }
    found = before
    if found is None:
        found, _created = Membership.objects.get_or_create(
            person=person, context=context, defaults=values
        )
        found.person, found.context = person, context
    if not message.roles and not _is_whole(message):
        del values["roles"], values["rights"]
    # Exactly, for a list of people that the LMS was asked for before must not overrule this.
    _change(found, **values, seen_at=timezone.now())
    return found


def sign_in(request: HttpRequest, person: Person) -> None:
    """Make ``person`` the person of this session; nothing of another person's session survives.

    That there was another one is noted, so that a page of theirs can say so kindly.
    """
    key = str(person.pk)
    earlier = request.session.get(SESSION_KEY)
    if earlier is not None and earlier != key:
        request.session.flush()
        request.session[EARLIER_KEY] = True
    elif not request.session.is_empty():
        request.session.cycle_key()
    request.session[SESSION_KEY] = key
    request.person = person  # type: ignore[attr-defined]


def _context(
    deployment: Deployment, message: Message, legacy: Legacy | None, before: Membership | None
) -> Context:
    course, link = message.course, message.link
    if course is None:
        if link is None:
            raise LaunchRefused("context")
        found, _created = Context.objects.get_or_create(
            deployment=deployment, lti_id=link.id, of_link=True, defaults={"title": link.title}
        )
        return found
    values = {
        "title": course.title,
        "label": course.label,
        "roster_url": message.roster.url if message.roster else "",
        "groups_url": message.groups.url if message.groups else "",
        "group_scopes": list(message.groups.scopes) if message.groups else [],
    }
    if legacy is not None and legacy.context_id:
        values["legacy_id"] = legacy.context_id
    if before is not None:
        found = before.context
    else:
        found, created = Context.objects.get_or_create(
            deployment=deployment, lti_id=course.id, of_link=False, defaults=values
        )
        if created:
            _change(found, copied_from=copies.course_before(found, message.custom))
    _change(found, **_said(message, values), roster_due_at=_roster_due(found, message))
    return found


def _roster_due(context: Context, message: Message) -> datetime | None:
    """At once for a course that was not read for a day; otherwise as it was."""
    now = timezone.now()
    if message.roster is None or context.roster_due_at is not None:
        return context.roster_due_at
    fresh = context.roster_read_at is not None and context.roster_read_at > now - ROSTER_FRESH
    return None if fresh else now


def _link(context: Context, message: Message, legacy: Legacy | None) -> ResourceLink:
    assert message.link is not None  # noqa: S101 - the caller has just looked
    grades = message.grades or GradeService((), "", "")
    values = {
        "title": message.link.title,
        "custom": dict(message.custom),
        "uid": message.custom.get(copies.UID, "")[:64],
        "line_items_url": grades.line_items,
        "service_scopes": list(grades.scopes),
    }
    if legacy is not None and legacy.link_id:
        values["legacy_id"] = legacy.link_id
    link, known = columns.of_link(context, message.link.id)
    if link is None:
        link, created = ResourceLink.objects.get_or_create(
            context=context, lti_id=message.link.id, defaults=values
        )
        if created:
            _change(link, copied_from=copies.link_before(link))
    link.context = context
    _change(link, **_said(message, values), seen_at=_lately(link.seen_at))
    if grades.line_item:
        columns.note(link, grades, known)
    return link


def _is_whole(message: Message) -> bool:
    """Whether a message says all there is to say of its course, its link and its person. Others
    (a review, a choice) leave out what they are not about, and have parameters of their own."""
    return message.message_type == RESOURCE_LINK_REQUEST


def _said(message: Message, values: dict[str, Any]) -> dict[str, Any]:
    """Of what is to be written those ``values`` that a message may change in a known row."""
    if _is_whole(message):
        return values
    own = ("custom", "uid")
    return {name: value for name, value in values.items() if value and name not in own}


def _lately(seen_at: datetime) -> datetime:
    """The present moment, or ``seen_at`` while that is less than a minute ago."""
    now = timezone.now()
    return seen_at if now - seen_at < SEEN_FOR else now


def _change(row: models.Model, **values: Any) -> None:
    """Write only what differs: a whole class opens one link at once, and rows lock each other."""
    changed = [name for name, value in values.items() if getattr(row, name) != value]
    for name in changed:
        setattr(row, name, values[name])
    if changed:
        row.save(update_fields=changed)


def note_launch(deployment: Deployment, message: Message) -> None:
    """What a launch teaches about the LMS itself: its product, its pages, its notices."""
    registration = deployment.registration
    _change(
        registration,
        product=message.product or registration.product,
        origins=_newest_origins(registration.origins, launch_origins(registration, message)),
        launched_at=_lately(registration.launched_at or registration.created_at - SEEN_FOR),
    )
    if message.notices is not None:
        notice_services.note(deployment, message.notices)


def launch_origins(registration: Registration, message: Message) -> list[str]:
    """Where the pages of the LMS live, as far as a launch tells."""
    urls = [registration.issuer, registration.auth_login_url, message.platform_url]
    urls.append(message.return_url)
    if message.deep_linking:
        urls.append(message.deep_linking.return_url)
    return frames.origins(urls)


def _newest_origins(known: Iterable[str], seen: Iterable[str]) -> list[str]:
    """All that are known, new ones last; the oldest are forgotten beyond ``MOST_ORIGINS``."""
    before = list(known)
    return [*before, *(origin for origin in seen if origin not in before)][-MOST_ORIGINS:]
