"""LMS connections in the admin. No private key, no name and no e-mail address is shown here."""

from __future__ import annotations

import json

from django.contrib import admin, messages
from django.db import models
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.html import format_html
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from unfold.admin import ModelAdmin, TabularInline

from audit.read_only import ReadOnlyAdmin
from lti_tool import outbox
from lti_tool.models import Deployment, LaunchRefusal, OutgoingScore, Registration, ToolKey
from lti_tool.refusals import REFUSALS


class DeploymentInline(TabularInline):
    model = Deployment
    extra = 0


@admin.register(Registration)
class RegistrationAdmin(ModelAdmin):
    list_display = ["name", "issuer", "client_id", "product", "active", "launched_at"]
    list_filter = ["active", "tenant", "product"]
    search_fields = ["name", "issuer", "client_id"]
    readonly_fields = ["product", "origins", "created_at", "launched_at"]
    inlines = [DeploymentInline]
    formfield_overrides = {models.URLField: {"assume_scheme": "https"}}


@admin.register(Deployment)
class DeploymentAdmin(ModelAdmin):
    """Deployments that an LMS brought along by itself wait here to be switched on."""

    list_display = ["registration", "deployment_id", "active"]
    list_filter = ["active", "registration"]
    list_editable = ["active"]
    list_display_links = ["deployment_id"]


@admin.register(ToolKey)
class ToolKeyAdmin(ReadOnlyAdmin):
    list_display = ["kid", "created_at", "retired_at"]
    fields = ["kid", "created_at", "retired_at", "public_key"]
    readonly_fields = ["public_key"]

    @admin.display(description=gettext_lazy("public key"))
    def public_key(self, key: ToolKey) -> str:
        return json.dumps(key.public_jwk, indent=2)


@admin.register(OutgoingScore)
class OutgoingScoreAdmin(ReadOnlyAdmin):
    list_display = ["person", "line_item", "in_words", "queued_at", "sent_at", "confirmed_at"]
    list_filter = ["state", "line_item__resource_link__context__deployment__registration"]
    list_select_related = ["person", "line_item__resource_link"]
    date_hierarchy = "queued_at"
    ordering = ["-queued_at"]
    actions = ["send_again"]
    exclude = ["comment"]

    @admin.display(description=gettext_lazy("where it is"), ordering="state")
    def in_words(self, score: OutgoingScore) -> str:
        return score.words

    # Sending again changes no grade, so whoever may look may do it.
    @admin.action(description=gettext_lazy("Send again"), permissions=["view"])
    def send_again(self, request: HttpRequest, scores: QuerySet[OutgoingScore]) -> None:
        count = 0
        for score in scores:
            outbox.resend(score)
            count += 1
        said = ngettext(
            "%(count)d grade is on its way again.",
            "%(count)d grades are on their way again.",
            count,
        )
        self.message_user(request, said % {"count": count}, messages.SUCCESS)


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
