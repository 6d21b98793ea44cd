"""The token endpoint: client credentials with a signed assertion.

Sources: Security Framework 1.0 section 4.1, RFC 6749 sections 4.4 and 5.2, RFC 7523.
"""

from __future__ import annotations

import time
from typing import Any

import jwt
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_POST

from practice_lms import tool_keys
from practice_lms.access import TOKEN_SECONDS
from practice_lms.house import house
from practice_lms.misbehaviour import may_misbehave
from practice_lms.rows import Tool

ASSERTION_TYPE = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
JTI_SECONDS = 24 * 3600


class OAuthError(Exception):
    """``code`` is one of RFC 6749 section 5.2."""

    def __init__(self, code: str, description: str) -> None:
        super().__init__(description)
        self.code = code
        self.description = description


@csrf_exempt
@require_POST
@may_misbehave("token")
def token(request: HttpRequest) -> HttpResponse:
    """An access token for the scopes that the tool asked for and may have."""
    try:
        tool = _tool(request)
        scopes = _scopes(request, tool)
    except OAuthError as error:
        status = 401 if error.code == "invalid_client" else 400
        return _answer({"error": error.code, "error_description": error.description}, status=status)
    request.client_id = tool.client_id  # type: ignore[attr-defined]
    request.scope = " ".join(scopes)  # type: ignore[attr-defined]
    return _answer(
        {
            "access_token": house.access_tokens.issue(tool.client_id, scopes),
            "token_type": "Bearer",
            "expires_in": TOKEN_SECONDS,
            "scope": " ".join(scopes),
        }
    )


def _tool(request: HttpRequest) -> Tool:
    """The tool that signed the assertion. Raises OAuthError."""
    form = request.POST
    if form.get("grant_type") != "client_credentials":
        code = "unsupported_grant_type" if form.get("grant_type") else "invalid_request"
        raise OAuthError(code, "grant_type must be client_credentials")
    if form.get("client_assertion_type") != ASSERTION_TYPE:
        raise OAuthError("invalid_request", f"client_assertion_type must be {ASSERTION_TYPE}")
    assertion = form.get("client_assertion", "")
    tool = house.state.get(Tool, _subject(assertion))
    if tool is None:
        raise OAuthError("invalid_client", "no tool is registered with the subject's client_id")
    if not tool.active:
        raise OAuthError("invalid_client", "the tool waits for a teacher to activate it")
    request.client_id = tool.client_id  # type: ignore[attr-defined]
    try:
        claims = tool_keys.verify(assertion, tool, [house.manner.audience or house.token_url])
    except tool_keys.BadSignature as error:
        raise OAuthError("invalid_client", f"client_assertion: {error}") from error
    _check(claims, tool)
    return tool


def _subject(assertion: str) -> str:
    try:
        claims = jwt.decode(assertion, options={"verify_signature": False})
    except jwt.PyJWTError as error:
        raise OAuthError("invalid_client", f"client_assertion is not a JWT ({error})") from error
    return str(claims.get("sub", ""))


def _check(claims: dict[str, Any], tool: Tool) -> None:
    if claims["iss"] != tool.client_id:
        raise OAuthError("invalid_client", "client_assertion: iss and sub must be the client_id")
    jti = claims.get("jti")
    if not isinstance(jti, str) or not jti:
        raise OAuthError("invalid_client", "client_assertion: jti is missing")
    until = min(float(claims["exp"]), time.time() + JTI_SECONDS) + tool_keys.LEEWAY_SECONDS
    if not house.spent.spend(f"jti {tool.client_id} {jti}", until):
        raise OAuthError("invalid_client", "client_assertion: this jti was used before")


def _scopes(request: HttpRequest, tool: Tool) -> tuple[str, ...]:
    """Those of the asked scopes that the tool has; the others are dropped. Raises OAuthError."""
    asked = request.POST.get("scope", "").split()
    granted = tuple(scope for scope in dict.fromkeys(asked) if scope in tool.scopes)
    if not granted:
        raise OAuthError("invalid_scope", "none of the scopes is one that the tool has")
    return granted


def _answer(body: dict[str, Any], status: int = 200) -> HttpResponse:
    response = JsonResponse(body, status=status)
    response["Cache-Control"] = "no-store"
    response["Pragma"] = "no-cache"
    return response
