from __future__ import annotations

from django.contrib import admin

from audit.models import Entry
from audit.read_only import ReadOnlyAdmin


@admin.register(Entry)
class EntryAdmin(ReadOnlyAdmin):
    list_display = ["at", "event", "actor", "chain", "sequence"]
    list_filter = ["event"]
    search_fields = ["chain__id", "actor"]
    date_hierarchy = "at"
