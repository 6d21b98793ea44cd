"""Proof of who somebody was in LTI 1.1 (1EdTech LTI Advantage migration guide 1.0, section 4)."""

from __future__ import annotations

import base64
import hashlib
import hmac

from lti_tool.messages import ID_LENGTH, Legacy, Message
from lti_tool.models import ConsumerKey, Registration
from lti_tool.refusals import LaunchRefused


def proven(registration: Registration, message: Message) -> Legacy | None:
    """What the message says of LTI 1.1 if it is signed with a secret of ours, else None.

    A consumer key that we never gave out means nothing to us. One that we did must be signed
    for: raises :class:`LaunchRefused` otherwise.
    """
    legacy = message.legacy
    if legacy is None or not legacy.consumer_key:
        return None
    known = ConsumerKey.objects.filter(registration=registration, key=legacy.consumer_key).first()
    if known is None:
        return None
    expected = signature(known, message)
    if not hmac.compare_digest(expected.encode(), legacy.signature.encode()):
        raise LaunchRefused("migration-signature")
    return legacy


def signature(consumer: ConsumerKey, message: Message) -> str:
    """The base64 HMAC-SHA256 over key, deployment, issuer, client, expiry and nonce."""
    claims = message.claims
    expiry = claims.get("exp")
    parts = (
        consumer.key,
        message.deployment_id,
        str(claims.get("iss", ""))[:ID_LENGTH],
        consumer.registration.client_id,
        str(int(expiry)) if isinstance(expiry, int | float) else "",
        str(claims.get("nonce", "")),
    )
    signed = hmac.new(consumer.secret.encode(), "&".join(parts).encode(), hashlib.sha256)
    return base64.b64encode(signed.digest()).decode("ascii")
