from __future__ import annotations

from django.core.validators import MinValueValidator
from django.db import models
from django.utils.translation import gettext_lazy as _

from rubrics.models.policy import Policy
from rubrics.models.versioned import Versioned


class Assessment(Versioned):
    """What a learner opens: instructions and items, under one policy."""

    instructions = models.TextField(
        _("instructions"),
        blank=True,
        default="",
        help_text=_("Shown before the first item. Markdown."),
    )
    policy = models.ForeignKey(
        Policy, on_delete=models.PROTECT, related_name="assessments", verbose_name=_("policy")
    )
    time_limit_minutes = models.PositiveIntegerField(
        _("time limit"),
        null=True,
        blank=True,
        validators=[MinValueValidator(1)],
        help_text=_("Minutes. Leave empty for no limit."),
    )

    class Meta(Versioned.Meta):
        verbose_name = _("assessment")
        verbose_name_plural = _("assessments")
