"""Dynamic registration: an LMS that was invited registers us, and we remember the LMS.

Sources: LTI Dynamic Registration 1.0; what real platforms answer was read in Moodle's
``mod/lti/openid-registration.php`` (200, the deployment in the tool configuration, plain words on
failure) and in Canvas' ``dynamic_registration_controller.rb`` (no deployment).

The page that asks the person and the registration itself are two requests, and no cookie lasts in
the frame between them. What the person saw travels in a signed form field, so that exactly that
is registered, and nobody can have a browser register something else.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from django.core import signing
from django.db import IntegrityError, transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from audit import record
from lti_tool import frames, invitations, presets, tool_metadata, transport
from lti_tool.models import (
    AccessToken,
    Deployment,
    PlatformKeySet,
    Registration,
    RegistrationInvitation,
)
from lti_tool.platform_configuration import (
    PlatformConfiguration,
    check_token,
    doubts,
    plain,
    token_leaves_home,
)
from lti_tool.transport import Answer, TransportError

OFFER_SALT = "lti_tool.registration"
# A registration token of Moodle, Canvas and Brightspace lasts an hour as well.
OFFER_LASTS = timedelta(hours=1)
ANSWER_BYTES = 256 * 1024
ID_LENGTH = 255


class RegistrationRefused(Exception):  # noqa: N818 - said as in "the registration was refused"
    """A registration that came to nothing. ``theirs`` are the words of the LMS, may be empty."""

    def __init__(self, words: str, theirs: str = "", status: int = 502) -> None:
        super().__init__(words)
        self.theirs = theirs
        self.status = status


class AgreementMissing(RegistrationRefused):
    """The registration token would go to a site that the person has not agreed to."""

    def __init__(self, host: str) -> None:
        words = _("Tick the box to let the registration go to %(host)s, or close this page.")
        super().__init__(words % {"host": host}, status=400)


@dataclass(frozen=True)
class Offer:
    """What a person was shown and is asked to agree to."""

    invitation: int
    platform: PlatformConfiguration
    token: str


def seal(invitation: RegistrationInvitation, platform: PlatformConfiguration, token: str) -> str:
    """The form field that carries an offer from the page to the registration."""
    found = {"invitation": invitation.pk, "platform": platform.as_dict(), "token": token}
    return signing.dumps(found, salt=OFFER_SALT, compress=True)


def unseal(sealed: str) -> Offer:
    """Raises :class:`RegistrationRefused` for anything but a fresh field of ours."""
    try:
        found = signing.loads(sealed, salt=OFFER_SALT, max_age=OFFER_LASTS)
    except signing.SignatureExpired as error:
        raise RegistrationRefused(
            _("This page is too old. Go back to your LMS and start the registration again."),
            status=400,
        ) from error
    except signing.BadSignature as error:
        raise RegistrationRefused(
            _("This was not sent from our page. Start the registration again in your LMS."),
            status=400,
        ) from error
    return Offer(
        invitation=found["invitation"],
        platform=PlatformConfiguration.from_dict(found["platform"]),
        token=found["token"],
    )


def register(
    invitation: RegistrationInvitation, offer: Offer, *, elsewhere_agreed: bool = False
) -> Registration:
    """Register with the LMS of ``offer`` and remember it.

    ``elsewhere_agreed``: the person agreed to show the registration token to a site that is
    neither the configuration's nor the issuer's. Raises :class:`RegistrationRefused`
    (:class:`AgreementMissing` when only that is missing) or
    :class:`invitations.InvitationRefused`; then nothing was stored and the invitation still holds.
    """
    if offer.invitation != invitation.pk:
        raise RegistrationRefused(
            _("This page belongs to another address. Start again in your LMS."), status=400
        )
    if offer.token and token_leaves_home(offer.platform) and not elsewhere_agreed:
        raise AgreementMissing(offer.platform.host)
    invitations.use(invitation)
    try:
        client_id, deployment_id = _read(_call(offer))
        return _store(invitation, offer.platform, client_id, deployment_id)
    except BaseException:
        invitations.give_back(invitation)
        raise


def needs_approval(invitation: RegistrationInvitation, platform: PlatformConfiguration) -> bool:
    """Whether our staff must look before this LMS may launch us."""
    return not invitation.approved or bool(doubts(platform.configuration_url, platform.issuer))


def _call(offer: Offer) -> Answer:
    check_token(offer.token)
    headers = {"Content-Type": "application/json", "Accept": "application/json"}
    if offer.token:
        headers["Authorization"] = f"Bearer {offer.token}"
    body = json.dumps(tool_metadata.client_metadata(offer.platform)).encode()
    try:
        answer = transport.send(
            "POST",
            offer.platform.registration_url,
            headers=headers,
            body=body,
            limit=ANSWER_BYTES,
        )
    except TransportError as error:
        raise RegistrationRefused(
            _(
                "%(cause)s It may have registered Cograde all the same: look into its list of"
                " tools, delete what is there, and start the registration again."
            )
            % {"cause": error.cause}
        ) from error
    if not answer.ok:
        raise RegistrationRefused(_why(answer), _their_words(answer))
    return answer


def _why(answer: Answer) -> str:
    if answer.status in (401, 403):
        return _(
            "The LMS did not accept its registration token: each can be used once and for a"
            " limited time. Start the registration again in your LMS; this address still holds."
        )
    return _(
        "The LMS did not register Cograde (HTTP %(status)s). Its token may be used up by now, so"
        " start the registration again there; this address still holds."
    ) % {"status": answer.status}


def _their_words(answer: Answer) -> str:
    """What the LMS says about its refusal: Moodle in plain text, others in JSON."""
    text = answer.body[:20_000].decode("utf-8", "replace")
    try:
        found = json.loads(text)
    except (ValueError, RecursionError):
        return "" if text.lstrip().startswith("<") else plain(text, 200)
    if isinstance(found, dict):
        for name in ("error_description", "errorMessage", "message", "errors", "error"):
            if found.get(name):
                said = found[name]
                return plain(said if isinstance(said, str) else json.dumps(said), 200)
    return plain(found, 200)


def _read(answer: Answer) -> tuple[str, str]:
    """The client id, and the deployment id or nothing."""
    try:
        found = answer.json()
    except TransportError as error:
        raise RegistrationRefused(_("The LMS sent an answer that could not be read.")) from error
    client_id = _id(found.get("client_id")) if isinstance(found, dict) else ""
    if not client_id:
        raise RegistrationRefused(_("The LMS registered Cograde but sent no client id."))
    configuration = found.get(tool_metadata.TOOL_CONFIGURATION)
    deployment = configuration.get("deployment_id") if isinstance(configuration, dict) else None
    return client_id, _id(deployment)


def _id(value: Any) -> str:
    """An id of an LMS, which may be a number; empty when it is none."""
    text = str(value) if isinstance(value, str | int) and not isinstance(value, bool) else ""
    fit = text.isprintable() and text == text.strip() and len(text) <= ID_LENGTH
    return text if fit else ""


def _store(
    invitation: RegistrationInvitation,
    platform: PlatformConfiguration,
    client_id: str,
    deployment_id: str,
) -> Registration:
    try:
        with transaction.atomic():
            registration = _row(invitation, platform, client_id)
            _switch(registration, invitation, platform)
            _describe(registration, platform, client_id)
            registration.save()
            _forget_what_was_for_the_old_one(registration)
            if deployment_id:
                _note_deployment(invitation, registration, deployment_id)
            invitation.registration = registration
            invitation.save(update_fields=["registration"])
            _note(registration, invitation)
    except IntegrityError as error:
        raise _taken() from error
    return registration


def _row(
    invitation: RegistrationInvitation, platform: PlatformConfiguration, client_id: str
) -> Registration:
    """The row to write: the one to be renewed, the same LMS's earlier one, or a new one.

    An LMS that answers with a client id which another LMS has here must never get that one's
    people and grades, so an earlier row is taken only by the LMS that it already points to.
    """
    same = (
        Registration.objects.select_for_update()
        .filter(issuer=platform.issuer, client_id=client_id)
        .first()
    )
    if invitation.renews_id is not None:
        if same is not None and same.pk != invitation.renews_id:
            raise _taken()
        return Registration.objects.select_for_update().get(pk=invitation.renews_id)
    if same is None:
        return Registration(tenant=invitation.tenant, active=False, waiting=True)
    if same.tenant != invitation.tenant or not _same_addresses(same, platform):
        raise _taken()
    return same


def _taken() -> RegistrationRefused:
    return RegistrationRefused(
        _(
            "The LMS gave us a client id that is connected here already. If it is the same LMS at"
            " a new address, ask for an address that renews the connection."
        ),
        status=409,
    )


def _same_addresses(registration: Registration, platform: PlatformConfiguration) -> bool:
    """Whether not one address differs: on a shared host another path is another LMS."""
    known = (registration.auth_login_url, registration.token_url, registration.jwks_url)
    return known == (platform.auth_login_url, platform.token_url, platform.jwks_url)


def _switch(
    registration: Registration,
    invitation: RegistrationInvitation,
    platform: PlatformConfiguration,
) -> None:
    """On at once when staff decided so beforehand, or when nothing but details changed."""
    unchanged = (
        not registration._state.adding
        and registration.active
        and registration.issuer == platform.issuer
        and _same_addresses(registration, platform)
    )
    if unchanged:
        return
    waits = needs_approval(invitation, platform)
    registration.waiting, registration.active = waits, not waits


def _describe(registration: Registration, platform: PlatformConfiguration, client_id: str) -> None:
    registration.name = registration.name or presets.title(platform)
    registration.issuer, registration.client_id = platform.issuer, client_id
    registration.auth_login_url = platform.auth_login_url
    registration.token_url = platform.token_url
    registration.jwks_url = platform.jwks_url
    registration.audience = platform.audience
    registration.product = platform.product or registration.product
    registration.configuration_url = platform.configuration_url
    found = frames.origins((platform.issuer, platform.auth_login_url, platform.registration_url))
    registration.origins = [
        *registration.origins,
        *(o for o in found if o not in registration.origins),
    ]


def _note_deployment(
    invitation: RegistrationInvitation, registration: Registration, deployment_id: str
) -> None:
    """The deployment that the LMS named. In a renewal it takes the place of the only one there
    was, so that courses stay the courses they were; one that staff switched off stays off."""
    known = list(Deployment.objects.filter(registration=registration)[:2])
    if any(one.deployment_id == deployment_id for one in known):
        return
    if invitation.renews_id is not None and len(known) == 1:
        Deployment.objects.filter(pk=known[0].pk).update(deployment_id=deployment_id)
        return
    Deployment.objects.get_or_create(registration=registration, deployment_id=deployment_id)


def _forget_what_was_for_the_old_one(registration: Registration) -> None:
    """Tokens and keys may be those of an earlier client id or address."""
    AccessToken.objects.filter(registration=registration).delete()
    PlatformKeySet.objects.filter(registration=registration).delete()


def _note(registration: Registration, invitation: RegistrationInvitation) -> None:
    record.append(
        record.chain_of("lti", "registration", str(registration.pk)),
        "registration.registered",
        f"invitation:{invitation.pk}",
        {
            "issuer": registration.issuer,
            "client_id": registration.client_id,
            "tenant": registration.tenant,
            "waiting": registration.waiting,
            "at": timezone.now().isoformat(),
        },
    )
