"""What an author need not do by hand while writing a draft."""

from __future__ import annotations

from collections.abc import Iterable
from decimal import Decimal
from typing import Any

from django.db import transaction
from django.db.models import Max, Model, QuerySet
from django.utils.text import slugify
from django.utils.translation import gettext as _

from rubrics import publishing
from rubrics.models import (
    Assessment,
    Check,
    Choice,
    Competency,
    Criterion,
    Gap,
    Item,
    Level,
    Pair,
    Policy,
    Programme,
    Rubric,
)
from rubrics.models.fields import CODE_LENGTH

Part = Criterion | Item | Choice | Pair | Gap | Check


def free_code(title: str, taken: Iterable[str]) -> str:
    """Return a code made from the title that none of `taken` is: `parse-log`, `parse-log-2`."""
    base = slugify(title)[: CODE_LENGTH - 4].strip("-_") or "part"
    used = set(taken)
    code, number = base, 2
    while code in used:
        code, number = f"{base}-{number}", number + 1
    return code


def free_code_for(obj: Rubric | Policy | Assessment | Competency | Programme) -> str:
    """Return a code made from the title that no other of its kind in the programme has."""
    within = (
        {"tenant": obj.tenant} if isinstance(obj, Programme) else {"programme": obj.programme_id}
    )
    others: QuerySet[Any] = type(obj)._default_manager.exclude(pk=obj.pk)
    return free_code(obj.title, others.filter(**within).values_list("code", flat=True))


@transaction.atomic
def add(part: Part) -> None:
    """Store a new part behind its siblings, with a code of its own if it has none.

    An item without a rubric gets the standard one of its kind; a new criterion gets levels to
    start from.
    """
    siblings = _siblings(part)
    if not part.position:
        highest: int | None = siblings.aggregate(highest=Max("position"))["highest"]
        part.position = (highest or 0) + 1
    if not isinstance(part, Choice | Pair | Gap) and not part.code:
        part.code = free_code(part.title, siblings.values_list("code", flat=True))
    if isinstance(part, Item):
        fill_rubric(part)
    part.save()
    if isinstance(part, Criterion):
        start_levels(part)


def _siblings(part: Part) -> QuerySet[Model]:
    parent = {Criterion: "rubric_id", Item: "assessment_id"}.get(type(part), "item_id")
    return type(part)._default_manager.filter(**{parent: getattr(part, parent)})


def fill_rubric(item: Item) -> None:
    """Give an item without a rubric the standard one of its kind, where there is one."""
    if item.rubric_id is None:
        rubric = publishing.rubric_for_kind(item.assessment.programme, item.kind)
        if rubric is not None:
            item.rubric = rubric


def start_levels(criterion: Criterion) -> None:
    """Give a criterion that has no levels four of them, 0 to 3, whose descriptors are empty."""
    if criterion.levels.exists():
        return
    titles = (_("Not shown"), _("Touched"), _("Sound"), _("Sound and complete"))
    Level.objects.bulk_create(
        Level(criterion=criterion, points=Decimal(points), title=title)
        for points, title in enumerate(titles)
    )


def refit_checks(item: Item) -> None:
    """After an item has changed its rubric: its checks feed the criteria of the same code there,
    or the first one where there is none of that code."""
    criteria = {each.code: each for each in item.rubric.criteria.all()}
    for check in item.checks.exclude(criterion=None).exclude(criterion__rubric=item.rubric):
        check.criterion = criteria.get(check.criterion.code) if check.criterion else None
        check.save(update_fields=["criterion"])


@transaction.atomic
def usual_policy(programme: Programme) -> Policy:
    """Return the programme's newest policy; a draft with the usual values when it has none."""
    newest = programme.policy_versions.order_by("-pk").first()
    if newest is not None:
        return newest
    return Policy.objects.create(
        programme=programme,
        code="standard",
        title=_("Standard"),
        version=publishing.next_version(Policy, programme, "standard"),
    )
