"""Dynamic registration."""

from __future__ import annotations

from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
import requests

from practice_lms import vocabulary
from tests.practice_lms.platform import Platform
from tests.practice_lms.stand_in import Claims, StandIn

CONFIGURATION = vocabulary.TOOL_CONFIGURATION


def _metadata(tool: StandIn, **changes: Any) -> Claims:
    domain = urlsplit(tool.url).netloc
    body = {
        "application_type": "web",
        "response_types": ["id_token"],
        "grant_types": ["implicit", "client_credentials"],
        "initiate_login_uri": f"{tool.url}/lti/login/",
        "redirect_uris": [f"{tool.url}/lti/launch/"],
        "client_name": "Second tool",
        "jwks_uri": f"{tool.url}/lti/jwks.json",
        "token_endpoint_auth_method": "private_key_jwt",
        "scope": f"{vocabulary.SCOPE_SCORE} https://unknown.example/scope",
        CONFIGURATION: {
            "domain": domain,
            "target_link_uri": f"{tool.url}/lti/launch/",
            "claims": ["iss", "sub"],
            "messages": [
                {"type": "LtiResourceLinkRequest"},
                {"type": "LtiDeepLinkingRequest", "target_link_uri": f"{tool.url}/lti/choose/"},
                {"type": "SomethingNew"},
            ],
        },
        **changes,
    }
    return {k: v for k, v in body.items() if v is not None}


def _register(platform: Platform, token: str, body: Any) -> requests.Response:
    headers = {"Authorization": f"Bearer {token}"} if token else {}
    return platform.post("/lti/register", json=body, headers=headers)


def test_a_tool_registers_once_and_waits_for_the_teacher(tool: StandIn, platform: Platform) -> None:
    invitation = platform.invite(f"{tool.url}/lti/register/?tenant=north")
    query = parse_qs(urlsplit(invitation["open_url"]).query)
    assert query["tenant"] == ["north"]
    configuration = platform.get(query["openid_configuration"][0]).json()
    assert configuration["registration_endpoint"] == f"{platform.url}/lti/register"

    token = query["registration_token"][0]
    answer = _register(platform, token, _metadata(tool))
    body = answer.json()
    assert answer.status_code == 201
    assert body["scope"] == vocabulary.SCOPE_SCORE
    assert body[CONFIGURATION]["deployment_id"]
    assert [m["type"] for m in body[CONFIGURATION]["messages"]] == [
        vocabulary.RESOURCE_LINK_REQUEST,
        vocabulary.DEEP_LINKING_REQUEST,
    ]
    assert _register(platform, token, _metadata(tool)).status_code == 401

    assertion = {"iss": body["client_id"], "sub": body["client_id"]}
    assert tool.ask_token(tool.assertion(**assertion)).status_code == 401
    platform.activate(body["client_id"])
    granted = tool.ask_token(tool.assertion(**assertion)).json()
    assert granted["scope"] == vocabulary.SCOPE_SCORE


@pytest.mark.parametrize("token", ["", "made-up", "é"])
def test_registration_needs_its_token(tool: StandIn, platform: Platform, token: str) -> None:
    platform.invite(tool.url)
    answer = _register(platform, token.encode().decode("latin-1"), _metadata(tool))
    assert answer.status_code == 401
    assert answer.json()["error"] == "invalid_token"


@pytest.mark.parametrize(
    ("changes", "error"),
    [
        ({"application_type": "native"}, "invalid_client_metadata"),
        ({"response_types": ["code"]}, "invalid_client_metadata"),
        ({"grant_types": ["implicit"]}, "invalid_client_metadata"),
        ({"grant_types": "implicit"}, "invalid_client_metadata"),
        ({"token_endpoint_auth_method": "client_secret_basic"}, "invalid_client_metadata"),
        ({"client_name": None}, "invalid_client_metadata"),
        ({"initiate_login_uri": None}, "invalid_client_metadata"),
        ({"initiate_login_uri": "https://evil.example/login"}, "invalid_client_metadata"),
        ({"jwks_uri": "file:///etc/passwd"}, "invalid_client_metadata"),
        ({"redirect_uris": []}, "invalid_redirect_uri"),
        ({"redirect_uris": ["https://evil.example/"]}, "invalid_redirect_uri"),
        ({CONFIGURATION: None}, "invalid_client_metadata"),
        ({CONFIGURATION: {"target_link_uri": "x"}}, "invalid_client_metadata"),
    ],
)
def test_wrong_metadata_are_refused_and_may_be_corrected(
    tool: StandIn, platform: Platform, changes: dict[str, Any], error: str
) -> None:
    token = platform.invite(tool.url)["registration_token"]
    answer = _register(platform, token, _metadata(tool, **changes))
    assert answer.status_code == 400
    assert answer.json()["error"] == error
    assert answer.json()["error_description"]
    assert _register(platform, token, _metadata(tool)).status_code == 201


def test_a_body_that_is_no_object_is_refused(tool: StandIn, platform: Platform) -> None:
    token = platform.invite(tool.url)["registration_token"]
    assert _register(platform, token, ["x"]).status_code == 400
