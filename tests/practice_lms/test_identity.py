"""How much of people tools learn, and who people were before."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import jwt
import pytest

from practice_lms import vocabulary
from practice_lms.legacy import signature
from practice_lms.rows import Enrolment, Tool, row_of
from tests.practice_lms.platform import Platform, PlatformError
from tests.practice_lms.stand_in import StandIn

CLAIM = vocabulary.CLAIM
NAMES = {"name", "given_name", "family_name", "email"}


def _claims(platform: Platform, **choice: Any) -> dict[str, Any]:
    token = platform.id_token(nonce="n", **choice)
    return dict(jwt.decode(token, options={"verify_signature": False}))


def test_a_tool_that_gets_no_names_gets_none(tool: StandIn, platform: Platform) -> None:
    platform.seed(tools=[{"client_id": "cograde-demo", "identity": "sub"}])
    claims = _claims(platform)
    assert claims["sub"] == platform.sub("ada")
    assert not NAMES & set(claims)
    assert "ada" not in json.dumps(claims).replace(platform.sub("ada"), "")


def test_an_anonymous_launch_tells_the_role_alone(tool: StandIn, platform: Platform) -> None:
    start = platform.begin(identity="none")
    assert start.login.fields["login_hint"].startswith("anonymous-")
    claims = _claims(platform, identity="none")
    assert not {"sub", *NAMES} & set(claims)
    assert vocabulary.LEARNER in claims[f"{CLAIM}roles"]
    assert platform.sub("ada") not in json.dumps(claims)
    assert "sub" in _claims(platform)
    with pytest.raises(PlatformError, match="identity"):
        platform.begin(identity="half")


def test_an_anonymous_hint_serves_nobody_else(tool: StandIn, platform: Platform) -> None:
    from tests.practice_lms.platform import authentication_request

    start = platform.begin("ada", identity="none")
    other = platform.begin("ben")
    form = platform.authorize(authentication_request(start, nonce="n"), other.cookie)
    assert form.fields["error"] == "login_required"


def test_the_signature_is_that_of_the_migration_guides_example() -> None:
    made = signature(
        "179248902",
        "my-lti11-secret",
        deployment_id="689302",
        issuer="https://lmsvendor.com",
        client_id="PM48OJSfGDTAzAo",
        expires=1551290856,
        nonce="172we8671fd8z",
    )
    assert made == "lWd54kFo5qU7xshAna6v8BwoBm6tmUjc6GTax6+12ps="


def test_identifiers_of_lti_1_1_come_signed(tool: StandIn, platform: Platform) -> None:
    old = {"consumer_key": "key-1", "consumer_secret": "secret-1"}
    platform.seed(tools=[{"client_id": "cograde-demo", **old}])
    claims = _claims(platform)
    assert claims[f"{CLAIM}lti1p1"] == {
        "user_id": "old-ada",
        "oauth_consumer_key": "key-1",
        "resource_link_id": "old-practical",
        "context_id": "old-pa-aut",
        "oauth_consumer_key_sign": signature(
            "key-1",
            "secret-1",
            deployment_id="1",
            issuer=platform.url,
            client_id="cograde-demo",
            expires=claims["exp"],
            nonce="n",
        ),
    }
    assert "user_id" not in _claims(platform, identity="none")[f"{CLAIM}lti1p1"]
    platform.seed(tools=[{"client_id": "cograde-demo", "consumer_secret": ""}])
    assert "oauth_consumer_key_sign" not in _claims(platform)[f"{CLAIM}lti1p1"]


def test_journals_of_older_versions_are_understood(tmp_path: Path) -> None:
    old = {
        "client_id": "c",
        "name": "C",
        "deployments": ["1"],
        "login_url": "https://tool.example/login",
        "launch_url": "https://tool.example/launch",
        "redirect_uris": ["https://tool.example/launch"],
        "deep_linking_url": "https://tool.example/choose",
        "names": False,
        "active": True,
    }
    tool = row_of("tools", old)
    assert isinstance(tool, Tool)
    assert tool.identity == "sub"
    assert tool.target(vocabulary.DEEP_LINKING_REQUEST) == "https://tool.example/choose"
    left = row_of("enrolments", {"course": "c", "person": "p", "roles": [], "active": False})
    assert isinstance(left, Enrolment)
    assert left.status == "Inactive"
    journal = tmp_path / "lms.jsonl"
    rows = [{"secret": "s"}, {"put": "tools", "row": {**old, "client_id": "cograde-demo"}}]
    journal.write_text("".join(json.dumps(row) + "\n" for row in rows))
    with Platform(data=journal) as lms:
        claims = _claims(lms, message="data_privacy")
        assert "sub" in claims
        assert not NAMES & set(claims)
