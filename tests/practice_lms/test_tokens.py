"""The token endpoint."""

from __future__ import annotations

import time
from typing import Any

import jwt
import pytest

from practice_lms import vocabulary
from tests.practice_lms.platform import Platform
from tests.practice_lms.stand_in import SigningKey, StandIn


def test_a_signed_assertion_buys_a_token_for_an_hour(tool: StandIn) -> None:
    answer = tool.ask_token(scope=f"{vocabulary.SCOPE_SCORE} {vocabulary.SCOPE_RESULT}")
    body = answer.json()
    assert answer.status_code == 200
    assert answer.headers["Cache-Control"] == "no-store"
    assert body["token_type"] == "Bearer"
    assert body["expires_in"] == 3600
    assert body["scope"].split() == [vocabulary.SCOPE_SCORE, vocabulary.SCOPE_RESULT]


def test_scopes_that_the_tool_lacks_are_dropped(tool: StandIn) -> None:
    body = tool.ask_token(scope=f"{vocabulary.SCOPE_SCORE} https://other.example/scope").json()
    assert body["scope"] == vocabulary.SCOPE_SCORE


@pytest.mark.parametrize(
    ("changes", "status", "error"),
    [
        ({"scope": "https://other.example/scope"}, 400, "invalid_scope"),
        ({"scope": ""}, 400, "invalid_scope"),
        ({"grant_type": "password"}, 400, "unsupported_grant_type"),
        ({"grant_type": ""}, 400, "invalid_request"),
        ({"client_assertion_type": "basic"}, 400, "invalid_request"),
        ({"client_assertion": "no.jwt.here"}, 401, "invalid_client"),
    ],
)
def test_a_wrong_request_is_refused(
    tool: StandIn, changes: dict[str, str], status: int, error: str
) -> None:
    answer = tool.ask_token(**changes)
    assert (answer.status_code, answer.json()["error"]) == (status, error)
    assert answer.json()["error_description"]


@pytest.mark.parametrize(
    "changes",
    [
        {"iss": "other"},
        {"sub": "unknown", "iss": "unknown"},
        {"sub": None},
        {"aud": "https://other.example/token"},
        {"aud": None},
        {"exp": int(time.time()) - 3600},
        {"exp": None},
        {"iat": None},
        {"iat": int(time.time()) + 3600},
        {"jti": None},
    ],
)
def test_a_wrong_assertion_is_refused(tool: StandIn, changes: dict[str, Any]) -> None:
    answer = tool.ask_token(tool.assertion(**changes))
    assert (answer.status_code, answer.json()["error"]) == (401, "invalid_client")


def test_an_assertion_counts_once(tool: StandIn) -> None:
    assertion = tool.assertion()
    assert tool.ask_token(assertion).status_code == 200
    again = tool.ask_token(assertion)
    assert again.status_code == 401
    assert "jti" in again.json()["error_description"]


def test_an_assertion_signed_by_another_key_is_refused(tool: StandIn) -> None:
    assert tool.ask_token(tool.assertion(key=SigningKey())).status_code == 401


def test_a_key_that_only_borrows_the_kid_is_refused(tool: StandIn) -> None:
    thief = SigningKey()
    thief.kid = tool.key.kid
    assert tool.ask_token(tool.assertion(key=thief)).status_code == 401


@pytest.mark.parametrize("algorithm", ["HS256", "none"])
def test_other_algorithms_are_refused(tool: StandIn, algorithm: str) -> None:
    claims = jwt.decode(tool.assertion(), options={"verify_signature": False})
    secret = "x" * 32 if algorithm == "HS256" else ""
    forged = jwt.encode(claims, secret, algorithm=algorithm, headers={"kid": tool.key.kid})
    answer = tool.ask_token(forged)
    assert answer.status_code == 401
    assert "RS256" in answer.json()["error_description"]


def test_a_new_key_of_the_tool_is_found_without_waiting(tool: StandIn) -> None:
    assert tool.ask_token().status_code == 200
    fresh = SigningKey()
    tool.published.append(fresh.jwk)
    assert tool.ask_token(tool.assertion(key=fresh)).status_code == 200
    assert tool.fetched == ["/lti/jwks.json"] * 2


def test_a_key_set_kept_with_the_registration_is_used(tool: StandIn, platform: Platform) -> None:
    other = SigningKey()
    platform.seed(tools=[{"client_id": "offline", "jwks_url": "", "jwks": {"keys": [other.jwk]}}])
    answer = tool.ask_token(tool.assertion(key=other, iss="offline", sub="offline"))
    assert answer.status_code == 200
    assert tool.fetched == []


def test_a_tool_that_is_switched_off_gets_no_token(tool: StandIn, platform: Platform) -> None:
    platform.activate("cograde-demo", False)
    answer = tool.ask_token()
    assert answer.status_code == 401
    assert "activate" in answer.json()["error_description"]


def test_a_key_set_out_of_reach_is_said(tool: StandIn, platform: Platform) -> None:
    platform.seed(tools=[{"client_id": "lost", "jwks_url": "http://127.0.0.1:9/keys"}])
    answer = tool.ask_token(tool.assertion(iss="lost", sub="lost"))
    assert answer.status_code == 401
    assert "cannot be reached" in answer.json()["error_description"]
