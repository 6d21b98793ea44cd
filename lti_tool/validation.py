"""The strict reading of an id_token; no Django, no network, no clock of its own.

Sources: LTI 1.3 core sections 5.3 and 5.4; 1EdTech Security Framework 1.0 section 5.1.3
(authentication response validation); RFC 7515 (JWS); RFC 8725 (JWT best practices).
"""

from __future__ import annotations

import base64
import binascii
import json
import math
import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, NoReturn

import jwt
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from cryptography.hazmat.primitives.hashes import SHA256
from jwt.algorithms import RSAAlgorithm

from lti_tool import messages
from lti_tool.messages import CLAIM, Claims, Message
from lti_tool.refusals import LaunchRefused

ALGORITHM = "RS256"
LEEWAY_SECONDS = 60
# An id_token answers a login that lasts ten minutes; an hour leaves room for slow clocks.
OLDEST_SECONDS = 3600
TOKEN_BYTES = 64 * 1024
KEY_BITS = 2048

_BASE64URL = re.compile(r"[A-Za-z0-9_-]+\Z")
# A number stands after one of few signs, which keeps the ids in texts out of this.
_NUMBER = r"(?:\A|[\s:,\[])-?[0-9]+(?:\.[0-9]+)?"
_SUSPECT = re.compile(rf"\\u(?:0000|[dD][89a-fA-F])|[0-9]{{300}}|{_NUMBER}[eE]")


@dataclass(frozen=True)
class Expected:
    """What the login that this token answers has fixed. An empty ``deployment_hint`` fixes none.

    ``home`` is the origin of our own addresses, without a slash at the end.
    """

    issuer: str
    client_id: str
    nonce: str
    target_link_uri: str
    deployment_hint: str = ""
    home: str = ""


class _DuplicateNameError(ValueError):
    pass


def validate(token: str, expected: Expected, jwks: Mapping[str, Any], now: float) -> Message:
    """The message in ``token``, checked from signature to claims.

    ``jwks`` is the key set of the LMS (RFC 7517), ``now`` is in seconds since the epoch. Raises
    :class:`LaunchRefused`; its code ``key-unknown`` means that a fresher key set may help.
    """
    claims = _parsed(_verified_payload(token, jwks))
    try:
        _check_parties(claims, expected)
        _check_times(claims, now)
        _check_nonce(claims, expected)
        return _message(claims, expected)
    except LaunchRefused as refused:
        refused.claims = redacted(claims)
        refused.return_url = return_url(claims)
        raise


def unproven(token: str) -> Claims:
    """What ``token`` says before anybody vouches for it: good for finding whose keys to ask, and
    for nothing else.

    Raises :class:`LaunchRefused` for a token that cannot be read.
    """
    return _parsed(_decoded(_segments(token)[1]))


def proven(token: str, expected: Expected, jwks: Mapping[str, Any], now: float) -> Claims:
    """The claims of any message of this LMS for us: signature, parties and times are checked.

    The nonce and what the claims mean are the caller's. Raises :class:`LaunchRefused`.
    """
    claims = _parsed(_verified_payload(token, jwks))
    _check_parties(claims, expected)
    _check_times(claims, now)
    return claims


def _segments(token: str) -> list[str]:
    if len(token) > TOKEN_BYTES:
        raise LaunchRefused("token-too-large")
    segments = token.split(".")
    if len(segments) != 3 or not all(_BASE64URL.match(segment) for segment in segments):
        raise LaunchRefused("token-malformed")
    return segments


def _verified_payload(token: str, jwks: Mapping[str, Any]) -> bytes:
    segments = _segments(token)
    header = _parsed(_decoded(segments[0]))
    if header.get("alg") != ALGORITHM:
        raise LaunchRefused("algorithm")
    # A payload that is not encoded (RFC 7797) must be named as critical too.
    if "crit" in header or header.get("b64", True) is not True:
        raise LaunchRefused("header-critical")
    # jku, x5u, jwk and x5c are never read: a token does not choose the key that vouches for it.
    signed = f"{segments[0]}.{segments[1]}".encode("ascii")
    payload, signature = _decoded(segments[1]), _decoded(segments[2])
    if not any(_signed(key, signature, signed) for key in _keys(header.get("kid"), jwks)):
        raise LaunchRefused("signature")
    return payload


def _signed(key: RSAPublicKey, signature: bytes, data: bytes) -> bool:
    """RS256 (RFC 7518 section 3.3), the one algorithm that is taken.

    Not through PyJWT, which looks at every sign of the message in Python: that took longer than
    all other checks together.
    """
    try:
        key.verify(signature, data, PKCS1v15(), SHA256())
    except InvalidSignature:
        return False
    return True


def _decoded(segment: str) -> bytes:
    """The bytes of a segment; one that is not written as RFC 7515 section 2 says is refused."""
    try:
        data = base64.b64decode(segment + "=" * (-len(segment) % 4), altchars=b"-_", validate=True)
    except binascii.Error as error:
        raise LaunchRefused("token-malformed") from error
    if base64.urlsafe_b64encode(data).rstrip(b"=") != segment.encode("ascii"):
        raise LaunchRefused("token-malformed")
    return data


def _parsed(data: bytes) -> dict[str, Any]:
    """A JSON object read strictly: UTF-8, no name twice, no NaN, no text a database refuses."""
    try:
        text = data.decode("utf-8")
        value = json.loads(text, object_pairs_hook=_unique_names, parse_constant=_no_constant)
        # Only escapes can stand for such characters, and only long numbers can be too large.
        suspect = _SUSPECT.search(text) is not None
        sound = isinstance(value, dict) and (not suspect or _storable(value))
    except _DuplicateNameError as error:
        raise LaunchRefused("token-duplicate-names") from error
    except (ValueError, RecursionError) as error:
        raise LaunchRefused("token-malformed") from error
    if not sound:
        raise LaunchRefused("token-malformed")
    parsed: dict[str, Any] = value
    return parsed


def _unique_names(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise _DuplicateNameError
    return found


def _no_constant(name: str) -> NoReturn:
    raise ValueError(name)


def _storable(value: object) -> bool:
    """No NUL and no lone surrogate in any text, no number beyond what a float holds."""
    if isinstance(value, str):
        return "\0" not in value and not any("\ud800" <= sign <= "\udfff" for sign in value)
    if isinstance(value, dict):
        return all(_storable(name) and _storable(item) for name, item in value.items())
    if isinstance(value, list):
        return all(_storable(item) for item in value)
    return not isinstance(value, float) or math.isfinite(value)


def _keys(kid: object, jwks: Mapping[str, Any]) -> list[RSAPublicKey]:
    if not isinstance(kid, str) or not kid:
        raise LaunchRefused("key-missing")
    listed = jwks.get("keys")
    named = [
        jwk
        for jwk in (listed if isinstance(listed, list) else [])
        if isinstance(jwk, dict) and jwk.get("kid") == kid
    ]
    if not named:
        raise LaunchRefused("key-unknown")
    fit = [key for jwk in named if (key := _public_key(jwk)) is not None]
    if not fit:
        raise LaunchRefused("key-unfit")
    return fit


def _public_key(jwk: Mapping[str, Any]) -> RSAPublicKey | None:
    """The RSA key of a JWK, None when it is not one to check RS256 signatures with."""
    if jwk.get("kty") != "RSA" or jwk.get("use", "sig") != "sig":
        return None
    if jwk.get("alg", ALGORITHM) != ALGORITHM:
        return None
    modulus, exponent = jwk.get("n"), jwk.get("e")
    # Only the public members: whatever else stands in the entry is not looked at.
    if not isinstance(modulus, str) or not isinstance(exponent, str):
        return None
    return _rsa_key(modulus, exponent)


@lru_cache(maxsize=256)
def _rsa_key(modulus: str, exponent: str) -> RSAPublicKey | None:
    try:
        key = RSAAlgorithm.from_jwk({"kty": "RSA", "n": modulus, "e": exponent})
    except (jwt.InvalidKeyError, ValueError, TypeError, AttributeError):
        return None
    fit = isinstance(key, RSAPublicKey) and key.key_size >= KEY_BITS
    return key if fit and isinstance(key, RSAPublicKey) else None


def _check_parties(claims: Claims, expected: Expected) -> None:
    """iss, aud and azp: Security Framework 5.1.3 steps 2 to 5."""
    if claims.get("iss") != expected.issuer:
        raise LaunchRefused("issuer")
    audience = claims.get("aud")
    if isinstance(audience, str):
        audience = [audience]
    if not isinstance(audience, list) or expected.client_id not in audience:
        raise LaunchRefused("audience")
    if not all(isinstance(party, str) for party in audience):
        raise LaunchRefused("audience")
    several = len(set(audience)) > 1
    if (several or "azp" in claims) and claims.get("azp") != expected.client_id:
        raise LaunchRefused("authorized-party")


def _check_times(claims: Claims, now: float) -> None:
    issued = _moment(claims, "iat", "issue-missing")
    expires = _moment(claims, "exp", "expiry-missing")
    if expires <= now - LEEWAY_SECONDS:
        raise LaunchRefused("expired")
    if issued > now + LEEWAY_SECONDS:
        raise LaunchRefused("issued-in-future")
    if issued < now - OLDEST_SECONDS - LEEWAY_SECONDS:
        raise LaunchRefused("issued-long-ago")
    if expires < issued:
        raise LaunchRefused("expiry-before-issue")
    if "nbf" in claims and _moment(claims, "nbf", "not-yet-valid") > now + LEEWAY_SECONDS:
        raise LaunchRefused("not-yet-valid")


def _moment(claims: Claims, name: str, code: str) -> float:
    """A NumericDate (RFC 7519 section 2) in seconds; true is no number here."""
    value = claims.get(name)
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise LaunchRefused(code)
    return value


def _check_nonce(claims: Claims, expected: Expected) -> None:
    nonce = claims.get("nonce")
    if not isinstance(nonce, str) or not nonce:
        raise LaunchRefused("nonce-missing")
    if nonce != expected.nonce:
        raise LaunchRefused("nonce")


def _message(claims: Claims, expected: Expected) -> Message:
    message_type = claims.get(CLAIM + "message_type")
    if claims.get(CLAIM + "version") != "1.3.0":
        raise LaunchRefused("version")
    if not isinstance(message_type, str) or message_type not in messages.MESSAGE_TYPES:
        raise LaunchRefused("message-type")
    is_link = message_type == messages.RESOURCE_LINK_REQUEST
    is_review = message_type == messages.SUBMISSION_REVIEW_REQUEST
    is_choice = message_type == messages.DEEP_LINKING_REQUEST
    is_processor = message_type in messages.PROCESSOR_REQUESTS
    platform = messages.section(claims, CLAIM + "tool_platform") or {}
    return Message(
        message_type=message_type,
        deployment_id=_deployment(claims, expected),
        target_link_uri=_target(claims, expected, exact=not is_review),
        subject=_subject(claims),
        roles=_roles(claims, required=is_link or is_review or is_processor),
        link=_link(claims, required=is_link),
        course=messages.course(claims),
        custom=messages.custom(claims),
        grades=messages.grade_service(claims),
        deep_linking=messages.deep_linking(claims) if is_choice else None,
        for_user=messages.for_user(claims, required=is_review),
        submission=messages.named(claims, "submission"),
        asset=messages.named(claims, "asset"),
        roster=messages.roster_service(claims),
        groups=messages.groups_service(claims),
        notices=messages.notices_service(claims),
        legacy=messages.legacy(claims),
        name=messages.person_name(claims),
        email=messages.text(claims, "email", messages.TITLE_LENGTH),
        product=messages.text(platform, "product_family_code", 100),
        return_url=return_url(claims),
        platform_url=_soft_url(platform, "url"),
        claims=claims,
    )


def _link(claims: Claims, *, required: bool) -> messages.Link | None:
    """Only a launch of a link must name one: a review may be of a column without a link."""
    if not required and CLAIM + "resource_link" not in claims:
        return None
    return messages.link(claims)


def return_url(claims: Claims) -> str:
    """Where the LMS wants people back (launch_presentation); empty when it does not say."""
    presentation = claims.get(CLAIM + "launch_presentation")
    return _soft_url(presentation, "return_url") if isinstance(presentation, dict) else ""


def _deployment(claims: Claims, expected: Expected) -> str:
    deployment = messages.identifier(claims, CLAIM + "deployment_id", "deployment-missing")
    if expected.deployment_hint and deployment != expected.deployment_hint:
        raise LaunchRefused("deployment-mismatch")
    return deployment


def _target(claims: Claims, expected: Expected, *, exact: bool) -> str:
    """The target that the login has fixed.

    A review may have an address of its own, named by the column: the login knows only the link's
    (Moodle does so). Then any address of ours will do.
    """
    target = claims.get(CLAIM + "target_link_uri")
    if not isinstance(target, str) or not target:
        raise LaunchRefused("target-missing")
    same = target == expected.target_link_uri
    ours = not exact and messages.is_web_url(target) and target.startswith(expected.home + "/")
    if not (same or ours):
        raise LaunchRefused("target-mismatch")
    return target


def _subject(claims: Claims) -> str | None:
    """Core section 5.3.6.1: a launch without ``sub`` is one of somebody unnamed."""
    if "sub" not in claims:
        return None
    subject = messages.identifier(claims, "sub", "subject")
    if subject.startswith(messages.OUR_SUBJECTS):
        raise LaunchRefused("subject")
    return subject


def _roles(claims: Claims, *, required: bool) -> tuple[str, ...]:
    value = claims.get(CLAIM + "roles")
    if value is None and not required:
        return ()
    return messages.texts(value, "roles")


def _soft_url(claims: Claims, name: str) -> str:
    """A URL that is nice to have: whatever is none counts as absent."""
    value = claims.get(name)
    return str(value) if messages.is_web_url(value) else ""


# What may be kept of a message for support: nothing that names or identifies a person.
_KEPT = ("iss", "aud", "azp", "exp", "iat", "nbf")
_KEPT_LTI = ("message_type", "version", "deployment_id", "roles")


def redacted(claims: Claims) -> dict[str, object]:
    """The claims that support needs and that tell nothing about the person.

    Texts are cut at 200 characters, lists at 20 entries; addresses lose their query.
    """
    kept: dict[str, object] = {name: _short(claims[name]) for name in _KEPT if name in claims}
    kept |= {name: _short(claims[CLAIM + name]) for name in _KEPT_LTI if CLAIM + name in claims}
    kept["has_sub"] = "sub" in claims
    target = claims.get(CLAIM + "target_link_uri")
    if isinstance(target, str):
        kept["target_link_uri"] = _short(target.partition("?")[0])
    for name in ("context", "resource_link"):
        found = claims.get(CLAIM + name)
        if isinstance(found, dict):
            kept[name + "_id"] = _short(found.get("id"))
    return kept


def _short(value: object) -> object:
    if isinstance(value, str):
        return value[:200]
    if isinstance(value, list):
        return [_short(item) for item in value[:20]]
    return value if isinstance(value, int | float) or value is None else type(value).__name__
