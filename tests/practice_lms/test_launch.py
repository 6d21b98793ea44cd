"""Login, authorisation endpoint and the claims of messages."""

from __future__ import annotations

import time
from typing import Any

import jwt
import pytest

from practice_lms import vocabulary
from tests.practice_lms.platform import Platform, authentication_request, browser_session, forms
from tests.practice_lms.stand_in import StandIn, with_part

CLAIM = vocabulary.CLAIM


def test_a_launch_through_the_tools_login_carries_every_claim(
    tool: StandIn, platform: Platform
) -> None:
    with browser_session() as session:
        form = platform.launch(session, "ada")
    claims = tool.claims_of(form)

    assert form.action == f"{tool.url}/lti/launch/"
    assert form.fields["state"] == "s"
    assert claims["sub"] == platform.sub("ada")
    assert claims["exp"] - claims["iat"] == 60
    assert abs(claims["iat"] - time.time()) < 5
    assert claims["nonce"]
    assert (claims["name"], claims["email"]) == ("Ada Okafor", "ada@practice-lms.example")
    assert claims[f"{CLAIM}message_type"] == "LtiResourceLinkRequest"
    assert claims[f"{CLAIM}version"] == "1.3.0"
    assert claims[f"{CLAIM}deployment_id"] == "1"
    assert claims[f"{CLAIM}target_link_uri"] == f"{tool.url}/lti/launch/"
    assert claims[f"{CLAIM}roles"] == [vocabulary.LEARNER, f"{vocabulary.INSTITUTION}#Student"]
    assert claims[f"{CLAIM}context"] == {
        "id": "pa-aut",
        "label": "PA-AUT",
        "title": "Python Associate · Autumn intake",
        "type": [vocabulary.COURSE_OFFERING],
    }
    assert claims[f"{CLAIM}resource_link"]["id"] == "practical"
    assert claims[f"{CLAIM}custom"] == {"assessment": "python-associate"}
    assert claims[f"{CLAIM}launch_presentation"]["document_target"] == "iframe"
    assert claims[f"{CLAIM}launch_presentation"]["return_url"] == f"{platform.url}/courses/pa-aut"
    assert claims[f"{CLAIM}tool_platform"]["product_family_code"] == "practice-lms"
    assert claims[vocabulary.AGS_CLAIM]["lineitem"] == platform.line_item_url()
    assert set(claims[vocabulary.AGS_CLAIM]["scope"]) == set(vocabulary.AGS_SCOPES)
    assert claims[vocabulary.NRPS_CLAIM]["service_versions"] == ["2.0"]


@pytest.mark.parametrize(
    ("user", "roles"),
    [
        ("tomas", [vocabulary.INSTRUCTOR]),
        ("sofia", [vocabulary.INSTRUCTOR, vocabulary.GRADER]),
        ("ingrid", [vocabulary.ADMINISTRATOR]),
    ],
)
def test_staff_have_their_roles_in_the_course(
    tool: StandIn, platform: Platform, user: str, roles: list[str]
) -> None:
    token = platform.id_token(user, nonce="n")
    claims = jwt.decode(token, options={"verify_signature": False})
    assert [
        role for role in claims[f"{CLAIM}roles"] if role.startswith(vocabulary.MEMBERSHIP)
    ] == roles


def _answer(platform: Platform, user: str = "ada", **changes: Any) -> dict[str, str]:
    """The fields posted to the tool for a request with changes (None removes)."""
    start = platform.begin(user)
    asked = {**authentication_request(start, nonce="n"), **changes}
    form = platform.authorize({k: v for k, v in asked.items() if v is not None}, start.cookie)
    return form.fields


@pytest.mark.parametrize(
    ("changes", "error"),
    [
        ({"response_type": "code"}, "unsupported_response_type"),
        ({"response_mode": "fragment"}, "invalid_request"),
        ({"prompt": "login"}, "invalid_request"),
        ({"prompt": None}, "invalid_request"),
        ({"scope": "email"}, "invalid_scope"),
        ({"nonce": None}, "invalid_request"),
        ({"nonce": ["a", "b"]}, "invalid_request"),
        ({"login_hint": None}, "invalid_request"),
        ({"login_hint": "somebody-else"}, "login_required"),
        ({"lti_message_hint": None}, "invalid_request"),
        ({"lti_message_hint": "forged"}, "invalid_request"),
    ],
)
def test_a_wrong_request_goes_back_to_the_tool_as_an_error(
    tool: StandIn, platform: Platform, changes: dict[str, Any], error: str
) -> None:
    fields = _answer(platform, **changes)
    assert fields["error"] == error
    assert fields["error_description"]
    assert fields["state"] == "a-state"
    assert "id_token" not in fields


def test_nobody_signed_in_is_login_required(tool: StandIn, platform: Platform) -> None:
    asked = authentication_request(platform.begin(), nonce="n")
    assert platform.authorize(asked, {}).fields["error"] == "login_required"


def test_a_hint_of_another_person_is_refused(tool: StandIn, platform: Platform) -> None:
    hint = platform.begin("tomas").login.fields["lti_message_hint"]
    assert _answer(platform, "ada", lti_message_hint=hint)["error"] == "login_required"


def test_a_hint_made_for_another_tool_is_refused(tool: StandIn, platform: Platform) -> None:
    platform.seed(tools=[{"client_id": "other"}])
    assert _answer(platform, client_id="other")["error"] == "unauthorized_client"


def test_a_person_who_left_the_course_is_refused(tool: StandIn, platform: Platform) -> None:
    start = platform.begin("ada")
    platform.seed([{"id": "pa-aut", "members": {"ada": []}}])
    form = platform.authorize(authentication_request(start, nonce="n"), start.cookie)
    assert form.fields["error"] == "access_denied"


@pytest.mark.parametrize(
    "changes", [{"client_id": "unknown"}, {"redirect_uri": "https://evil.example/"}]
)
def test_nothing_is_sent_to_an_address_that_is_not_registered(
    tool: StandIn, platform: Platform, changes: dict[str, str]
) -> None:
    start = platform.begin()
    asked = {**authentication_request(start, nonce="n"), **changes}
    answer = platform.get("/lti/authorize", params=asked, cookies=start.cookie)
    assert answer.status_code == 400
    assert next(iter(changes.values())) in answer.text
    assert [form.action for form in forms(answer.text)] == ["/sign-out"]


def test_a_post_to_the_authorisation_endpoint_works_too(tool: StandIn, platform: Platform) -> None:
    start = platform.begin()
    asked = authentication_request(start, nonce="n")
    answer = platform.post("/lti/authorize", data=asked, cookies=start.cookie)
    assert "id_token" in forms(answer.text)[0].fields


def test_a_rotated_key_is_published_beside_the_one_before(
    tool: StandIn, platform: Platform
) -> None:
    before = platform.id_token(nonce="n")
    platform.rotate_keys()
    after = platform.id_token(nonce="n")
    published = [key["kid"] for key in platform.get("/lti/jwks.json").json()["keys"]]
    kids = [jwt.get_unverified_header(token)["kid"] for token in (after, before)]
    assert published == kids
    platform.rotate_keys()
    published = [key["kid"] for key in platform.get("/lti/jwks.json").json()["keys"]]
    assert len(published) == 2
    assert kids[1] not in published


def test_the_published_keys_hold_no_private_part(platform: Platform) -> None:
    for key in platform.get("/lti/jwks.json").json()["keys"]:
        assert set(key) == {"kty", "n", "e", "kid", "alg", "use"}


def test_the_configuration_names_the_real_addresses(platform: Platform) -> None:
    document = platform.get("/.well-known/openid-configuration").json()
    assert document["issuer"] == platform.url
    assert document["jwks_uri"] == f"{platform.url}/lti/jwks.json"
    listed = document[vocabulary.PLATFORM_CONFIGURATION]["messages_supported"]
    assert [message["type"] for message in listed] == list(vocabulary.MESSAGES)
    assert listed[1]["placements"] == ["ContentArea", "ActivityAssetProcessor"]


def test_two_tenants_share_the_issuer_and_nothing_else(tool: StandIn, platform: Platform) -> None:
    platform.seed(
        [
            {
                "id": "north",
                "members": {"ada": ["Instructor"]},
                "links": [{"id": "n1", "client_id": "north", "deployment": "n"}],
            }
        ],
        tools=[{"client_id": "north", "deployments": ["n"], "courses": ["north"]}],
    )
    claims = jwt.decode(
        platform.id_token(link="n1", nonce="n"), options={"verify_signature": False}
    )
    assert claims["aud"] == "north"
    assert claims["iss"] == platform.url
    assert claims[f"{CLAIM}deployment_id"] == "n"
    assert claims[f"{CLAIM}roles"][0] == vocabulary.INSTRUCTOR


def test_variables_in_custom_parameters_are_filled_in(tool: StandIn, platform: Platform) -> None:
    custom = {"who": "$User.id", "link": "$ResourceLink.id", "other": "$Unknown.thing"}
    platform.seed(
        [{"id": "c", "members": {"ada": ["Learner"]}, "links": [{"id": "v", "custom": custom}]}]
    )
    claims = jwt.decode(platform.id_token(link="v", nonce="n"), options={"verify_signature": False})
    assert claims[f"{CLAIM}custom"] == {
        "who": platform.sub("ada"),
        "link": "v",
        "other": "$Unknown.thing",
    }


def test_a_link_names_its_line_item_when_there_is_exactly_one(
    tool: StandIn, platform: Platform
) -> None:
    columns = [
        {"label": "Code", "maximum": 60, "tag": "code", "resource_id": "r1"},
        {"label": "Essay", "maximum": 40, "tag": "essay"},
    ]
    links = [{"id": "none", "maximum": None}, {"id": "one"}, {"id": "two", "columns": columns}]
    platform.seed([{"id": "c", "members": {"ada": ["Learner"]}, "links": links}])
    found = {}
    for link in ("none", "one", "two"):
        token = platform.id_token(link=link, nonce="n")
        claims = jwt.decode(token, options={"verify_signature": False})
        found[link] = claims[vocabulary.AGS_CLAIM].get("lineitem")
    assert found == {"none": None, "one": platform.line_item_url("one"), "two": None}
    listed = platform.get(
        "/lti/courses/c/lineitems", params={"resource_link_id": "two"}, headers=tool.bearer()
    ).json()
    assert [item["id"] for item in listed] == platform.line_item_urls("two")
    assert listed[0]["resourceId"] == "r1"
    assert tool.post_score(tool.score(), url=with_part(listed[1]["id"], "scores")).ok
    cells = {cell["label"]: cell["points"] for cell in platform.gradebook("c")}
    assert cells == {"Essay": 31.2}
