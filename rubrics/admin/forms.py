from __future__ import annotations

from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from rubrics.models import Assessment, Item, Policy, Rubric
from rubrics.numbers import plain
from rubrics.standard import STANDARD_FOR_KIND, STANDARD_RUBRICS


class CodeFromTitleForm(forms.ModelForm[Any]):
    """A form whose code may be left empty; it is then made from the title."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if "code" in self.fields:
            self.fields["code"].required = False
            self.fields["code"].help_text = _("Left empty, it is made from the title.")


class GapForm(forms.ModelForm[Any]):
    """A tolerance as people write it: 0 and not 0E-10."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        tolerance = self.initial.get("tolerance")
        if tolerance is not None:
            self.initial["tolerance"] = plain(tolerance)


class VersionedForm(CodeFromTitleForm):
    """Refuses a code that another of the programme has: that would be a version of the other."""

    def clean(self) -> dict[str, Any] | None:
        values = super().clean()
        programme, code = self.cleaned_data.get("programme"), self.cleaned_data.get("code")
        if not self.instance.pk and programme and code:
            self._refuse_taken(type(self.instance), programme, code)
        return values

    def _refuse_taken(
        self, model: type[Rubric | Policy | Assessment], programme: Any, code: str
    ) -> None:
        if model is Rubric and code in STANDARD_RUBRICS:
            self.add_error("code", _("This code belongs to a standard rubric; choose another."))
        elif model._default_manager.filter(programme=programme, code=code).exists():
            self.add_error(
                "code",
                _("There is one with this code. Open it and choose “New draft version” instead."),
            )


class ItemForm(CodeFromTitleForm):
    """Left without a rubric, an item gets the standard one of its kind, if there is one."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if "rubric" not in self.fields:
            return
        self.fields["rubric"].required = False
        self.fields["rubric"].help_text = _(
            "May stay empty unless it is for text or files: what is right or checks decide."
        )
        rubric_id = self.instance.rubric_id
        if rubric_id is not None and self.instance.rubric.code in STANDARD_RUBRICS:
            self.initial["rubric"] = None

    def clean_rubric(self) -> Rubric | None:
        rubric: Rubric | None = self.cleaned_data.get("rubric")
        kind = self.cleaned_data.get("kind") or self.instance.kind
        if rubric is None and kind and kind not in STANDARD_FOR_KIND:
            raise ValidationError(
                _("%(kind)s needs a rubric. Choose one; if there is none yet, write it first."),
                params={"kind": Item.Kind(kind).label},
            )
        return rubric
