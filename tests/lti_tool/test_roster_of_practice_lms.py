"""Lists of people read from a platform of its own process, after real launches."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from django.core.management import call_command
from django.test import Client
from django.utils import timezone
from pytest_django import Settings

from lti_tool import nrps, rights, roster
from lti_tool.models import Context, CourseGroup, Membership, Person, PersonName, Registration
from lti_tool.roles import Right
from lti_tool.transport import TransportError
from practice_lms.seed import CLIENT_ID, DEPLOYMENT_ID
from tests.practice_lms.platform import Platform
from tests.world import ASSESSMENT

pytestmark = pytest.mark.django_db(transaction=True)
MANNERS = ["strict", "moodle", "canvas", "d2l", "blackboard"]
PAGED = {"page_size": 4, "page_maximum": 4}


@pytest.fixture(scope="module")
def running(live_server: Any) -> Iterator[Platform]:
    with Platform(tool_url=live_server.url) as platform:
        yield platform


@pytest.fixture
def platform(running: Platform, settings: Settings, live_server: Any, db: None) -> Platform:
    settings.BASE_URL = live_server.url
    running.reset()
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


@pytest.fixture
def small(platform: Platform) -> str:
    """A link to an assessment that is there."""
    call_command("import_assessment", str(ASSESSMENT), publish=True, verbosity=0)
    link = {"id": "small", "custom": {"assessment": "small"}}
    platform.seed([{"id": "pa-aut", "label": "PA-AUT", "title": "t", "links": [link]}])
    return "small"


def launched(
    platform: Platform, user: str = "tomas", link: str = "practical"
) -> tuple[Client, str]:
    """A browser in which this person has launched, and the page where they arrived."""
    client = Client()
    form = platform.launch(client, user=user, link=link)
    answer = client.post(form.path, form.fields)
    assert answer.status_code == 302, answer.content
    return client, answer["Location"]


def read() -> Context:
    course = Context.objects.get()
    assert roster.read(course), Context.objects.get().roster_problem
    course.refresh_from_db()
    return course


def membership(platform: Platform, user: str) -> Membership:
    return Membership.objects.get(person__sub=platform.sub(user))


@pytest.mark.parametrize("manner", MANNERS)
@pytest.mark.parametrize("paging", [{}, PAGED], ids=["as usual", "few at a time"])
def test_everybody_is_known_whatever_the_platform_is_like(
    platform: Platform, manner: str, paging: dict[str, int]
) -> None:
    platform.manner(manner, **paging)
    launched(platform)
    assert Context.objects.get().roster_due_at is not None
    course = read()
    assert course.memberships.count() == 9
    assert set(membership(platform, "ada").rights) == {"submit"}
    assert set(membership(platform, "sofia").rights) == {"review"}
    assert set(membership(platform, "tomas").rights) == {"review", "teach"}
    assert PersonName.objects.get(person__sub=platform.sub("ada")).name == "Ada Okafor"
    assert course.roster_problem == ""
    assert bool(course.roster_changes_url) == (manner == "strict")


@pytest.mark.parametrize("manner", MANNERS)
@pytest.mark.parametrize("leave", ["suspend", "unenrol"])
def test_a_departed_teachers_next_request_is_refused(
    platform: Platform, small: str, manner: str, leave: str
) -> None:
    platform.manner(manner, **PAGED)
    client, link = launched(platform, link=small)
    read()
    page = client.get(link, follow=True).redirect_chain[-1][0]
    assert client.get(page).status_code == 200

    getattr(platform, leave)("tomas")
    read()
    assert not may(platform, "tomas", Right.TEACH)
    assert client.get(page).status_code == 404
    # Who opens the link itself is told that their role has nothing to do here.
    assert client.get(link).status_code == 403
    assert membership(platform, "ada").departed_at is None

    platform.enrol("tomas", "Instructor")
    read()
    assert client.get(page).status_code == 200


def may(platform: Platform, user: str, right: Right) -> bool:
    person = Person.objects.get(sub=platform.sub(user))
    return rights.contexts(person, right).exists()


def test_a_returned_teacher_is_back_by_launching_too(platform: Platform, small: str) -> None:
    launched(platform, link=small)
    read()
    platform.unenrol("tomas")
    read()
    platform.enrol("tomas", "Instructor")
    client, page = launched(platform, link=small)
    assert membership(platform, "tomas").departed_at is None
    assert client.get(page, follow=True).status_code == 200


def test_changes_are_told_and_no_more_than_these(platform: Platform) -> None:
    platform.manner(groups=False)
    launched(platform)
    read()
    platform.clear_log()
    platform.enrol("ada", "Instructor")
    platform.unenrol("ben")
    platform.seed(people=[{"id": "gina", "given_name": "Gina", "family_name": "Lo"}])
    platform.enrol("gina", "Learner")
    course = read()
    assert may(platform, "ada", Right.TEACH)
    assert not may(platform, "ben", Right.SUBMIT)
    assert may(platform, "gina", Right.SUBMIT)
    assert may(platform, "chiara", Right.SUBMIT)
    assert len(platform.log(endpoint="members")) == 1
    assert "since" in course.roster_changes_url

    platform.enrol("ben", "Learner")
    read()
    assert may(platform, "ben", Right.SUBMIT)


def test_the_people_of_a_link_are_added(platform: Platform) -> None:
    launched(platform)
    course = Context.objects.get()
    assert roster.read(course, course.links.get())
    assert course.memberships.count() == 9
    assert Context.objects.get().roster_read_at is None


def test_groups_and_who_is_in_them(platform: Platform) -> None:
    launched(platform)
    told = groups_of(read())
    assert told
    assert all(told.values())
    # A platform that takes no notice of groups=true is asked person by person.
    CourseGroup.objects.all().delete()
    listed = nrps.members

    def silent(*arguments: Any, **values: Any) -> nrps.Listing:
        return listed(*arguments, **{**values, "groups": False})

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(nrps, "members", silent)
        assert groups_of(read()) == told

    platform.unenrol("ada")
    assert platform.sub("ada") not in set().union(*groups_of(read()).values())


def groups_of(course: Context) -> dict[str, set[str]]:
    """The subs in each group, by its name."""
    return {
        group.name: set(group.memberships.values_list("person__sub", flat=True))
        for group in course.groups.all()
    }


def test_people_without_names_are_known_by_their_id(platform: Platform) -> None:
    platform.seed(tools=[{"client_id": CLIENT_ID, "identity": "sub"}])
    launched(platform)
    assert read().memberships.count() == 9
    assert {name for name in PersonName.objects.values_list("name", flat=True) if name} == set()


@pytest.mark.parametrize(
    "fault", [{"status": 503}, {"status": 500}, {"status": 429, "retry_after": 60}, {"status": 403}]
)
def test_a_fault_takes_nobody_off(platform: Platform, fault: dict[str, Any]) -> None:
    launched(platform)
    read()
    Context.objects.update(roster_full_at=timezone.now() - timedelta(days=8))
    platform.unenrol("tomas")
    platform.misbehave("members", **fault)
    course = Context.objects.get()
    assert not roster.read(course)
    course.refresh_from_db()
    assert course.roster_problem
    assert may(platform, "tomas", Right.TEACH)
    platform.misbehave_all([])
    read()
    assert not may(platform, "tomas", Right.TEACH)


def test_a_large_course_is_read_over_many_pages(platform: Platform) -> None:
    platform.seed([{"id": "pa-aut", "label": "PA-AUT", "title": "t", "learners": 450}])
    launched(platform)
    assert read().memberships.count() == 459
    assert len(platform.log(endpoint="members")) == 5


def test_the_list_of_another_link_is_refused_in_words(platform: Platform) -> None:
    launched(platform)
    registration = Registration.objects.get()
    with pytest.raises(TransportError, match="no longer has the list") as caught:
        nrps.members(registration, Context.objects.get().roster_url, rlid="unknown")
    assert caught.value.permanent
