"""How platforms differ, as data. ``strict`` is the specification read narrowly.

``moodle`` does what Moodle 4.5 was measured to do, and is strict where nothing was measured.
``canvas`` follows Canvas' published sources (`app/controllers/lti/ims/scores_controller.rb`) and
API documentation. ``openedx`` follows xblock-lti-consumer (`lti_1p3/consumer.py`, the serialisers
and views of AGS): it names no product in messages, ``open-edx`` is what tools call it. ``sakai``
follows its constants and configuration, which name it differently from its messages.
``d2l`` and ``blackboard`` hold only single differences known of them, ``schoology`` its product
code alone, which nobody has measured.
"""

from __future__ import annotations

from dataclasses import dataclass, fields, replace
from typing import Any, Literal

from practice_lms import vocabulary


@dataclass(frozen=True)
class Manner:
    """One platform's way. Every field can be overridden for a test through the control API."""

    name: str = "strict"
    product: str = "practice-lms"
    registered_product: str = ""  # in the configuration, where it differs from the claim
    tool_platform: bool = True  # messages carry the claim of that name
    authorized_party: bool = False  # messages carry azp
    id_token_seconds: int = 60
    # Scores.
    late_status: int = 409  # the timestamp is not later than the stored one
    equal_is_late: bool = True
    whole_seconds: bool = True  # compare timestamps without their fraction
    not_learner_status: int = 400
    graded_progress: tuple[str, ...] = ("FullyGraded",)  # what counts as a grade
    ungraded: Literal["keep", "erase"] = "keep"  # what any other progress does to a stored grade
    missing_comment: Literal["keep", "erase"] = "erase"
    cap_at_maximum: bool = False
    override_wins: bool = True  # a teacher's grade survives a later score of the tool
    score_status: int = 204
    score_answer: Literal["", "empty list", "result url", "score"] = ""
    # Answers.
    error_body: Literal["problem", "empty list", "errors"] = "problem"
    cause_in_reason: bool = True  # the HTTP reason phrase carries the cause
    user_agent_required: bool = False
    check_accept: bool = True
    # Paging.
    page_size: int = 50  # 0: everything unless a limit is sent
    page_maximum: int = 100
    curly_links: bool = False  # rel in typographic quotes, & as &amp; (line items and results)
    all_links: bool = False  # current, first and last beside next
    # Addresses and words.
    line_item_query: str = ""  # line item addresses carry this query and need it
    short_context_type: bool = False
    short_member_roles: bool = False
    filtered_results_lose_comments: bool = False
    audience: str = ""  # of token requests; empty: the token address
    authorization_server: str = ""  # published in the configuration; empty: not published
    registered_status: int = 201  # of a successful dynamic registration
    domain_is_exact: bool = False  # the domain of a registration is host and port of its target
    results_without_limit: bool = False  # a list of grades with a limit fails
    differences: bool = True  # the roster names an address for what changes later
    notice_types: tuple[str, ...] = vocabulary.NOTICES  # empty: no notification service
    review_by_launcher: bool = False  # for_user of a report review is who opens it
    groups: bool = True  # offers the Course Groups Service
    variables_missing: tuple[str, ...] = ()  # substitution variables that it does not know
    messages: tuple[str, ...] = vocabulary.MESSAGES  # types that the configuration lists
    placements: tuple[str, ...] = (  # of deep linking
        vocabulary.CONTENT_PLACEMENT,
        vocabulary.ASSET_PROCESSOR_PLACEMENT,
    )
    data_privacy_message: str = vocabulary.DATA_PRIVACY_REQUEST
    storage: bool = True  # offers 1EdTech LTI Platform Storage to tools in the frame
    storage_frame: str = "_parent"  # the frame that keeps the values
    configuration_token: bool = False  # the configuration needs the registration token
    # The allowance of service calls; 0: none. See practice_lms/rate_limit.py.
    rate_allowance: float = 0
    rate_refill: float = 10  # a second
    rate_cost: float = 0.5  # of a call
    rate_reserve: float = 50  # held for each call in flight


STRICT = Manner()
BASIC = (vocabulary.RESOURCE_LINK_REQUEST, vocabulary.DEEP_LINKING_REQUEST)

MANNERS: dict[str, Manner] = {
    "strict": STRICT,
    "moodle": Manner(
        name="moodle",
        product="moodle",
        messages=(*BASIC, vocabulary.SUBMISSION_REVIEW_REQUEST),
        notice_types=(),
        placements=(vocabulary.CONTENT_PLACEMENT,),
        ungraded="erase",
        cap_at_maximum=True,
        score_status=200,
        score_answer="empty list",
        error_body="empty list",
        check_accept=False,
        page_size=0,
        page_maximum=0,
        curly_links=True,
        line_item_query="type_id=1",
        short_context_type=True,
        short_member_roles=True,
        registered_status=200,
        storage=False,
        domain_is_exact=True,
        results_without_limit=True,
        override_wins=True,
        differences=False,
        # Moodle knows where a course came from, and nothing of its activities.
        variables_missing=("ResourceLink.id.history",),
        groups=False,
    ),
    "canvas": Manner(
        name="canvas",
        product="canvas",
        messages=(*BASIC, vocabulary.REPORT_REVIEW_REQUEST),
        late_status=400,
        equal_is_late=False,
        whole_seconds=False,
        not_learner_status=422,
        graded_progress=("FullyGraded", "PendingManual"),
        missing_comment="keep",
        override_wins=False,
        score_status=200,
        score_answer="result url",
        error_body="errors",
        cause_in_reason=False,
        user_agent_required=True,
        check_accept=False,
        page_size=10,
        all_links=True,
        authorization_server="https://canvas.practice.example",
        authorized_party=True,
        id_token_seconds=3600,
        configuration_token=True,
        storage_frame="post_message_forwarding",
        rate_allowance=700,
        review_by_launcher=True,
        groups=False,
        differences=False,
    ),
    "d2l": Manner(
        name="d2l",
        product="desire2learn",
        messages=(*BASIC, vocabulary.SUBMISSION_REVIEW_REQUEST, vocabulary.REPORT_REVIEW_REQUEST),
        notice_types=(vocabulary.ASSET_PROCESSOR_NOTICE,),
        audience="https://api.brightspace.com/auth/token",
        not_learner_status=403,
        differences=False,
    ),
    "blackboard": Manner(
        name="blackboard",
        product="BlackboardLearn",
        messages=(*BASIC, vocabulary.SUBMISSION_REVIEW_REQUEST),
        notice_types=(),
        placements=(vocabulary.CONTENT_PLACEMENT,),
        filtered_results_lose_comments=True,
        differences=False,
    ),
    "openedx": Manner(
        name="openedx",
        product="open-edx",
        messages=BASIC,
        notice_types=(),
        placements=(vocabulary.CONTENT_PLACEMENT,),
        groups=False,
        tool_platform=False,
        authorized_party=True,
        id_token_seconds=3600,
        late_status=400,
        whole_seconds=False,
        score_status=201,
        score_answer="score",
        cause_in_reason=False,
        page_size=0,
        page_maximum=0,
        storage=False,
        differences=False,
    ),
    "sakai": Manner(
        name="sakai",
        product="sakai",
        messages=(*BASIC, vocabulary.SUBMISSION_REVIEW_REQUEST, vocabulary.DATA_PRIVACY_REQUEST),
        notice_types=(),
        placements=(vocabulary.CONTENT_PLACEMENT,),
        registered_product="sakailms.org",
        data_privacy_message=vocabulary.DATA_PRIVACY_REQUEST_LATER,
        differences=False,
    ),
    "schoology": Manner(
        name="schoology",
        product="schoology",
        messages=BASIC,
        notice_types=(),
        placements=(vocabulary.CONTENT_PLACEMENT,),
        differences=False,
    ),
}


def manner(name: str, overrides: dict[str, Any]) -> Manner:
    """The named manner with some fields replaced. Raises ValueError naming what is unknown."""
    if name not in MANNERS:
        raise ValueError(f"no manner {name!r}; there are {', '.join(sorted(MANNERS))}")
    known = {item.name for item in fields(Manner)}
    unknown = sorted(set(overrides) - known)
    if unknown:
        raise ValueError(f"a manner has no {', '.join(unknown)}; it has {', '.join(sorted(known))}")
    values: dict[str, Any] = {
        key: tuple(v) if isinstance(v, list) else v for key, v in overrides.items()
    }
    return replace(MANNERS[name], **values)
