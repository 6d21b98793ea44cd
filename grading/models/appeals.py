"""A learner asks for another look at one criterion, and what came of it."""

from __future__ import annotations

from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from grading.models.marks import RoutingDecision, Voice
from grading.models.submissions import Response
from rubrics.models import Criterion, Level


class Appeal(models.Model):
    """One per criterion of a response. What was marked before is kept here: the mark itself then
    says what the appeal led to. `answer` is what the reviewer wrote to the learner.
    """

    class Outcome(models.TextChoices):
        RAISED = "raised", _("raised")
        KEPT = "kept", _("stays as it is")
        LOWERED = "lowered", _("lowered")

    response = models.ForeignKey(Response, on_delete=models.PROTECT, related_name="appeals")
    criterion = models.ForeignKey(Criterion, on_delete=models.PROTECT, related_name="+")
    decision = models.ForeignKey(RoutingDecision, on_delete=models.PROTECT, related_name="appeals")
    reason = models.TextField()
    asked_at = models.DateTimeField(default=timezone.now)
    level_before = models.ForeignKey(Level, on_delete=models.PROTECT, related_name="+")
    voice_before = models.CharField(max_length=7, choices=Voice.choices)
    comment_before = models.TextField(blank=True)
    outcome = models.CharField(max_length=7, choices=Outcome.choices, blank=True)
    answer = models.TextField(blank=True)
    answered_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["response", "criterion__position"]
        constraints = [
            models.UniqueConstraint(fields=["response", "criterion"], name="grading_one_appeal"),
            models.CheckConstraint(
                condition=models.Q(outcome="", answered_at=None)
                | (
                    ~models.Q(outcome="")
                    & ~models.Q(answer="")
                    & models.Q(answered_at__isnull=False)
                ),
                name="grading_an_outcome_has_its_reason",
            ),
        ]

    def __str__(self) -> str:
        return f"appeal on {self.criterion} of {self.response}"

    @property
    def is_open(self) -> bool:
        return not self.outcome
