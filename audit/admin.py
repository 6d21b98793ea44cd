from __future__ import annotations

from django.contrib import admin
from django.http import HttpRequest
from unfold.admin import ModelAdmin

from audit.models import Entry


@admin.register(Entry)
class EntryAdmin(ModelAdmin):
    list_display = ["at", "event", "actor", "chain", "sequence"]
    list_filter = ["event"]
    search_fields = ["chain__id", "actor"]
    date_hierarchy = "at"

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Entry | None = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Entry | None = None) -> bool:
        return False
