from __future__ import annotations

import threading
from datetime import timedelta

import pytest
from django.db import connection
from django.utils import timezone

from grading import decisions
from grading.models import Response, RoutingDecision, Submission
from lti_tool.models import Context, Person
from review import claims, queue
from review.errors import NotPossible
from review.filters import Filter
from review.models import Claim
from tests.review.test_marking import form
from tests.world import LEARNER, REVIEWER, World, course_of, decision_of, marked, signed_in, world

CLAIMS = 500


def claimed(reviewer: Person, course: Context) -> Response | None:
    decision = claims.claim_next(reviewer, course)
    return decision.response if decision else None


def test_next_is_what_is_due_first(here: World) -> None:
    first, second = here.waiting(here.ada), here.waiting(here.ben)
    RoutingDecision.objects.filter(response=second).update(due_hour=timezone.now())
    assert claimed(here.sofia, here.course) == second
    claims.skip(here.sofia, decision_of(second), "field")
    assert claimed(here.sofia, here.course) == first


def test_what_was_passed_on_comes_last_and_is_not_lost(here: World) -> None:
    only = here.waiting()
    claims.skip(here.sofia, decision_of(only), "")
    assert claimed(here.sofia, here.course) == only


def test_what_is_on_the_screen_comes_again_until_it_is_let_go(here: World) -> None:
    here.waiting(here.ada)
    here.waiting(here.ben)
    first = claimed(here.sofia, here.course)
    assert claimed(here.sofia, here.course) == first


def test_two_reviewers_get_different_responses(here: World) -> None:
    kofi = here.join("kofi", REVIEWER)
    here.waiting(here.ada)
    here.waiting(here.ben)
    taken = {claimed(person, here.course) for person in (here.sofia, kofi)}
    assert len(taken - {None}) == 2


def test_what_comes_next_is_claimed_ahead_for_a_short_while(here: World) -> None:
    kofi = here.join("kofi", REVIEWER)
    here.waiting(here.ada)
    here.waiting(here.ben)
    first = claims.claim_next(here.sofia, here.course)
    assert first is not None
    after = claims.claim_ahead(here.sofia, here.course, Filter(), first)
    assert after is not None
    assert after != first
    assert claims.claim_ahead(here.sofia, here.course, Filter(), first) == after
    assert claims.claim_next(kofi, here.course) is None
    assert Claim.objects.get(decision=after).until < timezone.now() + timedelta(minutes=6)
    marked(first.response, here.sofia)
    assert claims.claim_next(here.sofia, here.course) == after
    assert claims.claim_ahead(here.sofia, here.course, Filter(), after) is None


def test_a_page_that_was_fetched_ahead_is_named_by_the_save(here: World) -> None:
    responses = [here.waiting(here.ada), here.waiting(here.ben)]
    browser = signed_in(here.sofia)
    json = {"Accept": "application/json"}
    first = browser.post(f"/review/course/{here.course.pk}/next/?item=why").headers["Location"]
    browser.get(first)
    ahead = browser.post(first.replace("?", "ahead/?")).json()["next"]
    assert ahead != first
    chosen = next(each for each in responses if str(each.pk) in first)
    saved = browser.post(first, form(chosen, 1, 1), headers=json).json()
    assert saved["next"] == ahead
    assert "is settled" in saved["said"]
    last = next(each for each in responses if each != chosen)
    assert browser.post(ahead.replace("?", "ahead/?")).status_code == 204
    ended = browser.post(ahead, form(last, 1, 1), headers=json).json()
    assert "/review/course/" in ended["next"]


def test_a_closed_laptop_blocks_nobody(here: World) -> None:
    kofi = here.join("kofi", REVIEWER)
    response = here.waiting()
    claimed(here.sofia, here.course)
    assert claimed(kofi, here.course) is None
    Claim.objects.update(until=timezone.now() - timedelta(seconds=1))
    assert claimed(kofi, here.course) == response


def test_nobody_reviews_their_own(here: World) -> None:
    both = here.join("both", [*LEARNER, *REVIEWER])
    here.waiting(both)
    assert claimed(both, here.course) is None
    assert claimed(here.sofia, here.course) is not None


def test_another_course_is_another_queue(here: World) -> None:
    here.waiting()
    other = course_of(here.course.deployment.registration, "Spring")
    assert not queue.open_work(here.sofia, other).exists()


def test_the_loads_count_what_is_open_by_item(here: World) -> None:
    here.waiting(here.ada)
    here.waiting(here.ben)
    (load,) = queue.loads(here.sofia, here.course)
    assert (load.code, load.open, load.extended) == ("why", 2, 0)


def plenty(here: World, count: int) -> None:
    """So many open responses, each of another learner, without what the pipeline does before."""
    item = here.assessment.items.get(code="why")
    registration = here.course.deployment.registration
    people = Person.objects.bulk_create(
        Person(registration=registration, sub=f"learner-{number}") for number in range(count)
    )
    submissions = Submission.objects.bulk_create(
        Submission(
            placement=here.placement,
            person=person,
            assessment=here.assessment,
            number=1,
            state=Submission.State.ROUTED,
            handed_in_at=timezone.now(),
        )
        for person in people
    )
    responses = Response.objects.bulk_create(
        Response(submission=submission, item=item, text="x") for submission in submissions
    )
    for response in responses:
        decisions.send(response, "review", ["A person is needed."])


@pytest.mark.slow
@pytest.mark.django_db(transaction=True)
def test_two_reviewers_take_five_hundred_and_never_the_same() -> None:
    here = world()
    plenty(here, CLAIMS)
    reviewers = [here.sofia, here.join("kofi", REVIEWER)]
    taken: list[tuple[Person, Response]] = []

    def take(reviewer: Person) -> None:
        try:
            while (decision := claims.claim_next(reviewer, here.course)) is not None:
                taken.append((reviewer, decision.response))
                RoutingDecision.objects.filter(pk=decision.pk).update(settled_at=timezone.now())
        finally:
            connection.close()

    threads = [threading.Thread(target=take, args=[reviewer]) for reviewer in reviewers]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(taken) == CLAIMS
    assert len({response for _reviewer, response in taken}) == CLAIMS
    assert {reviewer for reviewer, _response in taken} == set(reviewers)


@pytest.mark.django_db(transaction=True)
def test_two_presses_at_once_settle_a_response_once() -> None:
    here = world()
    response = here.waiting()
    refused: list[str] = []

    def settle() -> None:
        try:
            marked(response, here.sofia)
        except NotPossible as refusal:
            refused.append(str(refusal))
        finally:
            connection.close()

    threads = [threading.Thread(target=settle) for _press in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert response.marks.count() == 2
    assert all("settled meanwhile" in why for why in refused)
