"""The second half of a launch: the LMS brings its signed message.

Sources: LTI 1.3 core section 5.1.1; 1EdTech Security Framework 1.0 section 5.1.1. The first half is
``lti_tool.login``; what a message opens is in ``lti_tool.openings``.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from django.conf import settings

from lti_tool import (
    familiar,
    frames,
    migration_claim,
    openings,
    people,
    platform_keys,
    registrations,
    state,
    validation,
)
from lti_tool.login import OPENER, cookie_name, storage_key, switched_on
from lti_tool.messages import Message
from lti_tool.models import Deployment, Person, Registration
from lti_tool.openings import Recorded
from lti_tool.refusals import LaunchRefused
from lti_tool.sessions import SessionStore
from lti_tool.state import State
from lti_tool.validation import Expected

Here = Callable[[], Person | None]


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
        return Launched(found.person, openings.link_page(found.link_pk))
    except LaunchRefused as refused:
        refused.claims.setdefault("registration", registration.pk)
        raise


def _launching(wanted: State) -> Registration:
    registration = registrations.of_state(wanted.registration)
    if registration is None:
        raise LaunchRefused("registration-unknown")
    return switched_on(registration)


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
    return platform_keys.vouched(
        registration, lambda keys: validation.validate(token, expected, keys, time.time())
    )


def _launched(registration: Registration, wanted: State, message: Message, here: Here) -> Launched:
    """A launch that is not familiar."""
    try:
        recorded = _recorded(registration, wanted, message, here)
        return Launched(recorded.person, openings.page_for(recorded))
    except LaunchRefused as refused:
        refused.claims = {**validation.redacted(message.claims), **refused.claims}
        refused.return_url = message.return_url
        raise


def _recorded(registration: Registration, wanted: State, message: Message, here: Here) -> Recorded:
    legacy = migration_claim.proven(registration, message)
    before = people.before(registration, message)
    deployment = before.context.deployment if before else _deployment(registration, message)
    _check_on(deployment)
    person = before.person if before else people.person(registration, message, legacy, here())
    people.note(person, message, legacy)
    membership = link = None
    if message.course is not None or message.link is not None:
        membership, link = people.place(deployment, person, message, legacy, before)
    elif openings.stands_in_a_course(message):
        raise LaunchRefused("context")
    people.note_launch(deployment, message)
    return Recorded(deployment, message, person, membership, link, wanted.ticket)


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
