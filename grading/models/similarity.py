"""What of an answer is kept to compare it with others, and what was found."""

from __future__ import annotations

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.utils import timezone

from grading.models.submissions import Response
from lti_tool.models import Person


class Fingerprint(models.Model):
    """`task` is a number for the item through all its versions; `grams` see `similarity`."""

    response = models.OneToOneField(
        Response, on_delete=models.CASCADE, primary_key=True, related_name="fingerprint"
    )
    person = models.ForeignKey(Person, on_delete=models.CASCADE, related_name="+")
    task = models.BigIntegerField()
    handed_in_at = models.DateTimeField()
    grams: models.Field[list[int], list[int]] = ArrayField(models.IntegerField())

    class Meta:
        indexes = [models.Index(fields=["task"], name="grading_fingerprints")]

    def __str__(self) -> str:
        return f"fingerprint of {self.response}"


class FingerprintMark(models.Model):
    """Who has a mark: what is looked up when an answer comes in."""

    pk = models.CompositePrimaryKey("task", "mark", "fingerprint_id")
    task = models.BigIntegerField()
    mark = models.IntegerField()
    fingerprint = models.ForeignKey(Fingerprint, on_delete=models.CASCADE, related_name="marks")

    def __str__(self) -> str:
        return f"{self.mark}"


class Match(models.Model):
    """Much of an earlier answer, of somebody else, stands in this one.

    `share` of the earlier one, 0 to 1; `marks` are the shared runs that few others have.
    `flagged`: so much that a person looks at it. A match is no verdict.
    """

    response = models.ForeignKey(Response, on_delete=models.CASCADE, related_name="matches")
    earlier = models.ForeignKey(Response, on_delete=models.CASCADE, related_name="matched_by")
    share = models.FloatField()
    marks = models.PositiveIntegerField()
    flagged = models.BooleanField(default=False)
    found_at = models.DateTimeField(default=timezone.now)

    class Meta:
        ordering = ["-share"]
        verbose_name_plural = "matches"
        constraints = [
            models.UniqueConstraint(
                fields=["response", "earlier"], name="grading_one_match_per_pair"
            )
        ]

    def __str__(self) -> str:
        return f"{self.response} and {self.earlier}"
