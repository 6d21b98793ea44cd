"""The first half of a launch: the LMS starts a login, and we ask it to say who this is.

Sources: LTI 1.3 core section 5.1.1.1; 1EdTech Security Framework 1.0 section 5.1.1.1.

What binds the second half to this browser is a secret that it gets here: as a cookie of its own, so
that launches in two tabs do not disturb each other, or, where cookies are refused, kept by the page
of the LMS around our frame (``lti_tool.state`` has the rest).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import urlencode

from django.conf import settings
from django.urls import reverse

from lti_tool import frames, registrations, state
from lti_tool.messages import ID_LENGTH, URL_LENGTH
from lti_tool.models import Registration
from lti_tool.refusals import LaunchRefused
from lti_tool.state import State

HINT_LENGTH = 8000
COOKIE_PREFIX = "__Host-lti-"
# In place of a frame of the LMS: the frame of ours that opened this window.
OPENER = "_opener"
_AGAIN = (
    "iss",
    "client_id",
    "login_hint",
    "target_link_uri",
    "lti_message_hint",
    "lti_deployment_id",
)


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


def cookie_name(sealed: str) -> str:
    """The name of the cookie of one launch; it tells nothing about the state."""
    return COOKIE_PREFIX + state.digest(sealed)[:16]


def storage_key(name: str) -> str:
    """Under which the page of the LMS keeps the secret (Platform Storage 1.0)."""
    return "cograde_" + name.removeprefix(COOKIE_PREFIX)


def redirect_uri() -> str:
    """The address to which an LMS posts its messages."""
    return f"{settings.BASE_URL}{reverse('lti_tool:launch')}"


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
    return switched_on(found[0])


def switched_on(registration: Registration) -> Registration:
    """``registration`` itself; raises :class:`LaunchRefused` while it may not be used."""
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
