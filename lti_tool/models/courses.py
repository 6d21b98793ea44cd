"""Courses of an LMS, the links in them that open us, and the groups in which people work."""

from __future__ import annotations

from typing import Any

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.utils import timezone

from lti_tool.models.registrations import Deployment


class Context(models.Model):
    """A course of an LMS.

    A link outside any course gets a context of its own (``of_link``; ``lti_id`` is then the id of
    the link), so that rights in one such link never reach another. The ``roster_`` fields are for
    ``lti_tool.roster``: where the LMS lists the members, when they were read, when to read them
    next, and why that failed; ``roster_changes_url`` lists only what changed since the latest
    reading. ``roster_full_at`` is when they were last read from first to last, ``roster_tried_at``
    when that or a change was last asked for, ``roster_failures`` how often in a row in vain.
    ``legacy_id`` is the course's id in LTI 1.1.
    """

    deployment = models.ForeignKey(Deployment, on_delete=models.CASCADE, related_name="contexts")
    lti_id = models.CharField(max_length=255)
    of_link = models.BooleanField(default=False)
    title = models.CharField(max_length=500, blank=True)
    label = models.CharField(max_length=500, blank=True)
    legacy_id = models.CharField(max_length=255, blank=True)
    copied_from = models.ForeignKey(
        "self", null=True, blank=True, on_delete=models.SET_NULL, related_name="copies"
    )
    roster_url = models.CharField(max_length=2000, blank=True)
    roster_changes_url = models.CharField(max_length=2000, blank=True)
    roster_read_at = models.DateTimeField(null=True, blank=True)
    roster_full_at = models.DateTimeField(null=True, blank=True)
    roster_tried_at = models.DateTimeField(null=True, blank=True)
    roster_failures = models.PositiveIntegerField(default=0)
    roster_due_at = models.DateTimeField(null=True, blank=True)
    roster_leased_until = models.DateTimeField(null=True, blank=True)
    roster_problem = models.TextField(blank=True)
    groups_url = models.CharField(max_length=2000, blank=True)
    group_scopes: models.Field[list[str], list[str]] = ArrayField(
        models.CharField(max_length=255), default=list, blank=True
    )

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["deployment", "lti_id", "of_link"], name="lti_context_unique"
            )
        ]
        indexes = [
            models.Index(
                fields=["roster_due_at"],
                name="lti_roster_due",
                condition=models.Q(roster_due_at__isnull=False),
            )
        ]

    def __str__(self) -> str:
        return self.title or self.label or self.lti_id


class ResourceLink(models.Model):
    """A link to us in a course. ``custom`` is the custom claim of the latest launch.

    ``uid`` is the id that we gave the link when it was made by deep linking; it stands in
    ``custom``, so a copy of the course carries it on. ``copied_from`` is the link that this one
    was copied from, as far as the LMS or the ``uid`` tells.
    """

    context = models.ForeignKey(Context, on_delete=models.CASCADE, related_name="links")
    lti_id = models.CharField(max_length=255)
    title = models.CharField(max_length=500, blank=True)
    custom: models.JSONField[Any, Any] = models.JSONField(default=dict, blank=True)
    uid = models.CharField(max_length=64, blank=True)
    legacy_id = models.CharField(max_length=255, blank=True)
    copied_from = models.ForeignKey(
        "self", null=True, blank=True, on_delete=models.SET_NULL, related_name="copies"
    )
    line_items_url = models.CharField(max_length=2000, blank=True)
    service_scopes: models.Field[list[str], list[str]] = ArrayField(
        models.CharField(max_length=255), default=list, blank=True
    )
    seen_at = models.DateTimeField(default=timezone.now)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["context", "lti_id"], name="lti_link_unique")
        ]
        indexes = [
            models.Index(fields=["uid"], name="lti_link_uid", condition=~models.Q(uid="")),
        ]

    def __str__(self) -> str:
        return self.title or self.lti_id


class CourseGroup(models.Model):
    """A group of a course, as the LMS names it (LTI Course Groups Service 1.0)."""

    context = models.ForeignKey(Context, on_delete=models.CASCADE, related_name="groups")
    lti_id = models.CharField(max_length=255)
    name = models.CharField(max_length=255, blank=True)
    tag = models.CharField(max_length=255, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["context", "lti_id"], name="lti_group_unique")
        ]

    def __str__(self) -> str:
        return self.name or self.lti_id
