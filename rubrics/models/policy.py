from __future__ import annotations

from django.core.validators import MinValueValidator
from django.db import models
from django.utils.translation import gettext_lazy as _

from rubrics.models.fields import share_field, within_unit
from rubrics.models.versioned import Versioned


class Policy(Versioned):
    """How far the machine may go, how often a learner may try, how soon people answer."""

    class Mode(models.TextChoices):
        SHADOW = "shadow", _("Shadow: the machine marks unseen, people decide")
        ASSIST = "assist", _("Assist: the machine proposes, people decide")
        AUTO = "auto", _("Auto: the machine decides where it is sure enough")

    class Stakes(models.TextChoices):
        LOW = "low", _("Low: practice")
        MEDIUM = "medium", _("Medium: counts towards a grade")
        HIGH = "high", _("High: decides on a certificate")

    mode = models.CharField(_("mode"), max_length=10, choices=Mode.choices, default=Mode.ASSIST)
    stakes = models.CharField(
        _("stakes"), max_length=10, choices=Stakes.choices, default=Stakes.MEDIUM
    )
    blind = models.BooleanField(
        _("blind"),
        default=True,
        help_text=_("Reviewers mark before they see what the machine proposes."),
    )
    auto_threshold = share_field(
        _("sure enough from"),
        default=0.85,
        help_text=_("Confidence from 0 to 1 above which no reviewer is needed, in mode auto."),
    )
    extended_threshold = share_field(
        _("doubtful below"),
        default=0.4,
        help_text=_("Confidence from 0 to 1 below which a response gets a longer look."),
    )
    attempts = models.PositiveIntegerField(
        _("attempts"), default=0, help_text=_("How often a learner may hand in. 0: no limit.")
    )
    checks_limit = models.PositiveIntegerField(
        _("check runs"),
        default=0,
        help_text=_("How often a learner may run the checks of one item. 0: no limit."),
    )
    cooldown_seconds = models.PositiveIntegerField(
        _("wait between check runs"), default=0, help_text=_("Seconds. 0: none.")
    )
    sla_hours = models.PositiveIntegerField(
        _("answer within"),
        default=48,
        validators=[MinValueValidator(1)],
        help_text=_("Hours after handing in by which a person has marked what needs one."),
    )
    audit_share = share_field(
        _("looked at anyway"),
        default=0.1,
        help_text=_("Share of the machine's grades, 0 to 1, that a person checks anyway."),
    )

    trust_suites = models.BooleanField(
        _("trust suites"),
        default=False,
        help_text=_(
            "Whether test suites that run beside the learner's code may settle a grade without a"
            " person. They can be forged."
        ),
    )

    class Meta(Versioned.Meta):
        verbose_name = _("policy")
        verbose_name_plural = _("policies")
        constraints = [
            *Versioned.Meta.constraints,
            models.CheckConstraint(
                condition=within_unit("auto_threshold"), name="rubrics_policy_auto_threshold"
            ),
            models.CheckConstraint(
                condition=within_unit("extended_threshold"),
                name="rubrics_policy_extended_threshold",
            ),
            models.CheckConstraint(
                condition=within_unit("audit_share"), name="rubrics_policy_audit_share"
            ),
        ]
