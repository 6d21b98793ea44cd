from __future__ import annotations

import threading
from collections.abc import Iterable, Iterator
from datetime import timedelta
from typing import Any

import django_rq
import pytest
from django.db import connection
from django.http import Http404
from django.test import RequestFactory
from django.utils import timezone

from lti_tool import nrps, rights, roles, roster
from lti_tool.messages import FROM_LTI_1P1
from lti_tool.models import Context, Deployment, Membership, Person, PersonName, ResourceLink
from lti_tool.roles import Right
from tests.lti_tool import factories
from tests.lti_tool.roster_lms import RosterLms, entry
from tests.lti_tool.tokens import GRADER, INSTRUCTOR, LEARNER, SCHOOL_ADMIN

pytestmark = pytest.mark.django_db


@pytest.fixture
def lms() -> Iterator[RosterLms]:
    with RosterLms().serving() as serving:
        yield serving


@pytest.fixture
def course(lms: RosterLms) -> Context:
    return lms.course()


def read(course: Context, link: ResourceLink | None = None) -> bool:
    done = roster.read(course, link)
    course.refresh_from_db()
    return done


def person(sub: str) -> Person:
    return Person.objects.get(sub=sub)


def membership(sub: str) -> Membership:
    return Membership.objects.get(person__sub=sub)


def rights_of(sub: str) -> set[str]:
    return set(membership(sub).rights)


def may_teach(sub: str, course: Context) -> bool:
    request: Any = RequestFactory().get("/")
    request.person = person(sub)
    try:
        rights.require(request, course, Right.TEACH)
    except Http404:
        return False
    return True


def launched(
    sub: str, course: Context, names: Iterable[str], ago: timedelta = timedelta(0)
) -> None:
    """What a launch writes down, ``ago``."""
    who, _ = Person.objects.get_or_create(registration=course.deployment.registration, sub=sub)
    Membership.objects.update_or_create(
        person=who,
        context=course,
        defaults={
            "roles": list(names),
            "rights": sorted(right.value for right in roles.rights_of(names)),
            "seen_at": timezone.now() - ago,
            "departed_at": None,
        },
    )


# Who is in the course


def test_people_who_never_opened_anything_are_known(lms: RosterLms, course: Context) -> None:
    lms.people = [
        entry("ada", name="Ada Lovelace", email="ada@example.org", lti11_legacy_user_id="old-1"),
        entry("tom", roles=[INSTRUCTOR]),
        entry("sofia", roles=[INSTRUCTOR, GRADER]),
    ]
    assert read(course)
    assert rights_of("ada") == {"submit"}
    assert rights_of("tom") == {"review", "teach"}
    assert rights_of("sofia") == {"review"}
    assert person("ada").legacy_id == "old-1"
    stored = PersonName.objects.get(person__sub="ada")
    assert (stored.name, stored.email) == ("Ada Lovelace", "ada@example.org")
    assert not PersonName.objects.filter(person__sub="tom").exists()
    assert course.roster_read_at is not None
    assert course.roster_problem == ""


def test_a_departed_teachers_next_request_is_refused_and_a_returned_ones_is_not(
    lms: RosterLms, course: Context
) -> None:
    lms.people = [entry("ada"), entry("tom", roles=[INSTRUCTOR])]
    read(course)
    launched("tom", course, [INSTRUCTOR])
    read(course)
    assert may_teach("tom", course)

    lms.people = [entry("ada")]
    read(course)
    assert not may_teach("tom", course)
    assert membership("tom").departed_at is not None
    assert membership("ada").departed_at is None

    lms.people = [entry("ada"), entry("tom", roles=[INSTRUCTOR])]
    read(course)
    assert may_teach("tom", course)
    assert membership("tom").departed_at is None


@pytest.mark.parametrize("status", ["Inactive", "Deleted"])
def test_somebody_suspended_has_no_rights(lms: RosterLms, course: Context, status: str) -> None:
    launched("tom", course, [INSTRUCTOR])
    lms.people = [
        entry("ada"),
        entry("tom", roles=[INSTRUCTOR], status=status),
        entry("new", status=status),
    ]
    read(course)
    assert not may_teach("tom", course)
    assert membership("tom").departed_at is not None
    assert not Person.objects.filter(sub="new").exists()


def test_a_teacher_who_became_a_learner_teaches_no_more(lms: RosterLms, course: Context) -> None:
    launched("tom", course, [INSTRUCTOR])
    lms.people = [entry("tom", roles=["Learner"])]
    read(course)
    assert rights_of("tom") == {"submit"}
    assert membership("tom").roles == [LEARNER]


def test_a_launch_during_the_reading_wins(lms: RosterLms, course: Context) -> None:
    lms.people = [entry("ada"), entry("tom")]
    read(course)
    began = timezone.now()
    launched("tom", course, [INSTRUCTOR], ago=-timedelta(seconds=30))
    launched("una", course, [INSTRUCTOR], ago=-timedelta(seconds=30))
    assert membership("tom").seen_at > began
    lms.people = [entry("ada"), entry("una", status="Inactive")]
    read(course)
    assert may_teach("tom", course)
    assert may_teach("una", course)


def test_an_administrator_whom_no_list_names_stays(lms: RosterLms, course: Context) -> None:
    """The first to open the tool is often an administrator, and that starts the first reading."""
    launched("ingrid", course, [INSTRUCTOR, SCHOOL_ADMIN], ago=timedelta(seconds=5))
    lms.people = [entry("ada")]
    read(course)
    assert may_teach("ingrid", course)


def test_whoever_was_never_listed_goes_when_their_launch_is_over(
    lms: RosterLms, course: Context, settings: Any
) -> None:
    session = timedelta(seconds=settings.SESSION_COOKIE_AGE)
    launched("ingrid", course, [INSTRUCTOR], ago=session + timedelta(minutes=1))
    lms.people = [entry("ada")]
    read(course)
    assert not may_teach("ingrid", course)


def test_a_school_administrators_right_outlives_a_list_of_course_roles(
    lms: RosterLms, course: Context, settings: Any
) -> None:
    launched("ingrid", course, [INSTRUCTOR, SCHOOL_ADMIN])
    lms.people = [entry("ingrid", roles=[INSTRUCTOR])]
    read(course)
    assert rights_of("ingrid") == {"administer", "review", "teach"}
    session = timedelta(seconds=settings.SESSION_COOKIE_AGE)
    Membership.objects.update(seen_at=timezone.now() - session)
    read(course)
    assert rights_of("ingrid") == {"review", "teach"}


def test_another_course_is_left_alone(lms: RosterLms, course: Context) -> None:
    other = factories.make_context(course.deployment.registration)
    launched("tom", other, [INSTRUCTOR], ago=timedelta(days=2))
    lms.people = [entry("ada")]
    read(course)
    assert may_teach("tom", other)
    assert not Membership.objects.filter(person__sub="tom", context=course).exists()


def test_two_schools_with_equal_ids_stay_apart(lms: RosterLms, course: Context) -> None:
    elsewhere = factories.make_context()
    stranger = factories.make_person(elsewhere, sub="ada", name="Another Ada")
    lms.people = [entry("ada", name="Ada Lovelace")]
    read(course)
    assert PersonName.objects.get(person=stranger).name == "Another Ada"
    assert Person.objects.filter(sub="ada").count() == 2


def test_people_without_a_name_of_the_lms_are_not_missed(lms: RosterLms, course: Context) -> None:
    for sub in ("anonymous:1", f"{FROM_LTI_1P1}old-2"):
        launched(sub, course, [LEARNER], ago=timedelta(days=30))
    Person.objects.filter(sub="anonymous:1").update(anonymous=True)
    lms.people = [entry("ada")]
    read(course)
    assert not Membership.objects.exclude(departed_at=None).exists()


def test_somebody_brought_over_from_lti_1_1_is_found_again(lms: RosterLms, course: Context) -> None:
    launched(f"{FROM_LTI_1P1}old-1", course, [LEARNER], ago=timedelta(days=30))
    before = person(f"{FROM_LTI_1P1}old-1")
    lms.people = [entry("ada", lti11_legacy_user_id="old-1"), entry("ben")]
    read(course)
    assert person("ada") == before
    assert Person.objects.count() == 2


# Names


def test_names_are_written_only_when_sent(lms: RosterLms, course: Context) -> None:
    factories.make_person(course, sub="ada", name="Ada", email="ada@example.org")
    lms.people = [entry("ada"), entry("ben", email="ben@example.org")]
    read(course)
    stored = PersonName.objects.get(person__sub="ada")
    assert (stored.name, stored.email) == ("Ada", "ada@example.org")

    lms.people = [entry("ada", name="Ada King"), entry("ben", name="Ben")]
    read(course)
    stored = PersonName.objects.get(person__sub="ada")
    assert (stored.name, stored.email) == ("Ada King", "ada@example.org")
    stored = PersonName.objects.get(person__sub="ben")
    assert (stored.name, stored.email) == ("Ben", "ben@example.org")


def test_a_launch_says_its_name_again_after_a_list_said_another(
    lms: RosterLms, course: Context
) -> None:
    factories.make_person(course, sub="ada", name="Ada")
    PersonName.objects.update(said="what the launch said")
    lms.people = [entry("ada", name="Ada King")]
    read(course)
    assert PersonName.objects.get().said == ""


def test_names_are_kept_encrypted(lms: RosterLms, course: Context) -> None:
    lms.people = [entry("ada", name="Ada <script>alert(1)</script>")]
    read(course)
    with connection.cursor() as cursor:
        cursor.execute("SELECT name FROM lti_tool_personname")
        assert "Ada" not in cursor.fetchone()[0]
    assert PersonName.objects.get().name == "Ada <script>alert(1)</script>"


def test_nothing_is_written_when_nothing_has_changed(
    lms: RosterLms, course: Context, django_assert_max_num_queries: Any
) -> None:
    lms.people = [entry(f"s{number}", name=f"N {number}") for number in range(50)]
    read(course)
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT pk, xmin::text FROM (SELECT id AS pk, xmin FROM lti_tool_membership) m"
        )
        before = cursor.fetchall()
    with django_assert_max_num_queries(20):
        read(course)
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT pk, xmin::text FROM (SELECT id AS pk, xmin FROM lti_tool_membership) m"
        )
        assert cursor.fetchall() == before


# What is no reason to take anybody off


def test_an_empty_list_is_a_problem_and_no_mass_departure(lms: RosterLms, course: Context) -> None:
    lms.people = [entry("ada"), entry("tom", roles=[INSTRUCTOR])]
    read(course)
    for people in ([], ["junk"], [entry("ada", status="Inactive")]):
        lms.people = people
        assert not read(course)
        assert course.roster_problem == (
            "The LMS sent an empty list of people, so nobody was taken off."
        )
        assert may_teach("tom", course)


def test_half_a_list_changes_nothing(lms: RosterLms, course: Context) -> None:
    lms.people = [entry(f"s{number}") for number in range(20)]
    read(course)
    lms.people = [entry("new"), *[entry(f"s{number}") for number in range(15)]]
    lms.page_size, lms.fails_on_page = 5, 3
    assert not read(course)
    assert not Person.objects.filter(sub="new").exists()
    assert not Membership.objects.exclude(departed_at=None).exists()
    assert course.roster_problem == "The LMS has a problem of its own (HTTP 500)."


def test_nobody_goes_while_an_entry_cannot_be_read(lms: RosterLms, course: Context) -> None:
    lms.people = [entry("ada"), entry("tom", roles=[INSTRUCTOR])]
    read(course)
    lms.people = [entry("ada"), entry("ben"), {"user_id": None, "roles": [INSTRUCTOR]}]
    assert read(course)
    assert may_teach("tom", course)
    assert rights_of("ben") == {"submit"}
    assert course.roster_problem == (
        "One entry of the LMS's list of people could not be read, "
        "so nobody was taken off who is missing from it."
    )
    lms.people = [entry("ada")]
    read(course)
    assert not may_teach("tom", course)
    assert course.roster_problem == ""


def test_roles_that_cannot_be_read_change_none(lms: RosterLms, course: Context) -> None:
    launched("tom", course, [INSTRUCTOR])
    lms.people = [entry("tom", roles=[7, 8]), entry("ben", roles=3)]
    read(course)
    assert may_teach("tom", course)
    assert rights_of("ben") == set()


def test_somebody_lost_between_two_pages_stays(lms: RosterLms, course: Context) -> None:
    """While page 2 is fetched somebody of page 1 is taken off, and everybody moves up by one."""
    lms.people = [entry("first"), *[entry(f"s{number}") for number in range(19)]]
    read(course)
    lms.page_size = 5

    def leave(number: int) -> None:
        if number == 2 and lms.people[0] == entry("first"):
            lms.people = lms.people[1:]

    lms.on_page = leave
    read(course)
    gone = Membership.objects.exclude(departed_at=None).values_list("person__sub", flat=True)
    assert list(gone) in ([], ["first"])
    lms.on_page = None
    read(course)
    assert membership("first").departed_at is not None
    assert Membership.objects.exclude(departed_at=None).count() == 1


# Changes


def test_changes_are_read_where_the_lms_tells_them(lms: RosterLms, course: Context) -> None:
    lms.people = [entry("ada"), entry("ben"), entry("tom", roles=[INSTRUCTOR])]
    lms.changes = f"{lms.members_url}&since=1"
    read(course)
    lms.changes = f"{lms.members_url}&since=2"
    lms.changed = [
        entry("tom", roles=[], status="Deleted"),
        entry("ben", roles=[INSTRUCTOR]),
        entry("cy", name="Cy"),
    ]
    read(course)
    assert "since" in lms.readings()[-1]
    assert not may_teach("tom", course)
    assert may_teach("ben", course)
    assert rights_of("ada") == {"submit"}
    assert rights_of("cy") == {"submit"}
    assert course.roster_changes_url == lms.changes

    lms.changes, lms.changed = "", []
    assert read(course)
    assert course.roster_changes_url.endswith("since=2")
    assert rights_of("ada") == {"submit"}


def test_the_whole_list_is_read_once_a_week(lms: RosterLms, course: Context) -> None:
    lms.people = [entry("ada")]
    lms.changes = f"{lms.members_url}&since=1"
    read(course)
    read(course)
    week_ago = timezone.now() - roster.WHOLE_EVERY
    Context.objects.update(roster_full_at=week_ago)
    read(course)
    assert ["since" in query for query in lms.readings()] == [False, True, False]
    assert course.roster_full_at is not None
    assert course.roster_full_at > week_ago


def test_changes_that_the_lms_forgot_are_made_up_for(lms: RosterLms, course: Context) -> None:
    lms.people = [entry("ada"), entry("tom", roles=[INSTRUCTOR])]
    lms.changes = f"{lms.members_url}&since=1"
    read(course)
    lms.people = [entry("ada")]
    lms.script = [(410, "Gone", b"", {})]
    assert read(course)
    assert not may_teach("tom", course)


def test_a_change_that_cannot_be_read_is_made_up_for(lms: RosterLms, course: Context) -> None:
    lms.people = [entry("ada"), entry("tom", roles=[INSTRUCTOR])]
    lms.changes = f"{lms.members_url}&since=1"
    read(course)
    lms.changed = [{"user": "tom", "status": "Deleted"}, entry("ben")]
    read(course)
    assert rights_of("ben") == {"submit"}
    assert course.roster_problem.startswith("One entry")
    lms.people = [entry("ada"), entry("ben")]
    read(course)
    assert not may_teach("tom", course)


# One link


def test_the_list_of_a_link_only_adds(lms: RosterLms, course: Context) -> None:
    link = factories.make_link(course, lti_id="practical")
    lms.people = [entry("ada"), entry("tom", roles=[INSTRUCTOR]), entry("una")]
    read(course)
    lms.people = [entry("ben", name="Ben"), entry("tom"), entry("una", status="Inactive")]
    assert read(course, link)
    assert lms.readings()[-1]["rlid"] == ["practical"]
    assert rights_of("ben") == {"submit"}
    assert rights_of("ada") == {"submit"}
    assert rights_of("una") == {"submit"}
    assert may_teach("tom", course)


# When


def jobs() -> list[int]:
    return [job.args[0] for job in django_rq.get_queue("default").jobs]


@pytest.fixture
def queue() -> Iterator[Any]:
    queue: Any = django_rq.get_queue("default")
    queue.empty()
    yield queue
    queue.empty()


def test_a_course_is_read_when_it_is_due_and_then_a_day_later(
    lms: RosterLms, course: Context, queue: Any, django_capture_on_commit_callbacks: Any
) -> None:
    lms.people = [entry("ada")]
    Context.objects.update(roster_due_at=timezone.now())
    with django_capture_on_commit_callbacks(execute=True):
        assert roster.read_due() == 1
    assert jobs() == [course.pk]
    assert roster.read_due() == 0

    queue.jobs[0].perform()
    assert rights_of("ada") == {"submit"}
    course.refresh_from_db()
    assert course.roster_due_at is not None
    wait = course.roster_due_at - timezone.now()
    assert timedelta(hours=23) < wait < timedelta(hours=26)

    roster.read_course(course.pk)
    assert len(lms.readings()) == 1


def test_a_lost_job_is_made_again(course: Context, queue: Any) -> None:
    Context.objects.update(roster_due_at=timezone.now())
    roster.read_due()
    queue.empty()
    Context.objects.update(roster_due_at=timezone.now())
    assert roster.read_due() == 1


def test_courses_of_one_lms_are_read_one_after_the_other(course: Context, queue: Any) -> None:
    """An LMS that takes minutes to answer must not keep all workers from marking."""
    second = factories.make_context(course.deployment.registration, roster_url=course.roster_url)
    elsewhere = factories.make_context(roster_url="https://lms.example/members")
    for context in (second, elsewhere):
        factories.make_link(context)
    Context.objects.update(roster_due_at=timezone.now())
    assert roster.read_due() == 2
    assert roster.read_due() == 0
    read(course)
    read(second)
    Context.objects.filter(pk=elsewhere.pk).update(roster_due_at=timezone.now())
    assert roster.read_due() == 1


def test_a_course_that_nobody_opens_sleeps(course: Context, queue: Any) -> None:
    Context.objects.update(roster_due_at=timezone.now())
    ResourceLink.objects.update(seen_at=timezone.now() - timedelta(days=31))
    assert roster.read_due() == 0
    course.refresh_from_db()
    assert course.roster_due_at is None


def test_a_deployment_that_is_switched_off_is_not_asked(lms: RosterLms, course: Context) -> None:
    lms.people = [entry("ada")]
    Deployment.objects.update(active=False)
    course.refresh_from_db()
    assert not read(course)
    assert roster.read_due() == 0
    assert lms.requests == []


def test_a_connection_that_is_switched_off_is_not_called(lms: RosterLms, course: Context) -> None:
    lms.people = [entry("ada")]
    registration = course.deployment.registration
    registration.active = False
    registration.save()
    assert not read(course)
    registration.active, registration.paused_until = True, timezone.now() + timedelta(hours=1)
    registration.save()
    assert not read(course)
    assert course.roster_due_at == registration.paused_until
    assert lms.requests == []


def test_failures_wait_longer_each_time_and_say_why(lms: RosterLms, course: Context) -> None:
    waits = []
    for _ in range(3):
        lms.script = [(500, "Oops", b"", {})]
        assert not read(course)
        assert course.roster_due_at is not None
        waits.append((course.roster_due_at - timezone.now()).total_seconds())
    assert waits[0] > roster.WOKEN.total_seconds()
    assert waits == sorted(waits)
    assert course.roster_leased_until is None
    assert course.roster_problem == "The LMS has a problem of its own (HTTP 500)."
    lms.people = [entry("ada")]
    assert read(course)
    assert (course.roster_failures, course.roster_problem) == (0, "")


def test_an_lms_that_asks_for_a_pause_gets_it(lms: RosterLms, course: Context) -> None:
    lms.script = [(429, "Too Many", b"", {"Retry-After": "7200"})]
    read(course)
    assert course.roster_due_at is not None
    assert course.roster_due_at - timezone.now() > timedelta(hours=1, minutes=59)


def test_an_lms_that_forbids_it_is_asked_a_day_later(lms: RosterLms, course: Context) -> None:
    lms.script = [(403, "Forbidden", b"", {})]
    read(course)
    assert course.roster_problem == "The LMS does not let this tool see who is in the course."
    assert course.roster_due_at is not None
    assert course.roster_due_at - timezone.now() > timedelta(hours=23)


def test_a_teacher_may_ask_once_a_minute(
    course: Context, queue: Any, django_capture_on_commit_callbacks: Any
) -> None:
    with django_capture_on_commit_callbacks(execute=True):
        assert roster.ask(course)
        assert not roster.ask(course)
    assert jobs() == [course.pk]
    Context.objects.update(roster_tried_at=timezone.now() - timedelta(minutes=2))
    assert roster.ask(course)
    assert not roster.ask(factories.make_context())


def test_what_a_teacher_asked_for_is_read(lms: RosterLms, course: Context, queue: Any) -> None:
    lms.people = [entry("ada")]
    read(course)
    Context.objects.update(roster_tried_at=None)
    lms.people = [entry("ada"), entry("ben")]
    roster.ask(course)
    roster.read_course(course.pk)
    assert rights_of("ben") == {"submit"}


def test_a_course_in_hand_is_not_read_twice(lms: RosterLms, course: Context) -> None:
    lms.people = [entry("ada")]
    Context.objects.update(roster_leased_until=timezone.now() + timedelta(minutes=1))
    assert not read(course)
    assert not roster.ask(course)
    Context.objects.update(roster_leased_until=timezone.now() - timedelta(seconds=1))
    assert read(course)


def test_a_reading_that_lost_its_lease_writes_nothing(lms: RosterLms, course: Context) -> None:
    lms.people = [entry("ada")]

    original = nrps.members

    def slow(*arguments: Any, **values: Any) -> nrps.Listing:
        found = original(*arguments, **values)
        Context.objects.update(roster_leased_until=timezone.now() + timedelta(hours=1))
        return found

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(nrps, "members", slow)
        assert not read(course)
    assert not Membership.objects.exists()
    assert course.roster_read_at is None


@pytest.mark.django_db(transaction=True)
def test_workers_at_once_read_once(lms: RosterLms, course: Context) -> None:
    lms.people = [entry(f"s{number}") for number in range(50)]
    Context.objects.update(roster_due_at=timezone.now())
    begin = threading.Barrier(4)

    def work() -> None:
        begin.wait()
        roster.read_course(course.pk)
        connection.close()

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(lms.readings()) == 1
    assert Membership.objects.count() == 50


@pytest.mark.parametrize("failures", [0, 1, 5, 500])
def test_waits_stay_between_minutes_and_a_day(failures: int) -> None:
    for spread in (0.0, 0.999):
        wait = roster.backoff(failures, spread)
        assert roster.WOKEN.total_seconds() < wait <= 24 * 3600
