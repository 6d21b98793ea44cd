# ruff: noqa: ARG002 - the admin calls methods with arguments that not every answer needs
"""What all pages share: what is published can be read and not changed, here as in the database."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django import forms
from django.contrib import messages
from django.contrib.admin.options import BaseModelAdmin
from django.db import IntegrityError
from django.db.models import Field, Model
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils.translation import gettext as _
from unfold.admin import ModelAdmin, StackedInline, TabularInline

from rubrics import drafting
from rubrics.admin.fields import text_field
from rubrics.models import (
    Anchor,
    Check,
    Choice,
    Competency,
    Criterion,
    Gap,
    Item,
    Level,
    Pair,
    Versioned,
)

REFUSAL = "rubrics_published_never_changes"


def version_of(obj: object) -> Versioned | None:
    """Return the rubric, policy or assessment that the row is (a part of); None for others."""
    if isinstance(obj, Versioned):
        return obj
    if isinstance(obj, Anchor):
        return version_of(obj.level)
    if isinstance(obj, Level):
        return version_of(obj.criterion)
    if isinstance(obj, Criterion):
        return obj.rubric
    if isinstance(obj, Item):
        return obj.assessment
    if isinstance(obj, Check | Choice | Gap | Pair):
        return version_of(obj.item)
    return None


def is_published(obj: object) -> bool:
    version = version_of(obj)
    return version is not None and version.is_published


def is_refusal(error: IntegrityError) -> bool:
    """Tell whether the database refused because something is published."""
    cause = error.__cause__
    return getattr(getattr(cause, "diag", None), "constraint_name", None) == REFUSAL


class TextFields(BaseModelAdmin[Any]):
    """Text as the author typed it, and lists as lines."""

    def formfield_for_dbfield(
        self, db_field: Field[Any, Any], request: HttpRequest, **kwargs: Any
    ) -> forms.Field | None:
        return text_field(db_field, **kwargs) or super().formfield_for_dbfield(
            db_field, request, **kwargs
        )


class DraftAdmin(TextFields, ModelAdmin):
    """A page whose object can be changed while it is a draft."""

    compressed_fields = False
    warn_unsaved_form = True

    def has_change_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return not is_published(obj) and super().has_change_permission(request, obj)

    def has_delete_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return not is_published(obj) and super().has_delete_permission(request, obj)

    def changeform_view(
        self,
        request: HttpRequest,
        object_id: str | None = None,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> HttpResponse:
        view = super().changeform_view
        return in_words(request, lambda: view(request, object_id, form_url, extra_context))

    def delete_view(
        self, request: HttpRequest, object_id: str, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        view = super().delete_view
        return in_words(request, lambda: view(request, object_id, extra_context))

    def changelist_view(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        view = super().changelist_view
        return in_words(request, lambda: view(request, extra_context))

    def save_formset(self, request: HttpRequest, form: Any, formset: Any, change: bool) -> None:
        formset.save(commit=False)
        for gone in formset.deleted_objects:
            gone.delete()
        for part, _changed in formset.changed_objects:
            part.save()
        for part in formset.new_objects:
            save_new(part)
        formset.save_m2m()


def save_new(part: Model) -> None:
    """Store a new part with what its author left to us: its code, its place, its rubric."""
    if isinstance(part, Criterion | Item | Choice | Pair | Gap | Check):
        drafting.add(part)
        return
    if isinstance(part, Competency) and not part.code:
        part.code = drafting.free_code_for(part)
    part.save()


def in_words(request: HttpRequest, view: Callable[[], HttpResponse]) -> HttpResponse:
    """Answer with the view; when the database refuses since something has been published
    meanwhile, say so and show the page anew."""
    try:
        return view()
    except IntegrityError as error:
        if not is_refusal(error):
            raise
        messages.error(
            request,
            _(
                "Nothing was saved: this is published by now and stays as it is."
                " Choose “New draft version” and make your change there."
            ),
        )
        return HttpResponseRedirect(request.path)


class PartAdmin(DraftAdmin):
    """The page of a part: reached from the page of the whole, where parts are also added."""

    def has_module_permission(self, request: HttpRequest) -> bool:
        return False

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def whole(self, part: Any) -> Model:
        """Return what the part belongs to; saving leads back there."""
        raise NotImplementedError

    def response_post_save_change(self, request: HttpRequest, obj: Model) -> HttpResponse:
        return HttpResponseRedirect(change_url(self.whole(obj)))

    def response_delete(self, request: HttpRequest, obj_display: str, obj_id: int) -> HttpResponse:
        messages.success(request, _("“%(name)s” was deleted.") % {"name": obj_display})
        return HttpResponseRedirect(request.META["rubrics.whole"])

    def delete_model(self, request: HttpRequest, obj: Model) -> None:
        # The admin itself is shared by all requests, so the way back travels with this one.
        request.META["rubrics.whole"] = change_url(self.whole(obj))
        super().delete_model(request, obj)


def change_url(obj: Model) -> str:
    return reverse(f"admin:rubrics_{obj._meta.model_name}_change", args=[obj.pk])


class DraftInline(TextFields):
    """Parts on the page of their whole; `obj` is the whole."""

    extra = 0

    def has_add_permission(  # type: ignore[override]
        self, request: HttpRequest, obj: Model | None
    ) -> bool:
        # The inline's own method takes the whole too, unlike the one of a page.
        inline: Any = super()
        return not is_published(obj) and bool(inline.has_add_permission(request, obj))

    def has_change_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return not is_published(obj) and super().has_change_permission(request, obj)

    def has_delete_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return not is_published(obj) and super().has_delete_permission(request, obj)


class DraftTabular(DraftInline, TabularInline):
    """Parts as rows."""

    hide_title = True


class DraftStacked(DraftInline, StackedInline):
    """Parts below each other, folded to their titles."""

    collapsible = True
