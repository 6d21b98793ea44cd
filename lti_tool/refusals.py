"""Every reason for which a launch is refused: its code and what it says to whom.

Django-free, so that the validator is too.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple


class Refusal(NamedTuple):
    """``status`` is the HTTP status: 400 unreadable, 401 unproven, 403 not allowed, 404 nothing."""

    status: int
    for_person: str
    for_admin: str


_AGAIN = "Go back to your course and open the link again."
_TELL = "This link does not work as it is set up. Please tell whoever looks after your LMS."
_NOT_OURS = "We could not make sure that this came from your LMS, so we did not open it."
_KEYS = (
    "The public keyset URL in our registration must be the one that your LMS names for this tool,"
    " and must hold the key that it signs with."
)
_CLOCK = "Compare the clock of the LMS server with a time server; more than a minute apart fails."
_CLIENT = "The client id of the tool in the LMS must be the one in our registration."
_LMS_BUG = "The LMS left this out of its message or sent it in another form than LTI 1.3 says: "

REFUSALS: Mapping[str, Refusal] = {
    # The request itself
    "request-malformed": Refusal(400, _AGAIN, "The request could not be read, or was too large."),
    "login-malformed": Refusal(
        400,
        "This page opens from a link in your course, not by itself. " + _AGAIN,
        "The login initiation must carry iss, login_hint and target_link_uri.",
    ),
    "registration-unknown": Refusal(
        403,
        "We do not know your LMS yet. Please tell whoever looks after it.",
        "Register this issuer and client id with us; compare both letter by letter.",
    ),
    "registration-ambiguous": Refusal(
        400,
        _TELL,
        "Several client ids are registered for this issuer, so the LMS must send client_id when"
        " it starts a login.",
    ),
    "registration-inactive": Refusal(
        403,
        "The connection with your LMS is switched off at the moment.",
        "Ask us to switch the registration on again.",
    ),
    "registration-waiting": Refusal(
        403,
        "Your LMS has registered itself with us but has not been approved yet.",
        "Somebody who runs this tool must approve the registration; then the link works.",
    ),
    "target-foreign": Refusal(
        400,
        _TELL,
        "The target link URI of the tool in the LMS must be an address of this site.",
    ),
    "platform-error": Refusal(
        401,
        "Your LMS did not confirm who you are. Sign in to it again, then open the link again.",
        "The LMS answered our sign-in request with an error: check that our launch URL is in its"
        " list of redirect URIs.",
    ),
    # State and browser
    "state-missing": Refusal(400, _AGAIN, _LMS_BUG + "state."),
    "state-unknown": Refusal(
        401, _AGAIN, "The launch does not belong to a login that we know; it may be an old page."
    ),
    "state-expired": Refusal(
        401, "This took too long, so we stopped to be safe. " + _AGAIN, "Logins last ten minutes."
    ),
    "state-used": Refusal(
        401,
        "This page was already opened once and cannot be opened again. " + _AGAIN,
        "Each launch message is accepted once; a reload or the back button sends it twice.",
    ),
    "cookie-missing": Refusal(
        401,
        "Your browser lost what we had given it a moment ago, so we could not make sure that this"
        " is you. " + _AGAIN,
        "The browser deleted our cookie during the launch. Let the LMS open the tool in a new"
        " window, or allow cookies of this site.",
    ),
    "storage-mismatch": Refusal(
        401,
        _NOT_OURS + " " + _AGAIN,
        "What the LMS page kept for us (platform storage) is not what we gave it.",
    ),
    "browser-mismatch": Refusal(
        401,
        _NOT_OURS + " " + _AGAIN,
        "The launch arrived in another browser than the one that started it.",
    ),
    # The token's form and signature
    "token-missing": Refusal(400, _AGAIN, _LMS_BUG + "id_token."),
    "token-too-large": Refusal(400, _TELL, "The id_token is larger than 64 kB."),
    "token-malformed": Refusal(
        400, _NOT_OURS, _LMS_BUG + "the id_token (three base64url parts holding JSON objects)."
    ),
    "token-duplicate-names": Refusal(
        400, _NOT_OURS, "The id_token names the same member twice, which could be read two ways."
    ),
    "algorithm": Refusal(401, _NOT_OURS, "The id_token must be signed with RS256."),
    "header-critical": Refusal(
        401, _NOT_OURS, "The id_token demands a JOSE extension (crit) that LTI does not use."
    ),
    "key-missing": Refusal(401, _NOT_OURS, _LMS_BUG + "kid in the header of the id_token."),
    "key-unknown": Refusal(401, _NOT_OURS + " " + _AGAIN, _KEYS),
    "key-unfit": Refusal(
        401, _NOT_OURS, "The key must be an RSA key of 2048 bits or more, for signatures (RS256)."
    ),
    "keys-unreachable": Refusal(
        401,
        "We could not reach your LMS to check that this came from it. Try again in a minute.",
        "The public keyset URL did not answer with a key set. " + _KEYS,
    ),
    "signature": Refusal(401, _NOT_OURS, _KEYS),
    # Who speaks to whom, and when
    "issuer": Refusal(401, _NOT_OURS, "iss must be the issuer of our registration, exactly."),
    "audience": Refusal(401, _NOT_OURS, "aud must hold our client id. " + _CLIENT),
    "authorized-party": Refusal(
        401,
        _NOT_OURS,
        "azp must be our client id, and must be there when aud holds several. " + _CLIENT,
    ),
    "expiry-missing": Refusal(401, _NOT_OURS, _LMS_BUG + "exp."),
    "expired": Refusal(401, "This link took too long to open. " + _AGAIN, _CLOCK),
    "expiry-before-issue": Refusal(401, _NOT_OURS, "exp must be later than iat."),
    "issue-missing": Refusal(401, _NOT_OURS, _LMS_BUG + "iat."),
    "issued-in-future": Refusal(401, "The clock of your LMS seems to be wrong. " + _AGAIN, _CLOCK),
    "issued-long-ago": Refusal(401, _AGAIN, "The id_token is more than an hour old. " + _CLOCK),
    "not-yet-valid": Refusal(401, "The clock of your LMS seems to be wrong. " + _AGAIN, _CLOCK),
    "nonce-missing": Refusal(401, _NOT_OURS, _LMS_BUG + "nonce."),
    "nonce": Refusal(
        401, _NOT_OURS + " " + _AGAIN, "nonce must be the one of our sign-in request."
    ),
    # The message
    "version": Refusal(400, _TELL, "The LTI version claim must be 1.3.0."),
    "message-type": Refusal(
        400,
        _TELL,
        "We take LtiResourceLinkRequest, LtiDeepLinkingRequest, LtiSubmissionReviewRequest and"
        " DataPrivacyLaunchRequest; register no other message.",
    ),
    "deployment-missing": Refusal(400, _TELL, _LMS_BUG + "deployment_id."),
    "deployment-mismatch": Refusal(
        401, _NOT_OURS, "The deployment in the message is not the one that started the login."
    ),
    "deployment-unknown": Refusal(
        403,
        "Your course may not use this tool yet. Please tell whoever looks after your LMS.",
        "This deployment is new to us and waits to be switched on in our list of deployments.",
    ),
    "deployment-inactive": Refusal(
        403,
        "The connection with your course is switched off at the moment.",
        "This deployment is switched off in our list of deployments.",
    ),
    "target-missing": Refusal(400, _TELL, _LMS_BUG + "target_link_uri."),
    "target-mismatch": Refusal(
        401,
        _NOT_OURS + " " + _AGAIN,
        "target_link_uri differs from the one that started the login.",
    ),
    "subject": Refusal(400, _TELL, _LMS_BUG + "sub (1 to 255 characters)."),
    "roles": Refusal(400, _TELL, _LMS_BUG + "roles (a list of texts)."),
    "no-rights": Refusal(
        403,
        "Your role in this course does not allow you to open this link.",
        "The role must be one of learner, instructor, teaching assistant, grader, content expert,"
        " mentor or administrator of the course; a role in the institution alone is not enough.",
    ),
    "resource-link": Refusal(400, _TELL, _LMS_BUG + "resource_link (an id, 1 to 255 characters)."),
    "context": Refusal(400, _TELL, _LMS_BUG + "context (an id, 1 to 255 characters)."),
    "deep-linking": Refusal(
        400, _TELL, _LMS_BUG + "deep_linking_settings (return URL and the types that it takes)."
    ),
    "deep-linking-types": Refusal(
        400, _TELL, "This place of the LMS takes no LTI resource links, which is what we offer."
    ),
    "for-user": Refusal(400, _TELL, _LMS_BUG + "for_user (a user_id, 1 to 255 characters)."),
    "review-unknown": Refusal(
        404,
        "There is no work of this person here that could be shown.",
        "The submission review names a learner or a gradebook column that we do not know.",
    ),
    "migration-signature": Refusal(
        401,
        _NOT_OURS,
        "The LTI 1.1 claim (lti1p1) is signed with another secret than the one that we hold for"
        " its consumer key, or not at all.",
    ),
    "claim-malformed": Refusal(400, _TELL, _LMS_BUG + "a claim has an unexpected type."),
}


class LaunchRefused(Exception):  # noqa: N818 - said as in "launch refused"
    """A launch that must not happen. ``code`` is a key of :data:`REFUSALS`.

    ``claims`` holds what may be logged of the message, see ``validation.redacted``;
    ``return_url`` is where the LMS wants the person back, known only from a message whose
    signature was right.
    """

    permanent = True

    def __init__(self, code: str, claims: Mapping[str, object] | None = None) -> None:
        super().__init__(code)
        self.code = code
        self.claims: dict[str, object] = dict(claims or {})
        self.return_url = ""

    @property
    def status(self) -> int:
        return REFUSALS[self.code].status

    @property
    def for_person(self) -> str:
        return REFUSALS[self.code].for_person

    @property
    def for_admin(self) -> str:
        return REFUSALS[self.code].for_admin
