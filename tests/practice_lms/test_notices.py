"""Notices that the LMS sends to tools."""

from __future__ import annotations

from typing import Any

import pytest
import requests

from practice_lms import vocabulary
from tests.practice_lms.platform import Platform, browser_session
from tests.practice_lms.stand_in import StandIn
from tests.practice_lms.visitor import Visitor

CLAIM = vocabulary.CLAIM
PATH = "/lti/notice-handlers/1"
HELLO = vocabulary.HELLO_WORLD_NOTICE
COPY = vocabulary.CONTEXT_COPY_NOTICE


def test_the_claim_says_where_to_ask(tool: StandIn, platform: Platform) -> None:
    with browser_session() as session:
        claims = tool.claims_of(platform.launch(session, "ada"))
    assert claims[f"{CLAIM}platformnotificationservice"] == {
        "service_versions": ["1.0"],
        "platform_notification_service_url": f"{platform.url}{PATH}",
        "scope": [vocabulary.SCOPE_NOTICES],
        "notice_types_supported": list(vocabulary.NOTICES),
    }
    platform.manner("moodle")
    with browser_session() as session:
        claims = tool.claims_of(platform.launch(session, "ada"))
    assert f"{CLAIM}platformnotificationservice" not in claims


def test_a_handler_is_set_greeted_listed_and_removed(tool: StandIn, platform: Platform) -> None:
    handler = f"{tool.url}/lti/notices/"
    body: dict[str, Any] = {"notice_type": HELLO, "handler": handler, "max_batch_size": 20}
    assert tool.put_handler(**body).json() == body
    (sent,) = platform.notices(HELLO)
    assert sent["status"] == 200
    (claims,) = tool.received()
    assert claims[f"{CLAIM}deployment_id"] == "1"
    assert claims[f"{CLAIM}version"] == "1.3.0"
    assert claims[f"{CLAIM}notice"]["type"] == HELLO
    assert {"id", "timestamp"} < set(claims[f"{CLAIM}notice"])
    assert {"iss", "aud", "iat", "exp", "nonce"} < set(claims)
    assert "sub" not in claims
    headers = tool.bearer(vocabulary.SCOPE_NOTICES)
    listed = platform.get(PATH, headers=headers).json()
    assert (listed["client_id"], listed["deployment_id"]) == ("cograde-demo", "1")
    assert body in listed["notice_handlers"]
    assert {"notice_type": COPY, "handler": ""} in listed["notice_handlers"]
    assert tool.put_handler(notice_type=HELLO, handler="").json()["handler"] == ""
    assert not platform.notify(HELLO)


@pytest.mark.parametrize(
    ("changes", "cause"),
    [
        ({"notice_type": "LtiMoonNotice"}, "notice_type"),
        ({"handler": "https://evil.example/"}, "domain"),
        ({"handler": None}, "handler"),
        ({"max_batch_size": 9}, "max_batch_size"),
        ({"max_batch_size": "many"}, "max_batch_size"),
    ],
)
def test_a_wrong_handler_is_refused(
    tool: StandIn, platform: Platform, changes: dict[str, Any], cause: str
) -> None:
    body = {"notice_type": HELLO, "handler": f"{tool.url}/lti/notices/", **changes}
    answer = tool.put_handler(**body)
    assert answer.status_code == 400
    assert cause in answer.json()["title"]
    assert platform.notices() == []


def test_a_token_for_notices_and_an_own_deployment_are_needed(
    tool: StandIn, platform: Platform
) -> None:
    headers = tool.bearer(vocabulary.SCOPE_SCORE)
    assert platform.get(PATH, headers=headers).status_code == 403
    headers = tool.bearer(vocabulary.SCOPE_NOTICES)
    assert platform.get("/lti/notice-handlers/2", headers=headers).status_code == 404


def test_a_copied_course_is_told(tool: StandIn, platform: Platform, tomas: Visitor) -> None:
    assert tool.put_handler(notice_type=COPY).ok
    platform.copy_course(id="copy", title="Spring")
    assert [sent["status"] for sent in platform.notices(COPY)] == [200]
    (claims,) = tool.received()
    assert claims[f"{CLAIM}context"] == {
        "id": "copy",
        "label": "PA-AUT",
        "title": "Spring",
        "type": [vocabulary.COURSE_OFFERING],
    }
    assert claims[f"{CLAIM}origin_contexts"] == ["pa-aut"]
    page = tomas.get("/courses/pa-aut/tools").text
    assert "Is told of" in page
    assert "answered 200" in page


def test_batches_are_no_larger_than_the_tool_takes(tool: StandIn, platform: Platform) -> None:
    assert tool.put_handler(notice_type=COPY, max_batch_size=10).ok
    assert platform.notify(COPY, 25, claims={"x": 1})
    platform.notices()
    assert sorted(len(body["notices"]) for body in tool.notices) == [5, 10, 10]
    ids = {claims[f"{CLAIM}notice"]["id"] for claims in tool.received()}
    assert len(ids) == 25


def test_a_notice_is_sent_once_whatever_becomes_of_it(tool: StandIn, platform: Platform) -> None:
    assert tool.put_handler(notice_type=COPY).ok
    tool.notice_status = 503
    platform.notify(COPY)
    assert [sent["status"] for sent in platform.notices()] == [503]
    assert len(tool.notices) == 1
    platform.seed(
        tools=[{"client_id": "lost", "deployments": ["l"], "launch_url": "http://127.0.0.1:9/"}]
    )
    token = tool.ask_token(tool.assertion(iss="lost", sub="lost")).json()["access_token"]
    requests.put(
        f"{platform.base}/lti/notice-handlers/l",
        json={"notice_type": HELLO, "handler": "http://127.0.0.1:9/notices"},
        headers={"Authorization": f"Bearer {token}"},
        timeout=5,
    )
    (sent,) = platform.notices(HELLO)
    assert sent["status"] == -1
    assert sent["error"]
