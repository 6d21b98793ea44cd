from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.http import HttpRequest

from rubrics import drafting
from rubrics.admin.forms import CodeFromTitleForm
from rubrics.admin.guard import DraftAdmin, DraftTabular
from rubrics.models import Competency, Programme


class CompetencyInline(DraftTabular):
    model = Competency
    form = CodeFromTitleForm
    fields = ["title", "code", "description"]


@admin.register(Programme)
class ProgrammeAdmin(DraftAdmin):
    form = CodeFromTitleForm
    list_display = ["title", "code", "tenant"]
    search_fields = ["title", "code"]
    fields = ["title", "code", "tenant"]
    inlines = [CompetencyInline]

    def save_model(self, request: HttpRequest, obj: Programme, form: Any, change: bool) -> None:
        if not obj.code:
            obj.code = drafting.free_code_for(obj)
        super().save_model(request, obj, form, change)
