"""Copies of courses."""

from __future__ import annotations

from typing import Any

import jwt
import pytest

from practice_lms import vocabulary
from tests.practice_lms.platform import Platform, PlatformError
from tests.practice_lms.stand_in import StandIn
from tests.practice_lms.visitor import Visitor

CLAIM = vocabulary.CLAIM
HISTORY = {"courses": "$Context.id.history", "links": "$ResourceLink.id.history"}


def _claims(platform: Platform, link: str) -> dict[str, Any]:
    token = platform.id_token("tomas", link, nonce="n")
    return dict(jwt.decode(token, options={"verify_signature": False}))


def test_a_copy_has_links_and_columns_of_its_own_and_its_teachers(
    tool: StandIn, platform: Platform
) -> None:
    tool.post_score(tool.score())
    copy = platform.copy_course(id="pa-spr", title="Spring intake")
    link = copy["links"]["practical"]
    assert copy["course"] == "pa-spr"
    claims = _claims(platform, link)
    assert claims[f"{CLAIM}context"]["title"] == "Spring intake"
    assert claims[f"{CLAIM}resource_link"]["id"] not in ("practical", "")
    assert claims[f"{CLAIM}custom"] == {"assessment": "python-associate"}
    assert claims[vocabulary.AGS_CLAIM]["lineitem"] == platform.line_item_url(link)
    assert platform.line_item_url(link) != platform.line_item_url()
    assert platform.gradebook("pa-spr") == []
    with pytest.raises(PlatformError, match="not enrolled"):
        platform.begin("ada", link)
    with pytest.raises(PlatformError, match="already"):
        platform.copy_course(id="pa-spr")


def test_the_history_is_told_newest_first(tool: StandIn, platform: Platform) -> None:
    platform.seed(tools=[{"client_id": "cograde-demo", "custom": HISTORY}])
    assert _claims(platform, "practical")[f"{CLAIM}custom"]["links"] == ""
    first = platform.copy_course(id="one")["links"]["practical"]
    second = platform.copy_course("one", id="two")["links"][first]
    custom = _claims(platform, second)[f"{CLAIM}custom"]
    assert (custom["courses"], custom["links"]) == ("one,pa-aut", f"{first},practical")
    platform.manner("moodle")
    custom = _claims(platform, second)[f"{CLAIM}custom"]
    assert (custom["courses"], custom["links"]) == ("one,pa-aut", "$ResourceLink.id.history")
    platform.manner("strict", variables_missing=["Context.id.history"])
    assert _claims(platform, second)[f"{CLAIM}custom"]["courses"] == "$Context.id.history"
    document = platform.get("/.well-known/openid-configuration").json()
    offered = document[vocabulary.PLATFORM_CONFIGURATION]["variables"]
    assert "ResourceLink.id.history" in offered
    assert "Context.id.history" not in offered


def test_a_teacher_copies_on_a_page(platform: Platform, tomas: Visitor, ada: Visitor) -> None:
    page = "/courses/pa-aut/copy"
    assert ada.get(page).status_code == 403
    sent = tomas.post(page, page, title="Spring <intake>")
    copy = tomas.get(sent.headers["Location"]).text
    assert "Spring &lt;intake&gt;" in copy
    assert "Python Associate · Practical" in copy
