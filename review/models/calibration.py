"""Responses whose right marks are agreed on: by them reviewers are compared."""

from __future__ import annotations

from django.db import models
from django.utils import timezone

from grading.models import Response
from lti_tool.models import Person
from rubrics.models import Criterion, Level


class Gold(models.Model):
    """A settled response that reviewers of its item mark as if it were new. `note` is what they
    read afterwards. A retired one is given to nobody any more.
    """

    response = models.OneToOneField(Response, on_delete=models.PROTECT, related_name="gold")
    chosen_by = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="+")
    note = models.TextField(blank=True)
    at = models.DateTimeField(default=timezone.now)
    retired_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        verbose_name_plural = "gold"

    def __str__(self) -> str:
        return f"gold {self.response.code}"


class GoldMark(models.Model):
    """Kept by itself: what an appeal does to the learner's mark later does not move the measure."""

    gold = models.ForeignKey(Gold, on_delete=models.CASCADE, related_name="marks")
    criterion = models.ForeignKey(Criterion, on_delete=models.PROTECT, related_name="+")
    level = models.ForeignKey(Level, on_delete=models.PROTECT, related_name="+")

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["gold", "criterion"], name="review_one_gold_mark")
        ]

    def __str__(self) -> str:
        return f"{self.criterion}: {self.level}"
