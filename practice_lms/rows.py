"""The rows of the LMS's tables: frozen, told apart by their key."""

from __future__ import annotations

import base64
import hashlib
from dataclasses import dataclass, field, fields
from datetime import datetime
from typing import Any, ClassVar, Literal, get_args
from urllib.parse import urlsplit

from practice_lms.vocabulary import DEEP_LINKING_REQUEST, role_name

Identity = Literal["full", "sub", "none"]
Status = Literal["Active", "Inactive", "Deleted"]


def enrolment_key(course: str, person: str) -> str:
    return f"{course}|{person}"


def handler_key(client_id: str, deployment: str, kind: str) -> str:
    return f"{client_id}|{deployment}|{kind}"


def report_key(processor: str, asset: str, kind: str) -> str:
    return f"{processor}|{asset}|{kind}"


def grade_key(line_item: str, person: str) -> str:
    return f"{line_item}|{person}"


@dataclass(frozen=True)
class Person:
    """Somebody with an account. ``sub`` is what tools see: it never changes and tells nothing."""

    table: ClassVar[str] = "people"
    id: str
    sub: str
    given_name: str
    family_name: str
    email: str
    institution_role: str = ""
    about: str = ""

    @property
    def key(self) -> str:
        return self.id

    @property
    def name(self) -> str:
        return f"{self.given_name} {self.family_name}".strip()

    @property
    def initials(self) -> str:
        return f"{self.given_name[:1]}{self.family_name[:1]}".upper()

    @property
    def administers(self) -> bool:
        """Whether the person is an administrator of the institution."""
        return self.institution_role.endswith("#Administrator")


@dataclass(frozen=True)
class Course:
    """``history``: the ids of the courses that this one was copied from, newest first."""

    table: ClassVar[str] = "courses"
    id: str
    label: str
    title: str
    introduction: str = ""
    history: tuple[str, ...] = ()

    @property
    def key(self) -> str:
        return self.id


@dataclass(frozen=True)
class Enrolment:
    """A person in a course, with full role URIs.

    Somebody suspended is ``Inactive``; the row of somebody who was taken out stays as ``Deleted``,
    so that tools can be told. ``changed`` counts up over all changes of enrolments.
    """

    table: ClassVar[str] = "enrolments"
    course: str
    person: str
    roles: tuple[str, ...]
    status: Status = "Active"
    changed: int = 0

    @property
    def key(self) -> str:
        return enrolment_key(self.course, self.person)

    @property
    def active(self) -> bool:
        return self.status == "Active"

    def has(self, *names: str) -> bool:
        """Whether any role is one of ``names`` (``Learner``) or a sub-role of one."""
        principals = {part for role in self.roles for part in role_name(role).split("#")}
        return self.active and not principals.isdisjoint(names)


@dataclass(frozen=True)
class Tool:
    """A registered LTI tool. ``courses`` empty: available in every course.

    ``jwks`` is a key set kept here instead of one fetched from ``jwks_url``. ``messages`` are the
    types of message that it takes, each with its own address or an empty text. ``identity`` is
    how much it learns of people: all, the ``sub`` alone, or nothing. ``consumer_key`` and
    ``consumer_secret`` are those of its time with LTI 1.1.
    """

    table: ClassVar[str] = "tools"
    client_id: str
    name: str
    deployments: tuple[str, ...]
    login_url: str
    launch_url: str
    redirect_uris: tuple[str, ...]
    jwks_url: str = ""
    jwks: dict[str, Any] | None = None
    messages: dict[str, str] = field(default_factory=dict)
    scopes: tuple[str, ...] = ()
    custom: dict[str, str] = field(default_factory=dict)
    active: bool = False
    identity: Identity = "full"
    consumer_key: str = ""
    consumer_secret: str = ""
    courses: tuple[str, ...] = ()

    @property
    def key(self) -> str:
        return self.client_id

    def serves(self, course: str) -> bool:
        return self.active and (not self.courses or course in self.courses)

    def target(self, message: str) -> str:
        """The address that messages of this type go to."""
        return self.messages.get(message) or self.launch_url

    def owns(self, url: str) -> bool:
        """Whether ``url`` is a web address on a host of the tool."""
        hosts = {urlsplit(known).netloc for known in (self.launch_url, *self.redirect_uris)}
        try:
            parts = urlsplit(url)
        except ValueError:
            return False
        return parts.scheme in ("http", "https") and parts.netloc in hosts


@dataclass(frozen=True)
class ResourceLink:
    """An activity of a course. An empty ``url`` means the tool's launch address.

    ``history``: the ids of the links that this one was copied from, newest first. ``available``
    and ``submission`` are periods ({startDateTime, endDateTime}); ``window`` and ``iframe`` say
    how the tool wants to be shown.
    """

    table: ClassVar[str] = "links"
    id: str
    course: str
    client_id: str
    deployment: str
    title: str
    text: str = ""
    url: str = ""
    custom: dict[str, str] = field(default_factory=dict)
    history: tuple[str, ...] = ()
    available: dict[str, str] = field(default_factory=dict)
    submission: dict[str, str] = field(default_factory=dict)
    window: dict[str, Any] | None = None
    iframe: dict[str, Any] | None = None

    @property
    def key(self) -> str:
        return self.id

    @property
    def wants_window(self) -> bool:
        """Whether the tool asked for a window of its own, and for no frame."""
        return self.window is not None and self.iframe is None

    @property
    def dates(self) -> dict[str, datetime]:
        """When it is ``available`` and takes a ``submission``: ``available_start`` and so on."""
        periods = {"available": self.available, "submission": self.submission}
        return {
            f"{name}_{end.removesuffix('DateTime')}": datetime.fromisoformat(text)
            for name, period in periods.items()
            for end, text in period.items()
        }


@dataclass(frozen=True)
class LineItem:
    """A gradebook column, owned by the tool that it was made for.

    ``review`` is its ``submissionReview``: how submissions are opened from the gradebook.
    """

    table: ClassVar[str] = "line_items"
    id: str
    course: str
    client_id: str
    label: str
    maximum: float
    link: str = ""
    resource_id: str = ""
    tag: str = ""
    starts: str = ""
    ends: str = ""
    review: dict[str, Any] | None = None

    @property
    def key(self) -> str:
        return self.id


@dataclass(frozen=True)
class Grade:
    """One cell. ``given`` of ``maximum`` is what the tool said; ``override`` is the teacher's
    word, in points of the line item, and wins wherever grades are shown or read."""

    table: ClassVar[str] = "grades"
    line_item: str
    person: str
    given: float | None = None
    maximum: float | None = None
    comment: str = ""
    timestamp: str = ""
    activity: str = ""
    grading: str = ""
    submitted_at: str = ""
    stored_at: str = ""
    override: float | None = None
    override_comment: str = ""
    override_by: str = ""

    @property
    def key(self) -> str:
        return grade_key(self.line_item, self.person)


@dataclass(frozen=True)
class Key:
    """A signing key of the LMS; the newest signs, the newest two are published."""

    table: ClassVar[str] = "keys"
    kid: str
    pem: str

    @property
    def key(self) -> str:
        return self.kid


@dataclass(frozen=True)
class GroupSet:
    """Groups that belong together, such as the tutor groups of a course."""

    table: ClassVar[str] = "group_sets"
    id: str
    course: str
    name: str

    @property
    def key(self) -> str:
        return self.id


@dataclass(frozen=True)
class Group:
    """Some people of a course, by id. An empty ``set``: the group is in none."""

    table: ClassVar[str] = "groups"
    id: str
    course: str
    name: str
    tag: str = ""
    set: str = ""
    members: tuple[str, ...] = ()

    @property
    def key(self) -> str:
        return self.id


@dataclass(frozen=True)
class NoticeHandler:
    """Where a deployment of a tool wants notices of one kind; an empty ``url``: nowhere."""

    table: ClassVar[str] = "notice_handlers"
    client_id: str
    deployment: str
    type: str
    url: str = ""
    max_batch_size: int | None = None

    @property
    def key(self) -> str:
        return handler_key(self.client_id, self.deployment, self.type)


@dataclass(frozen=True)
class Assignment:
    """Work that learners hand in to the LMS itself."""

    table: ClassVar[str] = "assignments"
    id: str
    course: str
    title: str
    text: str = ""

    @property
    def key(self) -> str:
        return self.id


@dataclass(frozen=True)
class Processor:
    """A tool attached to an assignment. ``report`` is how its reports are opened: {url, custom,
    supportedTypes}."""

    table: ClassVar[str] = "processors"
    id: str
    assignment: str
    client_id: str
    deployment: str
    title: str
    text: str = ""
    url: str = ""
    custom: dict[str, str] = field(default_factory=dict)
    report: dict[str, Any] = field(default_factory=dict)

    @property
    def key(self) -> str:
        return self.id


@dataclass(frozen=True)
class Submission:
    """One attempt of a person: its assets never change."""

    table: ClassVar[str] = "submissions"
    id: str
    assignment: str
    person: str
    attempt: int
    at: str

    @property
    def key(self) -> str:
        return self.id

    @property
    def when(self) -> datetime:
        return datetime.fromisoformat(self.at)


@dataclass(frozen=True)
class Asset:
    """A text or a file of a submission; ``encoded`` is its content in Base64. A text has no
    ``filename``."""

    table: ClassVar[str] = "assets"
    id: str
    submission: str
    title: str
    filename: str
    content_type: str
    encoded: str
    at: str

    @property
    def key(self) -> str:
        return self.id

    @property
    def content(self) -> bytes:
        return base64.b64decode(self.encoded)

    @property
    def size(self) -> int:
        """In bytes."""
        return len(self.content)

    @property
    def checksum(self) -> str:
        """SHA-256 of the content in Base64."""
        return base64.b64encode(hashlib.sha256(self.content).digest()).decode()


@dataclass(frozen=True)
class Report:
    """What a processor says of an asset: the latest of its type."""

    table: ClassVar[str] = "reports"
    processor: str
    asset: str
    type: str
    timestamp: str
    values: dict[str, Any] = field(default_factory=dict)

    @property
    def key(self) -> str:
        return report_key(self.processor, self.asset, self.type)

    @property
    def for_owner(self) -> bool:
        """Whether the person who handed in may see it."""
        processed = self.values.get("processingProgress") == "Processed"
        return processed and self.values.get("visibleToOwner") is True


Row = (
    Person
    | Course
    | Enrolment
    | Tool
    | ResourceLink
    | LineItem
    | Grade
    | Key
    | GroupSet
    | Group
    | NoticeHandler
    | Assignment
    | Processor
    | Submission
    | Asset
    | Report
)
KINDS: dict[str, type[Row]] = {kind.table: kind for kind in get_args(Row)}


def row_of(table: str, values: dict[str, Any]) -> Row:
    """The row of a journal's values; those of another version are translated or left out."""
    kind = KINDS[table]
    known = {item.name for item in fields(kind)}
    given: dict[str, Any] = {
        name: tuple(value) if isinstance(value, list) else value
        for name, value in translated(table, values).items()
        if name in known
    }
    return kind(**given)


def translated(table: str, values: dict[str, Any]) -> dict[str, Any]:
    """Values under the names that fields have today."""
    values = dict(values)
    if table == Tool.table:
        if "names" in values:
            values["identity"] = "full" if values.pop("names") else "sub"
        if values.get("deep_linking_url"):
            values["messages"] = {DEEP_LINKING_REQUEST: values.pop("deep_linking_url")}
    if table == Enrolment.table and "active" in values:
        values["status"] = "Active" if values.pop("active") else "Inactive"
    return values
