"""OpenID Connect third-party initiated login: configuration, keys and authorisation endpoint.

Sources: Security Framework 1.0 section 5.1.1, OpenID Connect Core 1.0 sections 3.2.2 and 3.1.2.6,
OAuth 2.0 Form Post Response Mode.
"""

from __future__ import annotations

from typing import Any

from django.core import signing
from django.http import HttpRequest, HttpResponse, JsonResponse, QueryDict
from django.shortcuts import render
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods, require_safe

from practice_lms import claims, custom, keys, messages, vocabulary
from practice_lms.house import house
from practice_lms.misbehaviour import faults, may_misbehave
from practice_lms.problems import NotShown, page
from practice_lms.registration import bearer, invitations
from practice_lms.rows import Person, Tool
from practice_lms.sign_in import signed_in


class OidcError(Exception):
    """An error that goes back to the tool. ``code`` is one that OpenID Connect defines."""

    def __init__(self, code: str, description: str) -> None:
        super().__init__(description)
        self.code = code
        self.description = description


@require_safe
@may_misbehave("configuration")
def configuration(request: HttpRequest) -> HttpResponse:
    """The OpenID configuration with the platform's part (Dynamic Registration 1.0, section 2.1).

    Some platforms give it to those alone who show an open registration token.
    """
    manner = house.manner
    if manner.configuration_token and not invitations.is_open(bearer(request)):
        refused = {"error": "invalid_token", "error_description": "a registration token is needed"}
        return JsonResponse(refused, status=401)
    document: dict[str, Any] = {
        "issuer": house.url,
        "authorization_endpoint": f"{house.url}/lti/authorize",
        "token_endpoint": house.token_url,
        "token_endpoint_auth_methods_supported": ["private_key_jwt"],
        "token_endpoint_auth_signing_alg_values_supported": ["RS256"],
        "jwks_uri": f"{house.url}/lti/jwks.json",
        "registration_endpoint": f"{house.url}/lti/register",
        "scopes_supported": ["openid", *vocabulary.SCOPES],
        "response_types_supported": ["id_token"],
        "response_modes_supported": ["form_post"],
        "grant_types_supported": ["implicit", "client_credentials"],
        "subject_types_supported": ["public"],
        "id_token_signing_alg_values_supported": ["RS256"],
        "claims_supported": ["sub", "iss", "name", "given_name", "family_name", "email", "locale"],
        vocabulary.PLATFORM_CONFIGURATION: {
            "product_family_code": manner.registered_product or manner.product,
            "version": claims.VERSION,
            "messages_supported": [_supported(name) for name in _messages()],
            "variables": custom.variables(),
        },
    }
    if manner.authorization_server:
        document["authorization_server"] = manner.authorization_server
    return JsonResponse(document)


def _supported(name: str) -> dict[str, Any]:
    if name != vocabulary.DEEP_LINKING_REQUEST:
        return {"type": name}
    return {"type": name, "placements": list(house.manner.placements)}


def _messages() -> list[str]:
    """The types of message under the names that this platform gives them."""
    privacy = vocabulary.DATA_PRIVACY_REQUEST
    manner = house.manner
    return [manner.data_privacy_message if m == privacy else m for m in manner.messages]


@require_safe
@may_misbehave("jwks")
def key_set(_request: HttpRequest) -> HttpResponse:
    """The public keys."""
    return JsonResponse(keys.published(house.state))


@csrf_exempt
@require_http_methods(["GET", "POST"])
def authorize(request: HttpRequest) -> HttpResponse:
    """Answer an authentication request with a form that posts the id_token to the tool.

    An unknown tool or address gets a page: nothing may be sent to an address that nobody
    registered. Every other error is posted to the tool as OpenID Connect says.
    """
    request.endpoint = "authorize"  # type: ignore[attr-defined]
    asked = request.POST if request.method == "POST" else request.GET
    request.client_id = asked.get("client_id", "")  # type: ignore[attr-defined]
    try:
        tool, redirect_uri = _tool(asked)
    except NotShown as problem:
        return page(request, problem)
    try:
        fields = {"id_token": _id_token(request, tool, asked)}
    except OidcError as error:
        fields = {"error": error.code, "error_description": error.description}
    if "state" in asked:
        fields["state"] = asked["state"]
    return render(
        request,
        "practice_lms/post.html",
        {"action": redirect_uri, "fields": fields, "tool": tool},
    )


def _tool(asked: QueryDict) -> tuple[Tool, str]:
    """The tool and its registered address to answer to. Raises NotShown."""
    tool = house.state.get(Tool, asked.get("client_id", ""))
    if tool is None:
        raise NotShown(
            400,
            "The tool is not known here",
            f"No tool is registered with the client_id {asked.get('client_id', '')!r}.",
            "Ask the administrator of the LMS to register the tool.",
        )
    redirect_uri = asked.get("redirect_uri", "")
    if redirect_uri not in tool.redirect_uris:
        raise NotShown(
            400,
            "The tool asked for an address that is not registered",
            f"redirect_uri {redirect_uri!r} is none of the addresses of {tool.name}.",
            "Ask the administrator of the LMS to correct the registration of the tool.",
        )
    return tool, redirect_uri


def _id_token(request: HttpRequest, tool: Tool, asked: QueryDict) -> str:
    """The signed id_token for a correct request. Raises OidcError."""
    _check_parameters(asked)
    person = signed_in(request)
    if person is None:
        raise OidcError("login_required", "nobody is signed in to the LMS in this browser")
    message = _message(tool, person, asked)
    rule = faults.strike("id_token", tool.client_id)
    key = keys.new_key() if rule and rule.expired_key else None
    return keys.sign(house.state, claims.claims(message, asked.get("nonce", "")), key=key)


def _check_parameters(asked: QueryDict) -> None:
    fixed = (
        ("response_type", "id_token", "unsupported_response_type"),
        ("response_mode", "form_post", "invalid_request"),
        ("prompt", "none", "invalid_request"),
    )
    for name, value, code in fixed:
        if asked.get(name) != value:
            raise OidcError(code, f"{name} must be {value}")
    if "openid" not in asked.get("scope", "").split():
        raise OidcError("invalid_scope", "scope must contain openid")
    for name in ("nonce", "login_hint", "lti_message_hint"):
        if not asked.get(name):
            raise OidcError("invalid_request", f"{name} is missing")
    for name, values in asked.lists():
        if len(values) > 1:
            raise OidcError("invalid_request", f"{name} was sent more than once")


def _message(tool: Tool, person: Person, asked: QueryDict) -> messages.Message:
    """The message of the hint, if it is for this tool and this person. Raises OidcError."""
    try:
        message = messages.of_hint(asked.get("lti_message_hint", ""))
    except signing.SignatureExpired as error:
        raise OidcError("invalid_request", "lti_message_hint is too old") from error
    except signing.BadSignature as error:
        raise OidcError("invalid_request", "lti_message_hint is not one of this LMS") from error
    except messages.NotPossible as error:
        raise OidcError("access_denied", str(error)) from error
    if message.person != person or asked["login_hint"] != message.login_hint:
        raise OidcError(
            "login_required", "the hints are of somebody who is not signed in to the LMS"
        )
    if message.tool != tool:
        raise OidcError("unauthorized_client", "lti_message_hint was made for another tool")
    return message
