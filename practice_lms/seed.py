"""What a new Practice LMS holds: one course, nine people, one tool, one activity."""

from __future__ import annotations

import uuid
from dataclasses import replace

from practice_lms import vocabulary
from practice_lms.rows import (
    Course,
    Enrolment,
    Group,
    GroupSet,
    LineItem,
    Person,
    ResourceLink,
    Tool,
)
from practice_lms.state import State

COURSE = "pa-aut"
LINK = "practical"
LINE_ITEM = "1"
CLIENT_ID = "cograde-demo"
DEPLOYMENT_ID = "1"
STUDENT = f"{vocabulary.INSTITUTION}#Student"
FACULTY = f"{vocabulary.INSTITUTION}#Faculty"
STAFF = f"{vocabulary.INSTITUTION}#Administrator"

LEARNERS = (
    ("ada", "Ada", "Okafor"),
    ("ben", "Ben", "Sørensen"),
    ("chiara", "Chiara", "Russo"),
    ("dmitri", "Dmitri", "Volkov"),
    ("emeka", "Emeka", "Obi"),
    ("fatima", "Fatima", "Haddad"),
)
GROUP_SET = "tutor-groups"
GROUPS = (
    ("group-1", "Monday group", ("ada", "ben", "chiara")),
    ("group-2", "Thursday group", ("dmitri", "emeka", "fatima")),
)
OTHERS = (
    ("tomas", "Tomas", "Lindgren", FACULTY, (vocabulary.INSTRUCTOR,), "Teacher of the course"),
    (
        "sofia",
        "Sofia",
        "Mensah",
        FACULTY,
        (vocabulary.INSTRUCTOR, vocabulary.GRADER),
        "Subject-matter expert who reviews answers",
    ),
    ("ingrid", "Ingrid", "Moreau", STAFF, (vocabulary.ADMINISTRATOR,), "Administrator of the LMS"),
)


def sub_of(person: str) -> str:
    """The opaque identifier that tools get for a person: the same in every Practice LMS."""
    return str(uuid.uuid5(uuid.NAMESPACE_URL, f"https://practice-lms.example/people/{person}"))


def person(
    id: str, given: str, family: str, *, institution_role: str = STUDENT, about: str = ""
) -> Person:
    """A person with the sub and the e-mail address that follow from the id."""
    return Person(
        id=id,
        sub=sub_of(id),
        given_name=given,
        family_name=family,
        email=f"{id}@practice-lms.example",
        institution_role=institution_role,
        about=about,
    )


def plant(state: State, tool_url: str) -> None:
    """Put the seed where there is no course yet.

    The demo tool's addresses follow TOOL_URL, and it gets what a newer version can do.
    """
    with state.lock:
        wanted = demo_tool(tool_url)
        known = state.get(Tool, CLIENT_ID) or wanted
        current = replace(
            known,
            login_url=wanted.login_url,
            launch_url=wanted.launch_url,
            redirect_uris=wanted.redirect_uris,
            jwks_url=wanted.jwks_url,
            messages=wanted.messages,
            scopes=wanted.scopes,
        )
        if current != state.get(Tool, CLIENT_ID):
            state.put(current)
        if not state.all(Course):
            _plant_course(state)


def demo_tool(tool_url: str) -> Tool:
    """The registration of the tool of the demo."""
    launch = f"{tool_url}/lti/launch/"
    return Tool(
        client_id=CLIENT_ID,
        name="Cograde",
        deployments=(DEPLOYMENT_ID,),
        login_url=f"{tool_url}/lti/login/",
        launch_url=launch,
        redirect_uris=(launch,),
        jwks_url=f"{tool_url}/lti/jwks.json",
        messages=dict.fromkeys((*vocabulary.MESSAGES, vocabulary.ASSET_PROCESSOR_PLACEMENT), ""),
        scopes=vocabulary.SCOPES,
        active=True,
    )


def _plant_course(state: State) -> None:
    state.put(
        Course(
            id=COURSE,
            label="PA-AUT",
            title="Python Associate · Autumn intake",
            introduction=(
                "Twelve weeks from reading small programs to designing your own. "
                "The practical at the end shows what you can do: code, numbers and a few "
                "explanations in your own words."
            ),
        )
    )
    for id, given, family in LEARNERS:
        state.put(person(id, given, family, about="Learner"))
        state.put(Enrolment(COURSE, id, (vocabulary.LEARNER,)))
    for id, given, family, institution_role, roles, about in OTHERS:
        state.put(person(id, given, family, institution_role=institution_role, about=about))
        state.put(Enrolment(COURSE, id, roles))
    state.put(GroupSet(GROUP_SET, COURSE, "Tutor groups"))
    for id, name, members in GROUPS:
        state.put(Group(id, COURSE, name, set=GROUP_SET, members=members))
    state.put(
        ResourceLink(
            id=LINK,
            course=COURSE,
            client_id=CLIENT_ID,
            deployment=DEPLOYMENT_ID,
            title="Python Associate · Practical",
            text="Code, numbers and short explanations. Check your code as often as you like.",
            custom={"assessment": "python-associate"},
        )
    )
    state.put(
        LineItem(
            id=LINE_ITEM,
            course=COURSE,
            client_id=CLIENT_ID,
            label="Python Associate · Practical",
            maximum=100,
            link=LINK,
            review={"reviewableStatus": ["InProgress", "Submitted", "Completed"]},
        )
    )
