from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lti_tool.roles import INSTITUTION, MEMBERSHIP, SUB_ROLES, SYSTEM, Right, rights_of

SUBMIT, REVIEW, TEACH, ADMINISTER = Right.SUBMIT, Right.REVIEW, Right.TEACH, Right.ADMINISTER
LEARNER = MEMBERSHIP + "#Learner"
INSTRUCTOR = MEMBERSHIP + "#Instructor"


@pytest.mark.parametrize(
    ("roles", "rights"),
    [
        ([], set()),
        ([LEARNER], {SUBMIT}),
        (["Learner"], {SUBMIT}),
        ([INSTRUCTOR], {REVIEW, TEACH}),
        (["Instructor"], {REVIEW, TEACH}),
        ([MEMBERSHIP + "#Mentor"], {REVIEW}),
        ([MEMBERSHIP + "#ContentDeveloper"], set()),
        ([MEMBERSHIP + "#Member"], set()),
        ([MEMBERSHIP + "#Administrator"], {REVIEW, TEACH, ADMINISTER}),
        ([INSTRUCTOR, MEMBERSHIP + "/Instructor#Grader"], {REVIEW}),
        ([MEMBERSHIP + "/Instructor#Grader"], {REVIEW}),
        (["Instructor", MEMBERSHIP + "/Instructor#Grader"], {REVIEW}),
        ([INSTRUCTOR, MEMBERSHIP + "/Instructor#TeachingAssistant"], {REVIEW}),
        ([INSTRUCTOR, MEMBERSHIP + "/Instructor#PrimaryInstructor"], {REVIEW, TEACH}),
        (
            [
                INSTRUCTOR,
                MEMBERSHIP + "/Instructor#Grader",
                MEMBERSHIP + "/Instructor#PrimaryInstructor",
            ],
            {REVIEW, TEACH},
        ),
        (
            [MEMBERSHIP + "#ContentDeveloper", MEMBERSHIP + "/ContentDeveloper#ContentExpert"],
            {REVIEW},
        ),
        ([LEARNER, INSTRUCTOR], {SUBMIT, REVIEW, TEACH}),
        ([LEARNER, INSTRUCTOR, MEMBERSHIP + "/Instructor#Grader"], {SUBMIT, REVIEW}),
        ([LEARNER, MEMBERSHIP + "/Learner#NonCreditLearner"], {SUBMIT}),
        ([INSTITUTION + "Administrator"], {ADMINISTER}),
        ([SYSTEM + "Administrator"], {ADMINISTER}),
        ([SYSTEM + "SysAdmin", LEARNER], {ADMINISTER, SUBMIT}),
        ([INSTITUTION + "Instructor"], set()),
        ([INSTITUTION + "Faculty", INSTITUTION + "Student"], set()),
        (["http://purl.imsglobal.org/vocab/lti/system/person#TestUser", LEARNER], {SUBMIT}),
        (["urn:lti:role:ims/lis/Instructor"], set()),
        (["Administrator "], set()),
        (["administrator"], set()),
        (["Grader"], set()),
        ([MEMBERSHIP + "#Grader"], set()),
        ([MEMBERSHIP + "/Instructor#Owner", INSTRUCTOR], {REVIEW, TEACH}),
        ([MEMBERSHIP + "/Learner#Grader"], set()),
        (["https://evil.example/membership#Instructor"], set()),
    ],
)
def test_roles_give_these_rights(roles: list[str], rights: set[Right]) -> None:
    assert rights_of(roles) == rights


@given(st.lists(st.text(max_size=80), max_size=8))
def test_unknown_roles_give_nothing(roles: list[str]) -> None:
    known = {"Administrator", "Instructor", "Learner", "Mentor"}
    if not known & set(roles):
        assert rights_of(roles) == frozenset()


@given(st.data())
def test_a_principal_role_beside_its_sub_role_adds_nothing(data: st.DataObject) -> None:
    principal = data.draw(st.sampled_from(sorted(SUB_ROLES)))
    sub_role = data.draw(st.sampled_from(sorted(SUB_ROLES[principal])))
    refined = f"{MEMBERSHIP}/{principal}#{sub_role}"
    assert rights_of([refined]) == rights_of([refined, f"{MEMBERSHIP}#{principal}"])
