"""Misbehaviour on demand, the manners of platforms, and the control API itself."""

from __future__ import annotations

import re
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import jwt
import pytest

from practice_lms import vocabulary
from tests.practice_lms.platform import Platform, PlatformError
from tests.practice_lms.stand_in import StandIn, with_part

LATER = "2026-11-20T10:00:01Z"


@pytest.mark.parametrize("status", [401, 409, 429, 500, 503])
def test_an_endpoint_fails_as_often_as_told(tool: StandIn, platform: Platform, status: int) -> None:
    headers = tool.bearer()
    platform.misbehave("scores", status=status, times=2, retry_after=7)
    answers = [tool.post_score(tool.score(), headers=headers) for _ in range(3)]
    assert [answer.status_code for answer in answers] == [status, status, 204]
    assert answers[0].headers["Retry-After"] == "7"
    assert platform.hits() == [2]


def test_a_lost_answer_leaves_the_score_stored(tool: StandIn, platform: Platform) -> None:
    platform.misbehave("scores", status=500, after=True, times=1)
    assert tool.post_score(tool.score()).status_code == 500
    assert (platform.grade("ada") or {})["points"] == 78


def test_a_share_of_requests_fails(platform: Platform) -> None:
    platform.misbehave("jwks", status=503, rate=0.3)
    failed = sum(platform.get("/lti/jwks.json").status_code == 503 for _ in range(60))
    assert 5 < failed < 35


def test_a_rate_limit_refuses_what_is_too_fast(platform: Platform) -> None:
    platform.misbehave("jwks", per_second=2)
    answers = [platform.get("/lti/jwks.json") for _ in range(12)]
    refused = [answer for answer in answers if answer.status_code == 429]
    assert refused
    assert refused[0].headers["Retry-After"] == "1"


def test_an_answer_may_be_slow_or_of_a_wrong_type(platform: Platform) -> None:
    platform.misbehave("jwks", delay=0.2, content_type="text/html")
    started = time.monotonic()
    answer = platform.get("/lti/jwks.json")
    assert time.monotonic() - started >= 0.2
    assert answer.headers["Content-Type"] == "text/html"
    assert answer.json()["keys"]


def test_an_id_token_may_be_signed_with_a_key_that_nobody_knows(
    tool: StandIn, platform: Platform
) -> None:
    platform.misbehave("id_token", expired_key=True, times=1)
    published = {key["kid"] for key in platform.get("/lti/jwks.json").json()["keys"]}
    assert jwt.get_unverified_header(platform.id_token(nonce="n"))["kid"] not in published
    assert jwt.get_unverified_header(platform.id_token(nonce="n"))["kid"] in published


def test_a_rule_may_be_for_one_tool(tool: StandIn, platform: Platform) -> None:
    platform.misbehave("members", status=500, client_id="other")
    answer = platform.get("/lti/courses/pa-aut/members", headers=tool.bearer())
    assert answer.status_code == 200


@pytest.mark.parametrize(
    "rule",
    [{"endpoint": "moon"}, {"endpoint": "jwks", "status": 299}, {"endpoint": "jwks", "x": 1}],
)
def test_a_rule_that_means_nothing_is_refused(platform: Platform, rule: dict[str, object]) -> None:
    with pytest.raises(PlatformError, match="400"):
        platform.misbehave_all([rule])


def test_moodles_manner(tool: StandIn, platform: Platform) -> None:
    platform.manner("moodle")
    headers = tool.bearer()
    url = platform.line_item_url()
    assert url.endswith("?type_id=1")
    path = url.partition("?")[0]
    assert tool.post_score(tool.score(), url=f"{path}/scores", headers=headers).status_code == 404
    ok = tool.post_score(tool.score(scoreGiven=120), headers=headers)
    assert (ok.status_code, ok.json()) == (200, [])
    assert (platform.grade("ada") or {})["points"] == 100
    refused = tool.post_score(tool.score("tomas"), headers=headers)
    assert (refused.status_code, refused.json()) == (400, [])
    assert "not a learner" in refused.reason
    assert tool.post_score(tool.score(), headers=headers).status_code == 409
    erased = tool.post_score(
        tool.score(gradingProgress="Pending", timestamp=LATER), headers=headers
    )
    assert erased.status_code == 200
    grade = platform.grade("ada") or {}
    assert (grade["points"], grade["comment"]) == (None, "")


def test_moodle_pages_only_when_asked_and_in_curly_quotes(
    tool: StandIn, platform: Platform
) -> None:
    platform.manner("moodle")
    headers = tool.bearer()
    for user in ("ada", "ben", "chiara"):
        tool.post_score(tool.score(user), headers=headers)
    results = with_part(platform.line_item_url(), "results")
    assert "Link" not in platform.get(results, headers=headers).headers
    assert platform.get(f"{results}&limit=2", headers=headers).status_code == 404
    platform.manner("moodle", results_without_limit=False)
    answer = platform.get(f"{results}&limit=2", headers=headers)
    link = answer.headers["Link"].encode("latin-1").decode()
    assert re.fullmatch(r"<[^>]+\?type_id=1&amp;limit=2&amp;page=2>; rel=“next”", link)
    members = platform.get("/lti/courses/pa-aut/members?limit=2", headers=headers)
    assert 'rel="next"' in members.headers["Link"]
    assert members.json()["members"][0]["roles"] == ["Learner"]


def test_canvas_manner(tool: StandIn, platform: Platform) -> None:
    platform.manner("canvas")
    headers = tool.bearer()
    first = tool.post_score(tool.score(), headers=headers)
    assert first.json()["resultUrl"].startswith(platform.line_item_url())
    assert tool.post_score(tool.score(comment=None), headers=headers).status_code == 200
    assert (platform.grade("ada") or {})["comment"] == "Well done"
    early = tool.post_score(tool.score(timestamp="2026-11-20T09:59:59.999Z"), headers=headers)
    assert early.status_code == 400
    assert "not later" in early.json()["errors"]["message"]
    assert tool.post_score(tool.score("tomas"), headers=headers).status_code == 422
    silent = {**headers, "User-Agent": ""}
    assert tool.post_score(tool.score(), headers=silent).status_code == 403
    address = "/.well-known/openid-configuration"
    assert platform.get(address).status_code == 401
    token = platform.invite(tool.url)["registration_token"]
    bearer = {"Authorization": f"Bearer {token}"}
    assert platform.get(address, headers=bearer).json()["authorization_server"]
    login = platform.begin().login
    assert login.fields["lti_storage_target"] == "post_message_forwarding"
    claims = jwt.decode(platform.id_token(nonce="n"), options={"verify_signature": False})
    assert claims["azp"] == claims["aud"]
    assert claims["exp"] - claims["iat"] == 3600


def test_canvas_allowance_runs_out_and_refills(tool: StandIn, platform: Platform) -> None:
    headers = tool.bearer()
    results = with_part(platform.line_item_url(), "results")
    platform.manner("canvas")
    fresh = platform.get(results, headers=headers)
    assert fresh.headers["X-Request-Cost"] == "0.5"
    assert 690 < float(fresh.headers["X-Rate-Limit-Remaining"]) < 700
    platform.manner("canvas", rate_allowance=2, rate_cost=1, rate_refill=0, rate_reserve=0)
    answers = [platform.get(results, headers=headers) for _ in range(3)]
    assert [answer.status_code for answer in answers] == [200, 200, 403]
    assert "Rate Limit Exceeded" in answers[2].text
    assert "X-Request-Cost" not in answers[2].headers
    assert float(answers[2].headers["X-Rate-Limit-Remaining"]) <= 0
    platform.manner("canvas", rate_allowance=1, rate_cost=1, rate_refill=20, rate_reserve=0)
    assert platform.get(results, headers=headers).status_code == 200
    time.sleep(0.1)
    assert platform.get(results, headers=headers).status_code == 200


def test_canvas_charges_calls_in_flight(tool: StandIn, platform: Platform) -> None:
    headers = tool.bearer()
    results = with_part(platform.line_item_url(), "results")
    platform.manner("canvas", rate_allowance=90)
    platform.misbehave("results", delay=0.5)
    with ThreadPoolExecutor(4) as pool:
        found = list(pool.map(lambda _: platform.get(results, headers=headers), range(4)))
    assert {answer.status_code for answer in found} == {200, 403}


def test_open_edx_refuses_a_score_that_is_not_later(tool: StandIn, platform: Platform) -> None:
    platform.manner("openedx")
    headers = tool.bearer()
    first = tool.post_score(tool.score(), headers=headers)
    assert (first.status_code, first.json()["scoreGiven"]) == (201, 78)
    assert tool.post_score(tool.score(), headers=headers).status_code == 400
    later = tool.score(timestamp="2026-11-20T10:00:00.001Z")
    assert tool.post_score(later, headers=headers).status_code == 201
    claims = jwt.decode(platform.id_token(nonce="n"), options={"verify_signature": False})
    assert f"{vocabulary.CLAIM}tool_platform" not in claims


def test_sakai_has_two_names(tool: StandIn, platform: Platform) -> None:
    platform.manner("sakai")
    document = platform.get("/.well-known/openid-configuration").json()
    part = document[vocabulary.PLATFORM_CONFIGURATION]
    assert part["product_family_code"] == "sakailms.org"
    listed = [message["type"] for message in part["messages_supported"]]
    assert listed[2:] == ["LtiSubmissionReviewRequest", "LtiDataPrivacyLaunchRequest"]
    claims = jwt.decode(platform.id_token(nonce="n"), options={"verify_signature": False})
    assert claims[f"{vocabulary.CLAIM}tool_platform"]["product_family_code"] == "sakai"


def test_d2l_has_an_audience_of_its_own(tool: StandIn, platform: Platform) -> None:
    platform.manner("d2l")
    assert tool.ask_token().status_code == 401
    aud = "https://api.brightspace.com/auth/token"
    assert tool.ask_token(tool.assertion(aud=aud)).status_code == 200


def test_single_fields_of_a_manner_can_be_set(tool: StandIn, platform: Platform) -> None:
    platform.manner("strict", not_learner_status=404)
    assert tool.post_score(tool.score("tomas")).status_code == 404
    with pytest.raises(PlatformError, match="no manner"):
        platform.manner("ilias")
    with pytest.raises(PlatformError, match="a manner has no"):
        platform.manner("strict", colour="red")


def test_the_log_tells_what_tools_asked(tool: StandIn, platform: Platform) -> None:
    platform.clear_log()
    tool.post_score(tool.score(), headers=tool.bearer(vocabulary.SCOPE_SCORE))
    token, score = platform.log(client="cograde-demo")
    assert (token["endpoint"], token["status"]) == ("token", 200)
    assert (score["method"], score["endpoint"], score["status"]) == ("POST", "scores", 204)
    assert score["scope"] == vocabulary.SCOPE_SCORE
    assert score["body"]["comment"] == "Well done"
    assert platform.log(endpoint="scores", status=409) == []


def test_control_needs_its_token(platform: Platform) -> None:
    assert platform.post("/control/reset").status_code == 401
    wrong = platform.post("/control/reset", headers={"Authorization": "Bearer wrong"})
    assert wrong.status_code == 401


def test_control_is_off_without_a_token_in_the_environment() -> None:
    with Platform(control_token="") as quiet:
        assert quiet.post("/control/reset", headers={"Authorization": "Bearer "}).status_code == 404


@pytest.mark.parametrize(
    ("name", "body"),
    [
        ("launch", {}),
        ("launch", {"user": "nobody"}),
        ("override", {"user": "ada"}),
        ("courses", {"courses": [{}]}),
    ],
)
def test_control_says_what_it_did_not_understand(
    platform: Platform, name: str, body: dict[str, object]
) -> None:
    with pytest.raises(PlatformError, match="400"):
        platform.control(name, body)


def test_grades_and_keys_survive_a_crash(tool: StandIn, tmp_path: Path) -> None:
    journal = tmp_path / "lms.jsonl"
    with Platform(tool_url=tool.url, data=journal) as lms:
        lms.manner("strict")
        here = tool.platform
        tool.__dict__.pop("lms", None)
        tool.platform = lms
        try:
            tool.post_score(tool.score())
            lms.override("ben", 55)
            cookie = lms.begin("ada").cookie
            keys = lms.get("/lti/jwks.json").json()
            lms.stop(how=9)
            with journal.open("a") as file:
                file.write('{"put":"grades","row":{"line_i')  # the crash tore the last line
            lms.start()
            assert (lms.grade("ada") or {})["points"] == 78
            assert (lms.grade("ben") or {})["points"] == 55
            assert lms.get("/lti/jwks.json").json() == keys
            assert lms.get("/courses/pa-aut", cookies=cookie).status_code == 200
            assert journal.stat().st_mode & 0o077 == 0
            lms.reset()
            lms.restart()
            assert lms.gradebook() == []
        finally:
            tool.platform = here
            tool.__dict__.pop("lms", None)


def test_a_damaged_journal_is_not_guessed_at(tmp_path: Path) -> None:
    journal = tmp_path / "lms.jsonl"
    journal.write_text('{"secret":"s"}\nnot json\n{"clear":true}\n')
    lms = Platform(data=journal)
    try:
        with pytest.raises(PlatformError, match="line 2"):
            lms.start()
    finally:
        lms.close()
    assert "not json" in journal.read_text()
