"""A small LMS for tests: it signs any message, right or wrong, and serves its keys over HTTP.

    lms = Lms()                                # keys made once per test session
    with lms.serving():                        # a real local HTTP server: keys, token, grades
        registration = lms.register()          # rows of the tool that fit this LMS
        answer = lms.launch(client, registration)           # whole launch with Django's client
        answer = lms.launch(client, registration, claims={"sub": "u2", ROLES: [INSTRUCTOR]})
        token = lms.token(lms.claims(registration, nonce="n"), key=OTHER_KEY)   # forged

Claims given as ``REMOVED`` are left out. ``lms.scores`` lists the scores that arrived,
``lms.token_requests`` the token requests; ``lms.script`` holds answers for the next score posts
as (status, reason, body bytes, headers dict) and goes back to normal when it is empty.
"""

from __future__ import annotations

import base64
import json
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from email.message import Message
from functools import cache
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Self
from urllib.parse import parse_qs, urlsplit

import jwt
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from cryptography.hazmat.primitives.hashes import SHA256
from django.conf import settings
from django.test import Client
from jwt.algorithms import RSAAlgorithm

from lti_tool.ags import LINE_ITEMS, RESULTS, SCORE
from lti_tool.messages import AGS_ENDPOINT, CLAIM, DEEP_LINKING_SETTINGS
from lti_tool.models import Deployment, Registration
from lti_tool.roles import INSTITUTION, MEMBERSHIP, SYSTEM

LEARNER = MEMBERSHIP + "#Learner"
INSTRUCTOR = MEMBERSHIP + "#Instructor"
GRADER = MEMBERSHIP + "/Instructor#Grader"
SCHOOL_ADMIN = INSTITUTION + "Administrator"
MEMBERSHIP_ADMIN = MEMBERSHIP + "#Administrator"
SITE_ADMIN = SYSTEM + "Administrator"

ROLES = CLAIM + "roles"
VERSION = CLAIM + "version"
MESSAGE_TYPE = CLAIM + "message_type"
DEPLOYMENT = CLAIM + "deployment_id"
TARGET = CLAIM + "target_link_uri"
RESOURCE_LINK = CLAIM + "resource_link"
CONTEXT = CLAIM + "context"
CUSTOM = CLAIM + "custom"

REMOVED = object()
KID = "lms-1"
Script = tuple[int, str, bytes, dict[str, str]]


@cache
def rsa_key(name: str, bits: int = 2048) -> rsa.RSAPrivateKey:
    """One RSA key per name and test session: making them is slow."""
    return rsa.generate_private_key(public_exponent=65537, key_size=bits)


def jwk(key: rsa.RSAPrivateKey, kid: str = KID, **members: Any) -> dict[str, Any]:
    public = RSAAlgorithm.to_jwk(key.public_key(), as_dict=True)
    return {
        "kty": "RSA",
        "n": public["n"],
        "e": public["e"],
        "kid": kid,
        "alg": "RS256",
        "use": "sig",
        **members,
    }


def segment(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode("ascii")


def raw_token(header: bytes, payload: bytes, key: rsa.RSAPrivateKey) -> str:
    """A token over any bytes at all, with a true RS256 signature."""
    signed = f"{segment(header)}.{segment(payload)}"
    return f"{signed}.{segment(key.sign(signed.encode(), padding.PKCS1v15(), SHA256()))}"


def target() -> str:
    return f"{settings.BASE_URL}/"


class Lms:
    def __init__(self, *, client_id: str = "client-1", issuer: str = "") -> None:
        self.client_id = client_id
        self._issuer = issuer
        self.key = rsa_key("lms")
        self.deployment_id = "1"
        self.jwks: dict[str, Any] = {"keys": [jwk(self.key)]}
        self.jwks_requests = 0
        self.token_requests: list[dict[str, str]] = []
        self.token_script: list[Script] = []
        self.scores: list[dict[str, Any]] = []
        self.requests: list[tuple[str, str, dict[str, str]]] = []
        self.script: list[Script] = []
        self.shown: dict[str, dict[str, Any]] = {}
        self.hide_from_lists: set[str] = set()
        self.listed_line_items: list[dict[str, Any]] = []
        self.made_line_items: list[dict[str, Any]] = []
        self.valid_tokens: set[str] = set()
        self.on_score: Any = None
        self.lock = threading.Lock()
        self.url = ""

    @property
    def issuer(self) -> str:
        return self._issuer or self.url

    @property
    def line_item(self) -> str:
        return f"{self.url}/course/1/lineitems/7?type=x"

    @property
    def line_items(self) -> str:
        return f"{self.url}/course/1/lineitems"

    @contextmanager
    def serving(self) -> Iterator[Self]:
        server = ThreadingHTTPServer(("127.0.0.1", 0), _handler(self))
        server.daemon_threads = True
        self.url = f"http://localhost:{server.server_port}"
        thread = threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True)
        thread.start()
        try:
            yield self
        finally:
            server.shutdown()
            server.server_close()

    def register(self, **values: Any) -> Registration:
        """The rows of an active registration and deployment for this LMS."""
        registration = Registration.objects.create(
            **{
                "name": "Test LMS",
                "issuer": self.issuer,
                "client_id": self.client_id,
                "auth_login_url": f"{self.url}/auth",
                "token_url": f"{self.url}/token",
                "jwks_url": f"{self.url}/jwks",
                **values,
            }
        )
        Deployment.objects.create(registration=registration, deployment_id=self.deployment_id)
        return registration

    def claims(self, nonce: str, /, **changes: Any) -> dict[str, Any]:
        """The claims of a valid launch of a learner; ``REMOVED`` leaves a claim out."""
        now = int(time.time())
        found: dict[str, Any] = {
            "iss": self.issuer,
            "aud": self.client_id,
            "sub": "user-1",
            "iat": now,
            "exp": now + 60,
            "nonce": nonce,
            "name": "Ada Lovelace",
            "email": "ada@example.org",
            VERSION: "1.3.0",
            MESSAGE_TYPE: "LtiResourceLinkRequest",
            DEPLOYMENT: self.deployment_id,
            TARGET: target(),
            ROLES: [LEARNER],
            RESOURCE_LINK: {"id": "link-1", "title": "Practical 2"},
            CONTEXT: {"id": "course-1", "title": "Python Associate", "label": "PA"},
            CUSTOM: {"assessment": "python-associate"},
            AGS_ENDPOINT: {
                "scope": [SCORE, RESULTS, LINE_ITEMS],
                "lineitem": self.line_item,
                "lineitems": f"{self.url}/course/1/lineitems",
            },
            CLAIM + "launch_presentation": {"return_url": "https://pages.lms.example/course/1"},
            CLAIM + "tool_platform": {"guid": "g", "product_family_code": "test"},
        }
        found |= changes
        return {name: value for name, value in found.items() if value is not REMOVED}

    def deep_linking_claims(self, **settings_changes: Any) -> dict[str, Any]:
        """Changes that make a valid launch a deep linking request of an instructor."""
        asked = {
            "deep_link_return_url": f"{self.url}/deep-link-return",
            "accept_types": ["ltiResourceLink"],
            "accept_presentation_document_targets": ["iframe"],
            "data": "opaque <data>",
            **settings_changes,
        }
        return {
            MESSAGE_TYPE: "LtiDeepLinkingRequest",
            ROLES: [INSTRUCTOR],
            RESOURCE_LINK: REMOVED,
            DEEP_LINKING_SETTINGS: asked,
        }

    def token(
        self,
        claims: Mapping[str, Any],
        *,
        key: Any = None,
        algorithm: str = "RS256",
        headers: Mapping[str, Any] | None = None,
    ) -> str:
        header = {"kid": KID, **(headers or {})}
        return jwt.encode(dict(claims), key or self.key, algorithm=algorithm, headers=header)

    def start(self, client: Client, **changes: Any) -> dict[str, str]:
        """Log in; the parameters that the tool sent to the LMS (state, nonce, …)."""
        fields = {
            "iss": self.issuer,
            "client_id": self.client_id,
            "login_hint": "hint-1",
            "target_link_uri": target(),
            "lti_message_hint": "message-1",
            **changes,
        }
        answer = client.post("/lti/login/", {k: v for k, v in fields.items() if v is not REMOVED})
        assert answer.status_code == 302, answer.content
        return {k: v[0] for k, v in parse_qs(urlsplit(answer["Location"]).query).items()}

    def launch(self, client: Client, *, claims: Mapping[str, Any] | None = None) -> Any:
        """A whole launch: log in, sign, post; the tool's answer."""
        asked = self.start(client)
        token = self.token(self.claims(asked["nonce"], **(claims or {})))
        return client.post("/lti/launch/", {"state": asked["state"], "id_token": token})

    # What the server answers

    def answer(self, path: str, headers: Message, body: bytes) -> Script:
        parts = urlsplit(path)
        if parts.path == "/jwks":
            self.jwks_requests += 1
            return 200, "OK", json.dumps(self.jwks).encode(), {}
        if parts.path == "/token":
            return self.answer_token({k: v[0] for k, v in parse_qs(body.decode()).items()})
        if (headers["Authorization"] or "").removeprefix("Bearer ") not in self.valid_tokens:
            return 401, "Unauthorized", b"", {}
        if parts.path.endswith("/scores"):
            return self.answer_score(json.loads(body))
        if parts.path.endswith("/results"):
            return self.answer_results(parse_qs(parts.query))
        if parts.path == "/course/1/lineitems":
            return self.answer_line_items(body)
        return 404, "Not Found", b"", {}

    def answer_line_items(self, body: bytes) -> Script:
        if not body:
            return 200, "OK", json.dumps(self.listed_line_items).encode(), {}
        made = {**json.loads(body), "id": f"{self.line_items}/new{len(self.made_line_items)}"}
        self.made_line_items.append(made)
        return 201, "Created", json.dumps(made).encode(), {}

    def answer_token(self, fields: dict[str, str]) -> Script:
        self.token_requests.append(fields)
        if self.token_script:
            return self.token_script.pop(0)
        token = f"token-{len(self.token_requests)}"
        self.valid_tokens.add(token)
        body = {"access_token": token, "token_type": "bearer", "expires_in": 3600}
        return 200, "OK", json.dumps(body).encode(), {"Content-Type": "application/json"}

    def answer_score(self, score: dict[str, Any]) -> Script:
        self.scores.append(score)
        if self.on_score is not None:
            self.on_score(score)
        if self.script:
            return self.script.pop(0)
        stored = self.shown.get(score["userId"], {})
        if stored and score["timestamp"] <= stored["timestamp"]:
            return 409, "Conflict", b"", {}
        if "scoreGiven" in score:
            self.shown[score["userId"]] = {
                "userId": score["userId"],
                "resultScore": score["scoreGiven"],
                "resultMaximum": score["scoreMaximum"],
                "comment": score.get("comment", ""),
                "timestamp": score["timestamp"],
            }
        return 200, "OK", b"", {}

    def answer_results(self, query: dict[str, list[str]]) -> Script:
        wanted = query.get("user_id", [""])[0]
        hidden = set() if wanted else self.hide_from_lists
        found = [
            row for user, row in self.shown.items() if wanted in ("", user) and user not in hidden
        ]
        kind = {"Content-Type": "application/vnd.ims.lis.v2.resultcontainer+json"}
        return 200, "OK", json.dumps(found).encode(), kind


def _handler(lms: Lms) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def log_message(self, *_arguments: Any) -> None:
            pass

        def do_GET(self) -> None:
            self._reply(b"")

        def do_POST(self) -> None:
            self._reply(self.rfile.read(int(self.headers.get("Content-Length", 0))))

        def _reply(self, body: bytes) -> None:
            with lms.lock:
                lms.requests.append((self.command, self.path, dict(self.headers)))
                status, reason, content, headers = lms.answer(self.path, self.headers, body)
            self.send_response(status, reason)
            for name, value in headers.items():
                self.send_header(name, value)
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

    return Handler
