from __future__ import annotations

from django.contrib import admin
from django.http import HttpRequest
from unfold.admin import ModelAdmin

from audit.read_only import ReadOnlyAdmin
from review.models import Claim, Conflict, Gold, Review


@admin.register(Claim)
class ClaimAdmin(ReadOnlyAdmin):
    """Deleting a claim gives the response back to the queue."""

    list_display = ["decision", "reviewer", "until"]

    def has_delete_permission(self, request: HttpRequest, obj: object = None) -> bool:
        return request.user.has_perm("review.delete_claim")


@admin.register(Review)
class ReviewAdmin(ReadOnlyAdmin):
    list_display = ["response", "reviewer", "decision", "blind", "marked_at", "settled_at"]
    list_filter = ["blind", "decision__lane"]


@admin.register(Conflict)
class ConflictAdmin(ModelAdmin):
    """Who does not mark whom. Reviewers declare it themselves; here it is added and taken back."""

    list_display = ["reviewer", "learner", "declared_at"]
    raw_id_fields = ["reviewer", "learner"]
    fields = ["reviewer", "learner"]


@admin.register(Gold)
class GoldAdmin(ReadOnlyAdmin):
    list_display = ["response", "chosen_by", "at", "retired_at"]
