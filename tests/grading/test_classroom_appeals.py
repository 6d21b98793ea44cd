from __future__ import annotations

from datetime import timedelta

import pytest
from django.urls import reverse
from django.utils import timezone

from grading import appeals
from grading.models import RoutingDecision, Submission
from tests.world import World, released, signed_in

pytestmark = pytest.mark.django_db


def page(here: World) -> str:
    answer = signed_in(here.tomas).get(reverse("grading:class", args=[here.link.pk]))
    return answer.content.decode()


def test_an_appeal_stands_at_the_top_and_is_late_by_its_own_clock(here: World) -> None:
    response = released(here)
    Submission.objects.update(handed_in_at=timezone.now() - timedelta(days=30))
    appeals.ask(response, response.item.rubric.criteria.get(code="clarity"), "Please.")
    assert ", 1 appeal" in page(here)
    assert "overdue" not in page(here)
    late = timezone.now() - timedelta(minutes=1)
    RoutingDecision.objects.filter(lane="appeal").update(due_at=late)
    assert "1 overdue" in page(here)
