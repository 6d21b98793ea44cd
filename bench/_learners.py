"""Learners with browsers, and an LMS that signs for them: the driver of the launch benchmark.

The LMS signs between the timed parts, so that its work is in nobody's time: first all logins of
a batch are sent, then all messages are signed with the nonces that came back, then all are sent.
"""

from __future__ import annotations

import http.client
import threading
import time
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass, field
from urllib.parse import parse_qsl, urlencode, urlsplit

import jwt
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa

CLAIM = "https://purl.imsglobal.org/spec/lti/claim/"
MEMBERSHIP = "http://purl.imsglobal.org/vocab/lis/v2/membership"
INSTITUTION = "http://purl.imsglobal.org/vocab/lis/v2/institution/person"
AGS = "https://purl.imsglobal.org/spec/lti-ags/"
NRPS = "https://purl.imsglobal.org/spec/lti-nrps/claim/namesroleservice"
LINKS = 10
CONNECTIONS = 8
TOKEN_SECONDS = 300
SECONDS_TO_ANSWER = 60


@dataclass(frozen=True)
class Request:
    method: str
    path: str
    body: str = ""
    cookie: str = ""


@dataclass(frozen=True)
class Answer:
    status: int
    location: str
    cookies: tuple[tuple[str, str], ...]
    body: bytes


@dataclass
class Learner:
    """One person with one browser; ``cookies`` are those of one tool."""

    sub: str
    link: str
    cookies: dict[str, str] = field(default_factory=dict)

    def keep(self, answer: Answer) -> None:
        for name, value in answer.cookies:
            if value:
                self.cookies[name] = value
            else:
                self.cookies.pop(name, None)

    @property
    def cookie(self) -> str:
        return "; ".join(f"{name}={value}" for name, value in self.cookies.items())


@dataclass(frozen=True)
class Batch:
    """Seconds for all logins and for all launches of a batch, and what was answered."""

    login_seconds: float
    launch_seconds: float
    forms: list[str]
    answers: list[Answer]

    @property
    def seconds(self) -> float:
        return self.login_seconds + self.launch_seconds


class Platform:
    """The signing half of an LMS. ``keys_url`` is where its key set is served."""

    client_id = "cograde-bench"
    deployment_id = "1"
    kid = "bench-1"

    def __init__(self, keys_url: str) -> None:
        self.keys_url = keys_url
        self.url = "http://" + urlsplit(keys_url).netloc
        self.key = rsa.generate_private_key(public_exponent=65537, key_size=2048)

    def registration(self) -> dict[str, str]:
        """What a tool is told of this LMS, and a key pair for a tool that wants to be given one."""
        own = rsa.generate_private_key(public_exponent=65537, key_size=2048)
        return {
            "issuer": self.url,
            "client_id": self.client_id,
            "deployment_id": self.deployment_id,
            "auth_login_url": f"{self.url}/authorize",
            "token_url": f"{self.url}/token",
            "jwks_url": self.keys_url,
            "private_pem": own.private_bytes(
                serialization.Encoding.PEM,
                serialization.PrivateFormat.TraditionalOpenSSL,
                serialization.NoEncryption(),
            ).decode(),
            "public_pem": own.public_key()
            .public_bytes(
                serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
            )
            .decode(),
        }

    def key_set(self) -> str:
        """The public key among others, as platforms publish the one before and the next too."""
        others = [rsa.generate_private_key(public_exponent=65537, key_size=2048) for _ in "ab"]
        listed = [_jwk(self.key, self.kid)]
        listed += [_jwk(key, f"other-{number}") for number, key in enumerate(others)]
        return '{"keys": [' + ", ".join(listed) + "]}"

    def login(self, learner: Learner, tool: str) -> Request:
        fields = {
            "iss": self.url,
            "client_id": self.client_id,
            "login_hint": learner.sub,
            "target_link_uri": f"{tool}/lti/launch/",
            "lti_message_hint": f"{learner.link}.{learner.sub}",
            "lti_deployment_id": self.deployment_id,
        }
        return Request("POST", "/lti/login/", urlencode(fields), learner.cookie)

    def form(self, learner: Learner, answer: Answer) -> str:
        """What the learner's browser posts to the tool after signing in."""
        asked = dict(parse_qsl(urlsplit(answer.location).query))
        if answer.status != 302 or "nonce" not in asked:
            raise RuntimeError(f"a login was answered with {answer.status}: {answer.body[:500]!r}")
        claims = self._claims(learner, asked)
        token = jwt.encode(claims, self.key, algorithm="RS256", headers={"kid": self.kid})
        return urlencode({"id_token": token, "state": asked["state"]})

    def _claims(self, learner: Learner, asked: dict[str, str]) -> dict[str, object]:
        """As many as a usual LMS sends."""
        now = int(time.time())
        course = f"{self.url}/courses/7"
        return {
            "iss": self.url,
            "aud": self.client_id,
            "sub": learner.sub,
            "iat": now,
            "exp": now + TOKEN_SECONDS,
            "nonce": asked["nonce"],
            "name": f"Learner {learner.sub}",
            "given_name": "Learner",
            "family_name": learner.sub,
            "email": f"{learner.sub}@bench.example",
            "locale": "en",
            CLAIM + "message_type": "LtiResourceLinkRequest",
            CLAIM + "version": "1.3.0",
            CLAIM + "deployment_id": self.deployment_id,
            CLAIM + "target_link_uri": asked["redirect_uri"],
            CLAIM + "roles": [f"{MEMBERSHIP}#Learner", f"{INSTITUTION}#Student"],
            CLAIM + "context": {
                "id": "7",
                "label": "BENCH",
                "title": "A course with many learners",
                "type": ["http://purl.imsglobal.org/vocab/lis/v2/course#CourseOffering"],
            },
            CLAIM + "resource_link": {"id": learner.link, "title": f"Activity {learner.link}"},
            CLAIM + "tool_platform": {
                "guid": "bench.example",
                "name": "An LMS",
                "product_family_code": "bench",
                "version": "1",
                "url": self.url,
            },
            CLAIM + "launch_presentation": {
                "document_target": "iframe",
                "return_url": course,
                "locale": "en",
            },
            CLAIM + "lis": {"person_sourcedid": learner.sub, "course_section_sourcedid": "7"},
            CLAIM + "custom": {"assessment": "bench", "context_id_history": ""},
            AGS + "claim/endpoint": {
                "scope": [
                    f"{AGS}scope/{name}"
                    for name in ("lineitem", "lineitem.readonly", "result.readonly", "score")
                ],
                "lineitems": f"{course}/lineitems",
                "lineitem": f"{course}/lineitems/{learner.link}",
            },
            NRPS: {"context_memberships_url": f"{course}/members", "service_versions": ["2.0"]},
        }


def learners(first: int, count: int) -> list[Learner]:
    """``count`` people from number ``first`` on, spread over the links."""
    return [
        Learner(f"learner-{number:07}", f"link-{number % LINKS}")
        for number in range(first, first + count)
    ]


def batch(platform: Platform, tool: str, people: Sequence[Learner]) -> Batch:
    """Every learner opens their link once, all of them in a hurry."""
    logins, login_seconds = exchange(tool, [platform.login(one, tool) for one in people])
    for one, answer in zip(people, logins, strict=True):
        one.keep(answer)
    forms = [platform.form(one, answer) for one, answer in zip(people, logins, strict=True)]
    answers, launch_seconds = exchange(
        tool,
        [
            Request("POST", "/lti/launch/", form, one.cookie)
            for one, form in zip(people, forms, strict=True)
        ],
    )
    for one, answer in zip(people, answers, strict=True):
        one.keep(answer)
    return Batch(login_seconds, launch_seconds, forms, answers)


def exchange(tool: str, requests: Sequence[Request]) -> tuple[list[Answer], float]:
    """The answers in the order of the requests, sent over a few kept connections; seconds."""
    answers: dict[int, Answer] = {}
    waiting = deque(enumerate(requests))
    failures: list[BaseException] = []
    address = urlsplit(tool).netloc
    connections = [
        http.client.HTTPConnection(address, timeout=SECONDS_TO_ANSWER)
        for _ in range(min(CONNECTIONS, len(requests)))
    ]

    def work(connection: http.client.HTTPConnection) -> None:
        try:
            while waiting:
                try:
                    number, request = waiting.popleft()
                except IndexError:
                    return
                answers[number] = _sent(connection, request)
        except BaseException as error:  # noqa: BLE001 - raised again by the caller's thread
            failures.append(error)

    for connection in connections:
        connection.connect()
    threads = [threading.Thread(target=work, args=[connection]) for connection in connections]
    begun = time.perf_counter()
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    seconds = time.perf_counter() - begun
    for connection in connections:
        connection.close()
    if failures:
        raise failures[0]
    return [answers[number] for number in range(len(requests))], seconds


def _sent(connection: http.client.HTTPConnection, request: Request) -> Answer:
    headers = {"Content-Type": "application/x-www-form-urlencoded", "User-Agent": "bench"}
    if request.cookie:
        headers["Cookie"] = request.cookie
    body = request.body.encode() if request.method == "POST" else None
    connection.request(request.method, request.path, body=body, headers=headers)
    response = connection.getresponse()
    body = response.read()
    cookies = []
    for line in response.headers.get_all("Set-Cookie") or ():
        name, _, value = line.partition(";")[0].partition("=")
        cookies.append((name, value.strip('"')))
    location = response.headers.get("Location") or ""
    return Answer(response.status, location, tuple(cookies), body)


def _jwk(key: rsa.RSAPrivateKey, kid: str) -> str:
    document = jwt.algorithms.RSAAlgorithm.to_jwk(key.public_key())
    return document[:-1] + f', "kid": "{kid}", "alg": "RS256", "use": "sig"}}'
