"""Notices of a platform of its own process: asked for after a launch, kept, handled once."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
import requests
from django.core.management import call_command
from django.db import connection
from django.test import Client
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries, Settings

from lti_tool import notice_services, notices
from lti_tool.messages import CLAIM, NoticesService
from lti_tool.models import Context, Deployment, Notice, NoticeService, Registration
from lti_tool.notice_services import ASSET_SUBMISSION, CONTEXT_COPY, HELLO_WORLD
from practice_lms.seed import CLIENT_ID, DEPLOYMENT_ID
from tests.practice_lms.platform import Platform

pytestmark = pytest.mark.django_db(transaction=True)
COURSE = "pa-aut"


@pytest.fixture(scope="module")
def running(live_server: Any) -> Iterator[Platform]:
    with Platform(tool_url=live_server.url) as platform:
        yield platform


@pytest.fixture
def platform(
    running: Platform, settings: Settings, live_server: Any, db: None
) -> Iterator[Platform]:
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
    yield running
    # A notice still on its way would meet the tables while they are emptied.
    running.notices()


def launched(platform: Platform, user: str = "tomas", course: str = COURSE) -> None:
    client = Client()
    form = platform.launch(client, user=user)
    answer = client.post(form.path, form.fields)
    assert answer.status_code == 302, answer.content


def subscribed(platform: Platform) -> NoticeService:
    """The service of a platform that was asked for everything that it has."""
    launched(platform)
    service = NoticeService.objects.get()
    notice_services.subscribe(service.pk)
    service.refresh_from_db()
    return service


def due_now() -> None:
    ago = timezone.now() - timedelta(seconds=1)
    NoticeService.objects.update(due_at=ago, leased_until=None)


def copied(platform: Platform, id: str, source: str = COURSE) -> Context:
    """The row of a new course, once the LMS has told that it is a copy."""
    platform.copy_course(source, id=id, title=id.title())
    assert {sent["status"] for sent in platform.notices(CONTEXT_COPY)} == {200}
    return Context.objects.get(lti_id=id)


# Asking for them


def test_after_a_launch_the_lms_knows_where_to_send_and_greets(platform: Platform) -> None:
    service = subscribed(platform)
    assert service.subscribed == sorted([ASSET_SUBMISSION, CONTEXT_COPY, HELLO_WORLD])
    assert (service.due_at, service.problem, service.attempts) == (None, "", 0)
    (hello,) = platform.notices(HELLO_WORLD)
    assert hello["status"] == 200
    assert hello["handler"].endswith("/lti/notices/hello-world/")
    service.refresh_from_db()
    assert service.greeted_at is not None
    notice = Notice.objects.get()
    assert (notice.kind, notice.due_at, notice.claims) == (HELLO_WORLD, None, {})


def test_what_is_known_is_neither_written_nor_asked_for_again(
    platform: Platform, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    service = subscribed(platform)
    said = NoticesService(tuple(service.scopes), service.url, tuple(service.offered))
    deployment = Deployment.objects.get()
    with django_assert_num_queries(1):
        notice_services.note(deployment, said)
    platform.clear_log()
    notice_services.subscribe(service.pk)
    assert notice_services.subscribe_due() == 0
    assert platform.log(endpoint="notice-handlers") == []


def test_what_one_lms_offers_is_all_that_it_is_asked_for(platform: Platform) -> None:
    platform.manner("d2l")
    assert subscribed(platform).subscribed == [ASSET_SUBMISSION]
    assert platform.notices() == []


def test_an_lms_without_notices_is_left_alone(platform: Platform) -> None:
    platform.manner("moodle")
    launched(platform)
    assert not NoticeService.objects.exists()


def test_a_kind_that_is_refused_keeps_none_of_the_others_away(platform: Platform) -> None:
    launched(platform)
    platform.misbehave("notice-handlers", status=400, times=1)
    service = NoticeService.objects.get()
    notice_services.subscribe(service.pk)
    service.refresh_from_db()
    assert len(service.subscribed) == 2
    assert service.problem
    assert service.due_at is not None
    assert service.due_at > timezone.now() + timedelta(hours=23)
    due_now()
    notice_services.subscribe(service.pk)
    service = NoticeService.objects.get()
    assert len(service.subscribed) == 3
    assert (service.problem, service.due_at) == ("", None)


def test_an_lms_that_is_down_is_asked_again_less_and_less_often(platform: Platform) -> None:
    launched(platform)
    platform.misbehave("notice-handlers", status=503)
    service = NoticeService.objects.get()
    waits = []
    for _attempt in range(3):
        due_now()
        notice_services.subscribe(service.pk)
        service.refresh_from_db()
        assert service.due_at is not None
        waits.append(service.due_at - timezone.now())
    assert "problem of its own" in service.problem
    assert waits[0] < timedelta(seconds=31) < timedelta(seconds=120) < waits[2]
    platform.misbehave_all([])
    due_now()
    notice_services.subscribe(service.pk)
    service.refresh_from_db()
    assert len(service.subscribed) == 3


def test_a_lost_job_is_made_up_for_once(platform: Platform) -> None:
    launched(platform)
    assert notice_services.subscribe_due() == 0  # the job of the launch may still come
    due_now()
    assert notice_services.subscribe_due() == 1
    assert notice_services.subscribe_due() == 0


def test_two_workers_ask_once(platform: Platform) -> None:
    launched(platform)
    service = NoticeService.objects.get()
    NoticeService.objects.update(leased_until=timezone.now() + timedelta(minutes=1))
    notice_services.subscribe(service.pk)
    service.refresh_from_db()
    assert service.subscribed == []
    assert service.due_at is not None


def test_an_lms_that_is_switched_off_is_asked_when_it_is_on_again(platform: Platform) -> None:
    launched(platform)
    due_now()
    Registration.objects.update(active=False)
    assert notice_services.subscribe_due() == 0
    notice_services.subscribe(NoticeService.objects.get().pk)
    assert NoticeService.objects.get().subscribed == []
    Registration.objects.update(active=True)
    assert notice_services.subscribe_due() == 1


def test_another_address_is_asked_anew_and_another_offer_for_what_is_new(
    platform: Platform,
) -> None:
    service = subscribed(platform)
    deployment = Deployment.objects.get()
    scopes = tuple(service.scopes)
    notice_services.note(deployment, NoticesService(scopes, service.url, (CONTEXT_COPY,)))
    service.refresh_from_db()
    assert (service.subscribed, service.due_at) == ([CONTEXT_COPY], None)
    moved = f"{platform.url}/lti/elsewhere"
    notice_services.note(deployment, NoticesService(scopes, moved, (CONTEXT_COPY, "Other")))
    service.refresh_from_db()
    assert service.subscribed == []
    assert service.due_at is not None
    notice_services.note(deployment, NoticesService((), moved, (CONTEXT_COPY,)))
    service.refresh_from_db()
    assert service.due_at is None  # it offers them, but does not let us ask


# Courses that are copied


def test_a_copied_course_knows_its_original_before_anybody_opens_it(platform: Platform) -> None:
    subscribed(platform)
    copy = copied(platform, "spring")
    assert copy.title == "Spring"
    assert copy.copied_from is not None
    assert copy.copied_from.lti_id == COURSE
    # That which nobody has opened can be an original too.
    again = copied(platform, "summer", source="spring")
    assert again.copied_from == copy


def test_a_course_that_was_opened_first_learns_of_its_original(platform: Platform) -> None:
    subscribed(platform)
    early = Context.objects.create(deployment=Deployment.objects.get(), lti_id="spring", title="S")
    assert copied(platform, "spring") == early
    early.refresh_from_db()
    assert early.copied_from == Context.objects.get(lti_id=COURSE)
    assert early.title == "S"


def told(platform: Platform, course: str, *origins: str) -> Context:
    claims = {
        f"{CLAIM}context": {"id": course, "title": course},
        f"{CLAIM}origin_contexts": list(origins),
    }
    assert platform.notify(CONTEXT_COPY, claims=claims)
    assert {sent["status"] for sent in platform.notices(CONTEXT_COPY)} == {200}
    return Context.objects.get(lti_id=course)


def test_what_a_course_began_as_stays_whatever_is_imported_later(platform: Platform) -> None:
    subscribed(platform)
    other = Context.objects.create(deployment=Deployment.objects.get(), lti_id="other")
    assert told(platform, "new", "unknown", COURSE).copied_from == Context.objects.get(
        lti_id=COURSE
    )
    assert told(platform, "new", "other").copied_from != other


def test_courses_that_import_each_other_make_no_circle(platform: Platform) -> None:
    subscribed(platform)
    told(platform, "a", COURSE)
    told(platform, "b", "a")
    assert told(platform, COURSE, "b").copied_from is None
    assert told(platform, "c", "c").copied_from is None


def test_an_original_that_nobody_knows_is_none(platform: Platform) -> None:
    subscribed(platform)
    assert told(platform, "new", "unknown").copied_from is None
    assert not Context.objects.filter(lti_id="unknown").exists()


# Kept before they are acknowledged, and handled once


def test_a_notice_that_could_not_be_handled_is_handled_later(
    platform: Platform, monkeypatch: pytest.MonkeyPatch
) -> None:
    subscribed(platform)

    def broken(_notice: Notice) -> None:
        raise RuntimeError("no")

    with monkeypatch.context() as patched:
        patched.setitem(notices._HANDLERS, CONTEXT_COPY, broken)
        platform.copy_course(id="spring", title="Spring")
        assert [sent["status"] for sent in platform.notices(CONTEXT_COPY)] == [200]
    notice = Notice.objects.get(kind=CONTEXT_COPY)
    assert notice.attempts == 1
    assert notice.problem
    assert notice.due_at is not None
    assert not Context.objects.filter(lti_id="spring").exists()
    assert notices.handle_due() == 0
    Notice.objects.filter(pk=notice.pk).update(due_at=timezone.now())
    assert notices.handle_due() == 1
    assert Context.objects.get(lti_id="spring").copied_from is not None
    assert notices.handle_due() == 0


def test_one_that_never_works_is_given_up_in_the_end(
    platform: Platform, monkeypatch: pytest.MonkeyPatch
) -> None:
    subscribed(platform)
    Notice.objects.all().delete()
    notice = Notice.objects.create(
        deployment=Deployment.objects.get(), notice_id="n", kind=CONTEXT_COPY, claims={}
    )
    for _attempt in range(notices.MOST_ATTEMPTS):
        Notice.objects.filter(pk=notice.pk).update(due_at=timezone.now())
        notices.handle(notice.pk)
    notice.refresh_from_db()
    assert notice.due_at is None
    assert notice.problem


def test_a_lot_of_notices_comes_together(platform: Platform) -> None:
    subscribed(platform)
    platform.notify(HELLO_WORLD, 120)
    assert {sent["status"] for sent in platform.notices(HELLO_WORLD)} == {200}
    assert Notice.objects.filter(kind=HELLO_WORLD).count() == 121


def test_notices_of_a_new_key_of_the_lms_are_read(platform: Platform) -> None:
    subscribed(platform)
    platform.rotate_keys()
    # At most once a minute anybody asks for keys.
    Registration.objects.get().key_set  # noqa: B018 - the launch has fetched the ones before
    with connection.cursor() as cursor:
        cursor.execute("UPDATE lti_tool_platformkeyset SET attempted_at = NULL")
    assert copied(platform, "spring").copied_from is not None


def test_the_same_notice_twice_at_once_is_handled_once(
    platform: Platform, live_server: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    subscribed(platform)
    body = _caught(platform, monkeypatch, live_server)
    url = f"{live_server.url}/lti/notices/context-copy/"
    Notice.objects.all().delete()
    Context.objects.filter(lti_id="spring").delete()
    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM lti_tool_usedstate")
    answers: list[int] = []

    def post() -> None:
        answers.append(requests.post(url, data=body, timeout=20).status_code)

    threads = [threading.Thread(target=post) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert answers == [200] * 6
    assert Notice.objects.count() == 1


def _caught(platform: Platform, monkeypatch: pytest.MonkeyPatch, live_server: Any) -> bytes:
    """The body of a request of the LMS, as it arrived."""
    caught: list[bytes] = []
    receive = notices.receive

    def catching(kind: str, body: bytes) -> list[notices.Taken]:
        if kind == CONTEXT_COPY:  # another one may still be under way
            caught.append(body)
        return receive(kind, body)

    with monkeypatch.context() as patched:
        patched.setattr(notices, "receive", catching)
        platform.copy_course(id="spring", title="Spring")
        platform.notices(CONTEXT_COPY)
    return caught[0]


def test_old_notices_are_forgotten_and_waiting_ones_never(platform: Platform) -> None:
    subscribed(platform)
    platform.notices()
    deployment = Deployment.objects.get()
    old = timezone.now() - notices.KEPT - timedelta(days=1)
    Notice.objects.update(received_at=old)
    waiting = Notice.objects.create(
        deployment=deployment,
        notice_id="w",
        kind=ASSET_SUBMISSION,
        received_at=old,
        due_at=timezone.now(),
    )
    notices.handle_due()
    assert list(Notice.objects.all()) == [waiting]
