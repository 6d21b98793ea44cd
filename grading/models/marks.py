"""Judgements: what the machine proposes, where that leads, what was settled, and the grade."""

from __future__ import annotations

from datetime import datetime

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
    """Where a response goes next, and every reason that fired. What is not settled is open work.

    A response may be sent on: to a second reviewer, to a third one who decides between the two,
    or back to people by an appeal. Each is a decision of its own; at most one of them is open.
    `reserved_for` stands on calibrations: then a response that is settled long since is open to
    that reviewer alone, and nothing comes of it but what both sides learn.

    Work is taken in the order of `due_hour` (`due_at` rounded down), `stakes` (0 low to 2 high),
    `expected_change` (see `routing.expected_change`) and the response's random id, which tells
    nothing about the learner and so keeps marking from drifting along with the order.
    """

    class Lane(models.TextChoices):
        AUTO = RoutingLane.AUTO.value, _("settled automatically")
        REVIEW = RoutingLane.REVIEW.value, _("a reviewer looks")
        EXTENDED = RoutingLane.EXTENDED.value, _("a reviewer looks, with more time")
        SECOND = "second", _("a second reviewer looks")
        ADJUDICATION = "adjudication", _("two reviewers differ, a third decides")
        APPEAL = "appeal", _("the learner asked for another look")
        CALIBRATION = "calibration", _("marked before, to compare")

    response = models.ForeignKey(Response, on_delete=models.PROTECT, related_name="decisions")
    lane = models.CharField(max_length=12, choices=Lane.choices)
    reasons = models.JSONField(default=list)
    policy = models.ForeignKey(Policy, on_delete=models.PROTECT, related_name="+")
    # Drawn by lot: the review is blind whatever the policy says, so that agreement is measured.
    audited = models.BooleanField(default=False)
    reserved_for = models.ForeignKey(
        Person, on_delete=models.CASCADE, related_name="+", null=True, blank=True
    )
    # Repeated from the submission and the item, so that the next response of a course, or of one
    # of its items, is the first entry of an index however much waits.
    context = models.ForeignKey(Context, on_delete=models.PROTECT, related_name="+")
    item_code = models.CharField(max_length=CODE_LENGTH)
    due_at = models.DateTimeField()
    due_hour = models.DateTimeField()
    stakes = models.PositiveSmallIntegerField(default=1)
    expected_change = models.FloatField(default=0.0)
    settled_at = models.DateTimeField(null=True, blank=True)
    at = models.DateTimeField(default=timezone.now)

    # Lanes in which a response is looked at for the first time.
    FIRST = (Lane.REVIEW, Lane.EXTENDED)
    # What the queue takes next.
    ORDER = ("due_hour", "-stakes", "-expected_change", "response_id")

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["response"],
                condition=models.Q(settled_at=None, reserved_for=None),
                name="grading_one_open_decision",
            ),
            models.UniqueConstraint(
                fields=["response", "reserved_for"],
                condition=models.Q(settled_at=None),
                name="grading_one_open_calibration",
            ),
            models.CheckConstraint(
                condition=models.Q(lane="calibration", reserved_for__isnull=False)
                | (~models.Q(lane="calibration") & models.Q(reserved_for=None)),
                name="grading_a_calibration_is_reserved",
            ),
        ]
        indexes = [
            models.Index(
                "context",
                "due_hour",
                models.F("stakes").desc(),
                models.F("expected_change").desc(),
                "response",
                condition=models.Q(settled_at=None),
                name="grading_open_of_course",
            ),
            models.Index(
                "context",
                "item_code",
                "due_hour",
                models.F("stakes").desc(),
                models.F("expected_change").desc(),
                "response",
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


class Annotation(models.Model):
    """What a reviewer wrote to a stretch of an answer: characters `start` to `end` of its text.

    The learner sees it once `settled_at` says that the reviewer has settled the response.
    """

    response = models.ForeignKey(Response, on_delete=models.PROTECT, related_name="annotations")
    reviewer = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="+")
    start = models.PositiveIntegerField()
    end = models.PositiveIntegerField()
    text = models.TextField()
    made_at = models.DateTimeField(default=timezone.now)
    settled_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["response", "start", "pk"]
        constraints = [
            models.CheckConstraint(
                condition=models.Q(end__gt=models.F("start")),
                name="grading_an_annotation_has_a_stretch",
            )
        ]

    def __str__(self) -> str:
        return f"{self.response} {self.start}-{self.end}"


class Grade(models.Model):
    """The grade of a submission, as released; `changes` say what it was before."""

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

    @property
    def last_made_at(self) -> datetime:
        """When it was released or, since then, revised."""
        changed = self.changes.order_by("-at").values_list("at", flat=True).first()
        return changed or self.released_at


class GradeChange(models.Model):
    """A grade that was released and is another one now. `reason` is what the learner reads."""

    class Cause(models.TextChoices):
        APPEAL = "appeal", _("an appeal")
        REGRADE = "regrade", _("a regrade")

    grade = models.ForeignKey(Grade, on_delete=models.PROTECT, related_name="changes")
    cause = models.CharField(max_length=7, choices=Cause.choices)
    score_before = models.DecimalField(max_digits=8, decimal_places=2)
    score_after = models.DecimalField(max_digits=8, decimal_places=2)
    maximum_before = models.DecimalField(max_digits=8, decimal_places=2)
    reason = models.TextField()
    at = models.DateTimeField(default=timezone.now)

    class Meta:
        ordering = ["grade", "at"]

    def __str__(self) -> str:
        return f"{self.score_before} → {self.score_after}"
