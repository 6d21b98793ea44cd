from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.utils.translation import gettext as _now
from django.utils.translation import gettext_lazy as _

from rubrics.admin.forms import VersionedForm
from rubrics.admin.versions import Version, VersionedAdmin
from rubrics.models import Policy

WHAT: Any = (None, {"fields": [("title", "code"), "programme"]})
RULES: list[Any] = [
    (_("The machine"), {"fields": ["mode", ("auto_threshold", "extended_threshold")]}),
    (
        _("People"),
        {
            "fields": [
                "stakes",
                ("blind", "drafts", "double_blind"),
                ("sla_hours", "extended_hours"),
                ("audit_share", "trust_suites"),
            ]
        },
    ),
    (_("Second marks"), {"fields": [("second_share", "second_for_new", "second_tolerance")]}),
    (_("Calibration"), {"fields": [("calibration_first", "calibration_every")]}),
    (_("Appeals"), {"fields": [("appeal_budget", "appeal_days", "appeal_hours")]}),
    (_("Learners"), {"fields": ["attempts", ("checks_limit", "cooldown_seconds")]}),
]


@admin.register(Policy)
class PolicyAdmin(VersionedAdmin):
    form = VersionedForm
    list_display = ["title", "code", "version", "state", "mode", "stakes", "programme"]
    add_fieldsets = [WHAT, *RULES]
    fieldsets = [
        (None, {"fields": [("title", "code"), ("programme", "version", "state_in_words")]}),
        *RULES,
    ]

    def what_is_left(self, obj: Version) -> str:
        if not isinstance(obj, Policy) or obj.assessments.exists():
            return ""
        return _now(
            "No assessment is under this version yet: make a new draft of the assessment, choose"
            " this policy there, and publish it."
        )
