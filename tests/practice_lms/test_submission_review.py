"""Opening what somebody handed in, from the gradebook."""

from __future__ import annotations

import json
from typing import Any

import pytest
import requests

from practice_lms import vocabulary
from tests.practice_lms.platform import Platform, PlatformError, browser_session
from tests.practice_lms.stand_in import StandIn
from tests.practice_lms.visitor import Visitor

CLAIM = vocabulary.CLAIM
CELL = "/courses/pa-aut/gradebook/1/ada"


def _give_review(tool: StandIn, platform: Platform, review: Any) -> requests.Response:
    body = {"label": "Practical", "scoreMaximum": 100, "submissionReview": review}
    headers = {**tool.bearer(), "Content-Type": vocabulary.LINE_ITEM}
    return requests.put(platform.line_item_url(), data=json.dumps(body), headers=headers, timeout=5)


def _launch(tool: StandIn, platform: Platform, user: str = "tomas", **choice: Any) -> Any:
    with browser_session() as session:
        form = platform.launch(session, user, message="submission_review", **choice)
    return tool.claims_of(form)


def test_the_message_says_whose_submission_of_which_column(
    tool: StandIn, platform: Platform
) -> None:
    claims = _launch(tool, platform, for_user="ada")
    assert claims[f"{CLAIM}message_type"] == "LtiSubmissionReviewRequest"
    assert claims["sub"] == platform.sub("tomas")
    assert claims[f"{CLAIM}for_user"] == {
        "user_id": platform.sub("ada"),
        "person_sourcedId": "ada",
        "name": "Ada Okafor",
        "given_name": "Ada",
        "family_name": "Okafor",
        "email": "ada@practice-lms.example",
        "roles": [vocabulary.LEARNER, f"{vocabulary.INSTITUTION}#Student"],
    }
    assert claims[vocabulary.AGS_CLAIM]["lineitem"] == platform.line_item_url()
    assert claims[f"{CLAIM}resource_link"]["id"] == "practical"
    assert claims[f"{CLAIM}launch_presentation"]["return_url"].endswith("/courses/pa-aut/gradebook")


def test_the_columns_own_address_and_values_are_used(tool: StandIn, platform: Platform) -> None:
    url = f"{tool.url}/lti/review/"
    review = {
        "reviewableStatus": ["Completed"],
        "label": "See the work",
        "url": url,
        "custom": {"action": "review", "assessment": "of the column"},
    }
    kept = _give_review(tool, platform, {**review, "unknown": 1})
    assert kept.json()["submissionReview"] == review
    assert platform.get(platform.line_item_url(), headers=tool.bearer()).json() == kept.json()
    claims = _launch(tool, platform, for_user="ada")
    assert claims[f"{CLAIM}target_link_uri"] == url
    assert claims[f"{CLAIM}custom"] == {"assessment": "of the column", "action": "review"}
    login = tool.logins[-1]
    assert login["target_link_uri"] == f"{tool.url}/lti/launch/"


@pytest.mark.parametrize(
    ("review", "cause"),
    [
        ("yes", "object"),
        ({"reviewableStatus": ["Done"]}, "reviewableStatus"),
        ({"url": "https://evil.example/"}, "evil.example"),
        ({"label": 5}, "label"),
        ({"custom": {"n": 5}}, "custom"),
    ],
)
def test_a_wrong_description_is_refused(
    tool: StandIn, platform: Platform, review: Any, cause: str
) -> None:
    answer = _give_review(tool, platform, review)
    assert answer.status_code == 400
    assert cause in answer.json()["title"]


def test_it_comes_with_deep_linking(tool: StandIn, platform: Platform) -> None:
    with browser_session() as session:
        request = tool.claims_of(platform.launch(session, "tomas", message="deep_linking"))
    review = {"label": "See it"}
    item = {
        "type": "ltiResourceLink",
        "lineItem": {"scoreMaximum": 10, "submissionReview": review},
    }
    wrong = {**item, "lineItem": {"scoreMaximum": 10, "submissionReview": "x"}}
    answer = platform.deep_linking_return(tool.deep_linking_response(request, [item, wrong]))
    assert "lineItem.submissionReview must be an object" in answer.text
    (added,) = (link for link in platform.control("courses", {})["columns"] if link != "practical")
    column = platform.get(platform.line_item_url(added), headers=tool.bearer()).json()
    assert column["submissionReview"] == review


def test_learners_see_their_own_and_nobody_elses(tool: StandIn, platform: Platform) -> None:
    claims = _launch(tool, platform, "ada", for_user="ada")
    assert claims[f"{CLAIM}launch_presentation"]["return_url"].endswith("/courses/pa-aut/grades")
    with pytest.raises(PlatformError, match="may not see"):
        _launch(tool, platform, "ben", for_user="ada")


def test_the_gradebook_offers_it_where_there_is_something_to_see(
    tool: StandIn, platform: Platform, tomas: Visitor, ada: Visitor
) -> None:
    _give_review(tool, platform, {"reviewableStatus": ["Completed"], "label": "See the work"})
    tool.post_score(tool.score(activityProgress="InProgress", gradingProgress="Pending"))
    assert "See the work" not in tomas.get("/courses/pa-aut/gradebook").text
    tool.post_score(tool.score(timestamp="2026-11-20T10:00:01Z"))
    page = tomas.get("/courses/pa-aut/gradebook").text
    assert page.count("See the work") == 1
    assert f"{CELL}/submission" in page
    assert f"{CELL}/submission" in ada.get("/courses/pa-aut/grades").text
    for visitor in (tomas, ada):
        shown = visitor.get(f"{CELL}/submission")
        assert shown.status_code == 200
        assert "lti_message_hint" in shown.text
    assert ada.get("/courses/pa-aut/gradebook/1/ben/submission").status_code == 403
