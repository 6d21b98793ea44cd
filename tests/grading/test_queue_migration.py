"""Decisions made before the queue knew courses get them."""

from __future__ import annotations

from importlib import import_module

import pytest
from django.db import connection

from grading.models import RoutingDecision
from tests.world import World


def test_earlier_decisions_get_their_course_and_item(here: World) -> None:
    response = here.waiting()
    fill = import_module("grading.migrations.0007_queue_by_course").FILL
    with connection.cursor() as cursor:
        cursor.execute("UPDATE grading_routingdecision SET item_code = ''")
        cursor.execute(fill)
    decision = RoutingDecision.objects.get(response=response)
    assert decision.item_code == response.item.code
    assert decision.context == here.course
    assert not RoutingDecision.objects.filter(item_code="").exists()


pytestmark = pytest.mark.django_db
