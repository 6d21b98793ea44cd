"""From a draft to a version that never changes, and from there to the next draft."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any, TypeVar

from django.db import transaction
from django.db.models import Max
from django.utils import timezone
from django.utils.translation import gettext as _

from rubrics import completeness, rows
from rubrics.models import Assessment, Item, Policy, Programme, Rubric
from rubrics.standard import STANDARD_FOR_KIND, STANDARD_RUBRICS

V = TypeVar("V", Rubric, Policy, Assessment)


class NotPublishable(Exception):  # noqa: N818 - a state of the draft, not a fault
    """The draft is not complete; `problems` says in words what is missing, each with its place."""

    permanent = True

    def __init__(self, problems: list[str]) -> None:
        super().__init__("\n".join(problems))
        self.problems = problems


class NoNewVersionError(Exception):
    """The standard rubrics are built in and have no second version."""

    permanent = True


def publish(obj: Rubric | Policy | Assessment) -> None:
    """Publish a draft for good; an assessment takes its draft rubrics and policy with it.

    Does nothing when it is published already, so two clicks are one. Raises NotPublishable with
    every problem of it and of what it takes along, and then nothing is published.
    """
    with transaction.atomic():
        drafts = [each for each in _locked([obj, *_parts(obj)]) if not each.is_published]
        found = [problem for each in drafts for problem in problems(each)]
        if found:
            raise NotPublishable(found)
        now = timezone.now()
        for draft in drafts:
            draft.published_at = now
            draft.save(update_fields=["published_at"])
    obj.refresh_from_db(fields=["published_at"])


def problems(obj: Rubric | Policy | Assessment) -> list[str]:
    """Return what keeps this one from being published, without what it would take along."""
    return [problem.words for problem in _problems(obj)]


def all_problems(obj: Rubric | Policy | Assessment) -> list[str]:
    """Return what keeps this one, or a draft that it would take along, from being published."""
    drafts = [each for each in (obj, *_parts(obj)) if not each.is_published]
    return [words for each in drafts for words in problems(each)]


def drafts_along(obj: Rubric | Policy | Assessment) -> list[Rubric | Policy]:
    """Return the drafts that are published together with this one."""
    return [each for each in _parts(obj) if not each.is_published]


def _problems(obj: Rubric | Policy | Assessment) -> Iterator[completeness.Problem]:
    if isinstance(obj, Rubric):
        yield from completeness.rubric_problems(rows.rubric_content(obj))
    elif isinstance(obj, Policy):
        yield from completeness.policy_problems(rows.policy_content(obj))
    else:
        yield from _row_problems(obj)
        rubrics = rows.rubrics_of(obj)
        yield from completeness.assessment_problems(
            rows.assessment_content(obj),
            {code: rows.rubric_content(rubric) for code, rubric in rubrics.items()},
        )


def _row_problems(assessment: Assessment) -> Iterator[completeness.Problem]:
    """Yield what only rows can get wrong: what belongs to another version or programme."""
    versions: dict[str, int] = {}
    for item in assessment.items.select_related("rubric"):
        if item.rubric.programme_id != assessment.programme_id:
            words = _("Item “%(item)s”: its rubric belongs to another programme.")
            yield completeness.Problem(("items",), words % {"item": item.code})
        if versions.setdefault(item.rubric.code, item.rubric.version) != item.rubric.version:
            words = _("Item “%(item)s”: another item uses another version of rubric “%(rubric)s”.")
            yield completeness.Problem(
                ("items",), words % {"item": item.code, "rubric": item.rubric.code}
            )
        for check in item.checks.select_related("criterion"):
            if check.criterion and check.criterion.rubric_id != item.rubric_id:
                words = _("Item “%(item)s”, check “%(check)s”: its criterion is of another rubric.")
                yield completeness.Problem(
                    ("items",), words % {"item": item.code, "check": check.code}
                )
    if assessment.policy.programme_id != assessment.programme_id:
        yield completeness.Problem(("policy",), _("The policy belongs to another programme."))


def _parts(obj: Rubric | Policy | Assessment) -> list[Rubric | Policy]:
    if not isinstance(obj, Assessment):
        return []
    rubrics = Rubric.objects.filter(items__assessment=obj).distinct().order_by("pk")
    return [*rubrics, obj.policy]


def _locked(
    objects: Iterable[Rubric | Policy | Assessment],
) -> list[Rubric | Policy | Assessment]:
    """Return the rows as they are now, locked until the end of the transaction."""
    return [
        type(each)._default_manager.select_for_update(no_key=True).get(pk=each.pk)
        for each in objects
    ]


@transaction.atomic
def new_draft(obj: V) -> V:
    """Return a deep copy as a draft with the next free version number.

    An assessment's draft uses the same versions of rubrics and policy. Raises NoNewVersionError
    for a standard rubric.
    """
    if type(obj) is Rubric and obj.code in STANDARD_RUBRICS:
        raise NoNewVersionError(
            _("“%(title)s” is built in and stays as it is; write a rubric of your own instead.")
            % {"title": obj.title}
        )
    version = next_version(type(obj), obj.programme, obj.code)
    if isinstance(obj, Rubric):
        return rows.write_rubric(obj.programme, rows.rubric_content(obj), version)
    if isinstance(obj, Policy):
        return rows.write_policy(obj.programme, rows.policy_content(obj), version)
    return rows.write_assessment(
        obj.programme,
        rows.assessment_content(obj),
        version,
        policy=obj.policy,
        rubrics=rows.rubrics_of(obj),
    )


def next_version(
    model: type[Rubric] | type[Policy] | type[Assessment], programme: Programme, code: str
) -> int:
    """Return the first free version number, 1 when there is none yet.

    Locks the programme until the end of the transaction, so that it is not given out twice.
    """
    Programme.objects.select_for_update(no_key=True).get(pk=programme.pk)
    same = model._default_manager.filter(programme=programme, code=code)
    highest: int | None = same.aggregate(highest=Max("version"))["highest"]
    return (highest or 0) + 1


def latest(model: type[V], programme: Programme, code: str, published: bool = True) -> V | None:
    """Return the newest version, by default of the published ones only; None when there is none."""
    versions = model._default_manager.filter(programme=programme, code=code)
    if published:
        versions = versions.filter(published_at__isnull=False)
    return versions.order_by("-version").first()


def newest_of(obj: Rubric | Policy | Assessment) -> Rubric | Policy | Assessment | None:
    """Return the newest version of the same code, draft or published."""
    model: Any = type(obj)
    newest: Rubric | Policy | Assessment | None = latest(model, obj.programme, obj.code, False)
    return newest


@transaction.atomic
def standard_rubric(programme: Programme, code: str) -> Rubric:
    """Return the programme's standard rubric of that code, made when missing.

    Raises KeyError for a code that is none of STANDARD_RUBRICS.
    """
    written = STANDARD_RUBRICS[code]
    existing = latest(Rubric, programme, code)
    if existing is not None:
        return existing
    version = next_version(Rubric, programme, code)
    existing = latest(Rubric, programme, code)  # made by somebody else while we waited
    if existing is not None:
        return existing
    rubric = rows.write_rubric(programme, written, version)
    publish(rubric)
    return rubric


def rubric_for_kind(programme: Programme, kind: Item.Kind | str) -> Rubric | None:
    """Return the rubric of an item whose author names none; None for kinds that need their own."""
    code = STANDARD_FOR_KIND.get(str(kind))
    return standard_rubric(programme, code) if code else None
