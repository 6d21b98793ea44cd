"""Adding activities from a tool."""

from __future__ import annotations

import time
from typing import Any

import pytest

from practice_lms import vocabulary
from tests.practice_lms.platform import Platform, browser_session
from tests.practice_lms.stand_in import Claims, SigningKey, StandIn
from tests.practice_lms.visitor import Visitor

DL = vocabulary.DEEP_LINKING_CLAIM
CLAIM = vocabulary.CLAIM
ITEM = {
    "type": "ltiResourceLink",
    "title": "Practical 2",
    "text": "The second one",
    "custom": {"assessment": "second"},
    "lineItem": {"scoreMaximum": 40, "label": "Second", "tag": "t", "resourceId": "r"},
}


def _request(tool: StandIn, platform: Platform, **choice: Any) -> Claims:
    with browser_session() as session:
        return tool.claims_of(platform.launch(session, "tomas", message="deep_linking", **choice))


def _settings(request: Claims) -> Claims:
    return dict(request[f"{DL}deep_linking_settings"])


def test_the_request_says_what_is_wanted(tool: StandIn, platform: Platform) -> None:
    request = _request(tool, platform)
    settings = request[f"{DL}deep_linking_settings"]
    assert request[f"{CLAIM}message_type"] == "LtiDeepLinkingRequest"
    assert settings["deep_link_return_url"] == f"{platform.url}/lti/deep-linking/return"
    assert settings["accept_types"] == ["ltiResourceLink"]
    assert settings["accept_multiple"] is True
    assert settings["data"]
    assert f"{CLAIM}resource_link" not in request


def test_an_activity_with_its_column_is_added_and_can_be_launched(
    tool: StandIn, platform: Platform
) -> None:
    answer = platform.deep_linking_return(
        tool.deep_linking_response(
            _request(tool, platform), [ITEM, {**ITEM, "title": "Practical 3"}]
        )
    )
    assert answer.status_code == 200
    assert "Practical 3" in answer.text
    added = [link for link in platform.control("courses", {})["line_items"] if link != "practical"]
    assert len(added) == 2
    with browser_session() as session:
        claims = tool.claims_of(platform.launch(session, "ada", added[0]))
    assert claims[f"{CLAIM}custom"] == {"assessment": "second"}
    assert claims[vocabulary.AGS_CLAIM]["lineitem"] == platform.line_item_url(added[0])
    column = platform.get(platform.line_item_url(added[0]), headers=tool.bearer()).json()
    assert (column["scoreMaximum"], column["label"], column["tag"]) == (40, "Second", "t")


@pytest.mark.parametrize(
    ("changes", "cause"),
    [
        ({"aud": "https://other.example"}, "udience"),
        ({"iss": "unknown"}, "issuer"),
        ({"exp": int(time.time()) - 600}, "expired"),
        ({"iat": None}, "iat"),
        ({"nonce": None}, "nonce"),
        ({f"{CLAIM}message_type": "LtiResourceLinkRequest"}, "message type"),
        ({f"{CLAIM}version": "2.0"}, "version"),
        ({f"{CLAIM}deployment_id": "7"}, "deployment"),
        ({f"{DL}data": None}, "data"),
        ({f"{DL}data": "made up"}, "data"),
        ({f"{DL}content_items": "none"}, "list"),
    ],
)
def test_a_wrong_response_adds_nothing(
    tool: StandIn, platform: Platform, changes: dict[str, Any], cause: str
) -> None:
    jwt = tool.deep_linking_response(_request(tool, platform), [ITEM], **changes)
    answer = platform.deep_linking_return(jwt)
    assert answer.status_code == 400
    assert cause in answer.text
    assert list(platform.control("courses", {})["line_items"]) == ["practical"]


def test_a_response_signed_by_somebody_else_adds_nothing(tool: StandIn, platform: Platform) -> None:
    jwt = tool.deep_linking_response(_request(tool, platform), [ITEM], key=SigningKey())
    assert platform.deep_linking_return(jwt).status_code == 400


def test_a_request_is_answered_once(tool: StandIn, platform: Platform) -> None:
    request = _request(tool, platform)
    jwt = tool.deep_linking_response(request, [ITEM])
    assert platform.deep_linking_return(jwt).status_code == 200
    assert "nonce was used" in platform.deep_linking_return(jwt).text
    again = platform.deep_linking_return(tool.deep_linking_response(request, [ITEM]))
    assert "answered before" in again.text


def test_only_the_teacher_who_asked_may_return(tool: StandIn, platform: Platform) -> None:
    jwt = tool.deep_linking_response(_request(tool, platform), [ITEM])
    assert platform.deep_linking_return(jwt, user="ada").status_code == 400
    assert platform.post("/lti/deep-linking/return", data={"JWT": jwt}).status_code == 400
    assert platform.deep_linking_return(jwt).status_code == 200


def test_a_learner_cannot_add_by_asking(tool: StandIn, platform: Platform) -> None:
    with browser_session() as session:
        request = tool.claims_of(platform.launch(session, "ada", message="deep_linking"))
    answer = platform.deep_linking_return(tool.deep_linking_response(request, [ITEM]), user="ada")
    assert answer.status_code == 403


@pytest.mark.parametrize(
    ("item", "cause"),
    [
        ({"type": "html", "html": "<b>x</b>"}, "html"),
        ({**ITEM, "url": "https://evil.example/launch"}, "evil.example"),
        ({**ITEM, "custom": {"n": 5}}, "custom"),
        ({**ITEM, "lineItem": {"scoreMaximum": 0}}, "scoreMaximum"),
        ({**ITEM, "title": 5}, "title"),
        ("text", "text"),
    ],
)
def test_a_wrong_item_is_left_out_and_named(
    tool: StandIn, platform: Platform, item: Any, cause: str
) -> None:
    jwt = tool.deep_linking_response(_request(tool, platform), [item, ITEM])
    answer = platform.deep_linking_return(jwt)
    assert answer.status_code == 200
    assert "Left out" in answer.text
    assert cause in answer.text
    assert "Practical 2" in answer.text


def test_a_tool_that_adds_nothing_may_say_why(tool: StandIn, platform: Platform) -> None:
    said: dict[str, Any] = {f"{DL}errormsg": "Nothing is published <yet>"}
    jwt = tool.deep_linking_response(_request(tool, platform), [], **said)
    answer = platform.deep_linking_return(jwt)
    assert "Nothing was added" in answer.text
    assert "Nothing is published &lt;yet&gt;" in answer.text


@pytest.mark.parametrize("choice", [{"settings": {"data": None}}, {"without": ["data"]}])
def test_a_request_without_data_is_known_by_its_address(
    tool: StandIn, platform: Platform, choice: dict[str, Any]
) -> None:
    request = _request(tool, platform, **choice)
    settings = _settings(request)
    assert settings.get("data") is None
    assert ("data" in settings) == ("settings" in choice)
    jwt = tool.deep_linking_response(request, [ITEM])
    assert platform.deep_linking_return(jwt).status_code == 400
    answer = platform.deep_linking_return(jwt, url=settings["deep_link_return_url"])
    assert answer.status_code == 200
    assert "Practical 2" in answer.text


def test_what_was_not_asked_for_is_not_taken(tool: StandIn, platform: Platform) -> None:
    settings = {"accept_multiple": False, "accept_lineitem": False, "auto_create": False}
    request = _request(tool, platform, settings=settings)
    assert settings.items() <= _settings(request).items()
    jwt = tool.deep_linking_response(request, [ITEM, {**ITEM, "title": "Practical 3"}])
    answer = platform.deep_linking_return(jwt)
    assert "only one item was asked for" in answer.text
    assert "Practical 3" not in answer.text
    assert list(platform.control("courses", {})["columns"]) == ["practical"]
    request = _request(tool, platform, settings={"accept_types": ["link"]})
    answer = platform.deep_linking_return(tool.deep_linking_response(request, [ITEM]))
    assert "was not asked for" in answer.text


def test_the_tool_may_speak_to_the_person(tool: StandIn, platform: Platform) -> None:
    said: dict[str, Any] = {f"{DL}msg": "Two are still drafts", f"{DL}errormsg": "One was lost"}
    jwt = tool.deep_linking_response(_request(tool, platform), [ITEM], **said)
    answer = platform.deep_linking_return(jwt)
    assert "Two are still drafts" in answer.text
    assert "One was lost" in answer.text
    assert "data-leave" not in answer.text


def test_dates_and_presentation_of_an_item_are_kept(
    tool: StandIn, platform: Platform, ada: Visitor
) -> None:
    item = {
        **ITEM,
        "available": {"startDateTime": "2026-11-01T08:00:00Z"},
        "submission": {"endDateTime": "2026-12-01T12:30:00+02:00"},
        "custom": {"until": "$ResourceLink.submission.endDateTime"},
    }
    framed = {**item, "title": "In a frame", "iframe": {"height": 700}, "window": {}}
    own = {**item, "title": "In a window", "window": {"targetName": "practical"}}
    request = _request(tool, platform)
    platform.deep_linking_return(tool.deep_linking_response(request, [framed, own]))
    page = ada.get("/courses/pa-aut").text
    assert "Open from 1 November 2026, 08:00 UTC." in page
    assert "Hand in by 1 December 2026, 10:30 UTC." in page
    assert page.count("opens in a window") == 1
    links = list(platform.control("courses", {})["columns"])[1:]
    shown = [ada.get(f"/activities/{link}").text for link in links]
    assert 'data-height="700"' in shown[0]
    assert "iframe" not in shown[1]
    assert 'target="practical"' in shown[1]
    with browser_session() as session:
        claims = tool.claims_of(platform.launch(session, "ada", links[0]))
    assert claims[f"{CLAIM}custom"] == {"until": "2026-12-01T12:30:00+02:00"}


@pytest.mark.parametrize(
    "changes",
    [
        {"available": "soon"},
        {"submission": {"endDateTime": "tomorrow"}},
        {"submission": {"endDateTime": 5}},
        {"iframe": {"height": -1}},
        {"window": "large"},
    ],
)
def test_wrong_dates_and_sizes_are_left_out_and_named(
    tool: StandIn, platform: Platform, changes: dict[str, Any]
) -> None:
    jwt = tool.deep_linking_response(_request(tool, platform), [{**ITEM, **changes}])
    answer = platform.deep_linking_return(jwt)
    assert next(iter(changes)) in answer.text
    assert "Nothing was added" in answer.text
