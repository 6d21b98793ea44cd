"""Asking a tool what it knows about somebody."""

from __future__ import annotations

from typing import Any

import pytest

from practice_lms import vocabulary
from tests.practice_lms.platform import Platform, PlatformError, browser_session, forms
from tests.practice_lms.stand_in import StandIn
from tests.practice_lms.visitor import Visitor

CLAIM = vocabulary.CLAIM


def _launch(tool: StandIn, platform: Platform, user: str, **choice: Any) -> Any:
    with browser_session() as session:
        return tool.claims_of(platform.launch(session, user, message="data_privacy", **choice))


def test_about_oneself(tool: StandIn, platform: Platform) -> None:
    claims = _launch(tool, platform, "ada")
    assert claims[f"{CLAIM}message_type"] == "DataPrivacyLaunchRequest"
    assert claims["sub"] == platform.sub("ada")
    assert claims[f"{CLAIM}roles"] == [
        f"{vocabulary.INSTITUTION}#Student",
        f"{vocabulary.SYSTEM}#User",
    ]
    without = {"for_user", "context", "resource_link"}
    assert not {f"{CLAIM}{name}" for name in without} & set(claims)
    assert vocabulary.AGS_CLAIM not in claims
    assert claims[f"{CLAIM}launch_presentation"]["return_url"] == f"{platform.url}/privacy"


def test_an_administrator_asks_about_anybody(tool: StandIn, platform: Platform) -> None:
    claims = _launch(tool, platform, "ingrid", for_user="ada")
    assert f"{vocabulary.SYSTEM}#Administrator" in claims[f"{CLAIM}roles"]
    assert claims[f"{CLAIM}for_user"]["user_id"] == platform.sub("ada")
    assert claims[f"{CLAIM}for_user"]["roles"][-1] == f"{vocabulary.SYSTEM}#User"
    for user in ("ada", "tomas"):
        with pytest.raises(PlatformError, match="may not ask"):
            _launch(tool, platform, user, for_user="ben")


def test_later_platforms_name_the_message_as_the_others(tool: StandIn, platform: Platform) -> None:
    platform.manner("strict", data_privacy_message="LtiDataPrivacyLaunchRequest")
    claims = _launch(tool, platform, "ada")
    assert claims[f"{CLAIM}message_type"] == "LtiDataPrivacyLaunchRequest"
    document = platform.get("/.well-known/openid-configuration").json()
    listed = document[vocabulary.PLATFORM_CONFIGURATION]["messages_supported"]
    assert {"type": "LtiDataPrivacyLaunchRequest"} in listed


def test_the_pages_ask_for_oneself_and_for_others(
    tool: StandIn, platform: Platform, ada: Visitor, ingrid: Visitor
) -> None:
    assert "What do tools know about me?" in ada.get("/privacy").text
    assert forms(ada.get("/privacy/cograde-demo").text)[0].action == f"{tool.url}/lti/login/"
    assert "What tools know" not in ada.get("/courses/pa-aut/people").text
    assert ada.get("/privacy?about=ben").status_code == 403
    assert ada.get("/privacy/cograde-demo?about=ben").status_code == 403
    assert "/privacy?about=ben" in ingrid.get("/courses/pa-aut/people").text
    assert "about Ben Sørensen?" in ingrid.get("/privacy?about=ben").text
    assert ingrid.get("/privacy/cograde-demo?about=ben").status_code == 200
    platform.seed(tools=[{"client_id": "cograde-demo", "messages": {}}])
    assert "No tool of this LMS can be asked" in ada.get("/privacy").text
