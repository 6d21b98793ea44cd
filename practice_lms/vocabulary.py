"""Names fixed by 1EdTech: claims, scopes, media types, roles.

Sources: LTI Core 1.3, Deep Linking 2.0, Assignment and Grade Services 2.0, Names and Role
Provisioning Services 2.0, Dynamic Registration 1.0, Submission Review 1.0, Data Privacy Launch
1.0, Course Groups 1.0, Platform Notification Service 1.0, Asset Processor 1.0, LTI 1.3
Migration Guide, LIS vocabularies in LTI Core appendix A.
"""

from __future__ import annotations

CLAIM = "https://purl.imsglobal.org/spec/lti/claim/"
DEEP_LINKING_CLAIM = "https://purl.imsglobal.org/spec/lti-dl/claim/"
AGS_CLAIM = "https://purl.imsglobal.org/spec/lti-ags/claim/endpoint"
GROUPS_CLAIM = "https://purl.imsglobal.org/spec/lti-gs/claim/groupsservice"
NRPS_CLAIM = "https://purl.imsglobal.org/spec/lti-nrps/claim/namesroleservice"
PLATFORM_CONFIGURATION = "https://purl.imsglobal.org/spec/lti-platform-configuration"
TOOL_CONFIGURATION = "https://purl.imsglobal.org/spec/lti-tool-configuration"

RESOURCE_LINK_REQUEST = "LtiResourceLinkRequest"
DEEP_LINKING_REQUEST = "LtiDeepLinkingRequest"
DEEP_LINKING_RESPONSE = "LtiDeepLinkingResponse"
SUBMISSION_REVIEW_REQUEST = "LtiSubmissionReviewRequest"
# Later platforms put the prefix of the other types before it; tools meet both.
DATA_PRIVACY_REQUEST = "DataPrivacyLaunchRequest"
DATA_PRIVACY_REQUEST_LATER = "LtiDataPrivacyLaunchRequest"
REPORT_REVIEW_REQUEST = "LtiReportReviewRequest"
MESSAGES = (
    RESOURCE_LINK_REQUEST,
    DEEP_LINKING_REQUEST,
    SUBMISSION_REVIEW_REQUEST,
    DATA_PRIVACY_REQUEST,
    REPORT_REVIEW_REQUEST,
)
LINK_ITEM = "ltiResourceLink"
ASSET_PROCESSOR_ITEM = "ltiAssetProcessor"
# Deep linking may have an address of its own for this place, where processors are attached.
ASSET_PROCESSOR_PLACEMENT = "ActivityAssetProcessor"
CONTENT_PLACEMENT = "ContentArea"
VERSION = "1.3.0"

HELLO_WORLD_NOTICE = "LtiHelloWorldNotice"
CONTEXT_COPY_NOTICE = "LtiContextCopyNotice"
ASSET_PROCESSOR_NOTICE = "LtiAssetProcessorSubmissionNotice"
NOTICES = (HELLO_WORLD_NOTICE, CONTEXT_COPY_NOTICE, ASSET_PROCESSOR_NOTICE)

SCOPE_LINE_ITEM = "https://purl.imsglobal.org/spec/lti-ags/scope/lineitem"
SCOPE_LINE_ITEM_READ = "https://purl.imsglobal.org/spec/lti-ags/scope/lineitem.readonly"
SCOPE_RESULT = "https://purl.imsglobal.org/spec/lti-ags/scope/result.readonly"
SCOPE_SCORE = "https://purl.imsglobal.org/spec/lti-ags/scope/score"
SCOPE_MEMBERS = "https://purl.imsglobal.org/spec/lti-nrps/scope/contextmembership.readonly"
AGS_SCOPES = (SCOPE_LINE_ITEM, SCOPE_LINE_ITEM_READ, SCOPE_RESULT, SCOPE_SCORE)
SCOPE_GROUPS = "https://purl.imsglobal.org/spec/lti-gs/scope/contextgroup.readonly"
SCOPE_NOTICES = "https://purl.imsglobal.org/spec/lti/scope/noticehandlers"
SCOPE_ASSET = "https://purl.imsglobal.org/spec/lti/scope/asset.readonly"
SCOPE_REPORT = "https://purl.imsglobal.org/spec/lti/scope/report"
SCOPES = (
    *AGS_SCOPES,
    SCOPE_MEMBERS,
    SCOPE_GROUPS,
    SCOPE_NOTICES,
    SCOPE_ASSET,
    SCOPE_REPORT,
)

LINE_ITEM = "application/vnd.ims.lis.v2.lineitem+json"
LINE_ITEMS = "application/vnd.ims.lis.v2.lineitemcontainer+json"
RESULTS = "application/vnd.ims.lis.v2.resultcontainer+json"
SCORE = "application/vnd.ims.lis.v1.score+json"
MEMBERS = "application/vnd.ims.lti-nrps.v2.membershipcontainer+json"
GROUPS = "application/vnd.ims.lti-gs.v1.contextgroupcontainer+json"
GROUP_SETS = "application/vnd.ims.lti-gs.v1.contextgroupsetcontainer+json"

ACTIVITY_PROGRESS = ("Initialized", "Started", "InProgress", "Submitted", "Completed")
GRADING_PROGRESS = ("FullyGraded", "Pending", "PendingManual", "Failed", "NotReady")

MEMBERSHIP = "http://purl.imsglobal.org/vocab/lis/v2/membership"
INSTITUTION = "http://purl.imsglobal.org/vocab/lis/v2/institution/person"
SYSTEM = "http://purl.imsglobal.org/vocab/lis/v2/system/person"
LEARNER = f"{MEMBERSHIP}#Learner"
INSTRUCTOR = f"{MEMBERSHIP}#Instructor"
ADMINISTRATOR = f"{MEMBERSHIP}#Administrator"
GRADER = f"{MEMBERSHIP}/Instructor#Grader"
TEACHERS = ("Instructor", "Administrator")
COURSE_OFFERING = "http://purl.imsglobal.org/vocab/lis/v2/course#CourseOffering"


def role_uri(role: str) -> str:
    """The full URI of a context role given as ``Learner``, ``Instructor#Grader`` or a URI."""
    if ":" in role:
        return role
    return f"{MEMBERSHIP}/{role}" if "#" in role else f"{MEMBERSHIP}#{role}"


def role_name(uri: str) -> str:
    """The simple name of a context role: ``Learner``, or ``Instructor#Grader`` for a sub-role."""
    return uri.removeprefix(MEMBERSHIP).lstrip("#/")
