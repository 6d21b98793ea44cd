"""An LMS that registers tools, for tests: every part of its answers can be changed.

with InvitingLms().serving() as lms:
    answer = lms.open(client, url)         # what the admin's browser does first
    answer = lms.agree(client, answer)     # and then, with the form of that page
"""

from __future__ import annotations

import json
from email.message import Message
from html.parser import HTMLParser
from typing import Any
from urllib.parse import urlencode, urlsplit

from django.test import Client

from lti_tool.platform_configuration import PLATFORM
from lti_tool.tool_metadata import TOOL_CONFIGURATION
from tests.lti_tool.tokens import Lms, Script

TOKEN = "one.time.token"


class InvitingLms(Lms):
    def __init__(self) -> None:
        super().__init__()
        self.changes: dict[str, Any] = {}
        self.platform: dict[str, Any] = {"product_family_code": "moodle"}
        self.configuration_script: list[Script] = []
        self.registration_script: list[Script] = []
        self.registered: list[dict[str, Any]] = []
        self.tokens_shown: list[tuple[str, str]] = []
        self.answer_changes: dict[str, Any] = {}
        self.deployment: Any = "7"
        self.status = 200

    @property
    def configuration_url(self) -> str:
        return f"{self.url}/openid-configuration"

    def configuration(self) -> dict[str, Any]:
        found = {
            "issuer": self.issuer,
            "authorization_endpoint": f"{self.url}/auth",
            "token_endpoint": f"{self.url}/token",
            "jwks_uri": f"{self.url}/jwks",
            "registration_endpoint": f"{self.url}/register",
            PLATFORM: self.platform,
            **self.changes,
        }
        return {name: value for name, value in found.items() if value is not None}

    def answer(self, path: str, headers: Message, body: bytes) -> Script:
        where = urlsplit(path).path
        if where not in ("/openid-configuration", "/register"):
            return super().answer(path, headers, body)
        shown = (headers["Authorization"] or "").removeprefix("Bearer ")
        self.tokens_shown.append((where, shown))
        if where == "/openid-configuration":
            if self.configuration_script:
                return self.configuration_script.pop(0)
            return 200, "OK", json.dumps(self.configuration()).encode(), {}
        self.registered.append(json.loads(body))
        if self.registration_script:
            return self.registration_script.pop(0)
        answer = {
            "client_id": self.client_id,
            TOOL_CONFIGURATION: {"deployment_id": self.deployment},
            **self.answer_changes,
        }
        return self.status, "OK", json.dumps(answer).encode(), {}

    def open(self, client: Client, url: str, *, token: str = TOKEN, **changes: str) -> Any:
        query = {"openid_configuration": self.configuration_url, "registration_token": token}
        return client.get(f"{urlsplit(url).path}?{urlencode({**query, **changes})}")

    def agree(self, client: Client, page: Any, **extra: str) -> Any:
        return client.post(page.request["PATH_INFO"], {"offer": offer_of(page), **extra})

    def connect(self, client: Client, url: str) -> Any:
        page = self.open(client, url)
        assert page.status_code == 200, page.content.decode()
        return self.agree(client, page)


class _Fields(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.found: dict[str, str] = {}

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        named = dict(attributes)
        if tag == "input" and named.get("name"):
            self.found[named["name"] or ""] = named.get("value") or ""


def offer_of(page: Any) -> str:
    """The signed field of the page that asks whether to connect."""
    parser = _Fields()
    parser.feed(page.content.decode())
    return parser.found["offer"]
