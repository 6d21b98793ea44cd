"""A tiny LTI tool of the tests: its key set and its login over HTTP, its calls by requests."""

from __future__ import annotations

import json
import secrets
import threading
import time
from functools import cached_property
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlencode

import jwt
import requests
from cryptography.hazmat.primitives.asymmetric import rsa
from jwt.algorithms import RSAAlgorithm

from practice_lms import vocabulary
from tests.practice_lms.platform import Form, Platform

Claims = dict[str, Any]
# Without an icon of its own a browser asks for /favicon.ico and complains of the 404.
PAGE = """<!doctype html><html lang="en"><head><title>Stand-in tool</title>
<link rel="icon" href="data:,"></head>
<body><main><h1>Stand-in tool</h1><p id="what">{what}</p></main></body></html>"""


class SigningKey:
    """An RSA key with its public half as a JWK."""

    def __init__(self) -> None:
        self.kid = secrets.token_hex(4)
        self.private = rsa.generate_private_key(public_exponent=65537, key_size=2048)

    @property
    def jwk(self) -> Claims:
        public = dict(RSAAlgorithm.to_jwk(self.private.public_key(), as_dict=True))
        public.pop("key_ops", None)
        return {**public, "kid": self.kid, "alg": "RS256", "use": "sig"}

    def sign(self, claims: Claims, **header: Any) -> str:
        return jwt.encode(
            claims, self.private, algorithm="RS256", headers={"kid": self.kid, **header}
        )


class _Handler(BaseHTTPRequestHandler):
    """Serves the key set, sends logins on to the LMS and takes launches."""

    tool: StandIn

    def do_GET(self) -> None:
        self.tool.fetched.append(self.path)
        if self.path == "/lti/jwks.json":
            self._answer(200, "application/json", json.dumps({"keys": self.tool.published}))
        else:
            self._answer(404, "text/plain", "nothing here")

    def do_POST(self) -> None:
        length = int(self.headers.get("Content-Length", 0))
        if self.path == "/lti/notices/":
            self.tool.notices.append(json.loads(self.rfile.read(length)))
            self._answer(self.tool.notice_status, "text/plain", "")
            return
        form = {k: v[0] for k, v in parse_qs(self.rfile.read(length).decode()).items()}
        if self.path == "/lti/login/":
            self.tool.logins.append(form)
            self.send_response(302)
            self.send_header("Location", self.tool.authentication_url(form))
            self.send_header("Content-Length", "0")
            self.end_headers()
            return
        self.tool.launches.append(form)
        claims = jwt.decode(form["id_token"], options={"verify_signature": False})
        what = f"{claims.get('name')}: {claims[vocabulary.CLAIM + 'message_type']}"
        self._answer(200, "text/html; charset=utf-8", PAGE.format(what=what))

    def _answer(self, status: int, kind: str, text: str) -> None:
        body = text.encode()
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: Any) -> None:
        """Say nothing."""


class StandIn:
    """The tool. ``published`` is the key set that it serves."""

    def __init__(self, client_id: str = "cograde-demo") -> None:
        self.client_id = client_id
        self.key = SigningKey()
        self.published = [self.key.jwk]
        self.fetched: list[str] = []
        self.logins: list[dict[str, str]] = []
        self.launches: list[dict[str, str]] = []
        self.notices: list[Claims] = []
        self.notice_status = 200
        handler = type("Handler", (_Handler,), {"tool": self})
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
        self.url = f"http://127.0.0.1:{self._server.server_port}"
        self._thread = threading.Thread(target=self._server.serve_forever, daemon=True)
        self._thread.start()
        self.platform: Platform | None = None

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    @cached_property
    def lms(self) -> Platform:
        if self.platform is None:
            raise RuntimeError("the stand-in tool has no platform yet")
        return self.platform

    def authentication_url(self, login: dict[str, str]) -> str:
        asked = {
            "scope": "openid",
            "response_type": "id_token",
            "response_mode": "form_post",
            "prompt": "none",
            "client_id": login["client_id"],
            "redirect_uri": f"{self.url}/lti/launch/",
            "login_hint": login["login_hint"],
            "lti_message_hint": login["lti_message_hint"],
            "state": "s",
            "nonce": secrets.token_hex(8),
        }
        return f"{login['iss']}/lti/authorize?{urlencode(asked)}"

    def claims_of(self, form: Form) -> Claims:
        """The id_token of a launch, verified with the LMS's published keys."""
        return self.verified(form.fields["id_token"])

    def verified(self, token: str) -> Claims:
        """The claims of a JWT of the LMS."""
        keys = self.lms.get("/lti/jwks.json").json()["keys"]
        kid = jwt.get_unverified_header(token)["kid"]
        key = next(jwt.PyJWK(jwk) for jwk in keys if jwk["kid"] == kid)
        found: Claims = jwt.decode(
            token, key, algorithms=["RS256"], audience=self.client_id, issuer=self.lms.url
        )
        return found

    # Tokens

    def assertion(self, *, key: SigningKey | None = None, **changes: Any) -> str:
        """A correct client assertion, with ``changes`` (None removes a claim)."""
        now = int(time.time())
        claims = {
            "iss": self.client_id,
            "sub": self.client_id,
            "aud": f"{self.lms.url}/lti/token",
            "iat": now,
            "exp": now + 60,
            "jti": secrets.token_hex(8),
            **changes,
        }
        return (key or self.key).sign({k: v for k, v in claims.items() if v is not None})

    def ask_token(self, assertion: str | None = None, **changes: str) -> requests.Response:
        """A token request, with changes to its form."""
        form = {
            "grant_type": "client_credentials",
            "client_assertion_type": "urn:ietf:params:oauth:client-assertion-type:jwt-bearer",
            "client_assertion": assertion or self.assertion(),
            "scope": " ".join(vocabulary.SCOPES),
            **changes,
        }
        return self.lms.post("/lti/token", data=form)

    def bearer(self, *scopes: str) -> dict[str, str]:
        """An Authorization header for the scopes (all, unless told)."""
        wanted = " ".join(scopes or vocabulary.SCOPES)
        token = self.ask_token(scope=wanted).json()["access_token"]
        return {"Authorization": f"Bearer {token}"}

    # Services

    def score(self, user: str = "ada", **changes: Any) -> Claims:
        """A correct score body, with changes (None removes a field)."""
        body = {
            "userId": self.lms.sub(user),
            "scoreGiven": 78,
            "scoreMaximum": 100,
            "comment": "Well done",
            "timestamp": "2026-11-20T10:00:00.000Z",
            "activityProgress": "Completed",
            "gradingProgress": "FullyGraded",
            **changes,
        }
        return {k: v for k, v in body.items() if v is not None}

    def post_score(
        self,
        body: Any,
        *,
        headers: dict[str, str] | None = None,
        url: str = "",
        kind: str = vocabulary.SCORE,
    ) -> requests.Response:
        """Post a score to the seeded activity's line item."""
        address = url or with_part(self.lms.line_item_url(), "scores")
        sent = {**(headers if headers is not None else self.bearer()), "Content-Type": kind}
        return self.lms.post(address, data=json.dumps(body), headers=sent)

    # Notices

    def put_handler(self, deployment: str = "1", **body: Any) -> requests.Response:
        """Say where notices of a type go; to this tool unless told."""
        return requests.put(
            f"{self.lms.base}/lti/notice-handlers/{deployment}",
            json={"handler": f"{self.url}/lti/notices/", **body},
            headers=self.bearer(vocabulary.SCOPE_NOTICES),
            timeout=5,
        )

    def received(self) -> list[Claims]:
        """The claims of all notices that came, verified."""
        return [self.verified(notice["jwt"]) for body in self.notices for notice in body["notices"]]

    # Deep linking

    def deep_linking_response(
        self, request: Claims, items: list[Any], *, key: SigningKey | None = None, **changes: Any
    ) -> str:
        """The signed answer to a deep linking request."""
        now = int(time.time())
        settings = request[f"{vocabulary.DEEP_LINKING_CLAIM}deep_linking_settings"]
        claims = {
            "iss": self.client_id,
            "aud": self.lms.url,
            "iat": now,
            "exp": now + 60,
            "nonce": secrets.token_hex(8),
            f"{vocabulary.CLAIM}message_type": "LtiDeepLinkingResponse",
            f"{vocabulary.CLAIM}version": "1.3.0",
            f"{vocabulary.CLAIM}deployment_id": request[f"{vocabulary.CLAIM}deployment_id"],
            f"{vocabulary.DEEP_LINKING_CLAIM}data": settings.get("data"),
            f"{vocabulary.DEEP_LINKING_CLAIM}content_items": items,
            **changes,
        }
        return (key or self.key).sign({k: v for k, v in claims.items() if v is not None})


def with_part(line_item: str, part: str) -> str:
    """``scores`` or ``results`` of a line item address, before its query."""
    path, mark, query = line_item.partition("?")
    return f"{path}/{part}{mark}{query}"
