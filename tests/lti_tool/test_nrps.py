from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

from lti_tool import nrps, services
from lti_tool.models import Registration
from lti_tool.nrps import Status
from lti_tool.roles import MEMBERSHIP
from lti_tool.transport import TransportError
from tests.lti_tool.roster_lms import RosterLms, entry
from tests.lti_tool.tokens import GRADER, INSTRUCTOR, LEARNER

pytestmark = pytest.mark.django_db


@pytest.fixture
def lms() -> Iterator[RosterLms]:
    with RosterLms().serving() as serving:
        yield serving


@pytest.fixture
def registration(lms: RosterLms) -> Registration:
    return lms.register()


def one(lms: RosterLms, registration: Registration, found: Any) -> nrps.Member:
    """The only member of a list that holds this entry."""
    lms.people = [found]
    (member,) = nrps.members(registration, lms.members_url).members.values()
    return member


def test_scope_media_type_and_page_size_are_asked_for(
    lms: RosterLms, registration: Registration
) -> None:
    lms.people = [entry("ada")]
    nrps.members(registration, lms.members_url, rlid="link-1", groups=True)
    assert lms.token_requests[0]["scope"] == nrps.SCOPE
    _method, path, headers = lms.requests[-1]
    assert headers["Accept"] == nrps.MEDIA_TYPE
    assert parse_qs(urlsplit(path).query) == {
        "type": ["x"],
        "limit": [str(nrps.PAGE_MEMBERS)],
        "rlid": ["link-1"],
        "groups": ["true"],
    }


def test_an_entry_is_read_as_it_stands(lms: RosterLms, registration: Registration) -> None:
    member = one(
        lms,
        registration,
        {
            "user_id": "ada",
            "status": "Active",
            "name": "Ada Lovelace",
            "email": "ada@example.org",
            "roles": [INSTRUCTOR, GRADER],
            "lis_person_sourcedid": "4711",
            "lti11_legacy_user_id": "old-ada",
            "group_enrollments": [{"group_id": "g1"}, {"group_id": "g2"}, {"group_id": "g1"}],
        },
    )
    assert member == nrps.Member(
        sub="ada",
        roles=(INSTRUCTOR, GRADER),
        status=Status.ACTIVE,
        name="Ada Lovelace",
        email="ada@example.org",
        groups=("g1", "g2"),
        legacy="old-ada",
    )


@pytest.mark.parametrize(
    ("sent", "read"),
    [
        (["Learner"], (LEARNER,)),
        (["Instructor", "Instructor#Grader"], (INSTRUCTOR, GRADER)),
        ("Instructor,Learner", (INSTRUCTOR, LEARNER)),
        ([LEARNER, LEARNER, "Learner"], (LEARNER,)),
        ([f"{MEMBERSHIP}#Janitor", "Janitor"], (f"{MEMBERSHIP}#Janitor", "Janitor")),
        ([], ()),
        ([7, None, {"x": 1}, LEARNER], (LEARNER,)),
        ([7], None),
        (["\x00Learner"], None),
        (["x" * 256], None),
        (7, None),
        (None, None),
    ],
)
def test_roles_are_full_addresses_or_not_known(
    lms: RosterLms, registration: Registration, sent: Any, read: Any
) -> None:
    assert one(lms, registration, entry("ada", roles=sent)).roles == read


@pytest.mark.parametrize(
    ("sent", "status"),
    [
        (None, Status.ACTIVE),
        ("active", Status.ACTIVE),
        ("Inactive", Status.INACTIVE),
        ("Deleted", Status.DELETED),
    ],
)
def test_without_a_status_a_member_is_active(
    lms: RosterLms, registration: Registration, sent: Any, status: Status
) -> None:
    assert one(lms, registration, entry("ada", status=sent)).status == status


@pytest.mark.parametrize(
    ("sent", "name"),
    [
        ({"name": "Ada <b>Lovelace</b>"}, "Ada <b>Lovelace</b>"),
        ({"name": "Ada\x00 \ud800Lovelace\n"}, "Ada   Lovelace"),
        ({"name": "نیما\u200cپور"}, "نیما\u200cپور"),
        ({"given_name": "Ada", "family_name": "Lovelace"}, "Ada Lovelace"),
        ({"given_name": "Ada"}, "Ada"),
        ({"name": ["Ada"]}, ""),
        ({"name": "x" * 9999}, "x" * 500),
    ],
)
def test_a_name_is_text(
    lms: RosterLms, registration: Registration, sent: dict[str, Any], name: str
) -> None:
    assert one(lms, registration, {"user_id": "ada", "roles": [], **sent}).name == name


@pytest.mark.parametrize(
    "bad",
    [
        "junk",
        None,
        [],
        {},
        {"user_id": ""},
        {"user_id": None},
        {"user_id": True},
        {"user_id": ["ada"]},
        {"user_id": "a\x00b"},
        {"user_id": "\ud800"},
        {"user_id": "x" * 256},
        {"user_id": "ada", "status": "Sleeping"},
        {"user_id": "ada", "status": 7},
    ],
)
def test_a_bad_entry_is_skipped_and_counted(
    lms: RosterLms, registration: Registration, bad: Any
) -> None:
    lms.people = [bad, entry("ben")]
    listing = nrps.members(registration, lms.members_url)
    assert list(listing.members) == ["ben"]
    assert listing.skipped == 1


def test_a_number_as_id_is_the_text_of_it(lms: RosterLms, registration: Registration) -> None:
    assert one(lms, registration, entry(7)).sub == "7"


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"<html>Log in</html>",
        b"[]",
        b"null",
        b"{}",
        b'{"members": null}',
        b'{"members": {"user_id": "ada"}}',
        b"[" * 100_000,
        b'{"members": [' + b"9" * 5000 + b"]}",
        b"\xff\xfe",
    ],
)
def test_a_bad_list_is_refused_in_words(
    lms: RosterLms, registration: Registration, body: bytes
) -> None:
    lms.script = [(200, "OK", body, {})]
    with pytest.raises(TransportError, match="could not be read") as caught:
        nrps.members(registration, lms.members_url)
    assert not caught.value.permanent


def test_somebody_listed_twice_has_the_roles_of_both(
    lms: RosterLms, registration: Registration
) -> None:
    lms.people = [
        entry("ada", roles=[LEARNER], groups=["g1"]),
        entry("ada", roles=[INSTRUCTOR, LEARNER], groups=["g2"]),
        entry("ben", status="Inactive"),
        entry("ben", roles=[LEARNER]),
        entry("cy", roles=None),
        entry("cy", roles=[LEARNER]),
    ]
    found = nrps.members(registration, lms.members_url).members
    assert found["ada"].roles == (LEARNER, INSTRUCTOR)
    assert found["ada"].groups == ("g1", "g2")
    assert found["ben"].status == Status.ACTIVE
    assert found["cy"].roles == (LEARNER,)


def test_in_a_list_of_changes_the_last_word_counts(
    lms: RosterLms, registration: Registration
) -> None:
    lms.changed = [entry("ada"), entry("ada", status="Deleted")]
    found = nrps.members(registration, lms.members_url, since=f"{lms.members_url}&since=1").members
    assert found["ada"].status == Status.DELETED


@pytest.mark.parametrize("manner", ["absolute", "relative", "path", "curly"])
def test_all_pages_are_read(lms: RosterLms, registration: Registration, manner: str) -> None:
    lms.people = [entry(f"s{number}") for number in range(25)]
    lms.page_size, lms.links = 10, manner
    lms.changes = f"{lms.members_url}&since=9"
    listing = nrps.members(registration, lms.members_url)
    assert list(listing.members) == [f"s{number}" for number in range(25)]
    assert listing.pages == 3
    assert listing.changes_url == lms.changes


def test_a_page_that_fails_spoils_the_whole_list(
    lms: RosterLms, registration: Registration
) -> None:
    lms.people = [entry(f"s{number}") for number in range(25)]
    lms.page_size = 10
    lms.fails_on_page = 2
    with pytest.raises(TransportError, match="problem of its own"):
        nrps.members(registration, lms.members_url)


def test_a_next_page_on_another_site_gets_no_token(
    lms: RosterLms, registration: Registration
) -> None:
    with RosterLms().serving() as other:
        lms.people = [entry("ada")]
        lms.header = f'<{other.members_url}>; rel="next"'
        with pytest.raises(TransportError, match="another site"):
            nrps.members(registration, lms.members_url)
        assert other.requests == []


def test_changes_on_another_site_are_not_asked_for(
    lms: RosterLms, registration: Registration
) -> None:
    lms.people = [entry("ada")]
    lms.header = '<https://elsewhere.example/members?since=1>; rel="differences"'
    assert nrps.members(registration, lms.members_url).changes_url == ""
    with pytest.raises(TransportError, match="another site"):
        nrps.members(registration, lms.members_url, since="https://elsewhere.example/members")


def test_pages_without_end_end(
    lms: RosterLms, registration: Registration, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(services, "MOST_PAGES", 20)
    lms.people = [entry("ada")]
    lms.endless = True
    with pytest.raises(TransportError, match="more pages"):
        nrps.members(registration, lms.members_url)
    assert len([path for _method, path, _headers in lms.requests if "/members" in path]) == 20


def test_a_slow_list_ends(
    lms: RosterLms, registration: Registration, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(nrps, "READING_SECONDS", -1.0)
    lms.people = [entry("ada")]
    with pytest.raises(TransportError, match="too long"):
        nrps.members(registration, lms.members_url)


def test_a_million_members_are_not_read(lms: RosterLms, registration: Registration) -> None:
    body = b'{"members": [' + b",".join([b'{"user_id": "a"}'] * 1_000_000) + b"]}"
    lms.script = [(200, "OK", body, {})] * 3
    with pytest.raises(TransportError, match="too large"):
        nrps.members(registration, lms.members_url)
    lms.script = [(200, "OK", json.dumps({"members": [1] * 1_000_000}).encode(), {})]
    with pytest.raises(TransportError, match="more people than a course has"):
        nrps.members(registration, lms.members_url)


def test_a_list_that_is_forbidden_says_so(lms: RosterLms, registration: Registration) -> None:
    lms.script = [(403, "Forbidden", b"", {})]
    with pytest.raises(TransportError, match="who is in the course") as caught:
        nrps.members(registration, lms.members_url)
    assert caught.value.permanent
