"""What an LTI role allows here.

Source: LTI 1.3 core, appendix A (role vocabularies). A sub-role
(``…/membership/Instructor#Grader``) is always sent together with its principal role
(``…/membership#Instructor``), so the principal role's own rights count only when none of its
sub-roles stands beside it. Unknown roles allow nothing.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from enum import StrEnum

MEMBERSHIP = "http://purl.imsglobal.org/vocab/lis/v2/membership"
INSTITUTION = "http://purl.imsglobal.org/vocab/lis/v2/institution/person#"
SYSTEM = "http://purl.imsglobal.org/vocab/lis/v2/system/person#"
TEST_USER = "http://purl.imsglobal.org/vocab/lti/system/person#TestUser"


class Right(StrEnum):
    """What a person may do in one course."""

    SUBMIT = "submit"
    REVIEW = "review"
    TEACH = "teach"
    ADMINISTER = "administer"


NOTHING: frozenset[Right] = frozenset()
LEARNS = frozenset({Right.SUBMIT})
REVIEWS = frozenset({Right.REVIEW})
TEACHES = frozenset({Right.REVIEW, Right.TEACH})
ADMINISTERS = frozenset({Right.ADMINISTER})
RUNS_THE_COURSE = TEACHES | ADMINISTERS

# Context roles: principal role → its own rights.
PRINCIPAL: Mapping[str, frozenset[Right]] = {
    "Administrator": RUNS_THE_COURSE,
    "ContentDeveloper": NOTHING,
    "Instructor": TEACHES,
    "Learner": LEARNS,
    "Mentor": REVIEWS,
    "Manager": NOTHING,
    "Member": NOTHING,
    "Officer": NOTHING,
}

# Context sub-roles: principal role → sub-role → rights.
SUB_ROLES: Mapping[str, Mapping[str, frozenset[Right]]] = {
    "Administrator": {
        "Administrator": RUNS_THE_COURSE,
        "Developer": ADMINISTERS,
        "ExternalDeveloper": NOTHING,
        "ExternalSupport": NOTHING,
        "ExternalSystemAdministrator": ADMINISTERS,
        "Support": ADMINISTERS,
        "SystemAdministrator": ADMINISTERS,
    },
    "ContentDeveloper": {
        "ContentDeveloper": NOTHING,
        "ContentExpert": REVIEWS,
        "ExternalContentExpert": REVIEWS,
        "Librarian": NOTHING,
    },
    "Instructor": {
        "ExternalInstructor": TEACHES,
        "Grader": REVIEWS,
        "GuestInstructor": REVIEWS,
        "Lecturer": TEACHES,
        "PrimaryInstructor": TEACHES,
        "SecondaryInstructor": TEACHES,
        "TeachingAssistant": REVIEWS,
        "TeachingAssistantGroup": REVIEWS,
        "TeachingAssistantOffering": REVIEWS,
        "TeachingAssistantSection": REVIEWS,
        "TeachingAssistantSectionAssociation": REVIEWS,
        "TeachingAssistantTemplate": REVIEWS,
    },
    "Learner": {
        "ExternalLearner": LEARNS,
        "GuestLearner": LEARNS,
        "Instructor": LEARNS,
        "Learner": LEARNS,
        "NonCreditLearner": LEARNS,
    },
    "Manager": {
        "AreaManager": NOTHING,
        "CourseCoordinator": TEACHES,
        "ExternalObserver": NOTHING,
        "Manager": NOTHING,
        "Observer": NOTHING,
    },
    "Member": {"Member": NOTHING},
    "Mentor": {
        "Advisor": NOTHING,
        "Auditor": NOTHING,
        "ExternalAdvisor": NOTHING,
        "ExternalAuditor": NOTHING,
        "ExternalLearningFacilitator": REVIEWS,
        "ExternalMentor": REVIEWS,
        "ExternalReviewer": REVIEWS,
        "ExternalTutor": REVIEWS,
        "LearningFacilitator": REVIEWS,
        "Mentor": REVIEWS,
        "Reviewer": REVIEWS,
        "Tutor": REVIEWS,
    },
    "Officer": {
        "Chair": NOTHING,
        "Communications": NOTHING,
        "Secretary": NOTHING,
        "Treasurer": NOTHING,
        "Vice-Chair": NOTHING,
    },
}

# Roles outside the course say who somebody is in the school, never what they do in this course.
INSTITUTION_ROLES: Mapping[str, frozenset[Right]] = {
    "Administrator": ADMINISTERS,
    "Alumni": NOTHING,
    "Faculty": NOTHING,
    "Guest": NOTHING,
    "Instructor": NOTHING,
    "Learner": NOTHING,
    "Member": NOTHING,
    "Mentor": NOTHING,
    "None": NOTHING,
    "Observer": NOTHING,
    "Other": NOTHING,
    "ProspectiveStudent": NOTHING,
    "Staff": NOTHING,
    "Student": NOTHING,
}

SYSTEM_ROLES: Mapping[str, frozenset[Right]] = {
    "AccountAdmin": ADMINISTERS,
    "Administrator": ADMINISTERS,
    "Creator": NOTHING,
    "None": NOTHING,
    "SysAdmin": ADMINISTERS,
    "SysSupport": NOTHING,
    "User": NOTHING,
}


def _without_context() -> dict[str, frozenset[Right]]:
    table = {INSTITUTION + name: rights for name, rights in INSTITUTION_ROLES.items()}
    table |= {SYSTEM + name: rights for name, rights in SYSTEM_ROLES.items()}
    table[TEST_USER] = NOTHING
    return table


OUTSIDE_THE_COURSE: Mapping[str, frozenset[Right]] = _without_context()


def _context_role(uri: str) -> tuple[str, str] | None:
    """(principal, sub-role or "") of a context role, None for any other text.

    The bare name of a principal role (``Instructor``) is allowed by the core specification for
    context roles, though deprecated.
    """
    if uri in PRINCIPAL:
        return uri, ""
    if not uri.startswith(MEMBERSHIP):
        return None
    rest = uri.removeprefix(MEMBERSHIP)
    if rest.startswith("#"):
        return (rest[1:], "") if rest[1:] in PRINCIPAL else None
    principal, _, sub_role = rest.removeprefix("/").partition("#")
    known = rest.startswith("/") and sub_role in SUB_ROLES.get(principal, {})
    return (principal, sub_role) if known else None


def rights_of(role_uris: Iterable[str]) -> frozenset[Right]:
    """The rights that all roles of one membership give together."""
    uris = set(role_uris)
    context_roles = {role for uri in uris if (role := _context_role(uri))}
    refined = {principal for principal, sub_role in context_roles if sub_role}
    rights: set[Right] = set()
    for principal, sub_role in context_roles:
        if sub_role:
            rights |= SUB_ROLES[principal][sub_role]
        elif principal not in refined:
            rights |= PRINCIPAL[principal]
    return frozenset(rights) | rights_outside_courses(uris)


def rights_outside_courses(role_uris: Iterable[str]) -> frozenset[Right]:
    """The rights that the roles in the school and on the LMS give, whatever the course."""
    return NOTHING.union(*(OUTSIDE_THE_COURSE.get(uri, NOTHING) for uri in role_uris))
