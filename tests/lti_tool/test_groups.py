from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from lti_tool import groups, roster
from lti_tool.models import Context, CourseGroup, Membership
from lti_tool.transport import TransportError
from tests.lti_tool import factories
from tests.lti_tool.roster_lms import RosterLms, entry

pytestmark = pytest.mark.django_db


@pytest.fixture
def lms() -> Iterator[RosterLms]:
    with RosterLms().serving() as serving:
        yield serving


@pytest.fixture
def course(lms: RosterLms) -> Context:
    return lms.course(groups_url=lms.groups_url, group_scopes=[groups.SCOPE])


def read(course: Context) -> dict[str, set[str]]:
    """Read the list; the subs in each group by its name."""
    assert roster.read(course)
    course.refresh_from_db()
    return {
        group.name: set(group.memberships.values_list("person__sub", flat=True))
        for group in course.groups.all()
    }


def test_groups_and_who_is_in_them(lms: RosterLms, course: Context) -> None:
    lms.groups = [{"id": "g1", "name": "Red", "tag": "colours"}, {"id": 2, "name": "Blue"}]
    lms.people = [
        entry("ada", groups=["g1", 2]),
        entry("ben", groups=["2", "unknown"]),
        entry("cy", groups=[]),
    ]
    assert read(course) == {"Red": {"ada"}, "Blue": {"ada", "ben"}}
    assert CourseGroup.objects.get(lti_id="g1").tag == "colours"
    assert lms.readings()[0]["groups"] == ["true"]


def test_people_change_groups_and_groups_vanish(lms: RosterLms, course: Context) -> None:
    lms.groups = [{"id": "g1", "name": "Red"}, {"id": "g2", "name": "Blue"}]
    lms.people = [entry("ada", groups=["g1"]), entry("ben", groups=["g2"])]
    read(course)
    kept = CourseGroup.objects.get(lti_id="g1").pk
    lms.groups = [{"id": "g1", "name": "Crimson"}, {"id": "g3", "name": "Green"}]
    lms.people = [entry("ada", groups=["g3"]), entry("ben", groups=["g1"])]
    assert read(course) == {"Crimson": {"ben"}, "Green": {"ada"}}
    assert CourseGroup.objects.get(lti_id="g1").pk == kept


def test_somebody_who_left_is_in_no_group(lms: RosterLms, course: Context) -> None:
    lms.groups = [{"id": "g1", "name": "Red"}]
    lms.people = [entry("ada", groups=["g1"]), entry("ben", groups=["g1"])]
    read(course)
    lms.people = [entry("ada", groups=["g1"])]
    assert read(course) == {"Red": {"ada"}}


def test_a_list_that_says_nothing_of_groups_changes_none(lms: RosterLms, course: Context) -> None:
    lms.groups = [{"id": "g1", "name": "Red"}]
    lms.people = [entry("ada", groups=["g1"])]
    read(course)
    lms.people = [entry("ada")]
    assert read(course) == {"Red": {"ada"}}


def test_where_the_list_says_nothing_each_person_is_asked_for(
    lms: RosterLms, course: Context, monkeypatch: pytest.MonkeyPatch
) -> None:
    lms.groups = [{"id": "g1", "name": "Red"}, {"id": "g2", "name": "Blue"}]
    lms.groups_by_person = {"ada": ["g1"], "ben": ["g1", "g2"]}
    lms.people = [entry("ada"), entry("ben"), entry("cy")]
    assert read(course) == {"Red": {"ada", "ben"}, "Blue": {"ben"}}
    monkeypatch.setattr(groups, "MOST_ASKED", 2)
    lms.groups_by_person = {}
    assert read(course) == {"Red": {"ada", "ben"}, "Blue": {"ben"}}


def test_groups_of_another_course_stay(lms: RosterLms, course: Context) -> None:
    other = factories.make_context(course.deployment.registration)
    group = CourseGroup.objects.create(context=other, lti_id="g1", name="Other")
    ada = factories.make_person(other, sub="ada")
    Membership.objects.get(person=ada).groups.add(group)
    lms.people = [entry("ada", groups=[])]
    assert read(course) == {}
    assert group.memberships.count() == 1


def test_groups_that_fail_leave_the_people(lms: RosterLms, course: Context) -> None:
    lms.groups = [{"id": "g1", "name": "Red"}]
    lms.people = [entry("ada", groups=["g1"])]
    read(course)
    lms.groups = "none"
    lms.people = [entry("ada", groups=["g1"]), entry("ben", groups=["g1"])]
    assert read(course) == {"Red": {"ada"}}
    assert Membership.objects.filter(person__sub="ben").exists()
    assert course.roster_problem == (
        "The groups of the course could not be read. "
        "The LMS sent a list of groups that could not be read."
    )
    lms.groups = []
    read(course)
    assert course.roster_problem == ""


def test_a_course_with_groups_is_always_read_whole(lms: RosterLms, course: Context) -> None:
    lms.changes = f"{lms.members_url}&since=1"
    lms.people = [entry("ada", groups=[])]
    read(course)
    read(course)
    assert not any("since" in query for query in lms.readings())


@pytest.mark.parametrize(
    "bad", ["junk", None, 7, {}, {"id": ""}, {"id": "a\x00"}, {"id": "x" * 256}, {"id": True}]
)
def test_a_bad_group_is_skipped(lms: RosterLms, course: Context, bad: Any) -> None:
    lms.groups = [bad, {"id": "g1", "name": "<b>Red</b>\x00"}]
    registration = course.deployment.registration
    found = groups.groups(registration, course.groups_url, [groups.SCOPE])
    assert found == {"g1": groups.Group("g1", "<b>Red</b>")}
    assert lms.token_requests[0]["scope"] == groups.SCOPE


def test_more_groups_than_a_course_has_are_refused(
    lms: RosterLms, course: Context, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(groups, "MOST_GROUPS", 3)
    lms.groups = [{"id": number} for number in range(4)]
    with pytest.raises(TransportError, match="more groups"):
        groups.groups(course.deployment.registration, course.groups_url, [groups.SCOPE])


def test_an_lms_that_lists_groups_for_ever_is_given_up(
    lms: RosterLms, course: Context, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(groups, "READING_SECONDS", -1.0)
    lms.groups = [{"id": "g1", "name": "Red"}]
    lms.people = [entry("ada", groups=["g1"])]
    read(course)
    assert "too long" in course.roster_problem
