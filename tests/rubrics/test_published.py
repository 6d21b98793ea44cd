"""What is published never changes: the database itself refuses."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from importlib import import_module
from threading import Thread

import pytest
from django.db import IntegrityError, connection, transaction
from django.db.models import Model

from rubrics import publishing
from rubrics.models import (
    Anchor,
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
    Rubric,
)
from tests.rubrics import samples

pytestmark = pytest.mark.django_db

REFUSAL = r'(rubric|policy|assessment) "[a-z-]+" version 1 is published and never changes'
PARTS: list[type[Model]] = [Criterion, Level, Anchor, Item, Choice, Pair, Gap, Check]


@pytest.fixture
def published() -> Assessment:
    return samples.published_assessment()


def refused(statement: str, *values: int) -> None:
    with (
        pytest.raises(IntegrityError, match=REFUSAL),
        transaction.atomic(),
        connection.cursor() as cursor,
    ):
        cursor.execute(statement, values)


@pytest.mark.parametrize("model", [Rubric, Policy, Assessment, *PARTS])
def test_sql_cannot_update_what_is_published(published: Assessment, model: type[Model]) -> None:
    refused(f"UPDATE {model._meta.db_table} SET {changeable(model)} = {changeable(model)}")


def changeable(model: type[Model]) -> str:
    names = [field.name for field in model._meta.fields]
    return next(name for name in ("text", "title", "code") if name in names)


@pytest.mark.parametrize("model", [Rubric, Policy, Assessment, *PARTS])
def test_sql_cannot_delete_what_is_published(published: Assessment, model: type[Model]) -> None:
    refused(f"DELETE FROM {model._meta.db_table}")


def test_sql_cannot_take_back_a_publication(published: Assessment) -> None:
    refused("UPDATE rubrics_assessment SET published_at = NULL WHERE id = %s", published.pk)


def test_the_competencies_of_a_published_criterion_stay(published: Assessment) -> None:
    refused("DELETE FROM rubrics_criterion_competencies")
    refused(
        "INSERT INTO rubrics_criterion_competencies (criterion_id, competency_id)"
        " SELECT c.id, k.id FROM rubrics_criterion c, rubrics_competency k"
    )
    with pytest.raises(IntegrityError, match=REFUSAL), transaction.atomic():
        Competency.objects.get().delete()


ADDITIONS: dict[str, Callable[[Assessment], object]] = {
    "criterion": lambda a: Criterion.objects.create(rubric=own_rubric(a), code="x", title="x"),
    "level": lambda a: Level.objects.create(
        criterion=own_rubric(a).criteria.all()[0], points=Decimal(9), title="x"
    ),
    "anchor": lambda a: Anchor.objects.create(
        level=own_rubric(a).criteria.all()[0].levels.all()[0], text="x"
    ),
    "item": lambda a: Item.objects.create(
        assessment=a, code="x", kind="essay", title="x", rubric=own_rubric(a)
    ),
    "choice": lambda a: Choice.objects.create(item=a.items.all()[0], text="x"),
    "pair": lambda a: Pair.objects.create(item=a.items.all()[0], partner="x"),
    "gap": lambda a: Gap.objects.create(item=a.items.all()[0], code="x"),
    "check": lambda a: Check.objects.create(item=a.items.all()[0], code="x", title="x"),
}


def own_rubric(assessment: Assessment) -> Rubric:
    return assessment.items.get(code="explain").rubric


@pytest.mark.parametrize("part", ADDITIONS)
def test_nothing_can_be_added_to_what_is_published(published: Assessment, part: str) -> None:
    with pytest.raises(IntegrityError, match=REFUSAL), transaction.atomic():
        ADDITIONS[part](published)


def test_a_part_cannot_move_into_or_out_of_a_published_version(published: Assessment) -> None:
    draft = publishing.new_draft(published)
    inside, outside = published.items.all()[0], draft.items.all()[0]
    refused("UPDATE rubrics_item SET assessment_id = %s WHERE id = %s", draft.pk, inside.pk)
    refused(
        "UPDATE rubrics_item SET assessment_id = %s, code = 'moved' WHERE id = %s",
        published.pk,
        outside.pk,
    )


def test_a_draft_can_be_changed_and_deleted(published: Assessment) -> None:
    draft = publishing.new_draft(published)
    draft.items.filter(code="parse").update(title="Changed")
    Check.objects.filter(item__assessment=draft).delete()
    draft.delete()
    rubric = publishing.new_draft(own_rubric(published))
    Level.objects.filter(criterion__rubric=rubric).update(points=7)
    rubric.delete()
    assert Assessment.objects.count() == 1


def test_the_guard_can_be_taken_away_and_put_back(published: Assessment) -> None:
    operations = import_module(
        "rubrics.migrations.0002_published_never_changes"
    ).Migration.operations
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        for operation in reversed(operations):
            cursor.execute(operation.reverse_sql)
        cursor.execute("UPDATE rubrics_item SET title = title")
        for operation in operations:
            cursor.execute(operation.sql)
    refused("UPDATE rubrics_item SET title = title")


@pytest.mark.django_db(transaction=True)
def test_a_part_waits_for_a_publication_under_way_and_is_then_refused() -> None:
    rubric = samples.rubric()
    outcome: list[str] = []

    def add() -> None:
        try:
            Criterion.objects.create(rubric=rubric, code="late", title="Late")
            outcome.append("added")
        except IntegrityError as error:
            outcome.append(str(error))
        finally:
            connection.close()

    with transaction.atomic():
        publishing.publish(rubric)
        thread = Thread(target=add)
        thread.start()
        thread.join(0.3)
        assert thread.is_alive(), "it should wait for the lock"
    thread.join(5)
    assert "published and never changes" in outcome[0]
