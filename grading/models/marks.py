"""Judgements: what the machine proposes, where that leads, what was settled, and the grade."""

from __future__ import annotations

from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from grading.models.registry import ScoringModel
from grading.models.submissions import Response, Submission
from grading.routing import Lane as RoutingLane
from lti_tool.models import Context, Person
from rubrics.models import Criterion, Level, Policy
from rubrics.models.fields import CODE_LENGTH


class MachineMark(models.Model):
    """The machine's judgement on one criterion. `level` is null where it honestly has none."""

    response = models.ForeignKey(Response, on_delete=models.PROTECT, related_name="machine_marks")
    criterion = models.ForeignKey(Criterion, on_delete=models.PROTECT, related_name="+")
    level = models.ForeignKey(Level, on_delete=models.PROTECT, related_name="+", null=True)
    confidence = models.FloatField()
    rationale = models.TextField()
    # [[start, end, why], …]: character offsets into the response's text.
    evidence = models.JSONField(default=list)
    flags = models.JSONField(default=list)
    scorer = models.CharField(max_length=50)
    scorer_version = models.CharField(max_length=80)
    model = models.ForeignKey(ScoringModel, on_delete=models.PROTECT, related_name="+", null=True)
    policy = models.ForeignKey(Policy, on_delete=models.PROTECT, related_name="+")
    created_at = models.DateTimeField(default=timezone.now)

    class Meta:
        ordering = ["response", "criterion__position"]
        constraints = [
            models.UniqueConstraint(
                fields=["response", "criterion"], name="grading_one_machine_mark"
            ),
            models.CheckConstraint(
                condition=models.Q(confidence__gte=0, confidence__lte=1),
                name="grading_confidence_is_a_share",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.criterion}: {self.level}"


class RoutingDecision(models.Model):
    """Where a response went after machine scoring, and every reason that fired."""

    class Lane(models.TextChoices):
        AUTO = RoutingLane.AUTO.value, _("settled automatically")
        REVIEW = RoutingLane.REVIEW.value, _("a reviewer looks")
        EXTENDED = RoutingLane.EXTENDED.value, _("a reviewer looks, with more time")

    response = models.OneToOneField(Response, on_delete=models.PROTECT, related_name="routing")
    lane = models.CharField(max_length=8, choices=Lane.choices)
    reasons = models.JSONField(default=list)
    policy = models.ForeignKey(Policy, on_delete=models.PROTECT, related_name="+")
    # Repeated from the submission and the item, so that the next response of a course, or of one
    # of its items, is the first entry of an index however much waits.
    context = models.ForeignKey(Context, on_delete=models.PROTECT, related_name="+")
    item_code = models.CharField(max_length=CODE_LENGTH)
    due_at = models.DateTimeField()
    settled_at = models.DateTimeField(null=True, blank=True)
    at = models.DateTimeField(default=timezone.now)

    class Meta:
        indexes = [
            models.Index(
                fields=["context", "due_at", "response"],
                condition=models.Q(settled_at=None),
                name="grading_open_of_course",
            ),
            models.Index(
                fields=["context", "item_code", "due_at", "response"],
                condition=models.Q(settled_at=None),
                name="grading_open_of_item",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.response}: {self.lane}"


class Voice(models.TextChoices):
    MACHINE = "machine", _("machine")
    HUMAN = "human", _("human")


class Mark(models.Model):
    """The settled judgement on one criterion."""

    response = models.ForeignKey(Response, on_delete=models.PROTECT, related_name="marks")
    criterion = models.ForeignKey(Criterion, on_delete=models.PROTECT, related_name="+")
    level = models.ForeignKey(Level, on_delete=models.PROTECT, related_name="+")
    voice = models.CharField(max_length=7, choices=Voice.choices)
    reviewer = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="+", null=True)
    comment = models.TextField(blank=True)
    settled_at = models.DateTimeField(default=timezone.now)

    class Meta:
        ordering = ["response", "criterion__position"]
        constraints = [
            models.UniqueConstraint(fields=["response", "criterion"], name="grading_one_mark"),
            models.CheckConstraint(
                condition=models.Q(voice="machine", reviewer=None)
                | models.Q(voice="human", reviewer__isnull=False),
                name="grading_a_human_mark_has_a_reviewer",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.criterion}: {self.level}"


class Grade(models.Model):
    """The grade of a submission, as released."""

    submission = models.OneToOneField(Submission, on_delete=models.PROTECT, related_name="grade")
    score = models.DecimalField(max_digits=8, decimal_places=2)
    maximum = models.DecimalField(max_digits=8, decimal_places=2)
    comment = models.TextField()
    released_at = models.DateTimeField(default=timezone.now)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=models.Q(score__gte=0, score__lte=models.F("maximum")),
                name="grading_score_within_maximum",
            )
        ]

    def __str__(self) -> str:
        return f"{self.score} / {self.maximum}"
