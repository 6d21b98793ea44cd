"""Who has what on their screen, and whose work somebody does not mark."""

from __future__ import annotations

from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from grading.models import Response, RoutingDecision
from lti_tool.models import Person


class Claim(models.Model):
    """A reviewer has this response on their screen. It runs out by itself."""

    decision = models.OneToOneField(RoutingDecision, on_delete=models.CASCADE, related_name="claim")
    reviewer = models.ForeignKey(Person, on_delete=models.CASCADE, related_name="claims")
    until = models.DateTimeField()

    def __str__(self) -> str:
        return f"{self.decision} with {self.reviewer.code}"


class Skip(models.Model):
    """A reviewer passed this response on; it stays open for the others."""

    class Reason(models.TextChoices):
        LATER = "later", _("Not now")
        FIELD = "field", _("Not my field")
        KNOWN = "known", _("I know who wrote this")
        UNCLEAR = "unclear", _("It cannot be judged")

    # Who says so is not given it again before it gets late; the others still are.
    FOR_OTHERS = (Reason.FIELD, Reason.UNCLEAR)

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

    @property
    def words(self) -> str:
        known = self.reason in self.Reason.values
        return str(self.Reason(self.reason).label) if known else self.reason


class Conflict(models.Model):
    """This reviewer does not mark this learner: they know each other, or one depends on the other.

    Both are known by their codes here. Reviewers declare it by passing a response on; who runs the
    programme can add and remove it in the administration.
    """

    reviewer = models.ForeignKey(Person, on_delete=models.CASCADE, related_name="conflicts")
    learner = models.ForeignKey(Person, on_delete=models.CASCADE, related_name="+")
    declared_at = models.DateTimeField(default=timezone.now)

    class Meta:
        verbose_name = _("conflict of interest")
        verbose_name_plural = _("conflicts of interest")
        constraints = [
            models.UniqueConstraint(fields=["reviewer", "learner"], name="review_one_conflict")
        ]

    def __str__(self) -> str:
        return f"{self.reviewer.code} does not mark {self.learner.code}"
