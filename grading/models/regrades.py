"""Marking again what was marked by a rubric or a check that turned out wrong."""

from __future__ import annotations

import uuid

from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from grading.models.submissions import Placement, Submission
from lti_tool.models import Person
from rubrics.models import Assessment


class Regrade(models.Model):
    """All released attempts of an activity, judged by `assessment`, the corrected version.

    A worker makes the dry run under a lease; nothing outside these two tables changes before it
    is published, which happens once and as a whole. `reason` is what the learners read.
    """

    class State(models.TextChoices):
        TRYING = "trying", _("being tried")
        READY = "ready", _("ready to publish")
        PUBLISHING = "publishing", _("being published")
        PUBLISHED = "published", _("published")
        DROPPED = "dropped", _("dropped")

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    placement = models.ForeignKey(Placement, on_delete=models.PROTECT, related_name="regrades")
    assessment = models.ForeignKey(Assessment, on_delete=models.PROTECT, related_name="+")
    reason = models.TextField()
    asked_by = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="+")
    asked_at = models.DateTimeField(default=timezone.now)
    state = models.CharField(max_length=10, choices=State.choices, default=State.TRYING)
    published_at = models.DateTimeField(null=True, blank=True)
    published_by = models.ForeignKey(
        Person, on_delete=models.PROTECT, related_name="+", null=True, blank=True
    )
    changed = models.PositiveIntegerField(default=0)
    # Why it could not be published, or the kind of a fault: never what a learner wrote.
    trouble = models.TextField(blank=True)
    leased_until = models.DateTimeField(null=True, blank=True)
    woken_until = models.DateTimeField(null=True, blank=True)
    failures = models.PositiveSmallIntegerField(default=0)

    class Meta:
        ordering = ["-asked_at"]
        constraints = [
            models.UniqueConstraint(
                fields=["placement"],
                condition=models.Q(state__in=["trying", "ready", "publishing"]),
                name="grading_one_regrade_at_a_time",
            )
        ]

    def __str__(self) -> str:
        return f"regrade of {self.placement}"

    @property
    def in_flight(self) -> bool:
        return self.state in (self.State.TRYING, self.State.PUBLISHING)


class RegradeRow(models.Model):
    """One attempt in a regrade. `responses` has what each of its answers would get, by its key: see
    `grading.regrading`. Of an attempt of which `people` have to mark answers again nobody can say
    the score; then `score_after` stays null. `left` counts answers that stay as they were marked,
    because what was chosen is not in the corrected version. `items` names those whose points would
    be others: `{"title", "before", "after"}` in figures, `after` empty where a person marks. What
    was found goes when the regrade ends.
    """

    regrade = models.ForeignKey(Regrade, on_delete=models.CASCADE, related_name="rows")
    submission = models.ForeignKey(Submission, on_delete=models.PROTECT, related_name="+")
    score_before = models.DecimalField(max_digits=8, decimal_places=2)
    score_after = models.DecimalField(max_digits=8, decimal_places=2, null=True)
    maximum_after = models.DecimalField(max_digits=8, decimal_places=2, null=True)
    people = models.PositiveSmallIntegerField(default=0)
    left = models.PositiveSmallIntegerField(default=0)
    tried_at = models.DateTimeField(null=True, blank=True)
    items: models.JSONField[list[dict[str, str]], list[dict[str, str]]] = models.JSONField(
        default=list
    )
    responses: models.JSONField[dict[str, object], dict[str, object]] = models.JSONField(
        default=dict
    )

    class Meta:
        ordering = ["regrade", "submission"]
        constraints = [
            models.UniqueConstraint(
                fields=["regrade", "submission"], name="grading_one_row_per_regrade"
            )
        ]

    def __str__(self) -> str:
        return f"{self.submission}: {self.score_before} → {self.score_after}"
