"""Groups of a course."""

from __future__ import annotations

import re
from typing import Any

import jwt
import pytest
import requests

from practice_lms import vocabulary
from tests.practice_lms.platform import Platform, PlatformError
from tests.practice_lms.stand_in import StandIn
from tests.practice_lms.visitor import Visitor

PATH = "/lti/courses/pa-aut/groups"
SETS = "/lti/courses/pa-aut/groupsets"


def _get(
    tool: StandIn, platform: Platform, path: str, accept: str = vocabulary.GROUPS, **query: Any
) -> requests.Response:
    headers = {**tool.bearer(vocabulary.SCOPE_GROUPS), "Accept": accept}
    return platform.get(path, params=query, headers=headers)


def test_the_claim_leads_to_groups_and_their_sets(tool: StandIn, platform: Platform) -> None:
    claims = jwt.decode(platform.id_token(nonce="n"), options={"verify_signature": False})
    claim = claims[vocabulary.GROUPS_CLAIM]
    assert claim["scope"] == [vocabulary.SCOPE_GROUPS]
    assert claim["service_versions"] == ["1.0"]
    answer = _get(tool, platform, claim["context_groups_url"])
    assert answer.headers["Content-Type"] == vocabulary.GROUPS
    assert answer.json()["id"] == claim["context_groups_url"]
    assert answer.json()["groups"] == [
        {"id": "group-1", "name": "Monday group", "set_id": "tutor-groups"},
        {"id": "group-2", "name": "Thursday group", "set_id": "tutor-groups"},
    ]
    sets = _get(tool, platform, claim["context_group_sets_url"], vocabulary.GROUP_SETS)
    assert sets.headers["Content-Type"] == vocabulary.GROUP_SETS
    assert sets.json()["sets"] == [{"id": "tutor-groups", "name": "Tutor groups"}]


def test_groups_come_in_pages_and_by_person(tool: StandIn, platform: Platform) -> None:
    groups = [{"id": "solo", "name": "Solo", "tag": "t", "members": ["ada"]}]
    platform.seed([{"id": "pa-aut", "groups": groups}])
    first = _get(tool, platform, PATH, limit=2)
    link = re.search(r'<([^>]+)>; rel="next"', first.headers["Link"])
    assert link is not None
    last = _get(tool, platform, link[1]).json()["groups"]
    assert last == [{"id": "solo", "name": "Solo", "tag": "t"}]
    own = _get(tool, platform, PATH, user_id=platform.sub("ada")).json()["groups"]
    assert [group["id"] for group in own] == ["group-1", "solo"]
    assert _get(tool, platform, PATH, user_id="stranger").status_code == 404
    with pytest.raises(PlatformError, match="nobody"):
        platform.seed(
            [{"id": "pa-aut", "groups": [{"id": "x", "name": "X", "members": ["nobody"]}]}]
        )


def test_the_roster_tells_who_is_in_which_group(tool: StandIn, platform: Platform) -> None:
    headers = tool.bearer(vocabulary.SCOPE_MEMBERS)
    path = "/lti/courses/pa-aut/members"
    members = platform.get(f"{path}?groups=true", headers=headers).json()["members"]
    found = {member["user_id"]: member["group_enrollments"] for member in members}
    assert found[platform.sub("ada")] == [{"group_id": "group-1"}]
    assert found[platform.sub("tomas")] == []
    without = platform.get(path, headers=headers).json()["members"]
    assert not any("group_enrollments" in member for member in without)


def test_the_scope_is_needed(tool: StandIn, platform: Platform) -> None:
    for path in (PATH, SETS):
        assert platform.get(path, headers=tool.bearer(vocabulary.SCOPE_SCORE)).status_code == 403


def test_not_every_platform_has_the_service(tool: StandIn, platform: Platform) -> None:
    platform.manner("moodle")
    claims = jwt.decode(platform.id_token(nonce="n"), options={"verify_signature": False})
    assert vocabulary.GROUPS_CLAIM not in claims


def test_people_see_the_groups(ada: Visitor) -> None:
    assert "Learner · Monday group" in ada.get("/courses/pa-aut/people").text
