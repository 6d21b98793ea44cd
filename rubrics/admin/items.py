from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import admin
from django.db.models import ForeignKey, Model, QuerySet
from django.http import HttpRequest
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _
from unfold.widgets import UnfoldAdminSelectWidget

from rubrics import drafting
from rubrics.admin.assessments import choosable, plain_select
from rubrics.admin.decorators import display
from rubrics.admin.forms import CodeFromTitleForm, GapForm, ItemForm
from rubrics.admin.guard import DraftStacked, DraftTabular, PartAdmin
from rubrics.admin.rubric_pages import opened, whole_link
from rubrics.languages import languages
from rubrics.models import Check, Choice, Criterion, Gap, Item, Pair


class ChoiceInline(DraftTabular):
    model = Choice
    # The handle for dragging stands in the first column, so the hidden one comes last.
    fields = ["text", "correct", "feedback", "position"]
    ordering_field = "position"
    hide_ordering_field = True
    classes = ["for-kind", "kind-choice"]

    def get_queryset(self, request: HttpRequest) -> QuerySet[Choice]:
        return super().get_queryset(request).exclude(item__kind=Item.Kind.ORDERING)


class StepInline(DraftTabular):
    """The steps of an ordering item, which are its choices in the right order."""

    model = Choice
    verbose_name = _("step")
    verbose_name_plural = _("steps, in the right order")
    fields = ["text", "position"]
    ordering_field = "position"
    hide_ordering_field = True
    classes = ["for-kind", "kind-ordering"]

    def get_queryset(self, request: HttpRequest) -> QuerySet[Choice]:
        return super().get_queryset(request).filter(item__kind=Item.Kind.ORDERING)


class PairInline(DraftTabular):
    model = Pair
    fields = ["text", "partner", "position"]
    ordering_field = "position"
    hide_ordering_field = True
    classes = ["for-kind", "kind-matching"]


class GapInline(DraftStacked):
    model = Gap
    form = GapForm
    ordering_field = "position"
    hide_ordering_field = True
    classes = ["for-kind", "kind-cloze"]
    fieldsets = [
        (None, {"fields": ["position", ("code", "weight")]}),
        (None, {"fields": [("answers", "wrong")]}),
        (None, {"fields": [("match_case", "tolerance", "unit")]}),
    ]


class CheckInline(DraftStacked):
    """All fields of all kinds; kinds.js shows those of the chosen kind."""

    model = Check
    form = CodeFromTitleForm
    ordering_field = "position"
    hide_ordering_field = True
    classes = ["for-kind", "kind-code", "kind-diagram"]
    fieldsets = [
        (None, {"fields": ["position", ("title", "kind"), ("criterion", "weight", "code")]}),
        (None, {"fields": ["call"], "classes": ["for-kind", "kind-call"]}),
        (None, {"fields": ["generator"], "classes": ["for-kind", "kind-generated"]}),
        (None, {"fields": ["stdin"], "classes": ["for-kind", "kind-io"]}),
        (None, {"fields": ["expected"], "classes": ["for-kind", "kind-call", "kind-io"]}),
        (
            None,
            {
                "fields": [("compare", "tolerance")],
                "classes": ["for-kind", "kind-call", "kind-io", "kind-generated"],
            },
        ),
        (None, {"fields": ["checker", "output_file"], "classes": ["for-kind", "kind-io"]}),
        (None, {"fields": ["fault"], "classes": ["for-kind", "kind-catches"]}),
        (
            None,
            {"fields": [("runner", "tests"), "files"], "classes": ["for-kind", "kind-suite"]},
        ),
        (None, {"fields": ["arguments"], "classes": ["for-kind", "kind-io", "kind-suite"]}),
        (None, {"fields": [("rules", "complexity")], "classes": ["for-kind", "kind-ruff"]}),
        (
            None,
            {
                "fields": [("require", "forbid")],
                "classes": ["for-kind", "kind-construct", "kind-diagram"],
            },
        ),
        (None, {"fields": ["hint", "show_expected"]}),
    ]

    def formfield_for_foreignkey(
        self, db_field: ForeignKey[Any, Any], request: HttpRequest, **kwargs: Any
    ) -> forms.ModelChoiceField[Any] | None:
        item = opened(request, Item)
        if db_field.name == "criterion" and item is not None:
            kwargs["queryset"] = Criterion.objects.filter(rubric=item.rubric_id)
        field: forms.ModelChoiceField[Any] | None = super().formfield_for_foreignkey(
            db_field, request, **kwargs
        )
        return field

    def formfield_for_dbfield(
        self, db_field: Any, request: HttpRequest, **kwargs: Any
    ) -> forms.Field | None:
        field = super().formfield_for_dbfield(db_field, request, **kwargs)
        if db_field.name == "criterion":
            plain_select(field, empty=_("the first"))
        return field


@admin.register(Item)
class ItemAdmin(PartAdmin):
    """All fields of all kinds; kinds.js shows those of the chosen kind."""

    form = ItemForm
    readonly_fields = ["of"]
    inlines = [ChoiceInline, PairInline, StepInline, GapInline, CheckInline]
    fieldsets = [
        (None, {"fields": ["of", ("title", "code"), ("kind", "points", "rubric"), "prompt"]}),
        (
            _("Choices"),
            {
                "fields": [("accept_multiple", "partial_credit")],
                "classes": ["for-kind", "kind-choice"],
            },
        ),
        (_("Text with gaps"), {"fields": ["cloze"], "classes": ["for-kind", "kind-cloze"]}),
        (
            _("Right number"),
            {
                "fields": [
                    ("numeric_answer", "numeric_tolerance", "numeric_unit", "numeric_figures")
                ],
                "classes": ["for-kind", "kind-numeric"],
            },
        ),
        (
            _("Length"),
            {
                "fields": [("words_min", "words_max")],
                "classes": ["for-kind", "kind-short_text", "kind-essay"],
            },
        ),
        (
            _("Code"),
            {
                "fields": [
                    ("language", "filename", "flags"),
                    "prelude",
                    ("cpu_seconds", "memory_mb"),
                ],
                "classes": ["for-kind", "kind-code"],
            },
        ),
        (
            None,
            {
                "fields": ["starter", "reference"],
                "classes": ["for-kind", "kind-code", "kind-diagram"],
            },
        ),
        (
            _("Files"),
            {"fields": ["max_files"], "classes": ["for-kind", "kind-file", "kind-code"]},
        ),
        (None, {"fields": [("extensions", "max_file_mb")], "classes": ["for-kind", "kind-file"]}),
    ]

    class Media:
        js = ["rubrics/kinds.js"]

    def whole(self, part: Item) -> Model:
        return part.assessment

    @display(_("assessment"))
    def of(self, item: Item) -> SafeString:
        return whole_link(item.assessment)

    def formfield_for_foreignkey(
        self, db_field: ForeignKey[Any, Any], request: HttpRequest, **kwargs: Any
    ) -> forms.ModelChoiceField[Any] | None:
        item = opened(request, Item)
        if db_field.name == "rubric" and item is not None:
            used = Item.objects.filter(pk=item.pk)
            kwargs["queryset"] = choosable(item.assessment.programme, used)
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
        if db_field.name == "language":
            field = forms.ChoiceField(
                label=db_field.verbose_name,
                help_text=db_field.help_text,
                choices=[(each.code, each.name) for each in languages().values()],
                widget=UnfoldAdminSelectWidget,
            )
        return field

    def save_model(self, request: HttpRequest, obj: Item, form: Any, change: bool) -> None:
        if not obj.code:
            taken = obj.assessment.items.exclude(pk=obj.pk).values_list("code", flat=True)
            obj.code = drafting.free_code(obj.title, taken)
        drafting.fill_rubric(obj)
        super().save_model(request, obj, form, change)

    def save_related(self, request: HttpRequest, form: Any, formsets: Any, change: bool) -> None:
        super().save_related(request, form, formsets, change)
        drafting.refit_checks(form.instance)
