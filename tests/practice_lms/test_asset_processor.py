"""Tools that look at what is handed in to the LMS itself."""

from __future__ import annotations

import base64
import hashlib
from typing import Any

import pytest
import requests

from practice_lms import vocabulary
from tests.practice_lms.platform import Platform, PlatformError, browser_session
from tests.practice_lms.stand_in import Claims, StandIn
from tests.practice_lms.visitor import Visitor

CLAIM = vocabulary.CLAIM
DL = vocabulary.DEEP_LINKING_CLAIM
NOTICE = vocabulary.ASSET_PROCESSOR_NOTICE


def _handed_in(tool: StandIn, platform: Platform, **processor: Any) -> Claims:
    """The notice of what Ada handed in where the tool is attached."""
    assert tool.put_handler(notice_type=NOTICE).ok
    platform.assignment(title="Essay", processors=[{"title": "Checks", **processor}])
    platform.hand_in("ada", text="An <b>essay</b>", main_py="print(1)")
    assert [sent["status"] for sent in platform.notices(NOTICE)] == [200]
    return tool.received()[-1]


def _assets(notice: Claims) -> list[Claims]:
    return list(notice[f"{CLAIM}assetservice"]["assets"])


def _report(tool: StandIn, platform: Platform, notice: Claims, **changes: Any) -> requests.Response:
    body = {
        "assetId": _assets(notice)[0]["asset_id"],
        "type": "originality",
        "timestamp": "2026-11-20T10:00:00.500Z",
        "title": "Originality",
        "result": "83%",
        "comment": "Two sources",
        "indicationColor": "#EC0000",
        "indicationAlt": "Much matched text",
        "priority": 5,
        "processingProgress": "Processed",
        "visibleToOwner": True,
        **changes,
    }
    body = {name: value for name, value in body.items() if value is not None}
    url = notice[f"{CLAIM}assetreport"]["report_url"]
    return platform.post(url, json=body, headers=tool.bearer(vocabulary.SCOPE_REPORT))


def test_every_processor_is_told_of_what_was_handed_in(tool: StandIn, platform: Platform) -> None:
    notice = _handed_in(tool, platform, custom={"mode": "strict"})
    assert notice[f"{CLAIM}notice"]["type"] == NOTICE
    assert notice[f"{CLAIM}activity"] == {"id": "essay", "title": "Essay"}
    assert notice[f"{CLAIM}for_user"] == {"user_id": platform.sub("ada")}
    assert notice[f"{CLAIM}context"]["id"] == "pa-aut"
    assert notice[f"{CLAIM}custom"] == {"mode": "strict"}
    assert notice[f"{CLAIM}submission"]["id"].endswith(":1")
    assert notice[f"{CLAIM}assetservice"]["scope"] == [vocabulary.SCOPE_ASSET]
    assert notice[f"{CLAIM}assetreport"]["scope"] == [vocabulary.SCOPE_REPORT]
    text, file = _assets(notice)
    assert (text["content_type"], "filename" in text) == ("text/html", False)
    assert (file["title"], file["filename"], file["size"]) == ("main.py", "main.py", 8)
    assert {"asset_id", "url", "sha256_checksum", "timestamp"} < set(file)
    platform.hand_in("ada", text="Again")
    platform.notices()
    again = tool.received()[-1]
    assert again[f"{CLAIM}submission"]["id"] == notice[f"{CLAIM}submission"]["id"][:-1] + "2"


def test_the_content_is_given_with_its_checksum(tool: StandIn, platform: Platform) -> None:
    text, _ = _assets(_handed_in(tool, platform))
    answer = platform.get(text["url"], headers=tool.bearer(vocabulary.SCOPE_ASSET))
    assert answer.content == b"An <b>essay</b>"
    assert answer.headers["Content-Type"] == "text/html"
    digest = base64.b64encode(hashlib.sha256(answer.content).digest()).decode()
    assert text["sha256_checksum"] == digest
    wrong = tool.bearer(vocabulary.SCOPE_REPORT)
    assert platform.get(text["url"], headers=wrong).status_code == 403
    other = platform.assignment("other", processors=[{}])["processors"][0]
    foreign = text["url"].replace(text["url"].split("/")[-3], other)
    headers = tool.bearer(vocabulary.SCOPE_ASSET)
    assert platform.get(foreign, headers=headers).status_code == 404


def test_a_report_is_kept_echoed_and_replaced_by_a_later_one(
    tool: StandIn, platform: Platform
) -> None:
    notice = _handed_in(tool, platform)
    answer = _report(tool, platform, notice, extra="kept in the echo")
    assert answer.status_code == 201
    assert answer.json()["extra"] == "kept in the echo"
    early = _report(tool, platform, notice, timestamp="2026-11-20T10:00:00.400Z")
    assert early.status_code == 409
    assert _report(tool, platform, notice, result="10%").status_code == 201
    assert _report(tool, platform, notice, type="style").status_code == 201
    found = {report["type"]: report["values"]["result"] for report in platform.reports()}
    assert found == {"originality": "10%", "style": "83%"}


@pytest.mark.parametrize(
    ("changes", "status"),
    [
        ({"assetId": "unknown"}, 400),
        ({"type": None}, 400),
        ({"type": "moon"}, 422),
        ({"timestamp": "soon"}, 400),
        ({"priority": 6}, 400),
        ({"priority": None}, 400),
        ({"indicationColor": "red"}, 400),
        ({"processingProgress": None}, 400),
        ({"comment": 5}, 400),
    ],
)
def test_a_wrong_report_is_refused(
    tool: StandIn, platform: Platform, changes: dict[str, Any], status: int
) -> None:
    notice = _handed_in(tool, platform, report={"supportedTypes": ["originality"]})
    assert _report(tool, platform, notice, **changes).status_code == status
    assert platform.reports() == []


def test_a_processor_of_another_tool_is_refused(tool: StandIn, platform: Platform) -> None:
    platform.seed(tools=[{"client_id": "north", "deployments": ["n"]}])
    processor = platform.assignment(processors=[{"client_id": "north"}])["processors"][0]
    headers = tool.bearer(vocabulary.SCOPE_REPORT)
    assert platform.post(f"/lti/processors/{processor}/reports", headers=headers).status_code == 403


def test_a_report_opens_in_the_tool(tool: StandIn, platform: Platform) -> None:
    url = f"{tool.url}/lti/report/"
    notice = _handed_in(
        tool, platform, custom={"a": "1"}, report={"url": url, "custom": {"b": "$User.id"}}
    )
    _report(tool, platform, notice)
    asset = _assets(notice)[0]["asset_id"]
    processor = notice[f"{CLAIM}assetreport"]["report_url"].split("/")[-2]
    choice = {
        "message": "report_review",
        "processor": processor,
        "asset": asset,
        "type": "originality",
    }
    with browser_session() as session:
        claims = tool.claims_of(platform.launch(session, "tomas", **choice))
    assert claims[f"{CLAIM}message_type"] == "LtiReportReviewRequest"
    assert claims[f"{CLAIM}target_link_uri"] == url
    assert claims[f"{CLAIM}activity"] == {"id": "essay", "title": "Essay"}
    assert claims[f"{CLAIM}submission"] == notice[f"{CLAIM}submission"]
    assert claims[f"{CLAIM}assetreport_type"] == "originality"
    assert claims[f"{CLAIM}asset"] == {"id": asset}
    assert claims[f"{CLAIM}for_user"]["user_id"] == platform.sub("ada")
    assert claims[f"{CLAIM}custom"] == {"a": "1", "b": platform.sub("tomas")}
    assert f"{CLAIM}resource_link" not in claims
    platform.manner("canvas")
    with browser_session() as session:
        claims = tool.claims_of(platform.launch(session, "tomas", **choice))
    assert claims[f"{CLAIM}for_user"] == {"user_id": platform.sub("tomas")}
    platform.begin("ada", **choice)
    with pytest.raises(PlatformError, match="may not see"):
        platform.begin("ben", **choice)
    _report(tool, platform, notice, visibleToOwner=None)
    with pytest.raises(PlatformError, match="not for the person"):
        platform.begin("ada", **choice)


def test_a_processor_is_attached_by_deep_linking(tool: StandIn, platform: Platform) -> None:
    platform.assignment(title="Essay")
    with browser_session() as session:
        form = platform.launch(session, "tomas", message="deep_linking", assignment="essay")
    request = tool.claims_of(form)
    settings = request[f"{DL}deep_linking_settings"]
    assert settings["accept_types"] == ["ltiAssetProcessor"]
    assert request[f"{CLAIM}activity"] == {"id": "essay", "title": "Essay"}
    supported = request[f"{CLAIM}platformnotificationservice"]["notice_types_supported"]
    assert NOTICE in supported
    item = {
        "type": "ltiAssetProcessor",
        "title": "Checks",
        "custom": {"mode": "strict"},
        "report": {"url": f"{tool.url}/lti/report/", "supportedTypes": ["style"]},
    }
    foreign = {**item, "report": {"url": "https://evil.example/"}}
    items = [item, foreign, {"type": "ltiResourceLink"}]
    answer = platform.deep_linking_return(tool.deep_linking_response(request, items))
    assert "evil.example" in answer.text
    assert "was not asked for" in answer.text
    assert "/assignments/essay" in answer.text
    assert tool.put_handler(notice_type=NOTICE).ok
    platform.hand_in("ada", text="An essay")
    platform.notices()
    (notice,) = tool.received()
    assert notice[f"{CLAIM}custom"] == {"mode": "strict"}


def test_a_tool_may_have_an_address_of_its_own_for_attaching(
    tool: StandIn, platform: Platform
) -> None:
    from tests.practice_lms.test_registration import CONFIGURATION, _metadata, _register

    metadata = _metadata(tool)
    metadata[CONFIGURATION]["messages"].append(
        {
            "type": "LtiDeepLinkingRequest",
            "target_link_uri": f"{tool.url}/lti/attach/",
            "placements": ["ActivityAssetProcessor"],
        }
    )
    body = _register(platform, platform.invite(tool.url)["registration_token"], metadata).json()
    targets = {
        tuple(m.get("placements", ())): m["target_link_uri"]
        for m in body[CONFIGURATION]["messages"]
        if m["type"] == "LtiDeepLinkingRequest"
    }
    special, usual = f"{tool.url}/lti/attach/", f"{tool.url}/lti/choose/"
    assert targets == {("ActivityAssetProcessor",): special, (): usual}
    platform.activate(body["client_id"])
    platform.assignment()
    choice = {"message": "deep_linking", "client_id": body["client_id"]}
    start = platform.begin("tomas", assignment="essay", **choice)
    assert start.login.fields["target_link_uri"] == special
    assert platform.begin("tomas", **choice).login.fields["target_link_uri"] == usual


def test_the_pages_take_work_and_show_reports(
    tool: StandIn, platform: Platform, ada: Visitor, tomas: Visitor
) -> None:
    assert tool.put_handler(notice_type=NOTICE).ok
    new = "/courses/pa-aut/assignments/new"
    assert ada.get(new).status_code == 403
    assert tomas.post(new, new, title=" ").status_code == 400
    page = tomas.post(new, new, title="Essay", text="Write!").headers["Location"]
    assert "Attach Cograde" in tomas.get(page).text
    assert tomas.get(f"{page}/attach/cograde-demo").status_code == 200
    id = page.rpartition("/")[2]
    platform.assignment(id, title="Essay", processors=[{"title": "Checks"}])
    assert "not handed in" in ada.get("/courses/pa-aut").text
    assert "Nothing was handed in" in ada.post(page, page, text="").text
    files = {"files": ("main.py", b"print(1)")}
    assert ada.post(page, page, files=files, text="My essay").status_code == 302
    platform.notices()
    notice = tool.received()[-1]
    _report(tool, platform, notice)
    _report(tool, platform, notice, type="draft", title="Draft", processingProgress="Processing")
    shown = ada.get(page).text
    for words in ("Attempt 1", "Originality", "83%", "Two sources", "#EC0000", "priority 5 of 5"):
        assert words in shown
    assert "Draft" not in shown
    assert "Draft" in tomas.get(page).text
    asset = _assets(notice)[0]["asset_id"]
    assert ada.get(f"/assets/{asset}").content == b"My essay"
    assert "attachment" in ada.get(f"/assets/{asset}").headers["Content-Disposition"]
    assert Visitor(platform, "ben").get(f"/assets/{asset}").status_code == 403
    processor = notice[f"{CLAIM}assetreport"]["report_url"].split("/")[-2]
    assert ada.get(f"/reports/{processor}/{asset}/originality").status_code == 200
    submission = notice[f"{CLAIM}submission"]["id"]
    again = tomas.post(f"/submissions/{submission}/notice", page)
    assert again.status_code == 302
    assert len(platform.notices(NOTICE)) == 2


def test_a_copy_of_the_course_has_the_assignment_with_its_tools(
    tool: StandIn, platform: Platform, tomas: Visitor
) -> None:
    platform.assignment(title="Essay", processors=[{"title": "Checks"}])
    platform.copy_course(id="copy")
    page = tomas.get("/courses/copy").text
    link = page.split('href="/assignments/')[1].split('"')[0]
    assert link != "essay"
    assert "Checks" in tomas.get(f"/assignments/{link}").text
