from __future__ import annotations

from typing import Any

from django import forms
from django.utils.functional import cached_property
from django.utils.translation import get_language_info
from django.utils.translation import gettext_lazy as _

from lti_tool.models import Context
from review.models import Reviewer
from review.team import Ability, competencies_of, items_of, languages_of
from rubrics.models import Item


def in_words(tag: str) -> str:
    """A language as its speakers call it, with its tag; the tag alone where Django has no name."""
    try:
        return f"{get_language_info(tag.lower())['name_local']} ({tag})"
    except KeyError:
        return tag


class ReviewerForm(forms.ModelForm[Reviewer]):
    """What stands in the course is offered; what was declared for other courses is kept."""

    class Meta:
        model = Reviewer
        fields = ("per_day",)

    def __init__(self, *args: Any, course: Context, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        stored = Reviewer.objects.filter(pk=self.instance.pk).first()
        self.offered = competencies_of(course)
        code = items_of(course).filter(kind=Item.Kind.CODE)
        self.spoken = sorted(set(code.values_list("language", flat=True)))
        self.fields["competencies"] = forms.ModelMultipleChoiceField(
            self.offered,
            label=_("Competences"),
            required=False,
            widget=forms.CheckboxSelectMultiple,
            initial=stored.competencies.all() if stored else (),
        )
        self.fields["languages"] = forms.MultipleChoiceField(
            choices=[(each, each) for each in self.spoken],
            label=_("Programming languages"),
            required=False,
            widget=forms.CheckboxSelectMultiple,
            initial=self.instance.languages,
        )
        self.written = languages_of(course)
        self.fields["reads"] = forms.MultipleChoiceField(
            choices=[(each, in_words(each)) for each in self.written],
            label=_("Languages that you read"),
            required=False,
            widget=forms.CheckboxSelectMultiple,
            initial=self.instance.reads,
        )

    @property
    def ability(self) -> Ability:
        """Of what is filled in, with what was said in other courses."""
        chosen, elsewhere = self.cleaned_data, self._elsewhere
        competencies = [*chosen["competencies"], *elsewhere["competencies"]]
        return Ability(
            frozenset(each.pk for each in competencies),
            frozenset([*chosen["languages"], *elsewhere["languages"]]),
            frozenset([*chosen["reads"], *elsewhere["reads"]]),
        )

    @property
    def said_elsewhere(self) -> list[str]:
        """In words: it counts here too, and is changed where it was said."""
        elsewhere = self._elsewhere
        titles = [each.title for each in elsewhere["competencies"]]
        return [*titles, *elsewhere["languages"], *map(in_words, elsewhere["reads"])]

    @cached_property
    def _elsewhere(self) -> dict[str, list[Any]]:
        stored = Reviewer.objects.filter(pk=self.instance.pk).first()
        if stored is None:
            return {"competencies": [], "languages": [], "reads": []}
        return {
            "competencies": list(stored.competencies.exclude(pk__in=self.offered)),
            "languages": [each for each in stored.languages if each not in self.spoken],
            "reads": [each for each in stored.reads if each not in self.written],
        }

    def keep(self) -> Reviewer:
        reviewer, _new = Reviewer.objects.get_or_create(person=self.instance.person)
        reviewer.per_day = self.cleaned_data["per_day"]
        chosen, elsewhere = self.cleaned_data, self._elsewhere
        reviewer.languages = [*elsewhere["languages"], *chosen["languages"]]
        reviewer.reads = [*elsewhere["reads"], *chosen["reads"]]
        reviewer.save()
        reviewer.competencies.set([*elsewhere["competencies"], *chosen["competencies"]])
        return reviewer
