"""Identifiers of LTI 1.1 for tools that knew them (LTI 1.3 Migration Guide, the lti1p1 claim)."""

from __future__ import annotations

import base64
import hashlib
import hmac
from typing import Any

from practice_lms.messages import Message


def claim(message: Message, claims: dict[str, Any]) -> dict[str, str]:
    """The claim for a message whose token has ``claims``: who and what things were before.

    Without a secret there is no signature, as on platforms that keep none.
    """
    tool = message.tool
    found = {
        "user_id": f"old-{message.person.id}" if message.identity != "none" else "",
        "oauth_consumer_key": tool.consumer_key,
        "resource_link_id": f"old-{message.link.id}" if message.link else "",
        "context_id": f"old-{message.course.id}" if message.course else "",
    }
    if tool.consumer_secret:
        found["oauth_consumer_key_sign"] = signature(
            tool.consumer_key,
            tool.consumer_secret,
            deployment_id=message.hint.deployment,
            issuer=claims["iss"],
            client_id=tool.client_id,
            expires=claims["exp"],
            nonce=claims["nonce"],
        )
    return {name: value for name, value in found.items() if value}


def signature(
    key: str,
    secret: str,
    *,
    deployment_id: str,
    issuer: str,
    client_id: str,
    expires: int,
    nonce: str,
) -> str:
    """``oauth_consumer_key_sign``: Base64 of HMAC-SHA256 over the values joined by ``&``."""
    text = "&".join((key, deployment_id, issuer, client_id, str(expires), nonce))
    digest = hmac.new(secret.encode(), text.encode(), hashlib.sha256).digest()
    return base64.b64encode(digest).decode()
