"""Reviews and decisions made before responses went step by step."""

from __future__ import annotations

from importlib import import_module

import pytest
from django.db import connection

from grading.models import RoutingDecision
from review.models import ReviewMark
from tests.review.test_marking import with_proposals
from tests.world import World, decision_of, marked

pytestmark = pytest.mark.django_db


def run(statement: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute(statement)


def test_earlier_decisions_get_their_place_in_the_queue(here: World) -> None:
    response = here.waiting()
    RoutingDecision.objects.update(due_hour="2000-01-01T00:00:00Z", stakes=0)
    run(import_module("grading.migrations.0008_lanes_of_people").FILL)
    decision = decision_of(response)
    assert decision.due_hour == decision.due_at.replace(minute=0, second=0, microsecond=0)
    assert decision.stakes == 1


def test_earlier_reviews_get_their_decision_and_keep_first_choices_that_were_made_blind(
    here: World,
) -> None:
    blind = with_proposals(here.waiting(here.ada))
    marked(blind, here.sofia)
    here.under(blind=False)
    beside = with_proposals(here.waiting(here.ben))
    review = marked(beside, here.sofia)
    for mark in review.marks.all():
        mark.first_level = mark.level  # as it was kept then
        mark.save()
    migration = import_module("review.migrations.0002_reviews_by_decision")
    run(migration.FILL)
    run(migration.FIRST_CHOICES)
    assert blind.reviews.get().decision == decision_of(blind)
    first = ReviewMark.objects.filter(first_level__isnull=False)
    assert {mark.review.response for mark in first} == {blind}
