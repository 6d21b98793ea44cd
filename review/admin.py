from __future__ import annotations

from django.contrib import admin
from django.http import HttpRequest

from audit.read_only import ReadOnlyAdmin
from review.models import Claim, Review


@admin.register(Claim)
class ClaimAdmin(ReadOnlyAdmin):
    """Deleting a claim gives the response back to the queue."""

    list_display = ["response", "reviewer", "until"]

    def has_delete_permission(self, request: HttpRequest, obj: object = None) -> bool:
        return request.user.has_perm("review.delete_claim")


@admin.register(Review)
class ReviewAdmin(ReadOnlyAdmin):
    list_display = ["response", "reviewer", "blind", "opened_at", "marked_at", "settled_at"]
    list_filter = ["blind"]
