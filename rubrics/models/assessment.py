from __future__ import annotations

from django.core.validators import MinValueValidator, RegexValidator
from django.db import models
from django.utils.translation import gettext_lazy as _

from rubrics.models.policy import Policy
from rubrics.models.versioned import Versioned

# BCP 47 without private use: `de`, `pt-BR`, `zh-Hant-TW`.
LANGUAGE_TAG = r"^[A-Za-z]{2,3}(-[A-Za-z0-9]{2,8})*\Z"


class Assessment(Versioned):
    """What a learner opens: instructions and items, under one policy."""

    instructions = models.TextField(
        _("instructions"),
        blank=True,
        default="",
        help_text=_("Shown before the first item. Markdown."),
    )
    language = models.CharField(
        _("language"),
        max_length=35,
        blank=True,
        default="",
        validators=[
            RegexValidator(LANGUAGE_TAG, _("Write a language tag such as en, de or pt-BR."))
        ],
        help_text=_(
            "In which questions and answers are written: en, de, pt-BR … Reviewers who say what"
            " they read are given what is in it. Leave empty for any."
        ),
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
