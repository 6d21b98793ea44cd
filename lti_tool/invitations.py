"""Invitations: an address that lets one LMS register itself, once, for some days.

The address holds a secret; only its digest is stored, so it is shown when it is made and never
again.
"""

from __future__ import annotations

import hashlib
import secrets
from datetime import timedelta

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from audit import record
from lti_tool import tool_metadata
from lti_tool.models import Registration, RegistrationInvitation

DEFAULT_DAYS = 7
MOST_DAYS = 90
TOKEN_BYTES = 24


class InvitationRefused(Exception):  # noqa: N818 - said as in "the invitation was refused"
    """An invitation that does not hold (any more). ``status`` is the page's HTTP status."""

    def __init__(self, words: str, status: int = 404) -> None:
        super().__init__(words)
        self.status = status


@transaction.atomic
def invite(
    *,
    tenant: str,
    by: str,
    note: str = "",
    days: int = DEFAULT_DAYS,
    approved: bool = False,
    renews: Registration | None = None,
) -> tuple[RegistrationInvitation, str]:
    """A new invitation and its address. ``by`` is a user name or ``command``."""
    token = secrets.token_urlsafe(TOKEN_BYTES)
    invitation = RegistrationInvitation.objects.create(
        tenant=renews.tenant if renews else tenant,
        token_digest=digest(token),
        note=note,
        approved=approved,
        renews=renews,
        created_by=by,
        expires_at=timezone.now() + timedelta(days=days),
    )
    record.append(
        record.chain_of("lti", "invitations"),
        "registration.invited",
        f"staff:{by}",
        {"invitation": invitation.pk, "tenant": invitation.tenant, "approved": approved},
    )
    return invitation, tool_metadata.absolute("lti_tool:register", invitation.tenant, token)


def find(tenant: str, token: str) -> RegistrationInvitation:
    """The invitation of this address, if it can still be used; :class:`InvitationRefused` else."""
    found = (
        RegistrationInvitation.objects.select_related("renews")
        .filter(tenant=tenant, token_digest=digest(token))
        .first()
    )
    if found is None:
        raise InvitationRefused(
            _("This address is not one of ours. Copy it once more, all of it, or ask for another.")
        )
    if found.used_at is not None:
        raise InvitationRefused(
            _("This address has been used: it connects one LMS, once. Ask for another one."), 410
        )
    if found.expires_at <= timezone.now():
        raise InvitationRefused(_("This address has expired. Ask for another one."), 410)
    return found


def use(invitation: RegistrationInvitation) -> None:
    """Use it up; of several who try at the same moment one succeeds."""
    now = timezone.now()
    unused = RegistrationInvitation.objects.filter(
        pk=invitation.pk, used_at=None, expires_at__gt=now
    )
    if not unused.update(used_at=now):
        raise InvitationRefused(
            _("This address has just been used, perhaps in another window. Look there first."), 409
        )


def give_back(invitation: RegistrationInvitation) -> None:
    """It came to nothing: let the admin try again."""
    RegistrationInvitation.objects.filter(pk=invitation.pk, registration=None).update(used_at=None)


def digest(token: str) -> str:
    return hashlib.sha256(token.encode("utf-8", "surrogatepass")).hexdigest()
