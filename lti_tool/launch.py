"""The two halves of a launch: the LMS starts a login, then brings its signed message.

Sources: LTI 1.3 core section 5.1.1; 1EdTech Security Framework 1.0 section 5.1.1.

What binds the halves to one browser is a secret that this browser got with the login: as a cookie
of its own, so that launches in two tabs do not disturb each other, or, where cookies are refused,
kept by the page of the LMS around our frame (``lti_tool.state`` has the rest).
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any
from urllib.parse import urlencode

from django.conf import settings
from django.db.models import QuerySet
from django.urls import reverse
from django.utils import timezone

from lti_tool import (
    asset_processor,
    familiar,
    frames,
    messages,
    migration_claim,
    people,
    platform_keys,
    registrations,
    state,
    validation,
)
from lti_tool.messages import ID_LENGTH, URL_LENGTH, Message
from lti_tool.models import (
    AccessToken,
    DataPrivacyRequest,
    DeepLinkingRequest,
    Deployment,
    LaunchRefusal,
    LineItem,
    Membership,
    Person,
    Registration,
    ResourceLink,
    UsedState,
)
from lti_tool.refusals import LaunchRefused
from lti_tool.roles import Right, rights_outside_courses
from lti_tool.sessions import SessionStore
from lti_tool.state import State
from lti_tool.validation import Expected

HINT_LENGTH = 8000
COOKIE_PREFIX = "__Host-lti-"
# In place of a frame of the LMS: the frame of ours that opened this window.
OPENER = "_opener"
REFUSALS_KEPT = timedelta(days=30)
FORGET_AT_ONCE = 1000
Here = Callable[[], Person | None]

_SUBMITS = frozenset({Right.SUBMIT})
MAY_REVIEW = frozenset({Right.REVIEW, Right.TEACH})
MAY_CHOOSE = frozenset({Right.TEACH, Right.ADMINISTER})


@dataclass(frozen=True)
class Login:
    """Where to send the browser, and the secret that must come back with the message.

    ``storage`` is the frame of the LMS that can keep the secret, empty for none; ``fields`` start
    the same login once more, in a window of its own.
    """

    url: str
    cookie_name: str
    secret: str
    registration: Registration
    storage: str
    fields: Mapping[str, str]

    @property
    def storage_key(self) -> str:
        return storage_key(self.cookie_name)


@dataclass(frozen=True)
class Launched:
    """A launch that took place: who, and the address of the page that it opens."""

    person: Person
    target: str


class StorageNeeded(Exception):  # noqa: N818 - says what is the case
    """No cookie came back, but another page may have kept the secret.

    ``storage`` names the frame of the LMS, or is :data:`OPENER`; ``origin`` is whose page it is.
    """

    def __init__(self, registration: Registration, storage: str, name: str) -> None:
        super().__init__(name)
        self.registration = registration
        self.storage = storage
        self.storage_key = storage_key(name)
        home = settings.BASE_URL if storage == OPENER else registration.auth_login_url
        self.origin = frames.origin(home)


@dataclass(frozen=True)
class _Recorded:
    """What a message has changed in our rows."""

    deployment: Deployment
    message: Message
    person: Person
    membership: Membership | None
    link: ResourceLink | None
    ticket: str = field(default="")

    def may(self, rights: frozenset[Right]) -> bool:
        return self.membership is not None and any(map(self.membership.has, rights))


def begin(fields: Mapping[str, str]) -> Login:
    """Answer a login initiation with the sign-in request for the LMS."""
    hint = _field(fields, "login_hint", HINT_LENGTH)
    target = _field(fields, "target_link_uri", URL_LENGTH)
    registration = _registration(fields)
    if frames.origin(target) != frames.origin(settings.BASE_URL):
        raise LaunchRefused("target-foreign", {"registration": registration.pk})
    ticket = _field(fields, "window_ticket", ID_LENGTH, required=False)
    secret, nonce = state.new_secret(), state.new_secret()
    sealed = state.seal(
        State(
            registration=registration.pk,
            nonce=nonce,
            browser=state.digest(secret),
            target_link_uri=target,
            deployment_hint=_field(fields, "lti_deployment_id", ID_LENGTH, required=False),
            storage=_storage(fields),
            ticket=state.digest(ticket) if ticket else "",
        )
    )
    message_hint = _field(fields, "lti_message_hint", HINT_LENGTH, required=False)
    return Login(
        url=_sign_in_url(registration, sealed, nonce, hint, message_hint),
        cookie_name=cookie_name(sealed),
        secret=secret,
        registration=registration,
        storage=_storage(fields),
        fields={name: fields[name] for name in _AGAIN if fields.get(name)},
    )


def finish(
    fields: Mapping[str, str],
    cookies: Mapping[str, str],
    here: Here = lambda: None,
    session: SessionStore | None = None,
) -> Launched:
    """Check the message that the LMS brings and write down what it says.

    ``here`` tells the person of this browser so far; ``session`` is the one that they will have,
    if any: it may be given its new key along the way. Raises :class:`LaunchRefused`, and
    :class:`StorageNeeded` when the secret may still be got from the page of the LMS.
    """
    sealed = fields.get("state", "")
    if not sealed:
        raise LaunchRefused("state-missing")
    wanted = state.unseal(sealed)
    registration = _launching(wanted)
    try:
        _check_browser(wanted, registration, cookie_name(sealed), fields, cookies)
        message = _message(registration, wanted, fields)
        found = familiar.launched(registration, message, sealed, session)
        if found is None:
            return _launched(registration, wanted, message, here)
        target = reverse(settings.LTI_LAUNCH_TARGET, args=[found.link_pk])
        return Launched(found.person, target)
    except LaunchRefused as refused:
        refused.claims.setdefault("registration", registration.pk)
        raise


def cookie_name(sealed: str) -> str:
    """The name of the cookie of one launch; it tells nothing about the state."""
    return COOKIE_PREFIX + state.digest(sealed)[:16]


def storage_key(name: str) -> str:
    """Under which the page of the LMS keeps the secret (Platform Storage 1.0)."""
    return "cograde_" + name.removeprefix(COOKIE_PREFIX)


def redirect_uri() -> str:
    """The address to which an LMS posts its messages."""
    return f"{settings.BASE_URL}{reverse('lti_tool:launch')}"


def forget_expired() -> int:
    """Delete what has had its time, at most a thousand rows of each kind; returns how many."""
    now = timezone.now()
    day = now - timedelta(days=1)
    old: tuple[QuerySet[Any], ...] = (
        UsedState.objects.filter(used_at__lt=now - state.LIFETIME - state.REMEMBERED),
        LaunchRefusal.objects.filter(at__lt=now - REFUSALS_KEPT),
        DeepLinkingRequest.objects.filter(created_at__lt=day),
        DataPrivacyRequest.objects.filter(created_at__lt=day),
        AccessToken.objects.filter(expires_at__lt=day),
    )
    count = 0
    for rows in old:
        keys = list(rows.values_list("pk", flat=True)[:FORGET_AT_ONCE])
        if keys:
            count += rows.model._default_manager.filter(pk__in=keys).delete()[0]
    return count


# The login

_AGAIN = (
    "iss",
    "client_id",
    "login_hint",
    "target_link_uri",
    "lti_message_hint",
    "lti_deployment_id",
)


def _field(fields: Mapping[str, str], name: str, length: int, *, required: bool = True) -> str:
    value = fields.get(name, "")
    if len(value) > length or "\0" in value or (required and not value.strip()):
        raise LaunchRefused("login-malformed")
    return value


def _storage(fields: Mapping[str, str]) -> str:
    """The name of a frame (Platform Storage 1.0 section 2.1); anything else counts as none."""
    name = fields.get("lti_storage_target", "")
    if name == OPENER:
        return ""
    return name if len(name) <= 100 and name.isascii() and name.isprintable() else ""


def _registration(fields: Mapping[str, str]) -> Registration:
    """The registration of a login: by issuer, and by client id where the LMS sends it."""
    issuer = _field(fields, "iss", ID_LENGTH)
    client_id = _field(fields, "client_id", ID_LENGTH, required=False)
    found = registrations.of_login(issuer, client_id)
    if not found:
        raise LaunchRefused("registration-unknown", {"iss": issuer, "client_id": client_id})
    if len(found) > 1:
        raise LaunchRefused("registration-ambiguous", {"iss": issuer})
    return _on(found[0])


def _on(registration: Registration) -> Registration:
    if not registration.active:
        code = "registration-waiting" if registration.waiting else "registration-inactive"
        raise LaunchRefused(code, {"registration": registration.pk})
    return registration


def _sign_in_url(
    registration: Registration, sealed: str, nonce: str, hint: str, message_hint: str
) -> str:
    query = {
        "scope": "openid",
        "response_type": "id_token",
        "response_mode": "form_post",
        "prompt": "none",
        "client_id": registration.client_id,
        "redirect_uri": redirect_uri(),
        "login_hint": hint,
        "state": sealed,
        "nonce": nonce,
    }
    if message_hint:
        query["lti_message_hint"] = message_hint
    joint = "&" if "?" in registration.auth_login_url else "?"
    return f"{registration.auth_login_url}{joint}{urlencode(query)}"


# The launch


def _launching(wanted: State) -> Registration:
    registration = registrations.of_state(wanted.registration)
    if registration is None:
        raise LaunchRefused("registration-unknown")
    return _on(registration)


def _check_browser(
    wanted: State,
    registration: Registration,
    name: str,
    fields: Mapping[str, str],
    cookies: Mapping[str, str],
) -> None:
    """The secret comes back as a cookie, or from a page that could keep one for us: that of the
    LMS, or the frame of ours that opened this window and knows its ticket."""
    secret = cookies.get(name)
    if secret:
        if not state.matches(secret, wanted.browser):
            raise LaunchRefused("browser-mismatch")
        return
    if state.was_used(fields["state"]):
        raise LaunchRefused("state-used")
    kept = fields.get("kept")
    keeper = OPENER if wanted.ticket else wanted.storage
    if not keeper or kept == "":
        raise LaunchRefused("cookie-missing")
    if kept is None:
        raise StorageNeeded(registration, keeper, name)
    if not state.matches(kept, wanted.ticket or wanted.browser):
        raise LaunchRefused("storage-mismatch")


def _message(registration: Registration, wanted: State, fields: Mapping[str, str]) -> Message:
    """The message that answers the login. A state is good for one message, right or wrong: one
    that is refused uses it up here, one that is taken where it is written down."""
    try:
        return _checked(registration, wanted, fields)
    except LaunchRefused:
        state.use_up(fields["state"])
        raise


def _checked(registration: Registration, wanted: State, fields: Mapping[str, str]) -> Message:
    token = fields.get("id_token", "")
    if not token:
        # OpenID Connect core section 3.1.2.6: the LMS may answer with an error instead.
        raise LaunchRefused("platform-error" if fields.get("error") else "token-missing")
    expected = Expected(
        issuer=registration.issuer,
        client_id=registration.client_id,
        nonce=wanted.nonce,
        target_link_uri=wanted.target_link_uri,
        deployment_hint=wanted.deployment_hint,
        home=settings.BASE_URL,
    )
    keys = platform_keys.key_set(registration)
    try:
        return validation.validate(token, expected, keys, time.time())
    except LaunchRefused as refused:
        if refused.code != "key-unknown":
            raise
    newer = platform_keys.key_set(registration, newer_than=platform_keys.fetched_at(registration))
    return validation.validate(token, expected, newer, time.time())


def _launched(registration: Registration, wanted: State, message: Message, here: Here) -> Launched:
    """A launch that is not familiar."""
    try:
        recorded = _recorded(registration, wanted, message, here)
        return Launched(recorded.person, _TARGETS[message.message_type](recorded))
    except LaunchRefused as refused:
        refused.claims = {**validation.redacted(message.claims), **refused.claims}
        refused.return_url = message.return_url
        raise


def _recorded(registration: Registration, wanted: State, message: Message, here: Here) -> _Recorded:
    legacy = migration_claim.proven(registration, message)
    before = people.before(registration, message)
    deployment = before.context.deployment if before else _deployment(registration, message)
    _check_on(deployment)
    person = before.person if before else people.person(registration, message, legacy, here())
    people.note(person, message, legacy)
    membership = link = None
    if message.course is not None or message.link is not None:
        membership, link = people.place(deployment, person, message, legacy, before)
    elif _TARGETS[message.message_type] is not _open_privacy:
        raise LaunchRefused("context")
    people.note_launch(deployment, message)
    return _Recorded(deployment, message, person, membership, link, wanted.ticket)


def _deployment(registration: Registration, message: Message) -> Deployment:
    """A deployment that we do not know yet is noted, switched off, for the admin to switch on."""
    deployment, _created = Deployment.objects.get_or_create(
        registration=registration,
        deployment_id=message.deployment_id,
        defaults={"active": False},
    )
    deployment.registration = registration
    return deployment


def _check_on(deployment: Deployment) -> None:
    if not deployment.active:
        never_on = not deployment.contexts.exists()
        raise LaunchRefused("deployment-unknown" if never_on else "deployment-inactive")


# What each kind of message opens


def _open_link(recorded: _Recorded) -> str:
    if recorded.link is None or not recorded.may(frozenset(Right)):
        raise LaunchRefused("no-rights")
    return reverse(settings.LTI_LAUNCH_TARGET, args=[recorded.link.pk])


def _open_choice(recorded: _Recorded) -> str:
    asked = recorded.message.deep_linking
    if asked is None or recorded.membership is None or not recorded.may(MAY_CHOOSE):
        raise LaunchRefused("no-rights")
    request = DeepLinkingRequest.objects.create(
        person=recorded.person,
        context=recorded.membership.context,
        return_url=asked.return_url,
        data=asked.data,
        accept_types=list(asked.accept_types),
        accept_targets=list(asked.accept_targets),
        accept_multiple=asked.accept_multiple,
        accept_line_item=asked.accept_line_item,
        ticket_digest=recorded.ticket,
    )
    return reverse(settings.LTI_DEEP_LINK_TARGET, args=[request.pk])


def _open_review(recorded: _Recorded) -> str:
    """Submission Review 1.0: reviewers see anybody's work, learners their own."""
    learner = Person.objects.filter(
        registration=recorded.deployment.registration, sub=recorded.message.for_user
    ).first()
    own = learner == recorded.person and recorded.may(_SUBMITS)
    if not own and not recorded.may(MAY_REVIEW):
        raise LaunchRefused("no-rights")
    link = recorded.link or _link_of_column(recorded)
    if learner is None or link is None:
        raise LaunchRefused("review-unknown")
    return reverse(settings.LTI_SUBMISSION_REVIEW_TARGET, args=[link.pk, learner.pk])


def _link_of_column(recorded: _Recorded) -> ResourceLink | None:
    """The link of the column that a review names when it names no link."""
    grades = recorded.message.grades
    if recorded.membership is None or grades is None or not grades.line_item:
        return None
    column = (
        LineItem.objects.select_related("resource_link")
        .filter(resource_link__context=recorded.membership.context, url=grades.line_item)
        .first()
    )
    return column.resource_link if column else None


def _open_privacy(recorded: _Recorded) -> str:
    """Data Privacy Launch 1.0: one's own data, or anybody's for who administers the LMS."""
    subject = recorded.person
    wanted = recorded.message.for_user
    administers = Right.ADMINISTER in rights_outside_courses(recorded.message.roles)
    if wanted and wanted != recorded.message.subject:
        if not administers:
            raise LaunchRefused("no-rights")
        registration = recorded.deployment.registration
        found = Person.objects.filter(registration=registration, sub=wanted).first()
        if found is None:
            raise LaunchRefused("review-unknown")
        subject = found
    request = DataPrivacyRequest.objects.create(
        person=recorded.person, subject=subject, administers=administers
    )
    return reverse(settings.LTI_DATA_PRIVACY_TARGET, args=[request.pk])


def _open_report(recorded: _Recorded) -> str:
    """Asset Processor 1.0: learners see what became of their own work, reviewers anybody's."""
    message = recorded.message
    found = asset_processor.found(recorded.deployment, message.submission, message.asset)
    here = recorded.membership.context_id if recorded.membership else None
    if found is None or found.handed_in.context_id != here:
        raise LaunchRefused("review-unknown")
    own = found.handed_in.person_id == recorded.person.pk and recorded.may(_SUBMITS)
    if not own and not recorded.may(MAY_REVIEW):
        raise LaunchRefused("no-rights")
    return reverse(settings.LTI_REPORT_REVIEW_TARGET, args=[found.pk])


def _open_processor(recorded: _Recorded) -> str:
    """A teacher looks at what a processor of an activity of the LMS is set to."""
    if recorded.membership is None or not recorded.may(MAY_CHOOSE):
        raise LaunchRefused("no-rights")
    page = reverse(settings.LTI_PROCESSOR_SETTINGS_TARGET, args=[recorded.membership.context_id])
    return f"{page}?{urlencode({'assessment': recorded.message.custom.get('assessment', '')})}"


_TARGETS = {
    messages.RESOURCE_LINK_REQUEST: _open_link,
    messages.DEEP_LINKING_REQUEST: _open_choice,
    messages.SUBMISSION_REVIEW_REQUEST: _open_review,
    messages.DATA_PRIVACY_REQUEST: _open_privacy,
    messages.LTI_DATA_PRIVACY_REQUEST: _open_privacy,
    messages.REPORT_REVIEW_REQUEST: _open_report,
    messages.PROCESSOR_SETTINGS_REQUEST: _open_processor,
}
