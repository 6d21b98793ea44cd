"""Our own RSA keys: made, published, rotated; and the signing of what we send.

A new key is published an hour before it signs, because an LMS may keep our key set for as long
as our answer allows. A retired key stays published for a week, for messages still on the way and
for LMSs that keep a key set longer than they should; then it is forgotten.
"""

from __future__ import annotations

import base64
import hashlib
import json
from collections.abc import Mapping
from datetime import timedelta
from functools import lru_cache
from typing import Any

import jwt
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    load_pem_private_key,
)
from django.conf import settings
from django.db import transaction
from django.db.models import Q, QuerySet
from django.utils import timezone
from jwt.algorithms import RSAAlgorithm

from audit import record
from lti_tool.models import ToolKey

PUBLISHED_AHEAD = timedelta(hours=1)
PUBLISHED_AFTER = timedelta(days=7)
KEY_BITS = 2048


def create() -> ToolKey:
    """A new key, published at once."""
    private = rsa.generate_private_key(public_exponent=65537, key_size=KEY_BITS)
    jwk: dict[str, Any] = RSAAlgorithm.to_jwk(private.public_key(), as_dict=True)
    public = {name: jwk[name] for name in ("kty", "n", "e")}
    kid = thumbprint(public)
    pem = private.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode("ascii")
    return ToolKey.objects.create(
        kid=kid, private_pem=pem, public_jwk={**public, "kid": kid, "alg": "RS256", "use": "sig"}
    )


def thumbprint(public: Mapping[str, str]) -> str:
    """The SHA-256 thumbprint of an RSA key's public members (RFC 7638 section 3)."""
    members = {name: public[name] for name in ("e", "kty", "n")}
    text = json.dumps(members, separators=(",", ":"), sort_keys=True)
    digest = hashlib.sha256(text.encode("ascii")).digest()
    return base64.urlsafe_b64encode(digest).rstrip(b"=").decode("ascii")


def signing_key() -> ToolKey:
    """The key that signs now: the newest one that everybody had time to fetch.

    Makes the first key when there is none.
    """
    live = ToolKey.objects.filter(retired_at=None)
    known = live.filter(created_at__lte=timezone.now() - PUBLISHED_AHEAD)
    return known.order_by("-created_at").first() or live.order_by("created_at").first() or create()


@transaction.atomic
def rotate(*, at_once: bool = False, by: str = "command") -> ToolKey:
    """A new key beside the one that signs now; everything older is retired.

    ``at_once`` is for a key that became known to others: the new key signs immediately and every
    other key is forgotten, also from the published set. ``by`` is a user name, ``command`` or
    ``schedule``, for the record.
    """
    before = signing_key()
    if at_once:
        ToolKey.objects.all().delete()
    else:
        older = ToolKey.objects.filter(retired_at=None).exclude(pk=before.pk)
        older.update(retired_at=timezone.now())
    made = create()
    record.append(
        record.chain_of("lti", "keys"),
        "tool_key.rotated",
        f"staff:{by}",
        {"kid": made.kid, "before": before.kid, "at_once": at_once},
    )
    return made


def rotate_when_due() -> int:
    """A new key when the newest is older than ``settings.TOOL_KEY_DAYS``; returns how many.

    Also forgets the keys that are published no longer. Schedulers may call it at the same moment.
    """
    if not _due().exists():
        return 0
    with transaction.atomic():
        # Whoever comes second waits here, and then finds nothing due.
        list(ToolKey.objects.select_for_update().order_by("pk"))
        if not _due().exists():
            return 0
        ToolKey.objects.filter(retired_at__lte=timezone.now() - PUBLISHED_AFTER).delete()
        rotate(by="schedule")
    return 1


def _due() -> QuerySet[ToolKey]:
    """The signing keys, if none of them is young enough."""
    young = timezone.now() - timedelta(days=settings.TOOL_KEY_DAYS)
    live = ToolKey.objects.filter(retired_at=None)
    return live.none() if live.filter(created_at__gt=young).exists() else live


def public_set() -> dict[str, list[dict[str, Any]]]:
    """Our public keys as a JWK set (RFC 7517 section 5)."""
    if not ToolKey.objects.filter(retired_at=None).exists():
        create()
    published = Q(retired_at=None) | Q(retired_at__gt=timezone.now() - PUBLISHED_AFTER)
    return {"keys": [key.public_jwk for key in ToolKey.objects.filter(published).order_by("pk")]}


def sign(claims: Mapping[str, Any]) -> str:
    """``claims`` as a JWT of ours, signed with RS256."""
    key = signing_key()
    return jwt.encode(
        dict(claims), _private(key.private_pem), algorithm="RS256", headers={"kid": key.kid}
    )


@lru_cache(maxsize=4)
def _private(pem: str) -> rsa.RSAPrivateKey:
    key = load_pem_private_key(pem.encode("ascii"), password=None)
    if not isinstance(key, rsa.RSAPrivateKey):
        raise TypeError("A tool key must be an RSA key.")
    return key
