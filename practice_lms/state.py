"""What the LMS knows: frozen rows in memory, changed one at a time under one lock.

Each change goes into the journal as ``{"put": table, "row": {...}}`` or
``{"delete": table, "key": ...}``, or ``{"clear": true}``; replaying them rebuilds the state.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator
from dataclasses import asdict, dataclass, field, fields
from typing import Any, ClassVar, TypeVar

from practice_lms.journal import Journal, Record
from practice_lms.vocabulary import role_name


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


@dataclass(frozen=True)
class Course:
    table: ClassVar[str] = "courses"
    id: str
    label: str
    title: str
    introduction: str = ""

    @property
    def key(self) -> str:
        return self.id


@dataclass(frozen=True)
class Enrolment:
    """A person in a course, with full role URIs; an inactive one is kept but counts as none."""

    table: ClassVar[str] = "enrolments"
    course: str
    person: str
    roles: tuple[str, ...]
    active: bool = True

    @property
    def key(self) -> str:
        return enrolment_key(self.course, self.person)

    def has(self, *names: str) -> bool:
        """Whether any role is one of ``names`` (``Learner``) or a sub-role of one."""
        principals = {part for role in self.roles for part in role_name(role).split("#")}
        return self.active and not principals.isdisjoint(names)


@dataclass(frozen=True)
class Tool:
    """A registered LTI tool. ``courses`` empty: available in every course.

    ``jwks`` is a key set kept here instead of one fetched from ``jwks_url``.
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
    deep_linking_url: str = ""
    scopes: tuple[str, ...] = ()
    custom: dict[str, str] = field(default_factory=dict)
    active: bool = False
    names: bool = True
    courses: tuple[str, ...] = ()

    @property
    def key(self) -> str:
        return self.client_id

    def serves(self, course: str) -> bool:
        return self.active and (not self.courses or course in self.courses)


@dataclass(frozen=True)
class ResourceLink:
    """An activity of a course. An empty ``url`` means the tool's launch address."""

    table: ClassVar[str] = "links"
    id: str
    course: str
    client_id: str
    deployment: str
    title: str
    text: str = ""
    url: str = ""
    custom: dict[str, str] = field(default_factory=dict)

    @property
    def key(self) -> str:
        return self.id


@dataclass(frozen=True)
class LineItem:
    """A gradebook column, owned by the tool that it was made for."""

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


Row = Person | Course | Enrolment | Tool | ResourceLink | LineItem | Grade | Key
R = TypeVar("R", Person, Course, Enrolment, Tool, ResourceLink, LineItem, Grade, Key)
KINDS: dict[str, type[Row]] = {
    kind.table: kind
    for kind in (Person, Course, Enrolment, Tool, ResourceLink, LineItem, Grade, Key)
}


def enrolment_key(course: str, person: str) -> str:
    return f"{course}|{person}"


def grade_key(line_item: str, person: str) -> str:
    return f"{line_item}|{person}"


class State:
    """The tables. Readers get rows that never change; writers hold ``lock`` over read and write."""

    def __init__(self, journal: Journal) -> None:
        self.lock = threading.RLock()
        self.journal = journal
        self._tables: dict[str, dict[str, Row]] = {name: {} for name in KINDS}
        self._person_by_sub: dict[str, str] = {}
        for record in journal.read():
            self._apply(record)
        journal.rewrite(self._snapshot())

    def get(self, kind: type[R], key: str) -> R | None:
        row = self._tables[kind.table].get(key)
        return row if isinstance(row, kind) else None

    def all(self, kind: type[R]) -> list[R]:
        """Every row of a kind, in the order in which the rows were first put."""
        with self.lock:
            return [row for row in self._tables[kind.table].values() if isinstance(row, kind)]

    def put(self, row: Row) -> None:
        """Add the row, or replace the one of the same key."""
        self._change({"put": row.table, "row": asdict(row)})

    def delete(self, row: Row) -> None:
        self._change({"delete": row.table, "key": row.key})

    def clear(self) -> None:
        """Forget everything but the signing keys."""
        self._change({"clear": True})

    def person_of(self, sub: str) -> Person | None:
        """The person whom tools know as ``sub``."""
        return self.get(Person, self._person_by_sub.get(sub, ""))

    def enrolment(self, course: str, person: str) -> Enrolment | None:
        """The active enrolment, or None."""
        found = self.get(Enrolment, enrolment_key(course, person))
        return found if found and found.active else None

    def _change(self, record: Record) -> None:
        with self.lock:
            self._apply(record)
            self.journal.append(record)

    def _apply(self, record: Record) -> None:
        if "put" in record:
            row = _row(record["put"], record["row"])
            self._tables[row.table][row.key] = row
            if isinstance(row, Person):
                self._person_by_sub[row.sub] = row.id
        elif "delete" in record:
            self._tables[record["delete"]].pop(record["key"], None)
        elif "clear" in record:
            for name, rows in self._tables.items():
                if name != Key.table:
                    rows.clear()
            self._person_by_sub.clear()

    def _snapshot(self) -> Iterator[Record]:
        for name, rows in self._tables.items():
            for row in rows.values():
                yield {"put": name, "row": asdict(row)}


def _row(table: str, values: dict[str, Any]) -> Row:
    """The dataclass of a journal row; unknown fields of another version are left out."""
    kind = KINDS[table]
    known = {item.name for item in fields(kind)}
    given: dict[str, Any] = {
        name: tuple(value) if isinstance(value, list) else value
        for name, value in values.items()
        if name in known
    }
    return kind(**given)
