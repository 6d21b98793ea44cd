"""The LMS's own signing keys: the newest signs, the newest two are published."""

from __future__ import annotations

import secrets
from typing import Any

import jwt
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from jwt.algorithms import RSAAlgorithm

from practice_lms.rows import Key
from practice_lms.state import State

PUBLISHED = 2


def new_key() -> Key:
    """A fresh RSA key of 2,048 bits."""
    private = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    pem = private.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )
    return Key(kid=secrets.token_urlsafe(9), pem=pem.decode())


def ensure(state: State) -> None:
    """Make the first key, if there is none."""
    if not state.all(Key):
        state.put(new_key())


def rotate(state: State) -> Key:
    """Sign with a new key from now on; the one before stays published, older ones go."""
    fresh = new_key()
    with state.lock:
        state.put(fresh)
        for old in state.all(Key)[:-PUBLISHED]:
            state.delete(old)
    return fresh


def published(state: State) -> dict[str, Any]:
    """The JSON Web Key Set (RFC 7517), newest first."""
    return {"keys": [_public(key) for key in reversed(state.all(Key)[-PUBLISHED:])]}


def sign(state: State, claims: dict[str, Any], *, key: Key | None = None) -> str:
    """A JWT signed with RS256 by the newest key, or by ``key``."""
    signer = key or state.all(Key)[-1]
    return jwt.encode(claims, signer.pem, algorithm="RS256", headers={"kid": signer.kid})


def _public(key: Key) -> dict[str, Any]:
    private = serialization.load_pem_private_key(key.pem.encode(), password=None)
    if not isinstance(private, rsa.RSAPrivateKey):
        raise TypeError("signing keys are RSA keys")
    jwk = dict(RSAAlgorithm.to_jwk(private.public_key(), as_dict=True))
    jwk.pop("key_ops", None)
    return {**jwk, "kid": key.kid, "alg": "RS256", "use": "sig"}
