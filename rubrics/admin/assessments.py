# ruff: noqa: ARG002 - the admin calls methods with arguments that not every answer needs
from __future__ import annotations

from typing import Any, cast

from django import forms
from django.contrib import admin
from django.db.models import ForeignKey, Model
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _now
from django.utils.translation import gettext_lazy as _
from django_stubs_ext import StrOrPromise

from rubrics import drafting
from rubrics.admin.decorators import action, display
from rubrics.admin.forms import ItemForm, VersionedForm
from rubrics.admin.guard import DraftTabular, change_url
from rubrics.admin.rubric_pages import opened
from rubrics.admin.versions import VersionedAdmin
from rubrics.interchange.exporting import export_assessment
from rubrics.models import Assessment, Item, Policy, Programme, Rubric
from rubrics.points import total
from rubrics.standard import STANDARD_RUBRICS


def choosable(programme: Programme, used: Any) -> Any:
    """Return the rubrics to choose from: the newest version of each, and those in use."""
    newest = (
        Rubric.objects.filter(programme=programme)
        .exclude(code__in=STANDARD_RUBRICS)
        .order_by("code", "-version")
        .distinct("code")
        .values("pk")
    )
    return Rubric.objects.filter(pk__in=newest) | Rubric.objects.filter(
        pk__in=used.exclude(rubric__code__in=STANDARD_RUBRICS).values("rubric")
    )


class ItemInline(DraftTabular):
    model = Item
    form = ItemForm
    # The handle for dragging stands in the first column, so the hidden one comes last.
    fields = ["title", "kind", "points", "rubric", "page", "position"]
    readonly_fields = ["page"]
    ordering_field = "position"
    hide_ordering_field = True
    show_change_link = True

    @display(_("question"))
    def page(self, item: Item) -> SafeString | str:
        if item.pk is None:
            return _now("after saving")
        return format_html(
            '<a class="text-primary-600 dark:text-primary-500 underline" href="{}">{}</a>',
            change_url(item),
            _now("Write question"),
        )

    def formfield_for_foreignkey(
        self, db_field: ForeignKey[Any, Any], request: HttpRequest, **kwargs: Any
    ) -> forms.ModelChoiceField[Any] | None:
        assessment = opened(request, Assessment)
        if db_field.name == "rubric" and assessment is not None:
            kwargs["queryset"] = choosable(assessment.programme, assessment.items.all())
            kwargs["empty_label"] = _now("by itself")
        field: forms.ModelChoiceField[Any] | None = super().formfield_for_foreignkey(
            db_field, request, **kwargs
        )
        return field

    def formfield_for_dbfield(
        self, db_field: Any, request: HttpRequest, **kwargs: Any
    ) -> forms.Field | None:
        field = super().formfield_for_dbfield(db_field, request, **kwargs)
        if db_field.name == "rubric":
            plain_select(field, empty=_("by itself"))
        return field


def plain_select(field: Any, empty: StrOrPromise) -> None:
    """Say what an empty choice means, and take the signs for adding and changing away."""
    field.empty_label = empty
    for may in ("can_add_related", "can_change_related", "can_delete_related", "can_view_related"):
        setattr(field.widget, may, False)


@admin.register(Assessment)
class AssessmentAdmin(VersionedAdmin):
    form = VersionedForm
    add_fieldsets = [(None, {"fields": ["title", "programme", "code"]})]
    fieldsets = [
        (None, {"fields": [("title", "code"), ("programme", "version", "state_in_words")]}),
        (
            None,
            {"fields": ["instructions", ("policy", "language", "time_limit_minutes", "points")]},
        ),
    ]
    inlines = [ItemInline]
    actions_detail = ["publish", "new_draft", "preview", "export"]

    def get_readonly_fields(self, request: HttpRequest, obj: Model | None = None) -> list[str]:
        return [*super().get_readonly_fields(request, obj), "points"]

    @display(_("points in all"))
    def points(self, assessment: Assessment) -> str:
        return str(total(item.points for item in assessment.items.all()))

    def formfield_for_foreignkey(
        self, db_field: ForeignKey[Any, Any], request: HttpRequest, **kwargs: Any
    ) -> forms.ModelChoiceField[Any] | None:
        assessment = opened(request, Assessment)
        if db_field.name == "policy" and assessment is not None:
            kwargs["queryset"] = Policy.objects.filter(programme=assessment.programme)
        field: forms.ModelChoiceField[Any] | None = super().formfield_for_foreignkey(
            db_field, request, **kwargs
        )
        return field

    def save_model(self, request: HttpRequest, obj: Assessment, form: Any, change: bool) -> None:
        if obj.policy_id is None:
            obj.policy = drafting.usual_policy(obj.programme)
        super().save_model(request, obj, form, change)

    def next_step(self, obj: Model) -> str:
        return _now("The assessment is saved. Now add its items: one per row.")

    @action(_("Preview"), url_path="preview", icon="visibility")
    def preview(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """Show the questions as learners read them, with what is right beside them."""
        assessment = self._readable(request, object_id)
        items = assessment.items.select_related("rubric").prefetch_related(
            "choices", "pairs", "gaps", "checks__criterion", "rubric__criteria__levels"
        )
        return render(
            request,
            "rubrics/preview.html",
            {"assessment": assessment, "items": items, "back": change_url(assessment)},
        )

    @action(_("Export"), url_path="export", icon="download")
    def export(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """Answer with the assessment file."""
        assessment = self._readable(request, object_id)
        name = f"{assessment.code}-{assessment.version}.yaml"
        return HttpResponse(
            export_assessment(assessment),
            content_type="application/yaml; charset=utf-8",
            headers={"Content-Disposition": f'attachment; filename="{name}"'},
        )

    def _readable(self, request: HttpRequest, object_id: str) -> Assessment:
        may = self.has_view_permission(request)
        return cast(Assessment, self._found(request, object_id, may=may))
