"""What learners hand in to assignments of the LMS itself, and our reports on it."""

from __future__ import annotations

from typing import Any

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.utils import timezone

from lti_tool.models.courses import Context
from lti_tool.models.people import Person


class HandIn(models.Model):
    """What one learner handed in at once to an assignment where a processor of ours is attached.

    Source: LTI Asset Processor 1.0; ``digest`` stands for the processor (known by where it wants
    reports) together with ``submission_id``, the LMS's. ``work`` is the id of what the room above
    made of it, null until then; ``told`` is what the LMS was last told of that, and ``settled``
    says that nothing more will come of it.
    """

    context = models.ForeignKey(Context, on_delete=models.CASCADE, related_name="hand_ins")
    person = models.ForeignKey(Person, on_delete=models.CASCADE, related_name="hand_ins")
    digest = models.CharField(max_length=64, unique=True)
    processor = models.CharField(max_length=64)
    activity_id = models.CharField(max_length=255)
    activity_title = models.CharField(max_length=500, blank=True)
    assessment = models.CharField(max_length=255, blank=True)
    submission_id = models.CharField(max_length=255)
    report_url = models.CharField(max_length=2000)
    scopes: models.Field[list[str], list[str]] = ArrayField(
        models.CharField(max_length=255), default=list, blank=True
    )
    work = models.UUIDField(null=True, blank=True, unique=True)
    told = models.CharField(max_length=20, blank=True)
    settled = models.BooleanField(default=False)
    received_at = models.DateTimeField(default=timezone.now)

    class Meta:
        indexes = [
            models.Index(
                fields=["told"],
                name="lti_hand_in_unsettled",
                condition=models.Q(work__isnull=False, settled=False),
            ),
            models.Index(fields=["processor", "person"], name="lti_hand_in_processor"),
        ]

    def __str__(self) -> str:
        return f"{self.person} to {self.activity_title or self.activity_id}"


class Asset(models.Model):
    """One file or text of a hand-in, and the newest report on it with how far that has come.

    ``is_answer``: this is what is judged. ``sequence`` grows with every new report;
    ``sent_sequence`` is the one that the LMS took last. ``timestamp`` is the one offered to the
    LMS with ``timestamp_sequence``. ``due_at`` is null when nothing is left to send. Names of
    files are not kept: people write their own into them.
    """

    handed_in = models.ForeignKey(HandIn, on_delete=models.CASCADE, related_name="assets")
    asset_id = models.CharField(max_length=255)
    url = models.CharField(max_length=2000)
    sha256 = models.CharField(max_length=88, blank=True)
    size = models.PositiveBigIntegerField(default=0)
    content_type = models.CharField(max_length=255, blank=True)
    suffix = models.CharField(max_length=20, blank=True)
    is_file = models.BooleanField(default=False)
    is_answer = models.BooleanField(default=False)
    report: models.JSONField[Any, Any] = models.JSONField(default=dict, blank=True)
    sequence = models.PositiveIntegerField(default=0)
    sent_sequence = models.PositiveIntegerField(default=0)
    timestamp = models.DateTimeField(null=True, blank=True)
    timestamp_sequence = models.PositiveIntegerField(default=0)
    due_at = models.DateTimeField(null=True, blank=True)
    leased_until = models.DateTimeField(null=True, blank=True)
    attempts = models.PositiveIntegerField(default=0)
    problem = models.TextField(blank=True)
    sent_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["handed_in", "asset_id"], name="lti_asset_unique")
        ]
        indexes = [
            models.Index(
                fields=["due_at"], name="lti_asset_due", condition=models.Q(due_at__isnull=False)
            )
        ]

    def __str__(self) -> str:
        return f"{self.asset_id} of {self.handed_in}"
