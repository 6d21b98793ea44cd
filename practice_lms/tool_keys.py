"""Verifying what tools sign: their key sets, fetched and kept for a minute."""

from __future__ import annotations

import threading
import time
from typing import Any

import jwt
import requests

from practice_lms.rows import Tool

KEEP_SECONDS = 60
TIMEOUT_SECONDS = 5
LEEWAY_SECONDS = 10
LARGEST = 256 * 1024


class BadSignature(Exception):  # noqa: N818 - says what is the case
    """A token that cannot be trusted; the text says why."""


_kept: dict[str, tuple[float, dict[str, dict[str, Any]]]] = {}
_lock = threading.Lock()


def forget() -> None:
    """Fetch every key set anew next time."""
    with _lock:
        _kept.clear()


def verify(token: str, tool: Tool, audience: list[str]) -> dict[str, Any]:
    """The claims of a JWT that ``tool`` signed with RS256 for one of ``audience``.

    exp and iat must be there and hold now, give or take LEEWAY_SECONDS. Raises BadSignature.
    """
    try:
        header = jwt.get_unverified_header(token)
    except jwt.PyJWTError as error:
        raise BadSignature(f"it is not a signed JWT ({error})") from error
    if header.get("alg") != "RS256":
        raise BadSignature(f"it is signed with {header.get('alg')}, not RS256")
    key = _key(tool, header.get("kid"))
    try:
        claims: dict[str, Any] = jwt.decode(
            token,
            key=key,
            algorithms=["RS256"],
            audience=audience,
            leeway=LEEWAY_SECONDS,
            options={"require": ["exp", "iat", "iss", "aud"]},
        )
    except jwt.PyJWTError as error:
        raise BadSignature(str(error)) from error
    return claims


def _key(tool: Tool, kid: object) -> jwt.PyJWK:
    if not isinstance(kid, str) or not kid:
        raise BadSignature("its header has no kid")
    jwk = _key_set(tool).get(kid) or _key_set(tool, anew=True).get(kid)
    if jwk is None:
        raise BadSignature(f"the tool's key set has no key {kid!r}")
    try:
        return jwt.PyJWK(jwk, algorithm="RS256")
    except jwt.PyJWTError as error:
        raise BadSignature(f"the tool's key {kid!r} cannot be used ({error})") from error


def _key_set(tool: Tool, *, anew: bool = False) -> dict[str, dict[str, Any]]:
    """Keys by kid."""
    if tool.jwks is not None:
        return _by_kid(tool.jwks)
    if not tool.jwks_url:
        raise BadSignature("the tool has registered no keys")
    fetched_at, known = _kept.get(tool.jwks_url, (0.0, {}))
    if not anew and time.monotonic() - fetched_at < KEEP_SECONDS and known:
        return known
    keys = _by_kid(_fetch(tool.jwks_url))
    with _lock:
        _kept[tool.jwks_url] = (time.monotonic(), keys)
    return keys


def _fetch(url: str) -> Any:
    try:
        answer = requests.get(
            url,
            timeout=TIMEOUT_SECONDS,
            allow_redirects=False,
            headers={"User-Agent": "Practice LMS", "Accept": "application/json"},
        )
    except requests.RequestException as error:
        raise BadSignature(f"the tool's key set at {url} cannot be reached") from error
    if answer.status_code != 200 or len(answer.content) > LARGEST:
        raise BadSignature(f"the tool's key set at {url} answered {answer.status_code}")
    try:
        return answer.json()
    except ValueError as error:
        raise BadSignature(f"the tool's key set at {url} is not JSON") from error


def _by_kid(document: Any) -> dict[str, dict[str, Any]]:
    keys = document.get("keys") if isinstance(document, dict) else None
    if not isinstance(keys, list):
        raise BadSignature("the tool's key set has no list of keys")
    return {str(key["kid"]): key for key in keys if isinstance(key, dict) and "kid" in key}
