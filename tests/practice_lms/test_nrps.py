"""The roster."""

from __future__ import annotations

import re
from typing import Any

import pytest
import requests

from practice_lms import vocabulary
from tests.practice_lms.platform import Platform
from tests.practice_lms.stand_in import StandIn

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
