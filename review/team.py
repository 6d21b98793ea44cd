"""What reviewers have declared, and how much of it is used up."""

from __future__ import annotations

from dataclasses import dataclass

from django.db.models import Q, QuerySet
from django.utils import timezone

from grading.models import Placement
from lti_tool.models import Context, Person
from review.models import Review, Reviewer
from rubrics.models import Competency, Item


def suited_items(reviewer: Person, course: Context) -> list[str] | None:
    """Codes of the items of a course that suit what somebody has declared; None for all of them.

    An item that names no competence and is in no programming language suits everybody.
    """
    declared = Reviewer.objects.filter(person=reviewer).first()
    if declared is None:
        return None
    competencies = set(declared.competencies.values_list("pk", flat=True))
    languages = set(declared.languages)
    if not competencies and not languages:
        return None
    suited = []
    for item in items_of(course).prefetch_related("rubric__criteria__competencies"):
        asks = {c.pk for each in item.rubric.criteria.all() for c in each.competencies.all()}
        able = not competencies or not asks or bool(asks & competencies)
        speaks = not languages or item.kind != Item.Kind.CODE or item.language in languages
        if able and speaks:
            suited.append(item.code)
    return suited


def items_of(course: Context) -> QuerySet[Item]:
    """Items of every version of every assessment that stands in a course."""
    placed = Placement.objects.filter(resource_link__context=course)
    wanted = Q(pk__in=[])
    for programme, code in placed.values_list("programme", "assessment_code"):
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
