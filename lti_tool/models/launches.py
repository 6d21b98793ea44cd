"""What is remembered of launches: that one was used, why one was refused, what one asked for."""

from __future__ import annotations

from typing import Any

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.utils import timezone

from lti_tool.models.courses import Context
from lti_tool.models.people import Person
from lti_tool.models.registrations import Registration


class UsedState(models.Model):
    """The state of a launch that took place; its unique digest lets no state be used twice."""

    digest = models.CharField(max_length=64, primary_key=True)
    used_at = models.DateTimeField(default=timezone.now, db_index=True)

    def __str__(self) -> str:
        return self.digest[:8]


class LaunchRefusal(models.Model):
    """A launch that was refused; the person saw ``reference`` and can quote it."""

    reference = models.CharField(max_length=12, unique=True)
    code = models.CharField(max_length=40)
    registration = models.ForeignKey(Registration, null=True, on_delete=models.SET_NULL)
    claims: models.JSONField[Any, Any] = models.JSONField(default=dict)
    at = models.DateTimeField(default=timezone.now, db_index=True)

    def __str__(self) -> str:
        return f"{self.reference} {self.code}"


class DeepLinkingRequest(models.Model):
    """A teacher is choosing what new links in a course shall open; waits for our answer.

    ``data`` belongs to the LMS and goes back unchanged; null when it sent none. When the choice
    is made in a window of its own, ``ticket_digest`` names the frame that waits for it and
    ``answer`` keeps the chosen content items until that frame sends them to the LMS.
    """

    person = models.ForeignKey(Person, on_delete=models.CASCADE)
    context = models.ForeignKey(Context, on_delete=models.CASCADE)
    return_url = models.CharField(max_length=2000)
    data = models.TextField(null=True)
    accept_types: models.Field[list[str], list[str]] = ArrayField(
        models.CharField(max_length=255), default=list
    )
    accept_targets: models.Field[list[str], list[str]] = ArrayField(
        models.CharField(max_length=255), default=list
    )
    accept_multiple = models.BooleanField(default=False)
    accept_line_item = models.BooleanField(default=True)
    ticket_digest = models.CharField(max_length=64, blank=True, db_index=True)
    answer: models.JSONField[Any, Any] = models.JSONField(null=True)
    created_at = models.DateTimeField(default=timezone.now, db_index=True)
    answered_at = models.DateTimeField(null=True)

    def __str__(self) -> str:
        return f"New link in {self.context}"


class DataPrivacyRequest(models.Model):
    """Somebody wants to see what is stored about ``subject``, who may be that person themself.

    Only who ``administers`` the LMS may ask about others.
    """

    person = models.ForeignKey(Person, on_delete=models.CASCADE, related_name="privacy_requests")
    subject = models.ForeignKey(Person, on_delete=models.CASCADE, related_name="asked_about")
    administers = models.BooleanField(default=False)
    created_at = models.DateTimeField(default=timezone.now, db_index=True)

    def __str__(self) -> str:
        return f"{self.person} about {self.subject}"

    @property
    def may_erase(self) -> bool:
        return self.administers or self.person_id == self.subject_id
