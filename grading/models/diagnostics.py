"""Runs of an item's checks over what the learner wrote."""

from __future__ import annotations

from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from grading.models.submissions import Response
from rubrics.models import Check


class Run(models.Model):
    """One run of all checks of an item over one text. The text is kept: it is what was judged.

    `seed` is what generated inputs were drawn with, so that the run can be made again.
    """

    class State(models.TextChoices):
        QUEUED = "queued", _("waiting")
        RUNNING = "running", _("running")
        DONE = "done", _("done")
        FAILED = "failed", _("could not be run")
        SUPERSEDED = "superseded", _("replaced by a later one")

    response = models.ForeignKey(Response, on_delete=models.PROTECT, related_name="runs")
    number = models.PositiveIntegerField()
    source = models.TextField()
    sha256 = models.CharField(max_length=64)
    seed = models.PositiveBigIntegerField(default=1)
    state = models.CharField(max_length=10, choices=State.choices, default=State.QUEUED)
    trouble = models.TextField(blank=True)
    created_at = models.DateTimeField(default=timezone.now)
    finished_at = models.DateTimeField(null=True, blank=True)
    leased_until = models.DateTimeField(null=True, blank=True)
    woken_until = models.DateTimeField(null=True, blank=True)
    failures = models.PositiveSmallIntegerField(default=0)

    class Meta:
        ordering = ["response", "number"]
        constraints = [
            models.UniqueConstraint(
                fields=["response", "number"], name="grading_one_run_per_number"
            ),
            models.UniqueConstraint(
                fields=["response"],
                condition=models.Q(state__in=["queued", "running"]),
                name="grading_one_run_in_flight",
            ),
        ]
        indexes = [
            models.Index(
                fields=["created_at"],
                condition=models.Q(state__in=["queued", "running"]),
                name="grading_runs_due",
            )
        ]

    def __str__(self) -> str:
        return f"run {self.number} of {self.response}"

    @property
    def found(self) -> list[CheckResult]:
        """The results so far, each with its check."""
        return list(self.results.select_related("check_definition"))

    @property
    def in_flight(self) -> bool:
        return self.state in (self.State.QUEUED, self.State.RUNNING)


class CheckResult(models.Model):
    """What one check found. `error` says that the check could not judge; it is never a pass.

    `share` is what was earned, 0 to 1. `trust`: whether the verdict was made where the learner's
    code could not reach (`sealed`) or beside it (`guarded`); `flags` are signs of interference.
    """

    class Trust(models.TextChoices):
        SEALED = "sealed", _("decided outside the sandbox")
        GUARDED = "guarded", _("reported from beside the code")

    class Status(models.TextChoices):
        PASS = "pass", _("passed")
        FAIL = "fail", _("failed")
        ERROR = "error", _("could not judge")
        SKIPPED = "skipped", _("skipped")

    run = models.ForeignKey(Run, on_delete=models.PROTECT, related_name="results")
    check_definition = models.ForeignKey(Check, on_delete=models.PROTECT, related_name="results")
    status = models.CharField(max_length=8, choices=Status.choices)
    summary = models.TextField()
    input = models.TextField(blank=True)
    got = models.TextField(blank=True)
    expected = models.TextField(blank=True)
    line = models.PositiveIntegerField(null=True, blank=True)
    hint = models.TextField(blank=True)
    detail = models.TextField(blank=True)
    seconds = models.FloatField(default=0.0)
    share = models.FloatField(default=0.0)
    trust = models.CharField(max_length=8, choices=Trust.choices, default=Trust.SEALED)
    flags: models.JSONField[list[str], list[str]] = models.JSONField(default=list, blank=True)

    class Meta:
        ordering = ["run", "check_definition__position"]
        constraints = [
            models.UniqueConstraint(
                fields=["run", "check_definition"], name="grading_one_result_per_check"
            )
        ]

    def __str__(self) -> str:
        return f"{self.check_definition}: {self.status}"
