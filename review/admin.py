from __future__ import annotations

from django.contrib import admin
from django.http import HttpRequest
from unfold.admin import ModelAdmin

from review.models import Claim, Review


@admin.register(Claim)
class ClaimAdmin(ModelAdmin):
    """Deleting a claim gives the response back to the queue."""

    list_display = ["response", "reviewer", "until"]

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Claim | None = None) -> bool:
        return False


@admin.register(Review)
class ReviewAdmin(ModelAdmin):
    list_display = ["response", "reviewer", "blind", "opened_at", "marked_at", "settled_at"]
    list_filter = ["blind"]

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Review | None = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Review | None = None) -> bool:
        return False
