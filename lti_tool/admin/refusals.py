"""Launches that were refused, found by the reference that the person saw."""

from __future__ import annotations

import json

from django.contrib import admin
from django.utils.html import format_html
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from audit.read_only import ReadOnlyAdmin
from lti_tool.models import LaunchRefusal
from lti_tool.refusals import REFUSALS


@admin.register(LaunchRefusal)
class LaunchRefusalAdmin(ReadOnlyAdmin):
    list_display = ["reference", "at", "code", "registration"]
    list_filter = ["code", "registration"]
    search_fields = ["reference"]
    ordering = ["-at"]
    fields = ["reference", "at", "code", "registration", "to_check", "message"]
    readonly_fields = ["to_check", "message"]

    @admin.display(description=gettext_lazy("what to check in the LMS"))
    def to_check(self, refusal: LaunchRefusal) -> str:
        known = REFUSALS.get(refusal.code)
        return known.for_admin if known else _("This reason is no longer in use.")

    @admin.display(description=gettext_lazy("the message, without personal data"))
    def message(self, refusal: LaunchRefusal) -> str:
        return format_html("<pre>{}</pre>", json.dumps(refusal.claims, indent=2))
