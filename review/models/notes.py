"""What reviewers tell each other about a response. Learners never see it."""

from __future__ import annotations

from django.db import models
from django.utils import timezone

from grading.models import Response
from lti_tool.models import Person


class Note(models.Model):
    response = models.ForeignKey(Response, on_delete=models.CASCADE, related_name="notes")
    author = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="+")
    text = models.TextField()
    at = models.DateTimeField(default=timezone.now)

    class Meta:
        ordering = ["response", "at"]

    def __str__(self) -> str:
        return f"note of {self.author.code} on {self.response}"


class Flag(models.Model):
    """Somebody wants a response found again. One is up at a time; who took it down is kept."""

    response = models.ForeignKey(Response, on_delete=models.CASCADE, related_name="flags_raised")
    raised_by = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="+")
    raised_at = models.DateTimeField(default=timezone.now)
    lowered_by = models.ForeignKey(
        Person, on_delete=models.PROTECT, related_name="+", null=True, blank=True
    )
    lowered_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["response"],
                condition=models.Q(lowered_at=None),
                name="review_one_flag_at_a_time",
            )
        ]

    def __str__(self) -> str:
        return f"flag on {self.response}"
