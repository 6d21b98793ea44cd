"""The roster."""

from __future__ import annotations

import re
from typing import Any

import pytest
import requests

from practice_lms import vocabulary
from tests.practice_lms.platform import Platform, PlatformError
from tests.practice_lms.stand_in import StandIn
from tests.practice_lms.visitor import Visitor

PATH = "/lti/courses/pa-aut/members"


def _members(
    tool: StandIn, platform: Platform, path: str = PATH, **query: Any
) -> requests.Response:
    headers = {**tool.bearer(vocabulary.SCOPE_MEMBERS), "Accept": vocabulary.MEMBERS}
    return platform.get(path, params=query, headers=headers)


def test_all_nine_are_members(tool: StandIn, platform: Platform) -> None:
    answer = _members(tool, platform)
    body = answer.json()
    assert answer.headers["Content-Type"] == vocabulary.MEMBERS
    assert body["context"]["label"] == "PA-AUT"
    assert len(body["members"]) == 9
    ada = next(m for m in body["members"] if m["user_id"] == platform.sub("ada"))
    assert ada["name"] == "Ada Okafor"
    assert ada["roles"] == [vocabulary.LEARNER]
    assert ada["status"] == "Active"


@pytest.mark.parametrize(
    ("role", "count"),
    [
        ("Learner", 6),
        (vocabulary.LEARNER, 6),
        ("Instructor", 2),
        ("Instructor#Grader", 1),
        ("Mentor", 0),
    ],
)
def test_members_by_role(tool: StandIn, platform: Platform, role: str, count: int) -> None:
    assert len(_members(tool, platform, role=role).json()["members"]) == count


def test_members_come_in_pages(tool: StandIn, platform: Platform) -> None:
    platform.seed([{"id": "pa-aut", "label": "PA-AUT", "title": "t", "learners": 120}])
    seen: list[str] = []
    path: str | None = PATH
    while path:
        answer = _members(tool, platform, path)
        seen += [member["user_id"] for member in answer.json()["members"]]
        link = re.search(r'<([^>]+)>; rel="next"', answer.headers.get("Link", ""))
        path = link[1] if link else None
    assert len(seen) == len(set(seen)) == 129


def test_members_of_a_link_carry_its_message(tool: StandIn, platform: Platform) -> None:
    member = _members(tool, platform, rlid="practical").json()["members"][0]
    (message,) = member["message"]
    assert message[f"{vocabulary.CLAIM}custom"] == {"assessment": "python-associate"}
    assert _members(tool, platform, rlid="other").status_code == 404


def test_somebody_who_left_is_inactive(tool: StandIn, platform: Platform) -> None:
    platform.seed([{"id": "pa-aut", "members": {"ada": []}}])
    found = {m["user_id"]: m["status"] for m in _members(tool, platform).json()["members"]}
    assert found[platform.sub("ada")] == "Inactive"


def test_the_scope_is_needed(tool: StandIn, platform: Platform) -> None:
    headers = tool.bearer(vocabulary.SCOPE_SCORE)
    assert platform.get(PATH, headers=headers).status_code == 403


def test_a_tool_that_gets_no_names_gets_none(tool: StandIn, platform: Platform) -> None:
    platform.seed(tools=[{"client_id": "cograde-demo", "identity": "sub"}])
    for member in _members(tool, platform).json()["members"]:
        assert set(member) == {"status", "user_id", "roles"}


# What has changed


def _changes(tool: StandIn, platform: Platform, answer: requests.Response) -> requests.Response:
    """What the address for changes of the last page gives now."""
    link = re.search(r'<([^>]+)>; rel="differences"', answer.headers["Link"])
    assert link is not None
    return _members(tool, platform, link[1])


def _statuses(answer: requests.Response) -> dict[str, str]:
    return {member["user_id"]: member["status"] for member in answer.json()["members"]}


def test_changes_are_told_once_with_those_who_were_taken_out(
    tool: StandIn, platform: Platform
) -> None:
    platform.seed(people=[{"id": "gita", "given_name": "Gita"}])
    before = _members(tool, platform)
    assert _statuses(_changes(tool, platform, before)) == {}
    platform.unenrol("ada")
    platform.suspend("ben")
    platform.enrol("gita", "Learner")
    platform.enrol("chiara", "Learner")  # as before: no change
    changed = _changes(tool, platform, before)
    assert _statuses(changed) == {
        platform.sub("ada"): "Deleted",
        platform.sub("ben"): "Inactive",
        platform.sub("gita"): "Active",
    }
    assert _statuses(_changes(tool, platform, changed)) == {}
    assert platform.sub("ada") not in _statuses(_members(tool, platform))
    platform.enrol("ada")
    assert _statuses(_changes(tool, platform, changed)) == {platform.sub("ada"): "Active"}


def test_a_change_between_two_pages_is_not_lost(tool: StandIn, platform: Platform) -> None:
    first = _members(tool, platform, limit=5, role="Learner")
    assert "differences" not in first.headers["Link"]
    platform.suspend("ada")
    link = re.search(r'<([^>]+)>; rel="next"', first.headers["Link"])
    assert link is not None
    last = _members(tool, platform, link[1])
    assert _statuses(_changes(tool, platform, last)) == {platform.sub("ada"): "Inactive"}


@pytest.mark.parametrize("since", ["-1", "soon", "999999"])
def test_a_token_that_was_never_given_out_is_refused(
    tool: StandIn, platform: Platform, since: str
) -> None:
    assert _members(tool, platform, since=since).status_code == 400


def test_not_every_platform_tells_changes(tool: StandIn, platform: Platform) -> None:
    platform.manner("moodle")
    assert "Link" not in _members(tool, platform).headers


def test_somebody_taken_out_is_no_member_and_cannot_launch(
    tool: StandIn, platform: Platform, ada: Visitor
) -> None:
    platform.unenrol("ada")
    assert ada.get("/courses/pa-aut").status_code == 404
    with pytest.raises(PlatformError, match="not enrolled"):
        platform.begin("ada")
    with pytest.raises(PlatformError, match="roles are needed"):
        platform.seed(people=[{"id": "new"}])
        platform.enrol("new")


def test_teachers_change_who_is_in_the_course(
    tool: StandIn, platform: Platform, tomas: Visitor, ada: Visitor
) -> None:
    people = "/courses/pa-aut/people"
    assert "Suspend" not in ada.get(people).text
    assert tomas.post(f"{people}/ada", people, change="suspend").status_code == 302
    assert "suspended" in tomas.get(people).text
    assert tomas.post(f"{people}/ada", people, change="return").status_code == 302
    assert ada.post(f"{people}/ben", "/courses/pa-aut", change="remove").status_code == 403
    assert tomas.post(f"{people}/tomas", people, change="remove").status_code == 400
    tomas.post(f"{people}/ben", people, change="remove")
    assert platform.sub("ben") not in _statuses(_members(tool, platform))
    tomas.post(f"{people}/add", people, person="ben", role="Instructor#Grader")
    graders = _members(tool, platform, role="Instructor#Grader")
    assert platform.sub("ben") in _statuses(graders)
