"""Line items, scores and results in the strict manner."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest
import requests

from practice_lms import vocabulary
from tests.practice_lms.platform import Platform
from tests.practice_lms.stand_in import StandIn, with_part

LATER = "2026-11-20T10:00:01Z"


def _line_items(tool: StandIn, platform: Platform, **query: Any) -> requests.Response:
    headers = {**tool.bearer(), "Accept": vocabulary.LINE_ITEMS}
    return platform.get("/lti/courses/pa-aut/lineitems", params=query, headers=headers)


def _make(tool: StandIn, platform: Platform, **body: Any) -> requests.Response:
    headers = {**tool.bearer(), "Content-Type": vocabulary.LINE_ITEM}
    return platform.post("/lti/courses/pa-aut/lineitems", data=json.dumps(body), headers=headers)


def _results(tool: StandIn, platform: Platform, **query: Any) -> requests.Response:
    headers = {**tool.bearer(), "Accept": vocabulary.RESULTS}
    address = with_part(platform.line_item_url(), "results")
    return platform.get(address, params=query, headers=headers)


# Scores


def test_a_score_lands_in_the_gradebook(tool: StandIn, platform: Platform) -> None:
    answer = tool.post_score(tool.score(submission={"submittedAt": "2026-11-20T09:00:00Z"}))
    assert (answer.status_code, answer.content) == (204, b"")
    grade = platform.grade("ada")
    assert grade is not None
    assert (grade["points"], grade["of"], grade["comment"]) == (78, 100, "Well done")
    assert grade["submitted_at"] == "2026-11-20T09:00:00+00:00"


@pytest.mark.parametrize(
    ("changes", "cause"),
    [
        ({"userId": None}, "userId"),
        ({"userId": 5}, "userId"),
        ({"timestamp": None}, "timestamp is missing"),
        ({"timestamp": "2026-11-20T10:00:00"}, "zone"),
        ({"timestamp": "2026-11-20"}, "zone"),
        ({"timestamp": "yesterday"}, "ISO 8601"),
        ({"timestamp": "2026-13-20T10:00:00Z"}, "ISO 8601"),
        ({"scoreGiven": -1}, "negative"),
        ({"scoreGiven": "78"}, "scoreGiven"),
        ({"scoreGiven": True}, "scoreGiven"),
        ({"scoreMaximum": 0}, "scoreMaximum"),
        ({"scoreMaximum": None}, "scoreMaximum"),
        ({"activityProgress": "Done"}, "activityProgress"),
        ({"gradingProgress": None}, "gradingProgress"),
        ({"gradingProgress": "fullyGraded"}, "gradingProgress"),
        ({"submission": {"submittedAt": "soon"}}, "submittedAt"),
        ({"comment": 5}, "comment"),
    ],
)
def test_a_wrong_score_is_refused_with_its_cause(
    tool: StandIn, platform: Platform, changes: dict[str, Any], cause: str
) -> None:
    answer = tool.post_score(tool.score(**changes))
    assert answer.status_code == 400
    assert cause in answer.reason
    assert cause in answer.json()["title"]
    assert platform.gradebook() == []


@pytest.mark.parametrize("body", ["[]", "{", '"x"', '{"scoreGiven": NaN}'])
def test_a_body_that_is_no_score_is_refused(tool: StandIn, platform: Platform, body: str) -> None:
    headers = {**tool.bearer(), "Content-Type": vocabulary.SCORE}
    address = with_part(platform.line_item_url(), "scores")
    assert platform.post(address, data=body, headers=headers).status_code == 400


@pytest.mark.parametrize("user", ["tomas", "sofia", "ingrid"])
def test_only_learners_have_grades(tool: StandIn, platform: Platform, user: str) -> None:
    answer = tool.post_score(tool.score(user))
    assert answer.status_code == 400
    assert "not a learner" in answer.reason


def test_a_stranger_and_somebody_who_left_are_refused(tool: StandIn, platform: Platform) -> None:
    assert "not enrolled" in tool.post_score(tool.score(userId="stranger")).reason
    platform.seed([{"id": "pa-aut", "members": {"ada": []}}])
    assert tool.post_score(tool.score()).status_code == 400


@pytest.mark.parametrize(
    "timestamp",
    [
        "2026-11-20T10:00:00.000Z",
        "2026-11-20T10:00:00.999Z",
        "2026-11-20T09:59:59Z",
        "2026-11-20T11:00:00+01:00",
    ],
)
def test_a_score_must_be_later_in_whole_seconds(
    tool: StandIn, platform: Platform, timestamp: str
) -> None:
    tool.post_score(tool.score())
    answer = tool.post_score(tool.score(scoreGiven=90, timestamp=timestamp))
    assert answer.status_code == 409
    assert "not later" in answer.reason
    assert (platform.grade("ada") or {})["points"] == 78


def test_a_later_score_replaces_grade_and_comment(tool: StandIn, platform: Platform) -> None:
    tool.post_score(tool.score())
    assert tool.post_score(
        tool.score(scoreGiven=45, scoreMaximum=50, comment=None, timestamp=LATER)
    ).ok
    grade = platform.grade("ada") or {}
    assert (grade["points"], grade["comment"]) == (90, "")


@pytest.mark.parametrize("progress", ["Pending", "PendingManual", "Failed", "NotReady"])
def test_progress_alone_leaves_the_grade(tool: StandIn, platform: Platform, progress: str) -> None:
    tool.post_score(tool.score())
    assert tool.post_score(tool.score(gradingProgress=progress, scoreGiven=1, timestamp=LATER)).ok
    grade = platform.grade("ada") or {}
    assert (grade["points"], grade["comment"], grade["grading"]) == (78, "Well done", progress)


def test_a_final_score_without_points_clears_the_grade(tool: StandIn, platform: Platform) -> None:
    tool.post_score(tool.score())
    tool.post_score(tool.score(scoreGiven=None, timestamp=LATER))
    assert (platform.grade("ada") or {})["points"] is None
    assert _results(tool, platform).json() == []


@pytest.mark.parametrize("kind", ["application/json", "", "text/plain"])
def test_a_score_needs_its_media_type(tool: StandIn, kind: str) -> None:
    assert tool.post_score(tool.score(), kind=kind).status_code == 415
    assert (
        tool.post_score(tool.score(), kind=f"{vocabulary.SCORE}; charset=utf-8").status_code == 204
    )


def test_a_token_is_needed_and_must_have_the_scope(tool: StandIn, platform: Platform) -> None:
    without = tool.post_score(tool.score(), headers={})
    assert without.status_code == 401
    assert "invalid_token" in without.headers["WWW-Authenticate"]
    wrong = tool.post_score(tool.score(), headers=tool.bearer(vocabulary.SCOPE_RESULT))
    assert wrong.status_code == 403
    assert vocabulary.SCOPE_SCORE in wrong.headers["WWW-Authenticate"]
    held = tool.bearer()
    platform.revoke_tokens()
    assert tool.post_score(tool.score(), headers=held).status_code == 401


def test_a_teachers_grade_stands_over_later_scores(tool: StandIn, platform: Platform) -> None:
    tool.post_score(tool.score())
    platform.override("ada", 81.5, "after talking to Ada")
    tool.post_score(tool.score(scoreGiven=10, timestamp=LATER))
    assert _results(tool, platform).json()[0]["resultScore"] == 81.5
    assert _results(tool, platform).json()[0]["comment"] == "after talking to Ada"
    platform.override("ada", None)
    assert _results(tool, platform).json()[0]["resultScore"] == 10


# Results


def test_results_are_on_the_line_items_scale(tool: StandIn, platform: Platform) -> None:
    tool.post_score(tool.score(scoreGiven=8, scoreMaximum=10))
    answer = _results(tool, platform)
    assert answer.headers["Content-Type"] == vocabulary.RESULTS
    (result,) = answer.json()
    assert (result["userId"], result["resultScore"], result["resultMaximum"]) == (
        platform.sub("ada"),
        80,
        100,
    )
    assert result["scoreOf"] == platform.line_item_url()
    assert platform.get(result["id"], headers=tool.bearer()).json() == result


def test_results_of_one_person(tool: StandIn, platform: Platform) -> None:
    tool.post_score(tool.score("ada"))
    tool.post_score(tool.score("ben", scoreGiven=50))
    (result,) = _results(tool, platform, user_id=platform.sub("ben")).json()
    assert result["resultScore"] == 50
    assert _results(tool, platform, user_id="stranger").json() == []


def test_results_come_in_pages(tool: StandIn, platform: Platform) -> None:
    headers = tool.bearer()
    for user in ("ada", "ben", "chiara", "dmitri", "emeka"):
        assert tool.post_score(tool.score(user), headers=headers).ok
    seen, answer = [], _results(tool, platform, limit=2)
    while True:
        seen += [result["userId"] for result in answer.json()]
        link = re.fullmatch(r'<([^>]+)>; rel="next"', answer.headers.get("Link", ""))
        if link is None:
            break
        answer = platform.get(link[1], headers=tool.bearer())
    assert len(seen) == len(set(seen)) == 5


@pytest.mark.parametrize("limit", ["0", "-1", "many", "1.5"])
def test_a_wrong_limit_is_refused(tool: StandIn, platform: Platform, limit: str) -> None:
    assert _results(tool, platform, limit=limit).status_code == 400


# Line items


def test_the_seeded_line_item_is_listed(tool: StandIn, platform: Platform) -> None:
    answer = _line_items(tool, platform)
    assert answer.headers["Content-Type"] == vocabulary.LINE_ITEMS
    assert answer.json() == [
        {
            "id": platform.line_item_url(),
            "label": "Python Associate · Practical",
            "scoreMaximum": 100,
            "resourceLinkId": "practical",
            "submissionReview": {"reviewableStatus": ["InProgress", "Submitted", "Completed"]},
        }
    ]


def test_a_line_item_lives_from_post_to_delete(tool: StandIn, platform: Platform) -> None:
    made = _make(tool, platform, label="Extra", scoreMaximum=20, resourceId="r1", tag="extra")
    assert made.status_code == 201
    assert made.headers["Content-Type"] == vocabulary.LINE_ITEM
    url = made.json()["id"]
    headers = {**tool.bearer(), "Content-Type": vocabulary.LINE_ITEM}
    changed = requests.put(
        url, data=json.dumps({"label": "More", "scoreMaximum": 30}), headers=headers, timeout=5
    )
    assert changed.json() == {"id": url, "label": "More", "scoreMaximum": 30}
    assert platform.get(url, headers=tool.bearer()).json() == changed.json()
    assert tool.post_score(tool.score(), url=f"{url}/scores").ok
    assert requests.delete(url, headers=tool.bearer(), timeout=5).status_code == 204
    assert platform.get(url, headers=tool.bearer()).status_code == 404
    assert platform.gradebook() == []


@pytest.mark.parametrize(
    ("query", "labels"),
    [
        ({"tag": "a"}, ["one", "two"]),
        ({"resource_id": "r2"}, ["two"]),
        ({"tag": "a", "resource_id": "r1"}, ["one"]),
        ({"resource_link_id": "practical"}, ["Python Associate · Practical"]),
        ({"tag": "none"}, []),
    ],
)
def test_line_items_can_be_filtered(
    tool: StandIn, platform: Platform, query: dict[str, str], labels: list[str]
) -> None:
    _make(tool, platform, label="one", scoreMaximum=1, tag="a", resourceId="r1")
    _make(tool, platform, label="two", scoreMaximum=1, tag="a", resourceId="r2")
    assert [item["label"] for item in _line_items(tool, platform, **query).json()] == labels


@pytest.mark.parametrize(
    ("body", "status"),
    [
        ({"scoreMaximum": 1}, 400),
        ({"label": " ", "scoreMaximum": 1}, 400),
        ({"label": "x"}, 400),
        ({"label": "x", "scoreMaximum": 0}, 400),
        ({"label": "x", "scoreMaximum": 1, "startDateTime": "soon"}, 400),
        ({"label": "x", "scoreMaximum": 1, "resourceLinkId": "other"}, 404),
    ],
)
def test_a_wrong_line_item_is_refused(
    tool: StandIn, platform: Platform, body: dict[str, Any], status: int
) -> None:
    assert _make(tool, platform, **body).status_code == status
    assert len(_line_items(tool, platform).json()) == 1


def test_reading_line_items_is_not_enough_to_write_them(tool: StandIn, platform: Platform) -> None:
    headers = {**tool.bearer(vocabulary.SCOPE_LINE_ITEM_READ), "Content-Type": vocabulary.LINE_ITEM}
    answer = platform.post("/lti/courses/pa-aut/lineitems", data="{}", headers=headers)
    assert answer.status_code == 403
    assert platform.get("/lti/courses/pa-aut/lineitems", headers=headers).status_code == 200


def test_an_answer_that_the_tool_does_not_accept_is_not_given(
    tool: StandIn, platform: Platform
) -> None:
    headers = {**tool.bearer(), "Accept": "text/html"}
    assert platform.get("/lti/courses/pa-aut/lineitems", headers=headers).status_code == 406


def test_another_tools_line_items_do_not_exist(tool: StandIn, platform: Platform) -> None:
    platform.seed(
        [
            {
                "id": "north",
                "members": {"ada": ["Learner"]},
                "links": [{"id": "n1", "client_id": "north", "deployment": "n"}],
            }
        ],
        tools=[{"client_id": "north", "deployments": ["n"], "courses": ["north"]}],
    )
    foreign = platform.line_item_url("n1")
    assert platform.get(foreign, headers=tool.bearer()).status_code == 404
    assert tool.post_score(tool.score(), url=f"{foreign}/scores").status_code == 404
    token = tool.ask_token(tool.assertion(iss="north", sub="north")).json()["access_token"]
    north = {"Authorization": f"Bearer {token}"}
    assert tool.post_score(tool.score(), url=f"{foreign}/scores", headers=north).ok
    assert tool.post_score(tool.score(), headers=north).status_code == 404
    assert platform.get("/lti/courses/pa-aut/members", headers=north).status_code == 404
