"""Rights come from membership rows, which every launch writes anew; never from the session."""

from __future__ import annotations

from django.db.models import QuerySet
from django.http import Http404, HttpRequest

from lti_tool.models import Context, Membership, Person
from lti_tool.roles import Right


def membership(request: HttpRequest, context: Context) -> Membership | None:
    """What the person of this request is in ``context``; None for a stranger, and for everybody
    while the LMS or this deployment of the tool in it is switched off."""
    person: Person | None = getattr(request, "person", None)
    if person is None or not person.registration.active:
        return None
    in_use = Membership.objects.filter(context__deployment__active=True)
    return in_use.filter(person=person, context=context).first()


def require(request: HttpRequest, context: Context, right: Right) -> Membership:
    """The membership that gives ``right`` in ``context``.

    Raises ``Http404`` without it, so that nobody learns what exists.
    """
    found = membership(request, context)
    if found is None or not found.has(right):
        raise Http404
    return found


def contexts(person: Person, right: Right) -> QuerySet[Context]:
    """Every context in which ``person`` has ``right``."""
    return Context.objects.filter(
        deployment__active=True,
        deployment__registration__active=True,
        memberships__person=person,
        memberships__rights__contains=[right.value],
    )
