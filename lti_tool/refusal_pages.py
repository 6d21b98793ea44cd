"""A refused launch as a page, a log line and a row for the admin, under one reference."""

from __future__ import annotations

import logging
import secrets
from datetime import timedelta

from django.db import DatabaseError, transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone

from lti_tool import frames, services
from lti_tool.models import LaunchRefusal, Registration
from lti_tool.refusals import LaunchRefused

# No vowels and no look-alikes: a reference is read out on the telephone and spells no word.
ALPHABET = "23456789BCDFGHJKMNPQRSTVWXZ"
REFERENCE_LENGTH = 8
# Anybody can send garbage: beyond this rate the log line must do.
ROWS_PER_MINUTE = 120
logger = logging.getLogger(__name__)


def refuse(request: HttpRequest, refused: LaunchRefused) -> HttpResponse:
    """The page that says what happened, what to do, and what the LMS admin should check."""
    reference = str(getattr(request, "reference", "") or new_reference())
    registration = _registration(refused)
    logger.warning(
        "launch refused code=%s refusal=%s claims=%s", refused.code, reference, refused.claims
    )
    _keep(reference, refused, registration)
    response = render(
        request,
        "lti_tool/refused.html",
        {
            "refused": refused,
            "reference": reference,
            "back": _way_back(refused, reference),
        },
        status=refused.status,
    )
    if registration is not None:
        frames.allow_frames(response, registration)
    return response


def _way_back(refused: LaunchRefused, reference: str) -> str:
    """The address to which the LMS wants people back, with what happened (core section 5.4.4).

    It is known only from a message whose signature was right, so nobody can send people anywhere
    through us.
    """
    if not refused.return_url:
        return ""
    log = f"{refused.code} ({reference}): {refused.for_admin}"
    said = {"lti_errormsg": refused.for_person, "lti_errorlog": log}
    return services.with_query(refused.return_url, said)


def new_reference() -> str:
    return "".join(secrets.choice(ALPHABET) for _ in range(REFERENCE_LENGTH))


def _registration(refused: LaunchRefused) -> Registration | None:
    key = refused.claims.get("registration")
    return Registration.objects.filter(pk=key).first() if isinstance(key, int) else None


def _keep(reference: str, refused: LaunchRefused, registration: Registration | None) -> None:
    minute = timezone.now() - timedelta(minutes=1)
    if LaunchRefusal.objects.filter(at__gt=minute).count() >= ROWS_PER_MINUTE:
        return
    try:
        with transaction.atomic():
            LaunchRefusal.objects.create(
                reference=reference,
                code=refused.code,
                registration=registration,
                claims=refused.claims,
            )
    except DatabaseError:
        # The person's answer matters more than our note of it, which is in the log anyway.
        logger.exception("refusal %s could not be stored", reference)
