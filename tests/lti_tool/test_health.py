"""The page that says how a connection is, and the examination behind it."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import timedelta
from email.utils import format_datetime
from typing import Any

import django_rq
import pytest
from django.contrib.auth.models import Permission, User
from django.core.management import call_command
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from pytest_django import Settings

from lti_tool import ags, examination, grade_trial, health, nrps, tool_metadata
from lti_tool.health import BAD, GOOD, UNKNOWN, Step
from lti_tool.models import HealthReport, LaunchRefusal, Registration, ResourceLink
from lti_tool.roles import Right
from lti_tool.transport import Answer, TransportError
from practice_lms.seed import CLIENT_ID, DEPLOYMENT_ID
from tests.lti_tool import factories
from tests.lti_tool.tokens import Lms, Script, jwk, rsa_key
from tests.practice_lms.platform import Platform

pytestmark = pytest.mark.django_db
ADMINISTRATOR = (Right.ADMINISTER, Right.TEACH)


@pytest.fixture
def registration(lms: Lms) -> Registration:
    return lms.register(name="Moodle at example.edu", product="moodle")


def examined(registration: Registration) -> dict[str, Step]:
    report, _ = HealthReport.objects.get_or_create(registration=registration)
    examination.examine(registration.pk)
    report.refresh_from_db()
    assert not health.is_running(report)
    return {step.kind: step for step in health.steps(registration, report)}


def offering(registration: Registration, lms: Lms, **values: Any) -> ResourceLink:
    """A link in a course of this LMS that offers everything."""
    course = factories.make_context(registration, roster_url=f"{lms.url}/roster", **values)
    scopes = [ags.SCORE, ags.RESULTS, ags.LINE_ITEMS]
    return factories.make_link(
        course, line_items_url=f"{lms.url}/course/1/lineitems", service_scopes=scopes
    )


# Keys and clock


def test_usable_keys_are_counted(lms: Lms, registration: Registration) -> None:
    lms.jwks = {
        "keys": [
            jwk(lms.key),
            jwk(rsa_key("small", 1024), "small"),
            jwk(lms.key, "enc", use="enc"),
            {"kty": "EC", "kid": "x"},
            {"kty": "RSA", "kid": "y", "n": "é"},
            "x",
        ]
    }
    found = examined(registration)["keys"]
    assert (found.verdict, found.words) == (GOOD, "1 key can be used.")


@pytest.mark.parametrize("keys", [{"keys": []}, {}, [], {"keys": "x"}, {"keys": [{"kty": "oct"}]}])
def test_a_key_set_without_a_usable_key_is_red(
    lms: Lms, registration: Registration, keys: Any
) -> None:
    lms.jwks = keys
    found = examined(registration)["keys"]
    assert found.verdict == BAD
    assert "mod/lti/certs.php" in found.remedy


def test_an_lms_that_cannot_be_reached_is_red_and_nothing_breaks(
    registration: Registration,
) -> None:
    Registration.objects.filter(pk=registration.pk).update(
        jwks_url="http://localhost:9/jwks", token_url="http://localhost:9/token"
    )
    registration.refresh_from_db()
    found = examined(registration)
    assert found["keys"].verdict == BAD
    assert found["clock"].verdict == UNKNOWN
    assert found["token"].verdict == BAD
    report = HealthReport.objects.get()
    verdict, sentence = health.summary(registration, health.steps(registration, report))
    assert verdict == BAD
    assert sentence == "Moodle at example.edu needs you: keys of the LMS, access to services."


@pytest.mark.parametrize(
    ("off", "verdict", "said"),
    [(0, GOOD, "agree"), (-50, GOOD, "agree"), (90, BAD, "ahead"), (-3600, BAD, "behind")],
)
def test_the_clocks_are_compared(
    registration: Registration, off: int, verdict: str, said: str
) -> None:
    now = timezone.now()
    headers = {"Date": format_datetime(now + timedelta(seconds=off), usegmt=False)}
    answer = Answer(status=200, reason="OK", headers=headers, body=b"")
    step = examination._clock(answer, now.timestamp())
    assert step.verdict == verdict
    assert said in step.words


@pytest.mark.parametrize("headers", [{}, {"Date": "yesterday"}, {"Date": "", "Age": "5"}])
def test_a_clock_that_is_not_told_is_not_judged(headers: dict[str, str]) -> None:
    answer = Answer(status=200, reason="OK", headers=headers, body=b"")
    assert examination._clock(answer, 0.0).verdict == UNKNOWN


# Services


def test_each_service_gets_a_new_token(lms: Lms, registration: Registration) -> None:
    offering(registration, lms)
    for _ in range(2):
        before = len(lms.token_requests)
        found = examined(registration)["token"]
        assert found.verdict == GOOD, found
        scopes = [asked["scope"] for asked in lms.token_requests[before:]]
        assert {ags.SCORE, ags.RESULTS, ags.LINE_ITEMS, nrps.SCOPE} <= set(scopes)
        assert all(" " not in scope for scope in scopes[:4])


def test_a_service_that_was_offered_and_is_refused_is_red(
    lms: Lms, registration: Registration
) -> None:
    offering(registration, lms)
    refused: Script = (400, "Bad Request", b'{"error": "invalid_scope"}', {})
    granted = lms.answer_token

    def answer(fields: dict[str, str]) -> Any:
        return refused if fields["scope"] == ags.RESULTS else granted(fields)

    lms.answer_token = answer  # type: ignore[method-assign]
    found = examined(registration)["token"]
    assert found.verdict == BAD
    assert "read grades back" in found.words
    assert any(detail.startswith("send grades: yes") for detail in found.details)


def test_what_the_lms_never_offered_is_its_own_decision(
    lms: Lms, registration: Registration
) -> None:
    refused: Script = (400, "Bad Request", b'{"error": "invalid_scope"}', {})
    granted = lms.answer_token

    def answer(fields: dict[str, str]) -> Any:
        return refused if fields["scope"] == nrps.SCOPE else granted(fields)

    lms.answer_token = answer  # type: ignore[method-assign]
    found = examined(registration)["token"]
    assert found.verdict == GOOD
    assert "list the people" in found.words


def test_before_any_course_nothing_is_said_of_gradebook_and_roster(
    registration: Registration,
) -> None:
    found = examined(registration)
    assert found["columns"].verdict == UNKNOWN
    assert found["roster"].verdict == UNKNOWN
    assert found["grades"].words == "Not examined yet."


# The sentence


def test_the_sentence_of_a_connection_that_works(registration: Registration) -> None:
    registration.launched_at = timezone.now() - timedelta(minutes=2, seconds=5)
    registration.save()
    link = factories.make_link(factories.make_context(registration))
    column = factories.make_line_item(link)
    good = [Step("keys", GOOD, "")]
    said = health.summary(registration, good)
    assert said == (
        GOOD,
        "Moodle at example.edu works: last launch 2\xa0minutes ago, no grade yet.",
    )
    for _ in range(2):
        factories.make_score(column, factories.make_person(link), state="confirmed", run_after=None)
    assert health.summary(registration, good)[1].endswith("all 2 grades confirmed.")
    factories.make_score(column, factories.make_person(link))
    assert health.summary(registration, good)[1].endswith("2 of 3 grades confirmed.")


def test_the_sentences_of_connections_that_do_not(registration: Registration) -> None:
    registration.launched_at = None
    assert "nobody has launched" in health.summary(registration, [])[1]
    registration.active = False
    assert "switched off" in health.summary(registration, [])[1]
    registration.waiting = True
    assert "waits for the approval" in health.summary(registration, [])[1]


def test_refused_grades_and_late_ones_are_red(registration: Registration) -> None:
    link = factories.make_link(factories.make_context(registration))
    column = factories.make_line_item(link)
    score = factories.make_score(column, factories.make_person(link))

    def outbox() -> Step:
        found = health.steps(registration, None)
        return next(step for step in found if step.kind == "outbox")

    assert outbox().verdict == GOOD
    assert "1 grade waits to be sent" in outbox().details[0]
    score.queued_at = timezone.now() - timedelta(hours=2)
    score.save()
    assert outbox().verdict == BAD
    score.state = "refused"
    score.save()
    assert "refused 1 grade" in outbox().words


def test_refusals_are_listed_with_their_reference(registration: Registration) -> None:
    LaunchRefusal.objects.create(reference="BCDF2345", code="audience", registration=registration)

    def refusals() -> Step:
        found = health.steps(registration, None)
        return next(step for step in found if step.kind == "refusals")

    assert refusals().verdict == BAD
    assert "BCDF2345" in refusals().details[0]
    assert "aud must hold our client id" in refusals().details[0]
    # Somebody's reload of an old page: people launch as before.
    registration.launched_at = timezone.now() + timedelta(seconds=1)
    assert refusals().verdict == GOOD


# The page and who sees it


def test_administrators_of_a_course_see_the_page(
    client: Client, registration: Registration
) -> None:
    course = factories.make_context(registration)
    factories.sign_in(client, factories.make_person(course, rights=ADMINISTRATOR))
    answer = client.get(f"/lti/health/{registration.pk}/")
    assert answer.status_code == 200
    shown = answer.content.decode()
    for title in health.TITLES.values():
        assert str(title) in shown


def test_staff_who_may_see_connections_see_the_page(
    client: Client, registration: Registration
) -> None:
    user = User.objects.create_user("staff", password="x", is_staff=True)
    client.force_login(user)
    assert client.get(f"/lti/health/{registration.pk}/").status_code == 404
    user.user_permissions.add(Permission.objects.get(codename="view_registration"))
    assert client.get(f"/lti/health/{registration.pk}/").status_code == 200


@pytest.mark.parametrize("rights", [(), (Right.SUBMIT,), (Right.REVIEW, Right.TEACH)])
def test_nobody_else_learns_that_there_is_a_page(
    client: Client, registration: Registration, rights: tuple[Right, ...]
) -> None:
    course = factories.make_context(registration)
    factories.sign_in(client, factories.make_person(course, rights=rights))
    refused_everywhere(client, registration)


def test_an_administrator_of_another_lms_learns_nothing(
    client: Client, registration: Registration
) -> None:
    factories.sign_in(client, factories.make_person(factories.make_link(), rights=ADMINISTRATOR))
    refused_everywhere(client, registration)
    refused_everywhere(Client(), registration)


def test_of_a_connection_that_is_off_its_people_see_nothing(
    client: Client, registration: Registration
) -> None:
    course = factories.make_context(registration)
    factories.sign_in(client, factories.make_person(course, rights=ADMINISTRATOR))
    Registration.objects.update(active=False)
    refused_everywhere(client, registration)


def refused_everywhere(client: Client, registration: Registration) -> None:
    base = f"/lti/health/{registration.pk}/"
    assert client.get(base).status_code == 404
    assert client.post(f"{base}examine/").status_code == 404
    assert client.post(f"{base}round-trip/", {"link": "1"}).status_code == 404


def test_the_page_asks_the_lms_nothing_and_the_database_little(
    client: Client, lms: Lms, registration: Registration
) -> None:
    course = factories.make_context(registration)
    factories.sign_in(client, factories.make_person(course, rights=ADMINISTRATOR))
    with CaptureQueriesContext(
        connection,
    ) as queries:
        client.get(f"/lti/health/{registration.pk}/")
    assert len(queries) < 25
    assert not lms.requests


@pytest.mark.django_db(transaction=True)
def test_one_examination_at_a_time(client: Client, registration: Registration) -> None:
    course = factories.make_context(registration)
    factories.sign_in(client, factories.make_person(course, rights=ADMINISTRATOR))
    queue: Any = django_rq.get_queue("default")
    queue.empty()
    base = f"/lti/health/{registration.pk}/"
    assert client.post(f"{base}examine/").status_code == 302
    assert client.post(f"{base}examine/").status_code == 302
    assert [job.func_name for job in queue.jobs] == ["lti_tool.examination.examine"]
    shown = client.get(base).content.decode()
    assert 'hx-trigger="every 1s"' in shown
    part = client.get(base, headers={"HX-Request": "true"}).content.decode()
    assert "<html" not in part
    assert 'hx-trigger="every 1s"' in part
    # A job that died lets go of it after a while.
    HealthReport.objects.update(running_until=timezone.now() - timedelta(seconds=1))
    assert 'hx-trigger="every 1s"' not in client.get(base).content.decode()
    assert health.start(registration)
    examination.examine(registration.pk)
    assert 'hx-trigger="every 1s"' not in client.get(base).content.decode()


def test_a_name_with_markup_is_shown_as_text(client: Client, registration: Registration) -> None:
    registration.name = "<script>alert(1)</script>"
    registration.save()
    course = factories.make_context(registration)
    factories.sign_in(client, factories.make_person(course, rights=ADMINISTRATOR))
    shown = client.get(f"/lti/health/{registration.pk}/").content.decode()
    assert "<script>alert" not in shown


def test_an_administrator_tries_a_grade_only_in_courses_of_their_own(
    client: Client, lms: Lms, registration: Registration
) -> None:
    mine, other = offering(registration, lms), offering(registration, lms)
    factories.sign_in(client, factories.make_person(mine, rights=ADMINISTRATOR))
    url = f"/lti/health/{registration.pk}/round-trip/"
    assert client.post(url, {"link": other.pk}).status_code == 404
    assert client.post(url, {"link": mine.pk}).status_code == 302
    assert other.context.title not in client.get(url.replace("round-trip/", "")).content.decode()


# Against a whole platform


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
    launched(running)
    return running


def launched(platform: Platform, manner: str = "strict") -> Registration:
    """A teacher and a learner have launched from a platform of that manner."""
    platform.manner(manner)
    for user in ("tomas", "ada"):
        client = Client()
        form = platform.launch(client, user=user, link="practical")
        answer = client.post(form.path, form.fields)
        assert answer.status_code == 302, answer.content
    platform.clear_log()
    return Registration.objects.get()


MANNERS = ["strict", "moodle", "canvas", "d2l", "blackboard", "openedx", "sakai", "schoology"]


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("manner", MANNERS)
def test_a_whole_platform_is_healthy(platform: Platform, manner: str) -> None:
    found = examined(launched(platform, manner))
    for kind in ("keys", "clock", "token", "columns", "roster", "launch", "refusals"):
        assert found[kind].verdict == GOOD, found[kind]


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("manner", MANNERS)
def test_a_grade_goes_there_and_back_and_leaves_nothing(platform: Platform, manner: str) -> None:
    registration = launched(platform, manner)
    HealthReport.objects.create(registration=registration)
    before = len(platform.gradebook())
    link = grade_trial.links(registration)[0]
    grade_trial.round_trip(registration.pk, link.pk)
    step = stored("grades")
    assert step.verdict == GOOD, step
    assert len(platform.gradebook()) == before
    assert grade_trial.LABEL not in json.dumps(platform.gradebook())
    posted = platform.log(endpoint="scores")
    assert len(posted) == 1


@pytest.mark.django_db(transaction=True)
def test_a_column_that_stays_behind_is_said_so(platform: Platform) -> None:
    registration = Registration.objects.get()
    HealthReport.objects.create(registration=registration)
    link = grade_trial.links(registration)[0]
    delete = ags.delete_line_item

    def fail(*_arguments: Any) -> None:
        raise TransportError("The LMS could not be reached.", permanent=False)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(ags, "delete_line_item", fail)
        grade_trial.round_trip(registration.pk, link.pk)
    assert delete is ags.delete_line_item
    step = stored("grades")
    assert step.verdict == BAD
    assert "delete it there" in step.details[0]


@pytest.mark.django_db(transaction=True)
def test_without_a_learner_nothing_is_tried(platform: Platform) -> None:
    registration = Registration.objects.get()
    HealthReport.objects.create(registration=registration)
    link = grade_trial.links(registration)[0]
    link.context.memberships.filter(rights__contains=["submit"]).delete()
    grade_trial.round_trip(registration.pk, link.pk)
    assert stored("grades").verdict == UNKNOWN
    assert not platform.log(endpoint="scores")


@pytest.mark.django_db(transaction=True)
def test_a_tool_that_was_switched_off_in_the_lms_is_seen(platform: Platform) -> None:
    platform.activate(CLIENT_ID, active=False)
    found = examined(Registration.objects.get())
    assert found["token"].verdict == BAD
    assert found["keys"].verdict == GOOD


def stored(kind: str) -> Step:
    found = HealthReport.objects.get()
    assert not health.is_running(found)
    return next(step for step in health.steps(found.registration, found) if step.kind == kind)


def test_every_service_that_we_ask_for_has_words() -> None:
    assert set(tool_metadata.SCOPES) == set(examination.SERVICES)
