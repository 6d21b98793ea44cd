"""Whatever is killed or emptied, a submission arrives in the gradebook, and once."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from datetime import timedelta

import django_rq
import pytest
from django.core.management import call_command
from django.db import connection
from django.utils import timezone
from pytest_django.live_server_helper import LiveServer

from config.management.commands.run_scheduler import run_round
from grading.models import Grade, Run, Submission
from lti_tool.models import LineItem, OutgoingScore, Registration
from tests.practice_lms.platform import Platform
from tests.world import World, world

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.slow]

STATES = ["handed_in", "checked", "marked", "settled"]


@pytest.fixture(scope="module")
def platform(live_server: LiveServer) -> Iterator[Platform]:
    with Platform(tool_url=live_server.url) as running:
        yield running


@pytest.fixture
def connected(platform: Platform, live_server: LiveServer) -> World:
    """A world whose course, activity and learner Ada are those of the practice LMS."""
    platform.reset()
    django_rq.get_queue("default").connection.flushdb()
    here = world()
    registration = here.course.deployment.registration
    registration.issuer = platform.url
    registration.client_id = "cograde-demo"
    registration.token_url = f"{platform.url}/lti/token"
    registration.jwks_url = f"{platform.url}/lti/jwks.json"
    registration.save()
    LineItem.objects.update(url=platform.line_item_url())
    here.ada.sub = platform.sub("ada")
    here.ada.save()
    return here


def work(where: str = "") -> int:
    """One burst of a worker process; its exit status."""
    name = connection.settings_dict["NAME"]
    url = os.environ["DATABASE_URL"].rsplit("/", 1)[0] + f"/{name}"
    return subprocess.run(
        [sys.executable, "-m", "tests.faults.worker", where],
        env={**os.environ, "DATABASE_URL": url},
        timeout=60,
        check=False,
    ).returncode


def time_passes() -> None:
    """Leases run out, and jobs that were queued are no longer waited for."""
    past = timezone.now() - timedelta(seconds=1)
    Registration.objects.exclude(delivering_until=None).update(delivering_until=past)
    for model in (Submission, Run):
        model.objects.exclude(leased_until=None).update(leased_until=past)
        model.objects.exclude(woken_until=None).update(woken_until=past)
    Submission.objects.update(run_after=past)
    OutgoingScore.objects.exclude(run_after=None).update(run_after=past)


def until_confirmed() -> OutgoingScore:
    for _round in range(6):
        time_passes()
        run_round()
        assert work() == 0
        score = OutgoingScore.objects.first()
        if score is not None and score.state == OutgoingScore.State.CONFIRMED:
            return score
    pytest.fail(f"not confirmed: {list(OutgoingScore.objects.values())}")


def assert_arrived_once(here: World, platform: Platform, submission: Submission) -> None:
    submission.refresh_from_db()
    assert submission.state == Submission.State.RELEASED
    assert Grade.objects.get().score == 20
    cell = platform.grade("ada")
    assert cell is not None
    assert (cell["points"], "attempt 1" in cell["comment"]) == (
        pytest.approx(66.67, abs=0.01),
        True,
    )
    taken = [entry for entry in platform.log(endpoint="scores") if entry["status"] < 300]
    assert len(taken) == 1
    call_command("verify_audit")


@pytest.mark.parametrize("where", [*STATES, "sent"])
def test_a_worker_killed_between_two_steps_loses_nothing(
    connected: World, platform: Platform, where: str
) -> None:
    submission = connected.handed_in(why="")
    assert work(where) == -signal.SIGKILL
    until_confirmed()
    assert_arrived_once(connected, platform, submission)


def test_an_emptied_queue_loses_nothing(connected: World, platform: Platform) -> None:
    submission = connected.handed_in(why="")
    django_rq.get_queue("default").connection.flushdb()
    until_confirmed()
    assert_arrived_once(connected, platform, submission)


def test_killed_at_every_step_in_turn_with_the_queue_emptied_each_time(
    connected: World, platform: Platform
) -> None:
    submission = connected.handed_in(why="")
    for where in [*STATES, "sent"]:
        assert work(where) == -signal.SIGKILL
        django_rq.get_queue("default").connection.flushdb()
        time_passes()
        run_round()
    until_confirmed()
    assert_arrived_once(connected, platform, submission)


def test_a_restarted_database_costs_a_worker_nothing(here: World) -> None:
    django_rq.get_queue("default").connection.flushdb()
    for person in (here.ada, here.ben):
        here.handed_in(person, why="")
    assert work("cut-off") == 0
    assert set(Submission.objects.values_list("state", flat=True)) == {"released"}


def test_checks_whose_worker_was_killed_are_run_again(connected: World) -> None:
    from grading import diagnostics

    response = connected.answered().responses.get(item__code="double")
    run = diagnostics.request(response)
    django_rq.get_queue("diagnostics").connection.flushdb()
    Run.objects.update(state=Run.State.RUNNING, leased_until=timezone.now())
    time_passes()
    run_round()
    assert work() == 0
    run.refresh_from_db()
    assert run.state == Run.State.DONE
    assert run.results.count() == 2


def test_a_text_that_kills_its_workers_is_left_to_a_person(connected: World) -> None:
    from grading import diagnostics

    response = connected.answered().responses.get(item__code="double")
    run = diagnostics.request(response)
    for _killed in range(diagnostics.MOST_FAILURES):
        Run.objects.update(state=Run.State.RUNNING, leased_until=timezone.now())
        time_passes()
        diagnostics.execute(str(run.pk))
    run.refresh_from_db()
    assert run.state == Run.State.FAILED
    assert "A person will look" in run.trouble
