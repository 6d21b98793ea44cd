"""The tool against a platform of its own process, over HTTP: launches, grades, faults."""

from __future__ import annotations

import html
import re
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
import requests
from django.core.management import call_command
from django.test import Client
from django.utils import timezone
from pytest_django import Settings

from lti_tool import ags, delivery, outbox, quirks, read_back, services
from lti_tool.models import (
    DeepLinkingRequest,
    LaunchRefusal,
    LineItem,
    OutgoingScore,
    Person,
    Registration,
    ResourceLink,
)
from practice_lms.seed import CLIENT_ID, DEPLOYMENT_ID
from tests.practice_lms.platform import Platform, browser_session

pytestmark = pytest.mark.django_db(transaction=True)
State = OutgoingScore.State


@pytest.fixture(scope="module")
def running(live_server: Any) -> Iterator[Platform]:
    with Platform(tool_url=live_server.url) as platform:
        yield platform


@pytest.fixture
def platform(running: Platform, settings: Settings, live_server: Any, db: None) -> Platform:
    settings.BASE_URL = live_server.url
    running.reset()
    running.manner()
    running.misbehave_all([])
    call_command(
        "register_platform",
        issuer=running.url,
        client_id=CLIENT_ID,
        auth_login_url=f"{running.url}/lti/authorize",
        token_url=f"{running.url}/lti/token",
        jwks_url=f"{running.url}/lti/jwks.json",
        deployment_id=[DEPLOYMENT_ID],
    )
    return running


def launched(platform: Platform, user: str = "ada") -> Person:
    client = Client()
    form = platform.launch(client, user=user, link="practical")
    answer = client.post(form.path, form.fields)
    assert answer.status_code == 302, answer.content
    return Person.objects.get(sub=platform.sub(user))


def queued(person: Person, score: str = "78", **values: Any) -> OutgoingScore:
    row = outbox.queue_score(
        **{
            "resource_link": ResourceLink.objects.get(),
            "person": person,
            "score": Decimal(score),
            "maximum": Decimal(100),
            "comment": "Clear and complete.",
            "submitted_at": datetime(2026, 5, 1, tzinfo=UTC),
            **values,
        }
    )
    assert row is not None
    return row


def delivered(row: OutgoingScore) -> OutgoingScore:
    OutgoingScore.objects.filter(pk=row.pk, run_after__isnull=False).update(
        run_after=timezone.now() - timedelta(seconds=1)
    )
    Registration.objects.update(paused_until=None)
    delivery.deliver(row.person.registration_id)
    row.refresh_from_db()
    return row


def test_a_launch_over_http_with_a_real_browser_session(platform: Platform) -> None:
    browser = browser_session()
    form = platform.launch(browser, user="ada", link="practical")
    # A browser sends secure cookies to plain http on this machine; requests does not.
    kept = {"Cookie": "; ".join(f"{c.name}={c.value}" for c in browser.cookies)}
    answer = browser.post(form.action, form.fields, headers=kept, allow_redirects=False, timeout=10)
    assert answer.status_code == 302
    assert "/assess/link/" in answer.headers["Location"]
    again = requests.post(form.action, form.fields, allow_redirects=False, timeout=10)
    assert again.status_code == 401


def test_a_grade_reaches_the_gradebook_and_is_confirmed(platform: Platform) -> None:
    row = delivered(queued(launched(platform)))
    assert row.state == State.CONFIRMED, row.cause
    cell = platform.grade("ada")
    assert cell is not None
    assert cell["comment"] == "Clear and complete."


def test_an_answer_lost_on_its_way_is_looked_up(platform: Platform) -> None:
    row = queued(launched(platform))
    platform.misbehave("scores", status=503, after=True, times=1)
    assert delivered(row).state == State.QUEUED
    assert delivered(row).state == State.CONFIRMED
    assert len(platform.log(endpoint="scores")) == 2


def test_revoked_tokens_are_renewed(platform: Platform) -> None:
    ada = launched(platform)
    delivered(queued(ada))
    platform.revoke_tokens()
    OutgoingScore.objects.update(timestamp=timezone.now() - timedelta(seconds=5))
    platform.override("ada", None)
    row = queued(ada, "79")
    assert delivered(row).state in (State.CONFIRMED, State.QUEUED)


def test_a_grade_overridden_by_a_teacher_is_said_so(platform: Platform) -> None:
    row = queued(launched(platform))
    platform.override("ada", 55, "By hand")
    for _ in range(len(read_back.LOOK_AGAIN_AFTER) + 1):
        row = delivered(row)
    assert row.state == State.OVERRIDDEN
    assert "55" in row.words


@pytest.mark.parametrize("manner", ["strict", "moodle", "canvas", "d2l", "blackboard"])
def test_grades_arrive_whatever_the_platform_is_like(platform: Platform, manner: str) -> None:
    platform.manner(manner)
    row = delivered(queued(launched(platform)))
    assert row.state == State.CONFIRMED, row.cause


@pytest.mark.parametrize("manner", ["strict", "moodle", "canvas", "d2l", "blackboard"])
def test_a_grade_for_a_teacher_is_refused_in_words(platform: Platform, manner: str) -> None:
    platform.manner(manner)
    row = delivered(queued(launched(platform, "tomas")))
    assert row.state == State.REFUSED
    assert row.cause
    assert not row.cause.endswith("(HTTP 400).")


@pytest.mark.parametrize("manner", ["strict", "moodle", "canvas", "blackboard"])
def test_results_and_columns_are_paged(platform: Platform, manner: str) -> None:
    platform.manner(manner, page_size=1, curly_links=manner == "moodle")
    for user in ("ada", "ben"):
        assert delivered(queued(launched(platform, user))).state == State.CONFIRMED
    link = ResourceLink.objects.get()
    column = link.line_items.get()
    registration = Registration.objects.get()
    url = ags.results_url(column.url, quirks.of(registration))
    if quirks.of(registration).results_limit:
        url = services.with_query(url, {"limit": "1"})
    pages = services.pages(registration, column.scopes, ags.RESULTS, url, ags.RESULTS_TYPE)
    found = [result for answer in pages for result in ags.results_of(answer)]
    assert {result.user_id for result in found} >= {platform.sub("ada"), platform.sub("ben")}


def test_moodle_shows_what_a_teacher_changed_and_keeps_it(platform: Platform) -> None:
    platform.manner("moodle")
    row = delivered(queued(launched(platform, "ada")))
    assert row.state == State.CONFIRMED
    platform.override("ada", 12)
    outbox.read_now(ResourceLink.objects.get())
    LineItem.objects.update(read_due_at=timezone.now())
    assert delivered(row).state == State.OVERRIDDEN

    time.sleep(1.1)  # Moodle takes no two scores within a second
    outbox.resend(row)
    row = delivered(row)

    # It took ours, and shows theirs: said at once, and not after five minutes of looking.
    assert (row.state, row.run_after) == (State.OVERRIDDEN, None)
    assert row.result_score == 12


def test_a_gradebook_that_cannot_be_read_is_said_and_asked_ever_more_rarely(
    platform: Platform,
) -> None:
    row = delivered(queued(launched(platform, "ada")))
    platform.misbehave("results", status=404)
    waits = []
    for _ in range(2):
        LineItem.objects.update(read_due_at=timezone.now())
        delivered(row)
        column = LineItem.objects.get()
        assert column.read_due_at is not None
        waits.append(column.read_due_at - timezone.now())
    assert column.read_failures == 2
    assert column.read_problem
    assert min(waits) > timedelta(hours=5)
    platform.misbehave_all([])
    LineItem.objects.update(read_due_at=timezone.now())
    delivered(row)
    assert (LineItem.objects.get().read_failures, LineItem.objects.get().read_problem) == (0, "")


def test_a_column_that_moved_keeps_its_grades(platform: Platform) -> None:
    """Moodle's addresses carry the number of the tool, which a new registration changes."""
    platform.manner("moodle")
    launched(platform, "ada")
    before = LineItem.objects.get()
    platform.manner("moodle", line_item_query="type_id=2")
    OutgoingScore.objects.filter(pk=queued(Person.objects.get()).pk).update(
        run_after=timezone.now() + timedelta(days=1), attempts=9
    )
    launched(platform, "ada")
    after = LineItem.objects.get()
    assert after.pk == before.pk
    assert "type_id=2" in after.url
    waiting = OutgoingScore.objects.get()
    assert waiting.run_after is not None
    assert (waiting.run_after <= timezone.now(), waiting.attempts) == (True, 0)


def test_a_rotated_platform_key_is_fetched(platform: Platform) -> None:
    launched(platform)
    platform.rotate_keys()
    registration = Registration.objects.get()
    registration.key_set.attempted_at = None
    registration.key_set.save()
    launched(platform)


def test_a_key_outside_the_published_set_is_refused(platform: Platform) -> None:
    launched(platform)
    platform.misbehave("id_token", expired_key=True)
    client = Client()
    form = platform.launch(client, user="ada", link="practical")
    assert client.post(form.path, form.fields).status_code == 401
    assert LaunchRefusal.objects.get().code in ("key-unknown", "signature")


def test_a_chosen_link_is_taken_by_the_platform(platform: Platform, settings: Settings) -> None:
    from django.test import RequestFactory

    from lti_tool import deep_linking

    client = Client()
    form = platform.launch(client, user="tomas", message="deep_linking")
    assert client.post(form.path, form.fields).status_code == 302
    asked = DeepLinkingRequest.objects.get()
    request: Any = RequestFactory().get("/")
    request.person, request.session = asked.person, client.session
    item = deep_linking.resource_link(
        title="Chosen", custom={"assessment": "python-associate"}, maximum=Decimal(10)
    )
    page = deep_linking.respond(request, asked, [item]).content.decode()
    token = re.search(r'name="JWT" value="([^"]+)"', page)
    assert token
    answer = platform.deep_linking_return(html.unescape(token[1]))
    assert answer.status_code in (200, 302, 303), answer.text
