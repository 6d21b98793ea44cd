"""Rows of lti_tool for the tests of every room; each function fills in what is not given.

    link = make_link(custom={"assessment": "python-associate"})   # registration … course … link
    ada = make_person(link, rights=[Right.SUBMIT], name="Ada")     # with a membership in the course
    tom = make_person(link, rights=[Right.REVIEW, Right.TEACH])
    column = make_line_item(link)                                  # a gradebook column
    sign_in(client, ada)                                           # Django's test client as Ada

``make_person`` takes a link or a context. No HTTP: for whole launches see tokens.Lms.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from decimal import Decimal
from itertools import count
from typing import Any

from django.conf import settings
from django.test import Client
from django.utils import timezone

from lti_tool.ags import RESULTS, SCORE
from lti_tool.middleware import SESSION_KEY
from lti_tool.models import (
    Context,
    Deployment,
    LineItem,
    Membership,
    OutgoingScore,
    Person,
    PersonName,
    Registration,
    ResourceLink,
)
from lti_tool.roles import Right

_number = count(1)


def make_registration(**values: Any) -> Registration:
    number = next(_number)
    return Registration.objects.create(
        **{
            "name": f"LMS {number}",
            "issuer": "https://lms.example",
            "client_id": f"client-{number}",
            "auth_login_url": "https://lms.example/auth",
            "token_url": "https://lms.example/token",
            "jwks_url": "https://lms.example/jwks",
            "origins": ["https://lms.example"],
            **values,
        }
    )


def make_context(registration: Registration | None = None, **values: Any) -> Context:
    registration = registration or make_registration()
    deployment, _ = Deployment.objects.get_or_create(registration=registration, deployment_id="1")
    number = next(_number)
    return Context.objects.create(
        **{
            "deployment": deployment,
            "lti_id": f"course-{number}",
            "title": f"Course {number}",
            **values,
        }
    )


def make_link(context: Context | None = None, **values: Any) -> ResourceLink:
    number = next(_number)
    return ResourceLink.objects.create(
        **{
            "context": context or make_context(),
            "lti_id": f"link-{number}",
            "title": f"Link {number}",
            **values,
        }
    )


def make_person(
    where: Context | ResourceLink,
    *,
    rights: Iterable[Right] = (Right.SUBMIT,),
    name: str = "",
    email: str = "",
    sub: str = "",
) -> Person:
    """A person with a membership of ``rights`` in the course of ``where``."""
    context = where.context if isinstance(where, ResourceLink) else where
    person = Person.objects.create(
        registration=context.deployment.registration, sub=sub or f"sub-{next(_number)}"
    )
    PersonName.objects.create(person=person, name=name, email=email)
    make_membership(person, context, rights)
    return person


def make_membership(person: Person, context: Context, rights: Iterable[Right]) -> Membership:
    """Make or replace what ``person`` is in ``context``."""
    membership, _ = Membership.objects.update_or_create(
        person=person,
        context=context,
        defaults={"rights": sorted(right.value for right in rights), "roles": []},
    )
    return membership


def make_line_item(link: ResourceLink, **values: Any) -> LineItem:
    return LineItem.objects.create(
        **{
            "resource_link": link,
            "url": f"https://lms.example/lineitems/{next(_number)}",
            "scopes": [SCORE, RESULTS],
            **values,
        }
    )


def make_score(line_item: LineItem, person: Person, **values: Any) -> OutgoingScore:
    """A row of the outbox as it stands; nothing is sent."""
    now: datetime = timezone.now()
    return OutgoingScore.objects.create(
        **{
            "line_item": line_item,
            "person": person,
            "score": Decimal(78),
            "maximum": Decimal(100),
            "submitted_at": now,
            "run_after": now,
            **values,
        }
    )


def sign_in(client: Client, person: Person) -> None:
    """Let ``client`` be ``person`` from now on, as after a launch."""
    session = client.session
    session.flush()
    session[SESSION_KEY] = str(person.pk)
    session.save()
    client.cookies[settings.SESSION_COOKIE_NAME] = session.session_key or ""
