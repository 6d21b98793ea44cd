"""What an LMS tells us outside any launch (LTI Platform Notification Service)."""

from __future__ import annotations

from typing import Any

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.utils import timezone

from lti_tool.models.registrations import Deployment


class NoticeService(models.Model):
    """Where an LMS takes our wish to be told, which kinds it offers, and which it was told.

    ``due_at`` is null when there is nothing to ask for. ``greeted_at`` is when a notice came last
    that only says that notices come.
    """

    deployment = models.OneToOneField(
        Deployment, on_delete=models.CASCADE, related_name="notice_service"
    )
    url = models.CharField(max_length=2000)
    scopes: models.Field[list[str], list[str]] = ArrayField(
        models.CharField(max_length=255), default=list
    )
    offered: models.Field[list[str], list[str]] = ArrayField(
        models.CharField(max_length=255), default=list
    )
    subscribed: models.Field[list[str], list[str]] = ArrayField(
        models.CharField(max_length=255), default=list
    )
    due_at = models.DateTimeField(null=True, blank=True)
    leased_until = models.DateTimeField(null=True, blank=True)
    attempts = models.PositiveIntegerField(default=0)
    problem = models.TextField(blank=True)
    greeted_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        indexes = [
            models.Index(
                fields=["due_at"],
                name="lti_notice_service_due",
                condition=models.Q(due_at__isnull=False),
            )
        ]

    def __str__(self) -> str:
        return f"Notices of {self.deployment}"


class Notice(models.Model):
    """One notice, kept before it is acknowledged and handled once. LMSs do not send again.

    ``claims`` are what its handler needs and nothing that names a person; they are dropped once
    it is handled. While somebody handles it, ``due_at`` is when they are taken for lost.
    """

    deployment = models.ForeignKey(Deployment, on_delete=models.CASCADE, related_name="notices")
    notice_id = models.CharField(max_length=255)
    kind = models.CharField(max_length=100)
    claims: models.JSONField[Any, Any] = models.JSONField(default=dict)
    received_at = models.DateTimeField(default=timezone.now)
    due_at = models.DateTimeField(null=True, blank=True)
    attempts = models.PositiveIntegerField(default=0)
    problem = models.TextField(blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["deployment", "notice_id"], name="lti_notice_unique")
        ]
        indexes = [
            models.Index(
                fields=["due_at"], name="lti_notice_due", condition=models.Q(due_at__isnull=False)
            ),
            models.Index(
                fields=["received_at"],
                name="lti_notice_handled",
                condition=models.Q(due_at__isnull=True),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.notice_id}"
