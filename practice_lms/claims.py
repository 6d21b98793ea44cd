"""The claims of the messages that the LMS sends.

Sources: LTI Core 1.3 section 5, Deep Linking 2.0 section 4.4, Submission Review 1.0 (for_user and
the line item's own address and custom values), Data Privacy Launch 1.0 (for_user, no context).
"""

from __future__ import annotations

import time
from typing import Any

from practice_lms import addresses, gradebook, legacy, vocabulary
from practice_lms.custom import filled_in
from practice_lms.house import house
from practice_lms.messages import Message
from practice_lms.rows import Asset, Course, Enrolment, Person, enrolment_key

VERSION = "1.0"
CLAIM = vocabulary.CLAIM


def claims(message: Message, nonce: str) -> dict[str, Any]:
    """All claims of the id_token."""
    now = int(time.time())
    found = {
        "iss": house.url,
        "aud": message.tool.client_id,
        "iat": now,
        "exp": now + house.manner.id_token_seconds,
        "nonce": nonce,
        f"{CLAIM}message_type": _type(message),
        f"{CLAIM}version": vocabulary.VERSION,
        f"{CLAIM}deployment_id": message.hint.deployment,
        f"{CLAIM}target_link_uri": message.target_link_uri,
        f"{CLAIM}roles": _roles(message),
        f"{CLAIM}launch_presentation": _presentation(message),
        f"{CLAIM}custom": filled_in(message),
        **_identity(message),
        **_for_user(message),
        **_about_activity(message),
    }
    if house.manner.tool_platform:
        found[f"{CLAIM}tool_platform"] = _platform()
    if house.manner.authorized_party:
        found["azp"] = message.tool.client_id
    if house.manner.notice_types and vocabulary.SCOPE_NOTICES in message.tool.scopes:
        found[f"{CLAIM}platformnotificationservice"] = _notices(message)
    if message.course is not None:
        found |= _about_course(message, message.course)
    if message.hint.settings:
        found[f"{vocabulary.DEEP_LINKING_CLAIM}deep_linking_settings"] = message.hint.settings
    if message.tool.consumer_key:
        found[f"{CLAIM}lti1p1"] = legacy.claim(message, found)
    return found


def names(person: Person) -> dict[str, str]:
    """The claims that say who somebody is (OpenID Connect Core 5.1)."""
    return {
        "name": person.name,
        "given_name": person.given_name,
        "family_name": person.family_name,
        "email": person.email,
        "locale": "en",
    }


def context(course: Course) -> dict[str, Any]:
    """The context claim of a course."""
    short = house.manner.short_context_type
    return {
        "id": course.id,
        "label": course.label,
        "title": course.title,
        "type": ["CourseOffering" if short else vocabulary.COURSE_OFFERING],
    }


def grade_service(tool_scopes: tuple[str, ...], course: str) -> dict[str, Any]:
    """What tools need for Assignment and Grade Services; empty when they may use none of it."""
    scopes = [scope for scope in tool_scopes if scope in vocabulary.AGS_SCOPES]
    return {"scope": scopes, "lineitems": addresses.line_items_url(course)} if scopes else {}


def _type(message: Message) -> str:
    privacy = message.type == vocabulary.DATA_PRIVACY_REQUEST
    return house.manner.data_privacy_message if privacy else message.type


def _identity(message: Message) -> dict[str, Any]:
    found: dict[str, Any] = {}
    lis = {"course_offering_sourcedid": message.course.id} if message.course else {}
    if message.identity != "none":
        found["sub"] = message.person.sub
    if message.identity == "full":
        found |= names(message.person)
        lis["person_sourcedid"] = message.person.id
    return {**found, f"{CLAIM}lis": lis} if lis else found


def _roles(message: Message) -> list[str]:
    in_course = message.enrolment.roles if message.enrolment else ()
    return [*in_course, *_roles_outside(message.person, system=message.course is None)]


def _roles_outside(person: Person, *, system: bool) -> list[str]:
    """Roles at the institution and, where there is no course, in the LMS itself."""
    roles = [person.institution_role] if person.institution_role else []
    if system:
        roles.append(f"{vocabulary.SYSTEM}#{'Administrator' if person.administers else 'User'}")
    return roles


def _for_user(message: Message) -> dict[str, Any]:
    about = message.about
    if about is None:
        return {}
    roles: list[str] = []
    if message.course is not None:
        row = house.state.get(Enrolment, enrolment_key(message.course.id, about.id))
        roles += row.roles if row else ()
    roles += _roles_outside(about, system=message.course is None)
    found: dict[str, Any] = {"user_id": about.sub, "roles": roles}
    if message.tool.identity == "full":
        found |= {name: value for name, value in names(about).items() if name != "locale"}
        found["person_sourcedId"] = about.id
    return {f"{CLAIM}for_user": found}


def _about_activity(message: Message) -> dict[str, Any]:
    """Which assignment a processor is asked for, and which report is opened."""
    found: dict[str, Any] = {}
    if message.activity is not None:
        activity = message.activity
        found[f"{CLAIM}activity"] = {"id": activity.id, "title": activity.title}
    if message.report is not None:
        asset = house.state.get(Asset, message.report.asset)
        found |= {
            f"{CLAIM}submission": {"id": asset.submission if asset else ""},
            f"{CLAIM}assetreport_type": message.report.type,
            f"{CLAIM}asset": {"id": message.report.asset},
        }
        if house.manner.review_by_launcher:
            found[f"{CLAIM}for_user"] = {"user_id": message.person.sub}
    return found


def _platform() -> dict[str, str]:
    return {
        "guid": house.url.split("://", 1)[-1],
        "name": "Practice LMS",
        "product_family_code": house.manner.product,
        "version": VERSION,
        "url": house.url,
    }


def _presentation(message: Message) -> dict[str, str]:
    path = "/privacy"
    if message.course is not None:
        path = f"/courses/{message.course.id}"
        if message.type == vocabulary.SUBMISSION_REVIEW_REQUEST:
            path += "/grades" if message.about == message.person else "/gradebook"
        if message.activity is not None:
            path = f"/assignments/{message.activity.id}"
    return {
        "document_target": message.hint.target,
        "return_url": f"{house.url}{path}",
        "locale": "en",
    }


def _about_course(message: Message, course: Course) -> dict[str, Any]:
    found: dict[str, Any] = {f"{CLAIM}context": context(course)}
    link = message.link
    if link is not None:
        about = {"id": link.id, "title": link.title, "description": link.text}
        found[f"{CLAIM}resource_link"] = {k: v for k, v in about.items() if v}
    return found | _services(message, course)


def _services(message: Message, course: Course) -> dict[str, Any]:
    found: dict[str, Any] = {}
    grades = grade_service(message.tool.scopes, course.id)
    if grades:
        item = message.line_item or _only_line_item(message)
        if item is not None:
            grades["lineitem"] = addresses.line_item_url(item)
        found[vocabulary.AGS_CLAIM] = grades
    if vocabulary.SCOPE_MEMBERS in message.tool.scopes:
        found[vocabulary.NRPS_CLAIM] = {
            "context_memberships_url": addresses.members_url(course.id),
            "service_versions": ["2.0"],
        }
    if house.manner.groups and vocabulary.SCOPE_GROUPS in message.tool.scopes:
        found[vocabulary.GROUPS_CLAIM] = _groups(course)
    return found


def _notices(message: Message) -> dict[str, Any]:
    return {
        "service_versions": ["1.0"],
        "platform_notification_service_url": addresses.notice_handlers_url(message.hint.deployment),
        "scope": [vocabulary.SCOPE_NOTICES],
        "notice_types_supported": list(house.manner.notice_types),
    }


def _groups(course: Course) -> dict[str, Any]:
    return {
        "scope": [vocabulary.SCOPE_GROUPS],
        "context_groups_url": addresses.groups_url(course.id),
        "context_group_sets_url": addresses.group_sets_url(course.id),
        "service_versions": ["1.0"],
    }


def _only_line_item(message: Message) -> Any:
    """The link's line item when there is exactly one (AGS 2.0 section 3.1.2)."""
    own = gradebook.line_items_of(message.link) if message.link else []
    return own[0] if len(own) == 1 else None
