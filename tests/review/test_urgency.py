from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from django.utils import timezone

from grading.models import RoutingDecision
from review import urgency
from review.urgency import Urgency
from tests.world import World

pytestmark = pytest.mark.django_db
SENT = datetime(2026, 11, 1, 12, tzinfo=UTC)
STAGES = [
    (0, Urgency.CALM),
    (49, Urgency.CALM),
    (50, Urgency.AT_RISK),
    (74, Urgency.AT_RISK),
    (75, Urgency.WIDENED),
    (99, Urgency.WIDENED),
    (100, Urgency.LATE),
    (500, Urgency.LATE),
]


@pytest.mark.parametrize(("gone", "stage"), STAGES)
def test_it_becomes_more_pressing_as_its_time_goes(gone: int, stage: Urgency) -> None:
    due = SENT + timedelta(hours=100)
    assert urgency.urgency(SENT, due, SENT + timedelta(hours=gone)) is stage


@pytest.mark.parametrize(("gone", "stage"), STAGES)
def test_the_database_counts_as_the_page_does(here: World, gone: int, stage: Urgency) -> None:
    here.waiting()
    now = timezone.now()
    sent = now - timedelta(hours=gone)
    work = RoutingDecision.objects.filter(settled_at=None)
    work.update(at=sent, due_at=sent + timedelta(hours=100))
    reminded = work.filter(urgency.left_at_most(urgency.REMIND, now)).exists()
    widened = work.filter(urgency.left_at_most(urgency.WIDEN, now)).exists()
    assert reminded == (stage is not Urgency.CALM)
    assert widened == (stage in (Urgency.WIDENED, Urgency.LATE))
