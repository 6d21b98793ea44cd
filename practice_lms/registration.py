"""Dynamic Registration 1.0: a tool registers itself with a token that a teacher was given."""

from __future__ import annotations

import json
import secrets
import threading
import time
from dataclasses import dataclass, replace
from typing import Any
from urllib.parse import urlencode, urlsplit

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_POST

from practice_lms import vocabulary
from practice_lms.house import house
from practice_lms.misbehaviour import may_misbehave
from practice_lms.rows import Identity, Tool

TOKEN_SECONDS = 3600


class BadMetadata(Exception):  # noqa: N818 - says what is the case
    """Client metadata that is not registered; ``code`` is one of OpenID Connect Registration."""

    def __init__(self, description: str, code: str = "invalid_client_metadata") -> None:
        super().__init__(description)
        self.code = code
        self.description = description


@dataclass(frozen=True)
class Invitation:
    """A token that lets one tool register, and what came of it."""

    id: str
    token: str
    url: str
    expires_at: float
    client_id: str = ""

    @property
    def open_url(self) -> str:
        """The tool's registration address with the two parameters of section 3.2."""
        query = urlencode(
            {
                "openid_configuration": f"{house.url}/.well-known/openid-configuration",
                "registration_token": self.token,
            }
        )
        return f"{self.url}{'&' if urlsplit(self.url).query else '?'}{query}"


class Invitations:
    """Open and used invitations; a restart forgets them."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._by_id: dict[str, Invitation] = {}

    def make(self, url: str) -> Invitation:
        """A new invitation for the tool that registers at ``url``."""
        made = Invitation(
            id=secrets.token_hex(6),
            token=secrets.token_urlsafe(32),
            url=url,
            expires_at=time.time() + TOKEN_SECONDS,
        )
        with self._lock:
            self._by_id[made.id] = made
        return made

    def get(self, id: str) -> Invitation | None:
        return self._by_id.get(id)

    def use(self, token: str, client_id: str) -> bool:
        """Spend the token for ``client_id``; False when it is unknown, used or too old."""
        with self._lock:
            found = self._open(token)
            if found is None:
                return False
            self._by_id[found.id] = replace(found, client_id=client_id)
            return True

    def is_open(self, token: str) -> bool:
        with self._lock:
            return self._open(token) is not None

    def clear(self) -> None:
        with self._lock:
            self._by_id.clear()

    def _open(self, token: str) -> Invitation | None:
        for item in self._by_id.values():
            if secrets.compare_digest(item.token.encode(), token.encode()):
                return item if not item.client_id and item.expires_at > time.time() else None
        return None


invitations = Invitations()


@csrf_exempt
@require_POST
@may_misbehave("registration")
def register(request: HttpRequest) -> HttpResponse:
    """Register the tool whose metadata is posted. It waits for a teacher to activate it."""
    token = bearer(request)
    if not invitations.is_open(token):
        return _error(
            "invalid_token", "the registration token is missing, unknown, used or too old", 401
        )
    try:
        tool = _tool(_metadata(request))
    except BadMetadata as error:
        return _error(error.code, error.description, 400)
    if not invitations.use(token, tool.client_id):
        return _error("invalid_token", "the registration token was used meanwhile", 401)
    house.state.put(tool)
    request.client_id = tool.client_id  # type: ignore[attr-defined]
    return JsonResponse(_registered(tool), status=house.manner.registered_status)


def bearer(request: HttpRequest) -> str:
    """The token of the request's Authorization header, or an empty text."""
    scheme, _, token = request.headers.get("Authorization", "").partition(" ")
    return token.strip() if scheme.lower() == "bearer" else ""


def _error(code: str, description: str, status: int) -> HttpResponse:
    response = JsonResponse({"error": code, "error_description": description}, status=status)
    if status == 401:
        response["WWW-Authenticate"] = f'Bearer error="{code}"'
    return response


def _metadata(request: HttpRequest) -> dict[str, Any]:
    if "application/json" not in request.headers.get("Content-Type", ""):
        raise BadMetadata("Content-Type must be application/json")
    try:
        body = json.loads(request.body)
    except (ValueError, RecursionError) as error:
        raise BadMetadata("the body is not JSON") from error
    if not isinstance(body, dict):
        raise BadMetadata("the body must be a JSON object")
    return body


def _tool(body: dict[str, Any]) -> Tool:
    """The pending tool that the metadata describe. Raises BadMetadata."""
    _check_fixed(body)
    configuration = body.get(vocabulary.TOOL_CONFIGURATION)
    if not isinstance(configuration, dict):
        raise BadMetadata(f"{vocabulary.TOOL_CONFIGURATION} is missing")
    domain = configuration.get("domain")
    if not isinstance(domain, str) or not domain:
        raise BadMetadata("domain of the tool configuration is missing")
    redirect_uris = _texts(body, "redirect_uris")
    if not redirect_uris:
        raise BadMetadata("redirect_uris is missing", "invalid_redirect_uri")
    for uri in redirect_uris:
        _on_domain(uri, domain, "redirect_uris", "invalid_redirect_uri")
    messages = _messages(configuration, domain)
    launch = configuration.get("target_link_uri") or messages.get(vocabulary.RESOURCE_LINK_REQUEST)
    asked = str(body.get("scope", "")).split()
    return Tool(
        client_id=secrets.token_hex(8),
        name=_required(body, "client_name"),
        deployments=(secrets.token_hex(4),),
        login_url=_on_domain(_required(body, "initiate_login_uri"), domain, "initiate_login_uri"),
        launch_url=_on_domain(str(launch or redirect_uris[0]), domain, "target_link_uri"),
        redirect_uris=redirect_uris,
        jwks_url=_web(_required(body, "jwks_uri"), "jwks_uri"),
        messages=messages,
        scopes=tuple(scope for scope in vocabulary.SCOPES if scope in asked),
        custom=_custom(configuration),
        identity=_identity(configuration),
    )


def _check_fixed(body: dict[str, Any]) -> None:
    """What section 3.3 fixes for every tool."""
    if body.get("application_type", "web") != "web":
        raise BadMetadata("application_type must be web")
    if body.get("token_endpoint_auth_method") != "private_key_jwt":
        raise BadMetadata("token_endpoint_auth_method must be private_key_jwt")
    if "id_token" not in _texts(body, "response_types"):
        raise BadMetadata("response_types must contain id_token")
    for grant in ("implicit", "client_credentials"):
        if grant not in _texts(body, "grant_types"):
            raise BadMetadata(f"grant_types must contain {grant}")


def _texts(body: dict[str, Any], name: str) -> tuple[str, ...]:
    value = body.get(name) or []
    if not isinstance(value, list) or not all(isinstance(item, str) for item in value):
        raise BadMetadata(f"{name} must be a list of texts")
    return tuple(value)


def _required(body: dict[str, Any], name: str) -> str:
    value = body.get(name)
    if not isinstance(value, str) or not value.strip():
        raise BadMetadata(f"{name} is missing")
    return value


def _web(url: str, name: str, code: str = "invalid_client_metadata") -> str:
    try:
        parts = urlsplit(url)
    except ValueError as error:
        raise BadMetadata(f"{name} {url!r} is not a web address", code) from error
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise BadMetadata(f"{name} {url!r} is not a web address", code)
    return url


def _on_domain(url: str, domain: str, name: str, code: str = "invalid_client_metadata") -> str:
    """``url``, if it is on the tool's domain (with or without its port) or below it."""
    parts = urlsplit(_web(url, name, code))
    if house.manner.domain_is_exact and name == "target_link_uri" and parts.netloc != domain:
        raise BadMetadata("domain_targetlinkuri_mismatch", code)
    hosts = (parts.hostname or "", parts.netloc)
    if not any(host == domain or host.endswith(f".{domain}") for host in hosts):
        raise BadMetadata(f"{name} {url!r} is not on the domain {domain}", code)
    return url


def _messages(configuration: dict[str, Any], domain: str) -> dict[str, str]:
    """The target address of each message type that the tool supports, may be empty."""
    listed = configuration.get("messages") or []
    if not isinstance(listed, list):
        raise BadMetadata("messages of the tool configuration must be a list")
    found = {vocabulary.RESOURCE_LINK_REQUEST: ""}
    for message in listed:
        kind = message.get("type") if isinstance(message, dict) else None
        if kind == vocabulary.DATA_PRIVACY_REQUEST_LATER:
            kind = vocabulary.DATA_PRIVACY_REQUEST
        if kind not in vocabulary.MESSAGES:
            continue  # a platform may leave out what it does not know
        target = message.get("target_link_uri") or configuration.get("target_link_uri") or ""
        target = _on_domain(target, domain, "target_link_uri") if target else ""
        for name in _names(str(kind), _texts(message, "placements")):
            found[name] = target
    return found


def _names(kind: str, placements: tuple[str, ...]) -> set[str]:
    """The names under which a message's address is kept: attaching processors has its own."""
    special = vocabulary.ASSET_PROCESSOR_PLACEMENT
    if kind != vocabulary.DEEP_LINKING_REQUEST or special not in placements:
        return {kind}
    return {special} if set(placements) == {special} else {special, kind}


def _identity(configuration: dict[str, Any]) -> Identity:
    """What the tool asks to know of people; one that says nothing gets names."""
    wanted = set(_texts(configuration, "claims")) or {"name"}
    return "full" if wanted & {"name", "given_name", "family_name", "email"} else "sub"


def _custom(configuration: dict[str, Any]) -> dict[str, str]:
    custom = configuration.get("custom_parameters") or {}
    if not isinstance(custom, dict) or not all(isinstance(v, str) for v in custom.values()):
        raise BadMetadata("custom_parameters must be an object of texts")
    return custom


def _registered(tool: Tool) -> dict[str, Any]:
    """The registration as kept (section 3.4)."""
    return {
        "client_id": tool.client_id,
        "client_name": tool.name,
        "application_type": "web",
        "response_types": ["id_token"],
        "grant_types": ["implicit", "client_credentials"],
        "initiate_login_uri": tool.login_url,
        "redirect_uris": list(tool.redirect_uris),
        "jwks_uri": tool.jwks_url,
        "token_endpoint_auth_method": "private_key_jwt",
        "scope": " ".join(tool.scopes),
        vocabulary.TOOL_CONFIGURATION: {
            "deployment_id": tool.deployments[0],
            "domain": urlsplit(tool.launch_url).netloc,
            "target_link_uri": tool.launch_url,
            "custom_parameters": tool.custom,
            "claims": ["iss", "sub", *(["name", "email"] if tool.identity == "full" else [])],
            "messages": [_described(tool, kind) for kind in tool.messages],
        },
    }


def _described(tool: Tool, kind: str) -> dict[str, Any]:
    found: dict[str, Any] = {"type": kind, "target_link_uri": tool.target(kind)}
    if kind == vocabulary.ASSET_PROCESSOR_PLACEMENT:
        found |= {"type": vocabulary.DEEP_LINKING_REQUEST, "placements": [kind]}
    return found
