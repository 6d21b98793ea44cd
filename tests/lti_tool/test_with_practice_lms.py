"""The tool against a platform of its own process, over HTTP: launches, grades, faults."""

from __future__ import annotations

import html
import re
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

from lti_tool import ags, delivery, outbox, read_back, services
from lti_tool.models import (
    DeepLinkingRequest,
    LaunchRefusal,
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
    pages = services.pages(
        registration,
        column.scopes,
        ags.RESULTS,
        services.with_query(ags.results_url(column.url), {"limit": "1"}),
        ags.RESULTS_TYPE,
    )
    found = [result for answer in pages for result in ags.results_of(answer)]
    assert {result.user_id for result in found} >= {platform.sub("ada"), platform.sub("ben")}


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
