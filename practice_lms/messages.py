"""The claims of the messages that the LMS sends (LTI Core 1.3 section 5, Deep Linking 2.0)."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import Any, Literal

from django.core import signing

from practice_lms import vocabulary
from practice_lms.house import house
from practice_lms.state import Course, Enrolment, LineItem, Person, ResourceLink, Tool

HINT_SALT = "practice_lms.lti_message_hint"
HINT_SECONDS = 300
ID_TOKEN_SECONDS = 60
VERSION = "1.0"
Target = Literal["iframe", "window"]


@dataclass(frozen=True)
class Message:
    """One message on its way: from whom, about what, shown where. ``link`` is empty for deep
    linking; ``data`` is then the value that the tool must send back."""

    type: str
    person: Person
    enrolment: Enrolment
    course: Course
    tool: Tool
    deployment: str
    link: ResourceLink | None = None
    target: Target = "iframe"
    data: str = ""

    @property
    def target_link_uri(self) -> str:
        if self.type == vocabulary.DEEP_LINKING_REQUEST:
            return self.tool.deep_linking_url or self.tool.launch_url
        return (self.link.url if self.link else "") or self.tool.launch_url


def hint(message: Message) -> str:
    """The ``lti_message_hint``: a signed text, good for HINT_SECONDS, that binds person, tool,
    place and type of message."""
    return signing.dumps(
        {
            "type": message.type,
            "person": message.person.id,
            "course": message.course.id,
            "client": message.tool.client_id,
            "deployment": message.deployment,
            "link": message.link.id if message.link else "",
            "target": message.target,
            "data": message.data,
        },
        salt=HINT_SALT,
        compress=True,
    )


def login_fields(message: Message) -> dict[str, str]:
    """What the browser sends to the tool's login address (Security Framework 1.0, 5.1.1.1)."""
    fields = {
        "iss": house.url,
        "login_hint": message.person.sub,
        "target_link_uri": message.target_link_uri,
        "lti_message_hint": hint(message),
        "client_id": message.tool.client_id,
        "lti_deployment_id": message.deployment,
    }
    if house.manner.storage and message.target == "iframe":
        fields["lti_storage_target"] = "_parent"
    return fields


def claims(message: Message, nonce: str) -> dict[str, Any]:
    """All claims of the id_token."""
    now = int(time.time())
    prefix = vocabulary.CLAIM
    course = message.course
    found: dict[str, Any] = {
        "iss": house.url,
        "aud": message.tool.client_id,
        "sub": message.person.sub,
        "iat": now,
        "exp": now + ID_TOKEN_SECONDS,
        "nonce": nonce,
        f"{prefix}message_type": message.type,
        f"{prefix}version": vocabulary.VERSION,
        f"{prefix}deployment_id": message.deployment,
        f"{prefix}target_link_uri": message.target_link_uri,
        f"{prefix}roles": _roles(message),
        f"{prefix}context": {
            "id": course.id,
            "label": course.label,
            "title": course.title,
            "type": [
                "CourseOffering" if house.manner.short_context_type else vocabulary.COURSE_OFFERING
            ],
        },
        f"{prefix}tool_platform": {
            "guid": guid(),
            "name": "Practice LMS",
            "product_family_code": house.manner.product,
            "version": VERSION,
            "url": house.url,
        },
        f"{prefix}launch_presentation": {
            "document_target": message.target,
            "return_url": f"{house.url}/courses/{course.id}",
            "locale": "en",
        },
        f"{prefix}lis": {
            "person_sourcedid": message.person.id,
            "course_offering_sourcedid": course.id,
        },
        f"{prefix}custom": _custom(message),
    }
    if message.tool.names:
        found |= names(message.person)
    return found | _about_link(message) | _for_services(message)


def names(person: Person) -> dict[str, str]:
    """The claims that say who somebody is (OpenID Connect Core 5.1)."""
    return {
        "name": person.name,
        "given_name": person.given_name,
        "family_name": person.family_name,
        "email": person.email,
        "locale": "en",
    }


def guid() -> str:
    """What tells this platform from others of its product."""
    return house.url.split("://", 1)[-1]


def _roles(message: Message) -> list[str]:
    institution = message.person.institution_role
    return [*message.enrolment.roles, *([institution] if institution else [])]


def _about_link(message: Message) -> dict[str, Any]:
    link = message.link
    if link is not None:
        about = {"id": link.id, "title": link.title, "description": link.text}
        return {
            f"{vocabulary.CLAIM}resource_link": {k: v for k, v in about.items() if v},
        }
    return {
        f"{vocabulary.DEEP_LINKING_CLAIM}deep_linking_settings": {
            "deep_link_return_url": f"{house.url}/lti/deep-linking/return",
            "accept_types": ["ltiResourceLink"],
            "accept_presentation_document_targets": ["iframe", "window"],
            "accept_multiple": True,
            "accept_lineitem": True,
            "auto_create": True,
            "data": message.data,
        }
    }


def _for_services(message: Message) -> dict[str, Any]:
    found: dict[str, Any] = {}
    scopes = [scope for scope in message.tool.scopes if scope in vocabulary.AGS_SCOPES]
    if scopes:
        found[vocabulary.AGS_CLAIM] = {
            "scope": scopes,
            "lineitems": line_items_url(message.course.id),
        }
        own = line_items_of(message.link) if message.link else []
        if len(own) == 1:
            found[vocabulary.AGS_CLAIM]["lineitem"] = line_item_url(own[0])
    if vocabulary.SCOPE_MEMBERS in message.tool.scopes:
        found[vocabulary.NRPS_CLAIM] = {
            "context_memberships_url": f"{house.url}/lti/courses/{message.course.id}/members",
            "service_versions": ["2.0"],
        }
    return found


def line_items_of(link: ResourceLink) -> list[LineItem]:
    """The gradebook columns of an activity."""
    return [item for item in house.state.all(LineItem) if item.link == link.id]


def line_items_url(course: str) -> str:
    """The container of line items of a course."""
    query = house.manner.line_item_query
    return f"{house.url}/lti/courses/{course}/lineitems" + (f"?{query}" if query else "")


def line_item_url(item: LineItem, part: str = "") -> str:
    """The address of a line item, or of its ``scores`` or ``results``."""
    query = house.manner.line_item_query
    path = f"{house.url}/lti/courses/{item.course}/lineitems/{item.id}"
    return path + (f"/{part}" if part else "") + (f"?{query}" if query else "")


def _custom(message: Message) -> dict[str, str]:
    """Custom parameters with the substitution variables that this LMS knows (LTI Core 6.1.1)."""
    link, course = message.link, message.course
    known = {
        "$User.id": message.person.sub,
        "$Person.sourcedId": message.person.id,
        "$Context.id": course.id,
        "$Context.title": course.title,
        "$CourseOffering.label": course.label,
        "$ResourceLink.id": link.id if link else "",
        "$ResourceLink.title": link.title if link else "",
    }
    given = {**message.tool.custom, **(link.custom if link else {})}
    return {name: known.get(value, value) for name, value in given.items()}


VARIABLES = (
    "User.id",
    "Person.sourcedId",
    "Context.id",
    "Context.title",
    "CourseOffering.label",
    "ResourceLink.id",
    "ResourceLink.title",
)


class NotPossible(Exception):  # noqa: N818 - says what is the case
    """A message that may not be sent (any more); the text says why."""


def compose(values: dict[str, str]) -> Message:
    """The message that ``values`` name (the keys of a hint), if it may be sent now.

    Raises NotPossible when the person left the course, the tool is off, or the activity is gone.
    """
    person = house.state.get(Person, values["person"])
    course = house.state.get(Course, values["course"])
    tool = house.state.get(Tool, values["client"])
    if person is None or course is None:
        raise NotPossible("the person or the course is gone")
    enrolment = house.state.enrolment(course.id, person.id)
    if enrolment is None:
        raise NotPossible(f"{person.name} is not enrolled in {course.title}")
    if tool is None or not tool.serves(course.id):
        raise NotPossible(f"the tool {values['client']} is not active in {course.title}")
    link = house.state.get(ResourceLink, values["link"]) if values["link"] else None
    if values["link"] and link is None:
        raise NotPossible("the activity was removed")
    return Message(
        type=values["type"],
        person=person,
        enrolment=enrolment,
        course=course,
        tool=tool,
        deployment=values["deployment"],
        link=link,
        target="window" if values["target"] == "window" else "iframe",
        data=values["data"],
    )


def of_hint(text: str) -> Message:
    """The message of a hint that this LMS gave out.

    Raises signing.BadSignature (forged or too old) or NotPossible.
    """
    return compose(signing.loads(text, salt=HINT_SALT, max_age=HINT_SECONDS))


def launch(person: Person, link: ResourceLink, *, target: Target = "iframe") -> Message:
    """The message that opens an activity. Raises NotPossible."""
    return compose(
        {
            "type": vocabulary.RESOURCE_LINK_REQUEST,
            "person": person.id,
            "course": link.course,
            "client": link.client_id,
            "deployment": link.deployment,
            "link": link.id,
            "target": target,
            "data": "",
        }
    )
