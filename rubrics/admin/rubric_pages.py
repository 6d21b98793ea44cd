# ruff: noqa: ARG002 - the admin calls methods with arguments that not every answer needs
from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import admin
from django.db.models import ManyToManyField, Model
from django.http import HttpRequest
from django.urls import resolve
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _now
from django.utils.translation import gettext_lazy as _
from unfold.widgets import UnfoldAdminCheckboxSelectMultipleWidget

from rubrics.admin.decorators import display
from rubrics.admin.forms import CodeFromTitleForm, VersionedForm
from rubrics.admin.guard import DraftStacked, DraftTabular, PartAdmin, change_url
from rubrics.admin.versions import VersionedAdmin
from rubrics.models import Anchor, Criterion, Level, Rubric
from rubrics.numbers import plain


class CriterionInline(DraftTabular):
    model = Criterion
    form = CodeFromTitleForm
    # The handle for dragging stands in the first column, so the hidden one comes last.
    fields = ["title", "weight", "steps", "position"]
    readonly_fields = ["steps"]
    ordering_field = "position"
    hide_ordering_field = True
    show_change_link = True

    @display(_("levels"))
    def steps(self, criterion: Criterion) -> SafeString | str:
        if criterion.pk is None:
            return _now("0 to 3; word them once this is saved")
        levels = " · ".join(plain(level.points) for level in criterion.levels.all())
        return format_html(
            '<a class="text-primary-600 dark:text-primary-500 underline" href="{}">{}</a> {}',
            change_url(criterion),
            _now("Levels and wording"),
            levels,
        )


@admin.register(Rubric)
class RubricAdmin(VersionedAdmin):
    form = VersionedForm
    add_fieldsets = [(None, {"fields": ["title", "programme", "code"]})]
    fieldsets = [
        (None, {"fields": [("title", "code"), ("programme", "version", "state_in_words")]})
    ]
    inlines = [CriterionInline]

    def next_step(self, obj: Model) -> str:
        return _now("The rubric is saved. Now add what is judged: one criterion per row.")


class LevelInline(DraftTabular):
    model = Level
    fields = ["points", "title", "descriptor", "examples"]
    readonly_fields = ["examples"]

    @display(_("examples"))
    def examples(self, level: Level) -> SafeString | str:
        if level.pk is None:
            return ""
        count = level.anchors.count()
        return format_html(
            '<a class="text-primary-600 dark:text-primary-500 underline" href="{}">{}</a>',
            change_url(level),
            _now("%(count)d, open") % {"count": count} if count else _now("Open"),
        )


@admin.register(Criterion)
class CriterionAdmin(PartAdmin):
    form = CodeFromTitleForm
    fieldsets = [
        (None, {"fields": ["of", ("title", "code", "weight"), "description"]}),
        (_("For learners and results"), {"fields": ["remediation", "competencies"]}),
    ]
    readonly_fields = ["of"]
    inlines = [LevelInline]

    def whole(self, part: Criterion) -> Model:
        return part.rubric

    @display(_("rubric"))
    def of(self, criterion: Criterion) -> SafeString:
        return whole_link(criterion.rubric)

    def formfield_for_manytomany(
        self, db_field: ManyToManyField[Any, Any], request: HttpRequest, **kwargs: Any
    ) -> forms.ModelMultipleChoiceField[Any] | None:
        criterion = opened(request, Criterion)
        if criterion is not None:
            kwargs["queryset"] = criterion.rubric.programme.competencies.all()
            kwargs["widget"] = UnfoldAdminCheckboxSelectMultipleWidget()
        return super().formfield_for_manytomany(db_field, request, **kwargs)


class AnchorInline(DraftStacked):
    model = Anchor
    fields = ["text", "note"]


@admin.register(Level)
class LevelAdmin(PartAdmin):
    fields = ["of", ("points", "title"), "descriptor"]
    readonly_fields = ["of"]
    inlines = [AnchorInline]

    def whole(self, part: Level) -> Model:
        return part.criterion

    @display(_("criterion"))
    def of(self, level: Level) -> SafeString:
        return whole_link(level.criterion)


def whole_link(obj: Model) -> SafeString:
    return format_html(
        '<a class="text-primary-600 dark:text-primary-500 underline" href="{}">{}</a>',
        change_url(obj),
        obj,
    )


def opened(request: HttpRequest, model: type[Any]) -> Any:
    """Return the object whose page is open; None on other pages."""
    number = resolve(request.path).kwargs.get("object_id", "")
    return model._default_manager.filter(pk=number).first() if str(number).isdigit() else None
