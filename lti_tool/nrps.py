"""Names and Role Provisioning Services 2.0: who is in a course, as the LMS lists them.

Every function here speaks to the LMS at once and must not be called inside a transaction. An
entry that makes no sense is skipped and counted; a list that makes no sense is refused as a whole.
"""

from __future__ import annotations

import re
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from enum import StrEnum
from functools import cached_property
from typing import Any

from lti_tool import frames, services
from lti_tool.messages import ID_LENGTH, TITLE_LENGTH, URL_LENGTH
from lti_tool.models import Registration
from lti_tool.roles import MEMBERSHIP, PRINCIPAL
from lti_tool.transport import Answer, TransportError

SCOPE = "https://purl.imsglobal.org/spec/lti-nrps/scope/contextmembership.readonly"
MEDIA_TYPE = "application/vnd.ims.lti-nrps.v2.membershipcontainer+json"

# What we ask for; an LMS may send fewer at a time, or take no notice and send all at once.
PAGE_MEMBERS = 500
PAGE_BYTES = 16 * 1024 * 1024
MOST_MEMBERS = 50_000
MOST_ROLES = 100
MOST_GROUPS = 500
READING_SECONDS = 8 * 60.0

# Control characters and half surrogates: no part of a name, and the database takes them nowhere.
_NO_TEXT = re.compile("[\x00-\x1f\x7f-\x9f\ud800-\udfff]")
_UNREADABLE = "The LMS sent a list of people that could not be read."
_CAUSES: Mapping[int, str] = {
    403: "The LMS does not let this tool see who is in the course.",
    404: "The LMS no longer has the list of the people of this course.",
}


class Status(StrEnum):
    """``DELETED`` stands in lists of changes only (NRPS 2.0 section 2.4.3)."""

    ACTIVE = "Active"
    INACTIVE = "Inactive"
    DELETED = "Deleted"


@dataclass(frozen=True)
class Member:
    """One person of the list; ``sub`` is what a launch calls them.

    ``roles`` are full URIs, None when the LMS sent none that could be read; ``groups`` are ids of
    course groups, None when the LMS says nothing of them. ``name``, ``email`` and ``legacy`` (the
    person's id in LTI 1.1) are empty when not sent.
    """

    sub: str
    roles: tuple[str, ...] | None
    status: Status
    name: str = ""
    email: str = ""
    groups: tuple[str, ...] | None = None
    legacy: str = ""


@dataclass(frozen=True)
class Page:
    """``changes_url`` is where the LMS will tell what has changed since; empty when nowhere."""

    members: tuple[Member, ...]
    skipped: int
    changes_url: str


@dataclass(frozen=True)
class Listing:
    """A list read to its end: the members by ``sub``, and how many entries made no sense."""

    members: Mapping[str, Member]
    skipped: int
    pages: int
    changes_url: str

    @cached_property
    def active(self) -> dict[str, Member]:
        return {
            sub: member for sub, member in self.members.items() if member.status == Status.ACTIVE
        }


def members(
    registration: Registration, url: str, *, rlid: str = "", since: str = "", groups: bool = False
) -> Listing:
    """The members of the course behind ``url``, over all pages: everything or an error.

    With ``rlid`` those who can open that resource link; with ``since``, a ``changes_url`` of an
    earlier listing, what has changed since then. ``groups`` asks for the members' groups as well.
    Raises :class:`TransportError`.
    """
    found: dict[str, Member] = {}
    skipped, number, changes_url = 0, 0, ""
    for page in pages(registration, url, rlid=rlid, since=since, groups=groups):
        for member in page.members:
            before = found.get(member.sub)
            found[member.sub] = _both(before, member) if before and not since else member
        if len(found) > MOST_MEMBERS:
            raise TransportError("The LMS lists more people than a course has.", permanent=True)
        skipped, number = skipped + page.skipped, number + 1
        changes_url = page.changes_url or changes_url
    return Listing(found, skipped, number, changes_url)


def pages(
    registration: Registration, url: str, *, rlid: str = "", since: str = "", groups: bool = False
) -> Iterator[Page]:
    """The same page by page, for who wants to see only whether the list can be read."""
    asked = since or services.with_query(url, _query(rlid, groups))
    if frames.origin(asked) != frames.origin(url):
        raise TransportError("The LMS sent us to another site.", permanent=True)
    ends = time.monotonic() + READING_SECONDS
    for answer in services.pages(
        registration, [SCOPE], SCOPE, asked, MEDIA_TYPE, causes=_CAUSES, limit=PAGE_BYTES
    ):
        yield _page(answer, asked)
        if time.monotonic() > ends:
            raise TransportError("The LMS took too long to list the people.", permanent=False)


def _query(rlid: str, groups: bool) -> dict[str, str]:
    """NRPS 2.0 sections 2.4.1 and 3; Course Groups 1.0 for ``groups``."""
    query = {"limit": str(PAGE_MEMBERS)}
    if rlid:
        query["rlid"] = rlid
    if groups:
        query["groups"] = "true"
    return query


def _page(answer: Answer, asked: str) -> Page:
    container = answer.json()
    entries = container.get("members") if isinstance(container, dict) else None
    if not isinstance(entries, list):
        raise TransportError(_UNREADABLE, permanent=False, status=answer.status)
    if len(entries) > MOST_MEMBERS:
        raise TransportError("The LMS lists more people than a course has.", permanent=True)
    read = [_member(entry) for entry in entries]
    good = tuple(member for member in read if member is not None)
    return Page(good, len(read) - len(good), _changes_url(answer, asked))


def _changes_url(answer: Answer, asked: str) -> str:
    """Empty as well when it lies on another site: the whole list does without it."""
    try:
        found = services.linked(answer, "differences", asked) or ""
    except TransportError:
        return ""
    return found if len(found) <= URL_LENGTH else ""


def _member(entry: Any) -> Member | None:
    """One entry; None without a person or with a status that we do not know."""
    if not isinstance(entry, dict):
        return None
    sub, status = identifier(entry.get("user_id")), _status(entry.get("status"))
    if not sub or status is None:
        return None
    return Member(
        sub=sub,
        roles=_roles(entry.get("roles")),
        status=status,
        name=_name(entry),
        email=text(entry.get("email"), ID_LENGTH),
        groups=_groups(entry.get("group_enrollments")),
        legacy=identifier(entry.get("lti11_legacy_user_id")),
    )


def _both(first: Member, second: Member) -> Member:
    """One person listed twice, for instance in two sections: what either entry gives counts."""
    if first.status != second.status:
        return first if first.status == Status.ACTIVE else second
    return replace(
        first,
        roles=_joined(first.roles, second.roles),
        name=first.name or second.name,
        email=first.email or second.email,
        groups=_joined(first.groups, second.groups),
        legacy=first.legacy or second.legacy,
    )


def _joined(
    first: tuple[str, ...] | None, second: tuple[str, ...] | None
) -> tuple[str, ...] | None:
    if first is None or second is None:
        return first if second is None else second
    return tuple(dict.fromkeys((*first, *second)))


def identifier(value: Any) -> str:
    """A text of 1 to 255 characters that the database takes, else empty."""
    if isinstance(value, int) and not isinstance(value, bool):
        value = str(value) if abs(value) < 10**18 else ""
    if not isinstance(value, str) or not value.strip() or len(value) > ID_LENGTH:
        return ""
    return "" if _NO_TEXT.search(value) else value


def _status(value: Any) -> Status | None:
    """A member without a status is active (NRPS 2.0 section 2.3)."""
    if value is None or value == "":
        return Status.ACTIVE
    known = {status.lower(): status for status in Status}
    return known.get(value.strip().lower()) if isinstance(value, str) else None


def _roles(value: Any) -> tuple[str, ...] | None:
    if isinstance(value, str):
        value = value.split(",")
    if not isinstance(value, list):
        return None
    read = [_role(item.strip()) for item in value[:MOST_ROLES] if identifier(item) == item]
    return tuple(dict.fromkeys(read)) if read or not value else None


def _role(name: str) -> str:
    """The full URI of a context role; ``Instructor`` and ``Instructor#Grader`` are short for it."""
    principal, _, sub_role = name.partition("#")
    if principal not in PRINCIPAL:
        return name
    return f"{MEMBERSHIP}/{principal}#{sub_role}" if sub_role else f"{MEMBERSHIP}#{principal}"


def _name(entry: Mapping[str, Any]) -> str:
    """The full name, put together from its parts where the LMS sends only those."""
    whole = text(entry.get("name"), TITLE_LENGTH)
    if whole:
        return whole
    parts = (text(entry.get(part), TITLE_LENGTH) for part in ("given_name", "family_name"))
    return " ".join(part for part in parts if part)[:TITLE_LENGTH]


def text(value: Any, length: int) -> str:
    if not isinstance(value, str):
        return ""
    return _NO_TEXT.sub(" ", value[:length]).strip()


def _groups(value: Any) -> tuple[str, ...] | None:
    """Ids of ``[{"group_id": …}]`` (Course Groups 1.0); some LMSs send the bare ids."""
    if not isinstance(value, list):
        return None
    ids = (item.get("group_id") if isinstance(item, dict) else item for item in value[:MOST_GROUPS])
    return tuple(dict.fromkeys(found for item in ids if (found := identifier(item))))
