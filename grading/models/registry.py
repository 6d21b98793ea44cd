"""Human marks to learn from, and the models that were trained on them."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from rubrics.models import Criterion, Programme


class PastAnswer(models.Model):
    """An answer marked by people, without anything that tells who wrote it."""

    programme = models.ForeignKey(Programme, on_delete=models.PROTECT, related_name="past_answers")
    assessment_code = models.SlugField(max_length=100)
    item_code = models.SlugField(max_length=100)
    identifier = models.CharField(max_length=100)
    text = models.TextField()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["programme", "assessment_code", "item_code", "identifier"],
                name="grading_one_past_answer",
            )
        ]

    def __str__(self) -> str:
        return f"{self.item_code} {self.identifier}"


class PastMark(models.Model):
    answer = models.ForeignKey(PastAnswer, on_delete=models.CASCADE, related_name="marks")
    criterion_code = models.SlugField(max_length=100)
    rater = models.CharField(max_length=50)
    points = models.DecimalField(max_digits=6, decimal_places=2)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["answer", "criterion_code", "rater"], name="grading_one_past_mark"
            )
        ]

    def __str__(self) -> str:
        return f"{self.answer} {self.criterion_code} {self.rater}: {self.points}"


class ScoringModel(models.Model):
    """A trained model for one criterion of one item.

    It belongs to the criterion of one rubric version: a changed rubric has no model until one
    is trained for it, so its responses go to people.
    """

    class State(models.TextChoices):
        CANDIDATE = "candidate", _("candidate")
        ACTIVE = "active", _("active")
        RETIRED = "retired", _("retired")

    criterion = models.ForeignKey(Criterion, on_delete=models.PROTECT, related_name="models")
    item_code = models.SlugField(max_length=100)
    version = models.CharField(max_length=80)
    artefact = models.BinaryField()
    metrics = models.JSONField()
    # The confidence from which the promised bound on the error rate holds on held-out human
    # marks; null when no promise can be made, so that nothing is settled automatically.
    promised_from = models.FloatField(null=True, blank=True)
    state = models.CharField(max_length=9, choices=State.choices, default=State.CANDIDATE)
    trained_at = models.DateTimeField(default=timezone.now)
    approved_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )
    approved_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["criterion", "item_code"],
                condition=models.Q(state="active"),
                name="grading_one_active_model",
            ),
            models.UniqueConstraint(
                fields=["criterion", "item_code", "version"], name="grading_one_model_per_version"
            ),
            models.CheckConstraint(
                condition=~models.Q(state="active") | models.Q(approved_by__isnull=False),
                name="grading_an_active_model_is_approved",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.item_code} · {self.criterion.code} · {self.version}"
