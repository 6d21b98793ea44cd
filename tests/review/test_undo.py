from __future__ import annotations

from datetime import timedelta

import pytest
from django.urls import reverse
from django.utils import timezone

from audit.models import Entry
from grading import leases, pipeline
from grading.models import Annotation, Grade, Mark, Submission
from review import claims, undo
from review.errors import NotPossible
from tests.world import REVIEWER, World, decision_of, join, marked, released, signed_in

pytestmark = pytest.mark.django_db
State = Submission.State


def test_what_was_settled_comes_back_to_the_screen(here: World) -> None:
    response = here.waiting()
    review = marked(response, here.sofia, 2, 1)
    undo.take_back(review)
    assert not Mark.objects.filter(response=response).exists()
    assert Submission.objects.get().state == State.ROUTED
    assert claims.claim_next(here.sofia, here.course) == review.decision
    assert [int(mark.level.points) for mark in review.marks.order_by("criterion__position")] == [
        2,
        1,
    ]
    assert Entry.objects.filter(event="review.undone").count() == 1
    marked(response, here.sofia, 0, 0)
    pipeline.advance(str(response.submission_id))
    assert Grade.objects.get().score == 20


def test_a_grade_that_has_left_is_not_taken_back(here: World) -> None:
    response = released(here)
    with pytest.raises(NotPossible, match="has left already"):
        undo.take_back(response.reviews.get())
    assert Mark.objects.filter(response=response).count() == 2


def test_a_grade_that_a_worker_has_in_hand_is_not_taken_back(here: World) -> None:
    review = marked(here.waiting(), here.sofia)
    Submission.objects.update(leased_until=timezone.now() + leases.LEASE)
    with pytest.raises(NotPossible, match="at this very moment"):
        undo.take_back(review)


def test_the_grade_waits_a_moment_for_a_slip(here: World, settings: object) -> None:
    settings.REVIEW_UNDO_SECONDS = 30  # type: ignore[attr-defined]
    marked(here.waiting(), here.sofia)
    submission = Submission.objects.get()
    assert submission.state == State.SETTLED
    assert 25 < (submission.run_after - timezone.now()).total_seconds() <= 30
    assert pipeline.wake_due() == 0
    Submission.objects.update(run_after=timezone.now())
    assert pipeline.wake_due() == 1


def test_what_was_sent_on_comes_back_until_somebody_has_begun(here: World) -> None:
    here.under(second_share=1.0)
    kofi = join(here.course, "kofi", REVIEWER)
    response = here.waiting()
    review = marked(response, here.sofia)
    undo.take_back(review)
    assert decision_of(response) == review.decision
    marked(response, here.sofia)
    page = reverse("review:response", args=[response.pk])
    signed_in(kofi).get(page)
    with pytest.raises(NotPossible, match="Somebody else has begun"):
        undo.take_back(response.reviews.get(reviewer=here.sofia))


def test_nobody_takes_back_what_another_settled(here: World) -> None:
    kofi = join(here.course, "kofi", REVIEWER)
    review = marked(here.waiting(), here.sofia)
    address = reverse("review:undo", args=[review.pk])
    assert signed_in(kofi).post(address).status_code == 404
    browser = signed_in(here.sofia)
    done = browser.post(address, follow=True)
    assert "Taken back" in done.content.decode()
    assert "is settled" not in done.content.decode()


def test_undo_takes_back_no_remark_of_an_earlier_reviewer(here: World) -> None:
    response = here.waiting(why="Two words.")
    kofi = join(here.course, "kofi", REVIEWER)
    before = timezone.now() - timedelta(hours=1)
    earlier = Annotation.objects.create(
        response=response, reviewer=kofi, start=0, end=3, text="Two?", settled_at=before
    )
    own = Annotation.objects.create(
        response=response, reviewer=here.sofia, start=4, end=9, text="Which?"
    )
    review = marked(response, here.sofia)
    undo.take_back(review)
    earlier.refresh_from_db()
    own.refresh_from_db()
    assert (earlier.settled_at, own.settled_at) == (before, None)
