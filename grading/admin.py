from __future__ import annotations

from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from audit.read_only import ReadOnlyAdmin
from grading import pipeline, registry
from grading.models import Grade, Placement, ScoringModel, Submission


@admin.register(Submission)
class SubmissionAdmin(ReadOnlyAdmin):
    list_display = ["id", "assessment", "number", "state", "handed_in_at", "failures", "run_after"]
    list_filter = ["state", "assessment__code"]
    search_fields = ["id"]
    actions = ["try_now"]

    @admin.action(description=_("Try again now"))
    def try_now(self, request: HttpRequest, chosen: QuerySet[Submission]) -> None:
        for submission in chosen.filter(state__in=pipeline.STEPS):
            pipeline.wake(submission)
        messages.success(request, _("Workers were called."))


@admin.register(ScoringModel)
class ScoringModelAdmin(ReadOnlyAdmin):
    list_display = ["item_code", "criterion", "version", "state", "promised_from", "trained_at"]
    list_filter = ["state", "item_code"]
    exclude = ["artefact"]
    actions = ["approve"]

    @admin.action(description=_("Approve and make active"), permissions=["approve"])
    def approve(self, request: HttpRequest, chosen: QuerySet[ScoringModel]) -> None:
        for model in chosen:
            registry.approve(model, request.user)  # type: ignore[arg-type]
        messages.success(request, _("Approved. New submissions are marked with it."))

    def has_approve_permission(self, request: HttpRequest) -> bool:
        return request.user.has_perm("grading.change_scoringmodel")


@admin.register(Placement)
class PlacementAdmin(ReadOnlyAdmin):
    list_display = ["resource_link", "programme", "assessment_code", "chosen_at"]


@admin.register(Grade)
class GradeAdmin(ReadOnlyAdmin):
    list_display = ["submission", "score", "maximum", "released_at"]
