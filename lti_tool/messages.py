"""What a valid launch says, as plain values; and the reading of single claims.

Claim names: LTI 1.3 core section 5.3 and 5.4, AGS 2.0 section 3.1, Deep Linking 2.0 section 4.4,
NRPS 2.0 section 3.6.1, Course Groups 1.0, Submission Review 1.0 section 4, Data Privacy Launch
1.0, Platform Notification Service 1.0, LTI 1.3 migration guide (lti1p1).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from urllib.parse import urlsplit

from lti_tool.refusals import LaunchRefused

CLAIM = "https://purl.imsglobal.org/spec/lti/claim/"
AGS_ENDPOINT = "https://purl.imsglobal.org/spec/lti-ags/claim/endpoint"
DEEP_LINKING_SETTINGS = "https://purl.imsglobal.org/spec/lti-dl/claim/deep_linking_settings"
ROSTER_SERVICE = "https://purl.imsglobal.org/spec/lti-nrps/claim/namesroleservice"
GROUPS_SERVICE = "https://purl.imsglobal.org/spec/lti-gs/claim/groupsservice"
NOTICE_SERVICE = CLAIM + "platformnotificationservice"

RESOURCE_LINK_REQUEST = "LtiResourceLinkRequest"
DEEP_LINKING_REQUEST = "LtiDeepLinkingRequest"
SUBMISSION_REVIEW_REQUEST = "LtiSubmissionReviewRequest"
DATA_PRIVACY_REQUEST = "DataPrivacyLaunchRequest"
# The same message under its later name, as Sakai sends it.
LTI_DATA_PRIVACY_REQUEST = "LtiDataPrivacyLaunchRequest"
# Asset Processor 1.0. An LtiEulaRequest is not wanted: we ask nobody to accept anything, and an
# LMS only sends it to tools that registered it.
REPORT_REVIEW_REQUEST = "LtiReportReviewRequest"
PROCESSOR_SETTINGS_REQUEST = "LtiAssetProcessorSettingsRequest"
PROCESSOR_REQUESTS = (REPORT_REVIEW_REQUEST, PROCESSOR_SETTINGS_REQUEST)
MESSAGE_TYPES = (
    RESOURCE_LINK_REQUEST,
    DEEP_LINKING_REQUEST,
    SUBMISSION_REVIEW_REQUEST,
    DATA_PRIVACY_REQUEST,
    LTI_DATA_PRIVACY_REQUEST,
    *PROCESSOR_REQUESTS,
)

# Names that we invent for people whom no LMS has named: no LMS may call anybody so.
UNNAMED = "anonymous:"
FROM_LTI_1P1 = "lti1p1:"
OUR_SUBJECTS = (UNNAMED, FROM_LTI_1P1)

ID_LENGTH = 255
URL_LENGTH = 2000
TITLE_LENGTH = 500

Claims = Mapping[str, object]


@dataclass(frozen=True)
class Link:
    id: str
    title: str


@dataclass(frozen=True)
class Course:
    id: str
    title: str
    label: str


@dataclass(frozen=True)
class GradeService:
    """``line_item`` and ``line_items`` are URLs, empty when the LMS names none."""

    scopes: tuple[str, ...]
    line_item: str
    line_items: str


@dataclass(frozen=True)
class DeepLinking:
    """``data`` is opaque and must go back unchanged; None when the LMS sent none."""

    return_url: str
    data: str | None
    accept_types: tuple[str, ...]
    accept_targets: tuple[str, ...]
    accept_multiple: bool
    accept_line_item: bool


@dataclass(frozen=True)
class RosterService:
    """Where the LMS lists the members of the course; a web URL."""

    url: str


@dataclass(frozen=True)
class GroupsService:
    """Where the LMS lists the groups of the course; a web URL."""

    scopes: tuple[str, ...]
    url: str


@dataclass(frozen=True)
class NoticesService:
    """Where the LMS takes our wish to be told, and which kinds of notices it offers."""

    scopes: tuple[str, ...]
    url: str
    offered: tuple[str, ...]


@dataclass(frozen=True)
class Legacy:
    """Who and what this was in LTI 1.1; empty where the LMS does not say."""

    consumer_key: str
    signature: str
    user_id: str
    link_id: str
    context_id: str


@dataclass(frozen=True)
class Message:
    """A launch message whose signature and claims have been checked.

    ``subject`` is None when the LMS does not say who launches; ``for_user`` is the ``sub`` of the
    person whom a review or a privacy request is about, empty for none. ``submission`` and
    ``asset`` are the LMS's ids of what a report is about, empty for none.
    """

    message_type: str
    deployment_id: str
    subject: str | None
    roles: tuple[str, ...]
    target_link_uri: str
    link: Link | None
    course: Course | None
    custom: Mapping[str, str]
    grades: GradeService | None
    deep_linking: DeepLinking | None
    for_user: str
    submission: str
    asset: str
    roster: RosterService | None
    groups: GroupsService | None
    notices: NoticesService | None
    legacy: Legacy | None
    name: str
    email: str
    product: str
    return_url: str
    platform_url: str
    claims: Claims = field(repr=False)


def text(claims: Claims, name: str, length: int) -> str:
    """An optional text, cut at ``length`` characters; empty when absent or of another type."""
    value = claims.get(name)
    return value[:length] if isinstance(value, str) else ""


def section(claims: Claims, name: str, code: str = "claim-malformed") -> Claims | None:
    """An optional JSON object; refused with ``code`` when it is something else."""
    value = claims.get(name)
    if value is None:
        return None
    if not isinstance(value, dict):
        raise LaunchRefused(code)
    return value


def identifier(claims: Claims, name: str, code: str) -> str:
    """A required text of 1 to 255 characters; refused with ``code`` otherwise."""
    value = claims.get(name)
    if not isinstance(value, str) or not value.strip() or len(value) > ID_LENGTH:
        raise LaunchRefused(code)
    return value


def texts(value: object, code: str) -> tuple[str, ...]:
    """A list of texts (each at most 255 characters); refused with ``code`` otherwise."""
    if not isinstance(value, list) or len(value) > 500:
        raise LaunchRefused(code)
    if not all(isinstance(item, str) and len(item) <= ID_LENGTH for item in value):
        raise LaunchRefused(code)
    return tuple(value)


def is_web_url(value: object) -> bool:
    """An absolute http(s) URL of printable ASCII, at most 2000 characters."""
    if not isinstance(value, str) or not value.isascii() or not value.isprintable():
        return False
    if len(value) > URL_LENGTH or " " in value:
        return False
    try:
        parts = urlsplit(value)
        return parts.scheme in ("https", "http") and bool(parts.hostname) and parts.port != 0
    except ValueError:
        return False


def web_url(claims: Claims, name: str, code: str) -> str:
    """An optional web URL, empty when absent; refused with ``code`` when it is none."""
    value = claims.get(name)
    if value is None or value == "":
        return ""
    if not is_web_url(value):
        raise LaunchRefused(code)
    return str(value)


def link(claims: Claims) -> Link:
    found = section(claims, CLAIM + "resource_link", "resource-link") or {}
    return Link(
        id=identifier(found, "id", "resource-link"), title=text(found, "title", TITLE_LENGTH)
    )


def course(claims: Claims) -> Course | None:
    """The context claim, which LTI leaves optional: a link may stand outside any course."""
    found = section(claims, CLAIM + "context", "context")
    if found is None:
        return None
    return Course(
        id=identifier(found, "id", "context"),
        title=text(found, "title", TITLE_LENGTH),
        label=text(found, "label", TITLE_LENGTH),
    )


def custom(claims: Claims) -> dict[str, str]:
    """Custom parameters; LTI says that their values are texts, so others are left out."""
    found = section(claims, CLAIM + "custom") or {}
    return {name: value for name, value in found.items() if isinstance(value, str)}


def grade_service(claims: Claims) -> GradeService | None:
    found = section(claims, AGS_ENDPOINT)
    if found is None:
        return None
    return GradeService(
        scopes=texts(found.get("scope", []), "claim-malformed"),
        line_item=web_url(found, "lineitem", "claim-malformed"),
        line_items=web_url(found, "lineitems", "claim-malformed"),
    )


def deep_linking(claims: Claims) -> DeepLinking:
    found = section(claims, DEEP_LINKING_SETTINGS, "deep-linking")
    if found is None:
        raise LaunchRefused("deep-linking")
    return_url = web_url(found, "deep_link_return_url", "deep-linking")
    data = found.get("data")
    if not return_url or not (data is None or isinstance(data, str)):
        raise LaunchRefused("deep-linking")
    accept_types = texts(found.get("accept_types"), "deep-linking")
    if not {"ltiResourceLink", "ltiAssetProcessor"} & set(accept_types):
        raise LaunchRefused("deep-linking-types")
    return DeepLinking(
        return_url=return_url,
        data=data,
        accept_types=accept_types,
        accept_targets=_soft_texts(found.get("accept_presentation_document_targets")),
        accept_multiple=found.get("accept_multiple") is True,
        # Absent means that the LMS did not say; nearly all that leave it out do take one.
        accept_line_item=found.get("accept_lineitem") is not False,
    )


def named(claims: Claims, name: str) -> str:
    """The id in a claim that names something of the LMS; empty when it names nothing."""
    found = claims.get(CLAIM + name)
    return text(found, "id", ID_LENGTH) if isinstance(found, dict) else ""


def for_user(claims: Claims, *, required: bool) -> str:
    """The person whom the message is about (Submission Review 1.0, for_user)."""
    found = section(claims, CLAIM + "for_user", "for-user")
    if found is None:
        if required:
            raise LaunchRefused("for-user")
        return ""
    return identifier(found, "user_id", "for-user")


def roster_service(claims: Claims) -> RosterService | None:
    found = section(claims, ROSTER_SERVICE)
    url = web_url(found, "context_memberships_url", "claim-malformed") if found else ""
    return RosterService(url) if url else None


def groups_service(claims: Claims) -> GroupsService | None:
    found = section(claims, GROUPS_SERVICE)
    url = web_url(found, "context_groups_url", "claim-malformed") if found else ""
    return GroupsService(_soft_texts((found or {}).get("scope")), url) if url else None


def notices_service(claims: Claims) -> NoticesService | None:
    found = section(claims, NOTICE_SERVICE)
    name = "platform_notification_service_url"
    url = web_url(found, name, "claim-malformed") if found else ""
    if not found or not url:
        return None
    return NoticesService(
        _soft_texts(found.get("scope")), url, _soft_texts(found.get("notice_types_supported"))
    )


def legacy(claims: Claims) -> Legacy | None:
    """The LTI 1.1 migration claim; its signature is still to be checked."""
    found = section(claims, CLAIM + "lti1p1")
    if found is None:
        return None
    return Legacy(
        consumer_key=text(found, "oauth_consumer_key", ID_LENGTH),
        signature=text(found, "oauth_consumer_key_sign", ID_LENGTH),
        user_id=text(found, "user_id", ID_LENGTH),
        link_id=text(found, "resource_link_id", ID_LENGTH),
        context_id=text(found, "context_id", ID_LENGTH),
    )


def _soft_texts(value: object) -> tuple[str, ...]:
    """A list of texts that is nice to have: whatever is none counts as empty."""
    listed = value if isinstance(value, list) else []
    return tuple(item for item in listed[:100] if isinstance(item, str) and len(item) <= ID_LENGTH)


def person_name(claims: Claims) -> str:
    """The full name, put together from its parts where the LMS sends only those."""
    whole = text(claims, "name", TITLE_LENGTH).strip()
    parts = (text(claims, part, TITLE_LENGTH).strip() for part in ("given_name", "family_name"))
    return whole or " ".join(part for part in parts if part)
