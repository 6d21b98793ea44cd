"""Grades on their way to an LMS."""

from __future__ import annotations

from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext_lazy, ngettext

from audit.read_only import ReadOnlyAdmin
from lti_tool import outbox
from lti_tool.models import OutgoingScore


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
