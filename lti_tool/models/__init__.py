"""What the LTI room remembers, a file per subject."""

from lti_tool.models.assets import Asset, HandIn
from lti_tool.models.courses import Context, CourseGroup, ResourceLink
from lti_tool.models.grades import LineItem, OutgoingScore, whole_second
from lti_tool.models.keys import AccessToken, PlatformKeySet, ToolKey
from lti_tool.models.launches import (
    DataPrivacyRequest,
    DeepLinkingRequest,
    LaunchRefusal,
    UsedState,
)
from lti_tool.models.notices import Notice, NoticeService
from lti_tool.models.people import Membership, Person, PersonName
from lti_tool.models.registrations import (
    ConsumerKey,
    Deployment,
    HealthReport,
    Registration,
    RegistrationInvitation,
)

__all__ = [
    "AccessToken",
    "Asset",
    "ConsumerKey",
    "Context",
    "CourseGroup",
    "DataPrivacyRequest",
    "DeepLinkingRequest",
    "Deployment",
    "HandIn",
    "HealthReport",
    "LaunchRefusal",
    "LineItem",
    "Membership",
    "Notice",
    "NoticeService",
    "OutgoingScore",
    "Person",
    "PersonName",
    "PlatformKeySet",
    "Registration",
    "RegistrationInvitation",
    "ResourceLink",
    "ToolKey",
    "UsedState",
    "whole_second",
]
