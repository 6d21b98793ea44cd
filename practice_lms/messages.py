"""The messages that the LMS sends: who may send which, and the login that starts them."""

from __future__ import annotations

import secrets
from dataclasses import asdict, dataclass, field
from typing import Any, Literal

from django.core import signing

from practice_lms import vocabulary
from practice_lms.house import house
from practice_lms.rows import (
    Asset,
    Assignment,
    Course,
    Enrolment,
    Identity,
    LineItem,
    Person,
    Processor,
    Report,
    ResourceLink,
    Submission,
    Tool,
    enrolment_key,
)

HINT_SALT = "practice_lms.lti_message_hint"
HINT_SECONDS = 300
Target = Literal["iframe", "window"]


class NotPossible(Exception):  # noqa: N818 - says what is the case
    """A message that may not be sent (any more); the text says why."""


@dataclass(frozen=True)
class Hint:
    """What an ``lti_message_hint`` says of its message: ids, empty where nothing applies.

    ``about`` is the person whom a message is about, ``identity`` overrides the tool's for one
    launch, ``login`` is the login_hint of a launch that must not tell who somebody is, and
    ``settings`` are those of deep linking. ``activity``, ``processor`` and ``report`` are those of
    asset processors.
    """

    type: str
    person: str
    client: str
    deployment: str
    course: str = ""
    link: str = ""
    line_item: str = ""
    about: str = ""
    activity: str = ""
    processor: str = ""
    report: str = ""
    target: Target = "iframe"
    identity: Identity | Literal[""] = ""
    login: str = ""
    settings: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Message:
    """One message on its way: from whom, to which tool, about what."""

    hint: Hint
    person: Person
    tool: Tool
    course: Course | None = None
    enrolment: Enrolment | None = None
    link: ResourceLink | None = None
    line_item: LineItem | None = None
    about: Person | None = None
    activity: Assignment | None = None
    processor: Processor | None = None
    report: Report | None = None

    @property
    def type(self) -> str:
        return self.hint.type

    @property
    def identity(self) -> Identity:
        return self.hint.identity or self.tool.identity

    @property
    def login_hint(self) -> str:
        return self.hint.login or self.person.sub

    @property
    def login_target(self) -> str:
        """The ``target_link_uri`` of the login: as Moodle, the link's even for a review."""
        if self.type in (vocabulary.RESOURCE_LINK_REQUEST, vocabulary.SUBMISSION_REVIEW_REQUEST):
            return (self.link.url if self.link else "") or self.tool.target(
                vocabulary.RESOURCE_LINK_REQUEST
            )
        if self.type == vocabulary.DEEP_LINKING_REQUEST and self.activity:
            special = self.tool.messages.get(vocabulary.ASSET_PROCESSOR_PLACEMENT)
            return special or self.tool.target(self.type)
        if self.processor is not None:
            own = self.processor.report.get("url") or self.processor.url
            return str(own) if own else self.tool.target(self.type)
        return self.tool.target(self.type)

    @property
    def target_link_uri(self) -> str:
        """The claim of that name."""
        review = self.line_item.review if self.line_item else None
        if self.type == vocabulary.SUBMISSION_REVIEW_REQUEST and review and review.get("url"):
            return str(review["url"])
        return self.login_target


def login_fields(message: Message) -> dict[str, str]:
    """What the browser sends to the tool's login address (Security Framework 1.0, 5.1.1.1)."""
    fields = {
        "iss": house.url,
        "login_hint": message.login_hint,
        "target_link_uri": message.login_target,
        "lti_message_hint": signing.dumps(asdict(message.hint), salt=HINT_SALT, compress=True),
        "client_id": message.tool.client_id,
        "lti_deployment_id": message.hint.deployment,
    }
    if house.manner.storage and message.hint.target == "iframe":
        fields["lti_storage_target"] = house.manner.storage_frame
    return fields


def of_hint(text: str) -> Message:
    """The message of a hint that this LMS gave out in the last HINT_SECONDS.

    Raises signing.BadSignature (forged or too old) or NotPossible.
    """
    return compose(Hint(**signing.loads(text, salt=HINT_SALT, max_age=HINT_SECONDS)))


def compose(hint: Hint) -> Message:
    """The message that a hint names, if it may be sent now.

    Raises NotPossible when the person left the course, the tool is off, or something is gone.
    """
    person = house.state.get(Person, hint.person)
    tool = house.state.get(Tool, hint.client)
    if person is None:
        raise NotPossible("the person is gone")
    if tool is None or not tool.active or (hint.course and not tool.serves(hint.course)):
        raise NotPossible(f"the tool {hint.client} is not active here")
    course, enrolment = _place(person, hint.course)
    message = Message(
        hint=hint,
        person=person,
        tool=tool,
        course=course,
        enrolment=enrolment,
        link=_found(ResourceLink, hint.link, "the activity was removed"),
        line_item=_found(LineItem, hint.line_item, "the column of the gradebook was removed"),
        about=_found(Person, hint.about, "the person whom it is about is gone"),
        activity=_found(Assignment, hint.activity, "the assignment was removed"),
        processor=_found(Processor, hint.processor, "the tool was taken off the assignment"),
        report=_found(Report, hint.report, "the report was replaced"),
    )
    _check_about(message)
    return message


def launch(
    person: Person,
    link: ResourceLink,
    *,
    target: Target = "iframe",
    identity: Identity | Literal[""] = "",
) -> Message:
    """The message that opens an activity. Raises NotPossible."""
    return send(
        type=vocabulary.RESOURCE_LINK_REQUEST,
        person=person.id,
        client=link.client_id,
        deployment=link.deployment,
        course=link.course,
        link=link.id,
        target=target,
        identity=identity,
    )


def submission_review(
    person: Person,
    item: LineItem,
    about: Person,
    *,
    target: Target = "iframe",
    identity: Identity | Literal[""] = "",
) -> Message:
    """The message that opens what ``about`` handed in (Submission Review 1.0).

    Raises NotPossible unless ``person`` teaches the course or asks about themself.
    """
    link = house.state.get(ResourceLink, item.link) if item.link else None
    tool = house.state.get(Tool, item.client_id)
    if tool is None:
        raise NotPossible(f"the tool {item.client_id} is gone")
    return send(
        type=vocabulary.SUBMISSION_REVIEW_REQUEST,
        person=person.id,
        client=item.client_id,
        deployment=link.deployment if link else tool.deployments[0],
        course=item.course,
        link=item.link,
        line_item=item.id,
        about=about.id,
        target=target,
        identity=identity,
    )


def data_privacy(
    person: Person,
    tool: Tool,
    about: Person | None = None,
    *,
    target: Target = "window",
    identity: Identity | Literal[""] = "",
) -> Message:
    """The message by which somebody asks what a tool knows (Data Privacy Launch 1.0).

    About themself, or about ``about``: that takes an administrator. Raises NotPossible.
    """
    return send(
        type=vocabulary.DATA_PRIVACY_REQUEST,
        person=person.id,
        client=tool.client_id,
        deployment=tool.deployments[0],
        about=about.id if about else "",
        target=target,
        identity=identity,
    )


def report_review(
    person: Person,
    report: Report,
    *,
    target: Target = "iframe",
    identity: Identity | Literal[""] = "",
) -> Message:
    """The message that opens a report of an asset processor (Asset Processor 1.0).

    Raises NotPossible unless ``person`` teaches the course, or handed in and may see the report.
    """
    processor = house.state.get(Processor, report.processor)
    asset = house.state.get(Asset, report.asset)
    submission = house.state.get(Submission, asset.submission) if asset else None
    activity = house.state.get(Assignment, processor.assignment) if processor else None
    if processor is None or submission is None or activity is None:
        raise NotPossible("what the report is about was removed")
    return send(
        type=vocabulary.REPORT_REVIEW_REQUEST,
        person=person.id,
        client=processor.client_id,
        deployment=processor.deployment,
        course=activity.course,
        about=submission.person,
        activity=activity.id,
        processor=processor.id,
        report=report.key,
        target=target,
        identity=identity,
    )


def send(**values: Any) -> Message:
    """The message of a new hint with these values. Raises NotPossible."""
    message = compose(Hint(**values))
    if message.identity != "none":
        return message
    return compose(Hint(**values, login=f"anonymous-{secrets.token_urlsafe(12)}"))


def _place(person: Person, course_id: str) -> tuple[Course | None, Enrolment | None]:
    if not course_id:
        return None, None
    course = house.state.get(Course, course_id)
    if course is None:
        raise NotPossible("the course is gone")
    enrolment = house.state.enrolment(course_id, person.id)
    if enrolment is None:
        raise NotPossible(f"{person.name} is not enrolled in {course.title}")
    return course, enrolment


def _found(kind: Any, key: str, cause: str) -> Any:
    row = house.state.get(kind, key) if key else None
    if key and row is None:
        raise NotPossible(cause)
    return row


def _check_about(message: Message) -> None:
    """Raise NotPossible when the person may not ask about the other one."""
    about, enrolment = message.about, message.enrolment
    if message.type in (vocabulary.SUBMISSION_REVIEW_REQUEST, vocabulary.REPORT_REVIEW_REQUEST):
        if about is None or enrolment is None or message.course is None:
            raise NotPossible("a review needs a course and somebody who handed in")
        if house.state.get(Enrolment, enrolment_key(message.course.id, about.id)) is None:
            raise NotPossible(f"{about.name} was never in {message.course.title}")
        if about != message.person and not enrolment.has(*vocabulary.TEACHERS):
            raise NotPossible(f"{message.person.name} may not see what {about.name} handed in")
        if about == message.person and message.report and not message.report.for_owner:
            raise NotPossible("the report is not for the person who handed in")
    elif about is not None and about != message.person and not message.person.administers:
        raise NotPossible(f"{message.person.name} may not ask what is known about {about.name}")
