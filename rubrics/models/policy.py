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
    drafts = models.BooleanField(
        _("drafts"),
        default=False,
        help_text=_(
            "The machine's marks are filled in for the reviewer to correct. For low stakes only,"
            " and not together with blind: people who correct a draft agree with it too readily."
        ),
    )
    double_blind = models.BooleanField(
        _("double-blind"),
        default=False,
        help_text=_("Who teaches a course does not mark what is handed in there."),
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
    extended_hours = models.PositiveIntegerField(
        _("answer doubtful ones within"),
        default=0,
        help_text=_("Hours for responses that get a longer look. 0: as for the others."),
    )
    audit_share = share_field(
        _("looked at anyway"),
        default=0.1,
        help_text=_(
            "Share of the machine's grades, 0 to 1, that a person checks anyway; and share of"
            " reviews that are blind whatever the policy says, so that agreement is measured."
        ),
    )
    second_share = share_field(
        _("marked twice"),
        default=0.0,
        help_text=_("Share of what people mark, 0 to 1, that a second person marks too."),
    )
    second_for_new = models.PositiveIntegerField(
        _("marked twice for new reviewers"),
        default=0,
        help_text=_("How many responses of a reviewer new to an item are marked twice. 0: none."),
    )
    second_tolerance = models.PositiveIntegerField(
        _("apart at most"),
        default=0,
        help_text=_("Levels that two markers may differ by before a third person decides."),
    )
    calibration_first = models.PositiveIntegerField(
        _("gold responses first"),
        default=0,
        help_text=_("How many a reviewer marks before the queue of an item opens to them."),
    )
    calibration_every = models.PositiveIntegerField(
        _("gold response after every"),
        default=0,
        help_text=_("Later one more after so many marked responses. 0: none."),
    )
    appeal_budget = models.PositiveIntegerField(
        _("appeals"),
        default=3,
        help_text=_("How many open or rejected appeals a learner may have per attempt. 0: none."),
    )
    appeal_days = models.PositiveIntegerField(
        _("appeal within"), default=14, help_text=_("Days after the grade.")
    )
    appeal_hours = models.PositiveIntegerField(
        _("answer appeals within"),
        default=72,
        validators=[MinValueValidator(1)],
        help_text=_("Hours."),
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
            models.CheckConstraint(
                condition=within_unit("second_share"), name="rubrics_policy_second_share"
            ),
            models.CheckConstraint(
                condition=models.Q(drafts=False) | models.Q(blind=False, stakes="low"),
                name="rubrics_policy_drafts_for_low_stakes",
            ),
        ]
