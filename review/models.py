"""Who is looking at what, and what they decided before and after they saw the machine's marks."""

from __future__ import annotations

from django.db import models
from django.utils import timezone

from grading.models import Response
from lti_tool.models import Person
from rubrics.models import Criterion, Level, Policy


class Claim(models.Model):
    """A reviewer has this response on their screen. It runs out by itself."""

    response = models.OneToOneField(Response, on_delete=models.CASCADE, related_name="claim")
    reviewer = models.ForeignKey(Person, on_delete=models.CASCADE, related_name="claims")
    until = models.DateTimeField()

    def __str__(self) -> str:
        return f"{self.response} with {self.reviewer.code}"


class Skip(models.Model):
    """A reviewer passed this response on; it stays open for the others."""

    response = models.ForeignKey(Response, on_delete=models.CASCADE, related_name="skips")
    reviewer = models.ForeignKey(Person, on_delete=models.CASCADE, related_name="skips")
    reason = models.CharField(max_length=200)
    at = models.DateTimeField(default=timezone.now)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["response", "reviewer"], name="review_one_skip")
        ]

    def __str__(self) -> str:
        return f"{self.response} skipped by {self.reviewer.code}"


class Review(models.Model):
    """One reviewer's judgement of one response.

    In blind mode `marked_at` is when the marks were stored without the machine's having been
    sent; only then are they shown, and `settled_at` follows when the reviewer has confirmed.
    """

    response = models.ForeignKey(Response, on_delete=models.PROTECT, related_name="reviews")
    reviewer = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="reviews")
    blind = models.BooleanField()
    opened_at = models.DateTimeField(default=timezone.now)
    marked_at = models.DateTimeField(null=True, blank=True)
    settled_at = models.DateTimeField(null=True, blank=True)
    revision_reason = models.TextField(blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["response", "reviewer"], name="review_one_per_reviewer")
        ]

    def __str__(self) -> str:
        return f"review of {self.response} by {self.reviewer.code}"

    @property
    def reveals_machine(self) -> bool:
        """Whether the machine's marks may be sent to this reviewer; never in shadow mode."""
        if self.response.submission.assessment.policy.mode == Policy.Mode.SHADOW:
            return False
        return not self.blind or self.marked_at is not None

    @property
    def awaits_confirmation(self) -> bool:
        """A blind review whose marks are stored and which is not settled yet."""
        return self.blind and self.marked_at is not None and self.settled_at is None


class ReviewMark(models.Model):
    """The level a reviewer chose. `first_level` is the choice made before the reveal."""

    review = models.ForeignKey(Review, on_delete=models.CASCADE, related_name="marks")
    criterion = models.ForeignKey(Criterion, on_delete=models.PROTECT, related_name="+")
    level = models.ForeignKey(Level, on_delete=models.PROTECT, related_name="+")
    first_level = models.ForeignKey(Level, on_delete=models.PROTECT, related_name="+", null=True)
    comment = models.TextField(blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["review", "criterion"], name="review_one_mark")
        ]

    def __str__(self) -> str:
        return f"{self.criterion}: {self.level}"
