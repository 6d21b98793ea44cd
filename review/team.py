"""What reviewers have declared, and how much of it is used up."""

from __future__ import annotations

from dataclasses import dataclass

from django.db.models import Q, QuerySet
from django.utils import timezone

from grading.models import Placement
from lti_tool.models import Context, Person
from review.models import Review, Reviewer
from rubrics.models import Competency, Item


@dataclass(frozen=True)
class Ability:
    """What a reviewer can mark; whichever of these is empty keeps nothing out."""

    competencies: frozenset[int] = frozenset()
    languages: frozenset[str] = frozenset()
    reads: frozenset[str] = frozenset()

    @classmethod
    def of(cls, declared: Reviewer) -> Ability:
        competencies = declared.competencies.values_list("pk", flat=True)
        return cls(
            frozenset(competencies), frozenset(declared.languages), frozenset(declared.reads)
        )

    @classmethod
    def declared_by(cls, reviewer: Person) -> Ability:
        declared = Reviewer.objects.filter(person=reviewer).first()
        return cls() if declared is None else cls.of(declared)

    def suits(self, item: Item) -> bool:
        """An item that asks for no competence, is no program, or does not say in which language it
        is, suits everybody. A language suits its variants: who reads `pt` reads `pt-BR`.
        """
        asks = {c.pk for each in item.rubric.criteria.all() for c in each.competencies.all()}
        tag = item.assessment.language.lower()
        able = not self.competencies or not asks or bool(asks & self.competencies)
        codes = not self.languages or item.kind != Item.Kind.CODE or item.language in self.languages
        reads = not self.reads or not tag or any(_is_variant(tag, each) for each in self.reads)
        return able and codes and reads


def _is_variant(tag: str, language: str) -> bool:
    language = language.lower()
    return tag == language or tag.startswith(f"{language}-")


def suited(reviewer: Person, course: Context) -> Q | None:
    """The routing decisions of a course that suit what somebody has declared; None for all."""
    ability = Ability.declared_by(reviewer)
    if ability == Ability():
        return None
    codes: dict[tuple[int, str], list[str]] = {}
    for item in newest_items(course):
        if ability.suits(item):
            assessment = item.assessment
            codes.setdefault((assessment.programme_id, assessment.code), []).append(item.code)
    found = Q(pk__in=[])
    for (programme, code), items in codes.items():
        found |= Q(
            item_code__in=items,
            response__item__assessment__programme=programme,
            response__item__assessment__code=code,
        )
    return found


def left_to_others(reviewer: Person, course: Context) -> list[str]:
    """Codes of the items that somebody is not given because of what they have declared."""
    ability = Ability.declared_by(reviewer)
    if ability == Ability():
        return []
    given: dict[str, bool] = {}
    for item in newest_items(course):
        given[item.code] = given.get(item.code, False) or ability.suits(item)
    return [code for code, suits in given.items() if not suits]


def left_out(ability: Ability, course: Context) -> list[str]:
    """Titles of the items of a course that somebody who can mark this is not given."""
    return [item.title for item in newest_items(course) if not ability.suits(item)]


def newest_items(course: Context) -> list[Item]:
    """Each item of a course by the newest published version of its assessment: what that one says
    holds for answers to older ones too.
    """
    published = items_of(course).filter(assessment__published_at__isnull=False)
    found = published.select_related("assessment__policy").prefetch_related(
        "rubric__criteria__competencies"
    )
    newest = {
        (item.assessment.programme_id, item.assessment.code, item.code): item
        for item in found.order_by("assessment__version", "position")
    }
    return list(newest.values())


def languages_of(course: Context) -> list[str]:
    """In which the assessments of a course are written, as far as they say so."""
    tags = items_of(course).exclude(assessment__language="")
    return sorted(set(tags.values_list("assessment__language", flat=True)))


def items_of(course: Context) -> QuerySet[Item]:
    """Items of every version of every assessment that stands in a course."""
    placed = Placement.objects.filter(resource_link__context=course)
    wanted = Q(pk__in=[])
    for programme, code in placed.values_list("programme", "assessment_code").distinct():
        wanted |= Q(assessment__programme=programme, assessment__code=code)
    return Item.objects.filter(wanted)


def competencies_of(course: Context) -> QuerySet[Competency]:
    placed = Placement.objects.filter(resource_link__context=course)
    return Competency.objects.filter(programme__in=placed.values("programme"))


@dataclass(frozen=True)
class Day:
    """How much of a day somebody has marked, of how much they said; None without a limit."""

    done: int
    declared: int | None

    @property
    def full(self) -> bool:
        return self.declared is not None and self.done >= self.declared


def day_of(reviewer: Person) -> Day:
    since = timezone.localtime().replace(hour=0, minute=0, second=0, microsecond=0)
    done = Review.objects.filter(reviewer=reviewer, settled_at__gte=since).count()
    declared = Reviewer.objects.filter(person=reviewer).values_list("per_day", flat=True).first()
    return Day(done, declared)
