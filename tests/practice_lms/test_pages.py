"""What people see and may do."""

from __future__ import annotations

import re

import pytest

from tests.practice_lms.platform import Platform, forms
from tests.practice_lms.stand_in import StandIn
from tests.practice_lms.visitor import Visitor


def test_choosing_a_card_signs_in_and_goes_on(tool: StandIn, platform: Platform) -> None:
    visitor = Visitor(platform)
    sent = visitor.get("/courses/pa-aut/grades")
    assert sent.headers["Location"] == "/sign-in?next=%2Fcourses%2Fpa-aut%2Fgrades"
    page = visitor.get(sent.headers["Location"]).text
    assert all(name in page for name in ("Ada Okafor", "Ben Sørensen", "Ingrid Moreau"))
    answer = visitor.post("/sign-in", "/sign-in", person="ada", next="/courses/pa-aut/grades")
    assert answer.headers["Location"] == "/courses/pa-aut/grades"
    cookie = answer.headers["Set-Cookie"]
    assert "practice_lms_person=" in cookie
    assert "SameSite=None" in cookie
    assert "Secure" in cookie
    assert "HttpOnly" in cookie
    assert visitor.get("/courses/pa-aut/grades").status_code == 200


def test_signing_in_leads_nowhere_else(tool: StandIn, platform: Platform) -> None:
    answer = Visitor(platform).post(
        "/sign-in", "/sign-in", person="ada", next="https://evil.example/"
    )
    assert answer.headers["Location"] == "/"


def test_a_form_of_another_site_is_refused(tomas: Visitor) -> None:
    answer = tomas.post("/courses/pa-aut/tools/cograde-demo", active="no")
    assert answer.status_code == 403
    assert "reload the page" in answer.text


@pytest.mark.parametrize(
    "path",
    [
        "/courses/pa-aut/gradebook",
        "/courses/pa-aut/tools",
        "/courses/pa-aut/add",
        "/courses/pa-aut/add/cograde-demo",
        "/courses/pa-aut/add/cograde-demo/window",
        "/courses/pa-aut/copy",
        "/courses/pa-aut/assignments/new",
        "/courses/pa-aut/gradebook/1/ben",
    ],
)
def test_teachers_pages_are_for_teachers(ada: Visitor, tomas: Visitor, path: str) -> None:
    assert ada.get(path).status_code == 403
    assert tomas.get(path).status_code == 200


def test_a_course_of_others_does_not_exist(ada: Visitor, platform: Platform) -> None:
    platform.seed([{"id": "closed", "links": [{"id": "c1"}]}])
    assert ada.get("/courses/closed").status_code == 404
    assert ada.get("/activities/c1").status_code == 404
    assert ada.get("/nowhere").status_code == 404


def test_the_activity_has_the_login_form_and_a_named_frame(ada: Visitor, tool: StandIn) -> None:
    page = ada.get("/activities/practical").text
    form = next(form for form in forms(page) if form.action == f"{tool.url}/lti/login/")
    assert set(form.fields) == {
        "iss",
        "login_hint",
        "target_link_uri",
        "lti_message_hint",
        "client_id",
        "lti_deployment_id",
        "lti_storage_target",
    }
    assert 'title="Python Associate · Practical"' in page
    assert 'allow="fullscreen; clipboard-write"' in page
    window = ada.get("/activities/practical/window").text
    assert "lti_storage_target" not in forms(window)[0].fields


def test_an_activity_of_a_tool_that_is_off_says_so(ada: Visitor, platform: Platform) -> None:
    platform.activate("cograde-demo", False)
    answer = ada.get("/activities/practical")
    assert answer.status_code == 409
    assert "not active" in answer.text


def test_the_teacher_sees_and_overrides_grades(tool: StandIn, tomas: Visitor, ada: Visitor) -> None:
    tool.post_score(tool.score(comment="<b>Good</b>"))
    page = tomas.get("/courses/pa-aut/gradebook").text
    assert "<strong>78</strong> / 100" in page
    assert "&lt;b&gt;Good&lt;/b&gt;" in page

    path = "/courses/pa-aut/gradebook/1/ada"
    wrong = tomas.post(path, path, points="many", comment="keep me")
    assert wrong.status_code == 400
    assert "“many” is not a number" in wrong.text
    assert "keep me" in wrong.text
    assert tomas.post(path, path, points="81,5", comment="talked").status_code == 302
    mine = ada.get("/courses/pa-aut/grades").text
    assert "81.5" in mine
    assert "Set by Tomas Lindgren" in mine
    tomas.post(path, path, remove="yes")
    assert "81.5" not in ada.get("/courses/pa-aut/grades").text


def test_a_tool_is_registered_and_activated_by_the_teacher(
    tool: StandIn, platform: Platform, tomas: Visitor
) -> None:
    wrong = tomas.post("/courses/pa-aut/tools/register", "/courses/pa-aut/tools", url="nonsense")
    assert wrong.status_code == 400
    assert "“nonsense” is not a web address" in wrong.text
    sent = tomas.post(
        "/courses/pa-aut/tools/register", "/courses/pa-aut/tools", url=f"{tool.url}/register"
    )
    page = tomas.get(sent.headers["Location"]).text
    token = re.search(r"registration_token=([\w-]+)", page)
    assert token is not None
    state = f"{sent.headers['Location']}/state"
    assert tomas.get(state).json() == {"arrived": False}
    from tests.practice_lms.test_registration import _metadata, _register

    client_id = _register(platform, token[1], _metadata(tool)).json()["client_id"]
    assert tomas.get(state).json() == {"arrived": True}
    assert "Activate Second tool" in tomas.get(sent.headers["Location"]).text
    switch = f"/courses/pa-aut/tools/{client_id}"
    assert tomas.post(switch, "/courses/pa-aut/tools", active="yes").status_code == 302
    assert tool.ask_token(tool.assertion(iss=client_id, sub=client_id)).status_code == 200


def test_pages_have_a_policy_without_inline_code(ada: Visitor, tool: StandIn) -> None:
    answer = ada.get("/activities/practical")
    policy = answer.headers["Content-Security-Policy"]
    assert "unsafe" not in policy
    assert f"frame-src 'self' {tool.url}" in policy
    assert f"form-action 'self' {tool.url}" in policy
    assert "frame-ancestors 'self'" in policy
    assert " style=" not in answer.text
    assert "<script>" not in answer.text
    static = ada.get("/static/practice_lms/lms.css")
    assert static.headers["Content-Type"].startswith("text/css")


def test_a_large_course_is_shown_in_pages(platform: Platform, tomas: Visitor) -> None:
    platform.seed(
        [
            {
                "id": "big",
                "members": {"tomas": ["Instructor"]},
                "learners": 120,
                "links": [{"id": "b"}],
            }
        ]
    )
    page = tomas.get("/courses/big/gradebook?page=2").text
    assert "Page 2 of 3" in page
    assert page.count('scope="row"') == 50
    assert "My courses" in tomas.get("/").text


@pytest.mark.parametrize("path", ["/courses/pa-aut", "/courses/pa-aut/grades", "/privacy"])
def test_what_the_tool_says_on_return_is_shown_escaped_and_cut(ada: Visitor, path: str) -> None:
    page = ada.get(f"{path}?lti_errormsg=<b>No</b>{'x' * 900}&lti_msg=Saved").text
    assert "&lt;b&gt;No&lt;/b&gt;xxx" in page
    assert "x" * 500 not in page
    assert 'role="status">Saved<' in page


def test_an_activity_shows_each_of_its_columns(
    tool: StandIn, platform: Platform, ada: Visitor, tomas: Visitor
) -> None:
    columns = [{"label": "Code", "maximum": 60}, {"label": "Essay", "maximum": 40}]
    links = [{"id": "two", "columns": columns}, {"id": "none", "maximum": None}]
    platform.seed([{"id": "pa-aut", "links": links}])
    code, _ = platform.line_item_urls("two")
    tool.post_score(tool.score(scoreGiven=50), url=f"{code}/scores")
    page = ada.get("/courses/pa-aut").text
    assert "Code: 30 / 60" in page
    assert "Essay: no grade yet" in page
    assert "not graded" in page
    assert "Code: 1 of 6 graded" in tomas.get("/courses/pa-aut").text
    assert "Code: 30 / 60" in ada.get("/activities/two").text
