"""Writing down who launched, from which link, with which roles; and the session of a person."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any

from django.db import models, transaction
from django.http import HttpRequest
from django.utils import timezone

from lti_tool import frames
from lti_tool.messages import Course, GradeService, Link, Message
from lti_tool.middleware import SESSION_KEY
from lti_tool.models import (
    Context,
    Deployment,
    LineItem,
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


@transaction.atomic
def record(deployment: Deployment, message: Message) -> tuple[Membership, ResourceLink | None]:
    """Store what a valid launch says; roles replace those of earlier launches, never add to them.

    The link is None for a deep linking request.
    """
    person = _person(deployment.registration, message)
    context = _context(deployment, message.course, message.link)
    link = _link(context, message) if message.link else None
    membership, _created = Membership.objects.update_or_create(
        person=person,
        context=context,
        defaults={
            "roles": list(message.roles),
            "rights": sorted(right.value for right in rights_of(message.roles)),
            "seen_at": timezone.now(),
        },
    )
    membership.person, membership.context = person, context
    _note_launch(deployment.registration, message)
    return membership, link


def sign_in(request: HttpRequest, person: Person) -> None:
    """Make ``person`` the person of this session; nothing of another person's session survives."""
    key = str(person.pk)
    earlier = request.session.get(SESSION_KEY)
    if earlier is not None and earlier != key:
        request.session.flush()
    else:
        request.session.cycle_key()
    request.session[SESSION_KEY] = key
    request.person = person  # type: ignore[attr-defined]


def _person(registration: Registration, message: Message) -> Person:
    person, _created = Person.objects.get_or_create(registration=registration, sub=message.subject)
    person.registration = registration
    stored = PersonName.objects.filter(person=person).first()
    if stored is None:
        PersonName.objects.get_or_create(
            person=person, defaults={"name": message.name, "email": message.email}
        )
    else:
        _change(stored, name=message.name, email=message.email)
    return person


def _context(deployment: Deployment, course: Course | None, link: Link | None) -> Context:
    if course is None:
        if link is None:
            raise LaunchRefused("context")
        found, _created = Context.objects.get_or_create(
            deployment=deployment, lti_id=link.id, of_link=True, defaults={"title": link.title}
        )
        return found
    found, _created = Context.objects.get_or_create(
        deployment=deployment,
        lti_id=course.id,
        of_link=False,
        defaults={"title": course.title, "label": course.label},
    )
    _change(found, title=course.title, label=course.label)
    return found


def _link(context: Context, message: Message) -> ResourceLink:
    assert message.link is not None  # noqa: S101 - the caller has just looked
    grades = message.grades or GradeService((), "", "")
    values = {
        "title": message.link.title,
        "custom": dict(message.custom),
        "line_items_url": grades.line_items,
        "service_scopes": list(grades.scopes),
    }
    link, _created = ResourceLink.objects.get_or_create(
        context=context, lti_id=message.link.id, defaults=values
    )
    _change(link, **values, seen_at=_lately(link.seen_at))
    if grades.line_item:
        column, _created = LineItem.objects.get_or_create(
            resource_link=link, url=grades.line_item, defaults={"scopes": list(grades.scopes)}
        )
        _change(column, scopes=list(grades.scopes), seen_at=_lately(column.seen_at))
    return link


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


def _note_launch(registration: Registration, message: Message) -> None:
    """What a launch teaches about the LMS itself: its product and where its pages live."""
    urls = [registration.issuer, registration.auth_login_url, message.platform_url]
    urls.append(message.return_url)
    if message.deep_linking:
        urls.append(message.deep_linking.return_url)
    _change(
        registration,
        product=message.product or registration.product,
        origins=_newest_origins(registration.origins, frames.origins(urls)),
        launched_at=_lately(registration.launched_at or registration.created_at - SEEN_FOR),
    )


def _newest_origins(known: Iterable[str], seen: Iterable[str]) -> list[str]:
    """All that are known, new ones last; the oldest are forgotten beyond ``MOST_ORIGINS``."""
    before = list(known)
    return [*before, *(origin for origin in seen if origin not in before)][-MOST_ORIGINS:]
