"""The two halves of a launch: the LMS starts a login, then brings its signed message.

Sources: LTI 1.3 core section 5.1.1; 1EdTech Security Framework 1.0 section 5.1.1.

Between the halves one row waits. It is bound to the registration, to the target, and to the
browser by a cookie of its own, so that launches in two tabs do not disturb each other; and it is
used up by one conditional UPDATE, so that a message opens once even when it is sent twice at the
same moment. The nonce stands in the same row: using up the row uses up the nonce.
"""

from __future__ import annotations

import hashlib
import hmac
import secrets
import time
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from urllib.parse import urlencode

from django.conf import settings
from django.urls import reverse
from django.utils import timezone

from lti_tool import frames, people, platform_keys, validation
from lti_tool.messages import ID_LENGTH, URL_LENGTH, Message
from lti_tool.models import (
    AccessToken,
    DeepLinkingRequest,
    Deployment,
    LaunchRefusal,
    Membership,
    UsedState as PendingLaunch,
    Registration,
    ResourceLink,
)
from lti_tool.refusals import LaunchRefused
from lti_tool.roles import Right
from lti_tool.validation import Expected

LIFETIME = timedelta(minutes=10)
HINT_LENGTH = 8000
COOKIE_PREFIX = "__Host-lti-"
# Kept after their end so that a late or repeated message is told why it is refused.
REMEMBERED = timedelta(hours=6)
REFUSALS_KEPT = timedelta(days=30)
FORGET_AT_ONCE = 1000


@dataclass(frozen=True)
class Login:
    """Where to send the browser, and the cookie that must come back with the message."""

    url: str
    cookie_name: str
    cookie_value: str


@dataclass(frozen=True)
class Launched:
    """A launch that took place. Either ``link`` or ``deep_linking`` is there."""

    membership: Membership
    link: ResourceLink | None
    deep_linking: DeepLinkingRequest | None


class CookieMissing(LaunchRefused):
    """The browser kept our cookie back; ``again`` are the fields that start the login once more."""

    def __init__(self, pending: PendingLaunch) -> None:
        super().__init__("cookie-missing")
        self.registration = pending.registration
        self.again = {
            "iss": pending.registration.issuer,
            "client_id": pending.registration.client_id,
            "login_hint": pending.login_hint,
            "target_link_uri": pending.target_link_uri,
            "lti_message_hint": pending.message_hint,
            "lti_deployment_id": pending.deployment_hint,
        }


def begin(fields: Mapping[str, str]) -> Login:
    """Answer a login initiation with the sign-in request for the LMS."""
    hint = _field(fields, "login_hint", HINT_LENGTH)
    target = _field(fields, "target_link_uri", URL_LENGTH)
    registration = _registration(fields)
    if frames.origin(target) != frames.origin(settings.BASE_URL):
        raise LaunchRefused("target-foreign", {"registration": registration.pk})
    state, nonce, browser = (secrets.token_urlsafe(32) for _ in range(3))
    pending = PendingLaunch.objects.create(
        state_digest=_digest(state),
        browser_digest=_digest(browser),
        nonce=nonce,
        registration=registration,
        target_link_uri=target,
        deployment_hint=_field(fields, "lti_deployment_id", ID_LENGTH, required=False),
        login_hint=hint,
        message_hint=_field(fields, "lti_message_hint", HINT_LENGTH, required=False),
        expires_at=timezone.now() + LIFETIME,
    )
    return Login(_sign_in_url(pending, state), cookie_name(state), browser)


def finish(fields: Mapping[str, str], cookies: Mapping[str, str]) -> Launched:
    """Check the message that the LMS brings and write down what it says.

    Raises :class:`LaunchRefused`, :class:`CookieMissing` when only the cookie was missing.
    """
    state = fields.get("state", "")
    if not state:
        raise LaunchRefused("state-missing")
    pending = _pending(state)
    _check_browser(pending, cookies.get(cookie_name(state)))
    _use_up(pending)
    try:
        message = _message(pending, fields)
        return _launched(pending.registration, message)
    except LaunchRefused as refused:
        refused.claims.setdefault("registration", pending.registration.pk)
        raise


def cookie_name(state: str) -> str:
    """The name of the cookie of one launch; it tells nothing about the state."""
    return COOKIE_PREFIX + _digest(state)[:16]


def redirect_uri() -> str:
    """The address to which an LMS posts its messages."""
    return f"{settings.BASE_URL}{reverse('lti_tool:launch')}"


def forget_expired() -> int:
    """Delete what has had its time, at most a thousand rows of each kind; returns how many."""
    now = timezone.now()
    old = (
        PendingLaunch.objects.filter(expires_at__lt=now - REMEMBERED),
        LaunchRefusal.objects.filter(at__lt=now - REFUSALS_KEPT),
        DeepLinkingRequest.objects.filter(created_at__lt=now - timedelta(days=1)),
        AccessToken.objects.filter(expires_at__lt=now - timedelta(days=1)),
    )
    count = 0
    for rows in old:
        keys = list(rows.values_list("pk", flat=True)[:FORGET_AT_ONCE])
        if keys:
            count += rows.model._default_manager.filter(pk__in=keys).delete()[0]
    return count


def _field(fields: Mapping[str, str], name: str, length: int, *, required: bool = True) -> str:
    value = fields.get(name, "")
    if len(value) > length or "\0" in value or (required and not value.strip()):
        raise LaunchRefused("login-malformed")
    return value


def _registration(fields: Mapping[str, str]) -> Registration:
    """The registration of a login: by issuer, and by client id where the LMS sends it."""
    issuer = _field(fields, "iss", ID_LENGTH)
    client_id = _field(fields, "client_id", ID_LENGTH, required=False)
    matching = Registration.objects.filter(issuer=issuer)
    if client_id:
        matching = matching.filter(client_id=client_id)
    found = list(matching[:2])
    if not found:
        raise LaunchRefused("registration-unknown", {"iss": issuer, "client_id": client_id})
    if len(found) > 1:
        raise LaunchRefused("registration-ambiguous", {"iss": issuer})
    if not found[0].active:
        raise LaunchRefused("registration-inactive", {"registration": found[0].pk})
    return found[0]


def _sign_in_url(pending: PendingLaunch, state: str) -> str:
    registration = pending.registration
    query = {
        "scope": "openid",
        "response_type": "id_token",
        "response_mode": "form_post",
        "prompt": "none",
        "client_id": registration.client_id,
        "redirect_uri": redirect_uri(),
        "login_hint": pending.login_hint,
        "state": state,
        "nonce": pending.nonce,
    }
    if pending.message_hint:
        query["lti_message_hint"] = pending.message_hint
    joint = "&" if "?" in registration.auth_login_url else "?"
    return f"{registration.auth_login_url}{joint}{urlencode(query)}"


def _digest(secret: str) -> str:
    return hashlib.sha256(secret.encode("utf-8", "surrogatepass")).hexdigest()


def _pending(state: str) -> PendingLaunch:
    pending = (
        PendingLaunch.objects.select_related("registration")
        .filter(state_digest=_digest(state))
        .first()
    )
    if pending is None:
        raise LaunchRefused("state-unknown")
    about = {"registration": pending.registration.pk}
    if pending.consumed_at is not None:
        raise LaunchRefused("state-used", about)
    if pending.expires_at <= timezone.now():
        raise LaunchRefused("state-expired", about)
    if not pending.registration.active:
        raise LaunchRefused("registration-inactive", about)
    return pending


def _check_browser(pending: PendingLaunch, secret: str | None) -> None:
    if not secret:
        raise CookieMissing(pending)
    if not hmac.compare_digest(_digest(secret), pending.browser_digest):
        raise LaunchRefused("browser-mismatch", {"registration": pending.registration.pk})


def _use_up(pending: PendingLaunch) -> None:
    """One UPDATE decides which of several equal messages is the first."""
    unused = PendingLaunch.objects.filter(pk=pending.pk, consumed_at=None)
    if not unused.update(consumed_at=timezone.now()):
        raise LaunchRefused("state-used", {"registration": pending.registration.pk})


def _message(pending: PendingLaunch, fields: Mapping[str, str]) -> Message:
    token = fields.get("id_token", "")
    if not token:
        # OpenID Connect core section 3.1.2.6: the LMS may answer with an error instead.
        raise LaunchRefused("platform-error" if fields.get("error") else "token-missing")
    registration = pending.registration
    expected = Expected(
        issuer=registration.issuer,
        client_id=registration.client_id,
        nonce=pending.nonce,
        target_link_uri=pending.target_link_uri,
        deployment_hint=pending.deployment_hint,
    )
    keys = platform_keys.key_set(registration)
    try:
        return validation.validate(token, expected, keys, time.time())
    except LaunchRefused as refused:
        if refused.code != "key-unknown":
            raise
    newer = platform_keys.key_set(registration, newer_than=platform_keys.fetched_at(registration))
    return validation.validate(token, expected, newer, time.time())


def _launched(registration: Registration, message: Message) -> Launched:
    deployment = _deployment(registration, message)
    membership, link = people.record(deployment, message)
    may = {right for right in Right if membership.has(right)}
    # Written down first: whoever lost a right has lost it even when this launch is refused.
    if not may or (link is None and not may & {Right.TEACH, Right.ADMINISTER}):
        raise LaunchRefused("no-rights", validation.redacted(message.claims))
    return Launched(membership, link, _deep_linking(membership, message))


def _deployment(registration: Registration, message: Message) -> Deployment:
    """A deployment that we do not know yet is noted, switched off, for the admin to switch on."""
    deployment, created = Deployment.objects.get_or_create(
        registration=registration,
        deployment_id=message.deployment_id,
        defaults={"active": False},
    )
    deployment.registration = registration
    if not deployment.active:
        never_on = created or not deployment.contexts.exists()
        code = "deployment-unknown" if never_on else "deployment-inactive"
        raise LaunchRefused(code, validation.redacted(message.claims))
    return deployment


def _deep_linking(membership: Membership, message: Message) -> DeepLinkingRequest | None:
    asked = message.deep_linking
    if asked is None:
        return None
    return DeepLinkingRequest.objects.create(
        person=membership.person,
        context=membership.context,
        return_url=asked.return_url,
        data=asked.data,
        accept_multiple=asked.accept_multiple,
        accept_line_item=asked.accept_line_item,
    )
