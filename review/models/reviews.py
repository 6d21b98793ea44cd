"""What reviewers decided, before and after they saw the machine's marks."""

from __future__ import annotations

import uuid

from django.db import models
from django.utils import timezone

from grading.models import Response, RoutingDecision
from lti_tool.models import Person
from rubrics.models import Criterion, Level, Policy


class Batch(models.Model):
    """One decision that was applied to answers alike. Each has a review and a record of its own."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    reviewer = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="+")
    source = models.ForeignKey("review.Review", on_delete=models.PROTECT, related_name="batches")
    at = models.DateTimeField(default=timezone.now)
    undone_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        verbose_name_plural = "batches"

    def __str__(self) -> str:
        return f"batch of {self.reviewer.code}"


class Review(models.Model):
    """One reviewer's judgement of one response, as one step of its way asked for it.

    In blind mode `marked_at` is when the marks were stored without the machine's having been
    sent; only then are they shown, and `settled_at` follows when the reviewer has confirmed.
    """

    decision = models.ForeignKey(RoutingDecision, on_delete=models.PROTECT, related_name="reviews")
    # Repeated from the decision: agreement and independence are asked by response.
    response = models.ForeignKey(Response, on_delete=models.PROTECT, related_name="reviews")
    reviewer = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="reviews")
    batch = models.ForeignKey(
        Batch, on_delete=models.PROTECT, related_name="reviews", null=True, blank=True
    )
    blind = models.BooleanField()
    opened_at = models.DateTimeField(default=timezone.now)
    marked_at = models.DateTimeField(null=True, blank=True)
    settled_at = models.DateTimeField(null=True, blank=True)
    revision_reason = models.TextField(blank=True)
    # Which opened page wrote the newest draft, so that another one does not overwrite it unseen.
    revision = models.PositiveIntegerField(default=0)
    saved_by = models.CharField(max_length=16, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["decision", "reviewer"], name="review_one_per_decision")
        ]
        indexes = [
            models.Index(fields=["response", "reviewer"], name="review_of_response"),
            models.Index(fields=["reviewer", "settled_at"], name="review_of_reviewer"),
        ]

    def __str__(self) -> str:
        return f"review of {self.response} by {self.reviewer.code}"

    def close(self) -> None:
        """Final, and with it its step, inside the caller's transaction."""
        self.settled_at = timezone.now()
        self.save(update_fields=["settled_at"])
        RoutingDecision.objects.filter(pk=self.decision_id).update(settled_at=self.settled_at)

    @property
    def lane(self) -> str:
        return self.decision.lane

    @property
    def is_calibration(self) -> bool:
        return self.decision.lane == RoutingDecision.Lane.CALIBRATION

    @property
    def sent_on_to(self) -> str:
        """The lane in which the response waits now, after this review; empty where in none."""
        waits = self.response.decisions.filter(
            settled_at=None, reserved_for=None, pk__gt=self.decision_id
        )
        return waits.values_list("lane", flat=True).first() or ""

    @property
    def reveals_machine(self) -> bool:
        """Whether the machine's marks may be sent to this reviewer; never in shadow mode."""
        if self.decision.policy.mode == Policy.Mode.SHADOW:
            return False
        return not self.blind or self.marked_at is not None

    @property
    def awaits_confirmation(self) -> bool:
        """A blind review whose marks are stored and which is not settled yet."""
        return self.blind and self.marked_at is not None and self.settled_at is None


class ReviewMark(models.Model):
    """The level a reviewer chose. `first_level` is the choice made before the reveal, null where
    the machine's mark was seen first or the choice was made on an answer alike.

    `comment` is as it was typed, with its placeholders.
    """

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
