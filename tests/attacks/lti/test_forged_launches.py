"""Forged and broken launches: each must be refused with its own code, none accepted, none a fault.

A forgery gets everything right but the one thing that it is named for: its login is real, its
cookie comes back, its nonce is the one that was given.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import re
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any

import jwt
import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec
from django.db import connection
from django.test import Client

from lti_tool import state
from lti_tool.messages import (
    AGS_ENDPOINT,
    CLAIM,
    DEEP_LINKING_SETTINGS,
    GROUPS_SERVICE,
    NOTICE_SERVICE,
    ROSTER_SERVICE,
)
from lti_tool.middleware import SESSION_KEY
from lti_tool.models import Deployment, Person, PlatformKeySet, Registration
from lti_tool.refusals import REFUSALS
from tests.lti_tool.tokens import (
    CONTEXT,
    CUSTOM,
    DEPLOYMENT,
    KID,
    MESSAGE_TYPE,
    REMOVED,
    RESOURCE_LINK,
    ROLES,
    TARGET,
    VERSION,
    Lms,
    jwk,
    raw_token,
    rsa_key,
    segment,
    target,
)

pytestmark = pytest.mark.django_db

FOR_USER = CLAIM + "for_user"
LTI_1P1 = CLAIM + "lti1p1"
LOOK_ALIKE = "LtiResourc\u0435LinkRequest"
ANSWER = "LtiDeepLinkingResponse"

Forge = Callable[[Lms, dict[str, str]], dict[str, str]]


@pytest.fixture
def lms() -> Iterator[Lms]:
    with Lms().serving() as serving:
        serving.register()
        yield serving


def code_of(answer: Any) -> str:
    found = re.search(r"<code[^>]*>([a-z-]+)</code>", answer.content.decode())
    assert found, (answer.status_code, answer.content[:500])
    return found[1]


def assert_refused(client: Client, answer: Any, code: str) -> None:
    assert code_of(answer) == code
    assert answer.status_code == REFUSALS[code].status
    assert answer.status_code in (400, 401, 403, 404)
    assert SESSION_KEY not in client.session
    assert Person.objects.count() == 0 or code in ("no-rights", "review-unknown")


def deliver(lms: Lms, client: Client, forge: Forge) -> Any:
    asked = lms.start(client)
    return client.post("/lti/launch/", {"state": asked["state"], **forge(lms, asked)})


# Claims that are signed by the LMS itself and still must not open anything.
NOW = time.time
CLAIMS: list[tuple[str, str, Callable[[], dict[str, Any]]]] = [
    ("issuer of another LMS", "issuer", lambda: {"iss": "https://evil.example"}),
    ("no issuer", "issuer", lambda: {"iss": REMOVED}),
    ("issuer as a list", "issuer", lambda: {"iss": ["x"]}),
    ("audience of another tool", "audience", lambda: {"aud": "other"}),
    ("no audience", "audience", lambda: {"aud": REMOVED}),
    ("audience as an object", "audience", lambda: {"aud": {"client-1": True}}),
    ("empty audience list", "audience", lambda: {"aud": []}),
    ("a number among the audience", "audience", lambda: {"aud": ["client-1", 7]}),
    ("several audiences, no azp", "authorized-party", lambda: {"aud": ["client-1", "other"]}),
    (
        "several audiences, azp of another",
        "authorized-party",
        lambda: {"aud": ["client-1", "other"], "azp": "other"},
    ),
    ("one audience, azp of another", "authorized-party", lambda: {"azp": "other"}),
    ("azp empty", "authorized-party", lambda: {"azp": None}),
    ("no exp", "expiry-missing", lambda: {"exp": REMOVED}),
    ("exp as text", "expiry-missing", lambda: {"exp": "9999999999"}),
    ("exp as true", "expiry-missing", lambda: {"exp": True}),
    ("expired two minutes ago", "expired", lambda: {"iat": NOW() - 180, "exp": NOW() - 120}),
    ("exp before iat", "expiry-before-issue", lambda: {"iat": NOW() + 30, "exp": NOW() - 30}),
    ("no iat", "issue-missing", lambda: {"iat": REMOVED}),
    ("issued in two minutes", "issued-in-future", lambda: {"iat": NOW() + 120, "exp": NOW() + 200}),
    ("issued a year ago", "issued-long-ago", lambda: {"iat": NOW() - 365 * 86400}),
    ("issued at minus infinity", "issued-long-ago", lambda: {"iat": -1e300}),
    ("not valid before tomorrow", "not-yet-valid", lambda: {"nbf": NOW() + 86400}),
    ("nbf as text", "not-yet-valid", lambda: {"nbf": "now"}),
    ("no nonce", "nonce-missing", lambda: {"nonce": REMOVED}),
    ("nonce as a list", "nonce-missing", lambda: {"nonce": ["x"]}),
    ("nonce of another login", "nonce", lambda: {"nonce": "invented"}),
    ("no version", "version", lambda: {VERSION: REMOVED}),
    ("version 1.1", "version", lambda: {VERSION: "1.1"}),
    ("no message type", "message-type", lambda: {MESSAGE_TYPE: REMOVED}),
    ("message type as an object", "message-type", lambda: {MESSAGE_TYPE: {}}),
    ("a licence to accept", "message-type", lambda: {MESSAGE_TYPE: "LtiEulaRequest"}),
    (
        "settings of a processor by a learner",
        "no-rights",
        lambda: {MESSAGE_TYPE: "LtiAssetProcessorSettingsRequest"},
    ),
    (
        "a report on nothing",
        "review-unknown",
        lambda: {MESSAGE_TYPE: "LtiReportReviewRequest"},
    ),
    ("no deployment", "deployment-missing", lambda: {DEPLOYMENT: REMOVED}),
    ("deployment as a number", "deployment-missing", lambda: {DEPLOYMENT: 1}),
    ("endless deployment", "deployment-missing", lambda: {DEPLOYMENT: "1" * 256}),
    ("unknown deployment", "deployment-unknown", lambda: {DEPLOYMENT: "77"}),
    ("no target", "target-missing", lambda: {TARGET: REMOVED}),
    ("another target", "target-mismatch", lambda: {TARGET: "https://evil.example/"}),
    ("another page of ours", "target-mismatch", lambda: {TARGET: target() + "admin/"}),
    ("null sub", "subject", lambda: {"sub": None}),
    ("empty sub", "subject", lambda: {"sub": ""}),
    ("blank sub", "subject", lambda: {"sub": "  "}),
    ("sub as a number", "subject", lambda: {"sub": 7}),
    ("sub of 256 characters", "subject", lambda: {"sub": "x" * 256}),
    ("no roles claim", "roles", lambda: {ROLES: REMOVED}),
    ("roles as text", "roles", lambda: {ROLES: "Instructor"}),
    ("roles of numbers", "roles", lambda: {ROLES: [1]}),
    ("no role", "no-rights", lambda: {ROLES: []}),
    ("invented role", "no-rights", lambda: {ROLES: ["https://evil.example/#Instructor"]}),
    ("no resource link", "resource-link", lambda: {RESOURCE_LINK: REMOVED}),
    ("resource link as text", "resource-link", lambda: {RESOURCE_LINK: "1"}),
    ("resource link without id", "resource-link", lambda: {RESOURCE_LINK: {"title": "x"}}),
    (
        "resource link of 256 characters",
        "resource-link",
        lambda: {RESOURCE_LINK: {"id": "x" * 256}},
    ),
    ("context without id", "context", lambda: {CONTEXT: {"title": "x"}}),
    ("context as a list", "context", lambda: {CONTEXT: []}),
    ("custom as a list", "claim-malformed", lambda: {CUSTOM: ["x"]}),
    ("grade service as text", "claim-malformed", lambda: {AGS_ENDPOINT: "x"}),
    (
        "line item on a file",
        "claim-malformed",
        lambda: {AGS_ENDPOINT: {"lineitem": "file:///etc/passwd"}},
    ),
    (
        "line item with a line break",
        "claim-malformed",
        lambda: {AGS_ENDPOINT: {"lineitem": "https://a.example/\r\nHost: b"}},
    ),
    (
        "deep linking without settings",
        "deep-linking",
        lambda: {MESSAGE_TYPE: "LtiDeepLinkingRequest"},
    ),
    (
        "deep linking back to a script",
        "deep-linking",
        lambda: {
            MESSAGE_TYPE: "LtiDeepLinkingRequest",
            DEEP_LINKING_SETTINGS: {
                "deep_link_return_url": "javascript:alert(1)",
                "accept_types": ["ltiResourceLink"],
            },
        },
    ),
    (
        "deep linking for files only",
        "deep-linking-types",
        lambda: {
            MESSAGE_TYPE: "LtiDeepLinkingRequest",
            DEEP_LINKING_SETTINGS: {
                "deep_link_return_url": "https://lms.example/",
                "accept_types": ["file"],
            },
        },
    ),
    ("a name that we invent", "subject", lambda: {"sub": "anonymous:1"}),
    ("a review of nobody", "for-user", lambda: {MESSAGE_TYPE: "LtiSubmissionReviewRequest"}),
    (
        "a review of a list",
        "for-user",
        lambda: {MESSAGE_TYPE: "LtiSubmissionReviewRequest", FOR_USER: ["user-1"]},
    ),
    (
        "a review by a learner",
        "no-rights",
        lambda: {MESSAGE_TYPE: "LtiSubmissionReviewRequest", FOR_USER: {"user_id": "user-2"}},
    ),
    (
        "a review on another host",
        "target-mismatch",
        lambda: {
            MESSAGE_TYPE: "LtiSubmissionReviewRequest",
            FOR_USER: {"user_id": "user-1"},
            TARGET: target().replace("://", "://evil.example@"),
        },
    ),
    (
        "another's data by a learner",
        "no-rights",
        lambda: {MESSAGE_TYPE: "DataPrivacyLaunchRequest", FOR_USER: {"user_id": "user-2"}},
    ),
    (
        "deep linking by a learner",
        "no-rights",
        lambda: {
            MESSAGE_TYPE: "LtiDeepLinkingRequest",
            DEEP_LINKING_SETTINGS: {
                "deep_link_return_url": "https://lms.example/",
                "accept_types": ["ltiResourceLink"],
            },
        },
    ),
    ("roster service as text", "claim-malformed", lambda: {ROSTER_SERVICE: "x"}),
    (
        "roster on a file",
        "claim-malformed",
        lambda: {ROSTER_SERVICE: {"context_memberships_url": "file:///etc/passwd"}},
    ),
    (
        "groups at a script",
        "claim-malformed",
        lambda: {GROUPS_SERVICE: {"context_groups_url": "javascript:alert(1)"}},
    ),
    (
        "notices over another protocol",
        "claim-malformed",
        lambda: {NOTICE_SERVICE: {"platform_notification_service_url": "gopher://a.example/"}},
    ),
    ("LTI 1.1 claim as a list", "claim-malformed", lambda: {LTI_1P1: []}),
    ("message type with a look-alike letter", "message-type", lambda: {MESSAGE_TYPE: LOOK_ALIKE}),
    ("message type of a platform", "message-type", lambda: {MESSAGE_TYPE: ANSWER}),
    ("issuer with a slash more", "issuer", lambda: {"iss": "https://lms.example/"}),
    ("audience with a blank", "audience", lambda: {"aud": "client-1 "}),
    ("audience in other letters", "audience", lambda: {"aud": "Client-1"}),
    ("audience with a wide digit", "audience", lambda: {"aud": "client-\uff11"}),
    ("a NUL in a name", "token-malformed", lambda: {"name": "a\0b"}),
    ("a NUL in a custom value", "token-malformed", lambda: {CUSTOM: {"a": "\0"}}),
    ("half a surrogate in a title", "token-malformed", lambda: {CONTEXT: {"id": "\ud800"}}),
    ("more than 64 kB", "token-too-large", lambda: {"padding": "x" * 70_000}),
]


@pytest.mark.parametrize(
    ("code", "changes"), [row[1:] for row in CLAIMS], ids=[r[0] for r in CLAIMS]
)
def test_signed_claims_that_do_not_fit_are_refused(
    client: Client, lms: Lms, code: str, changes: Callable[[], dict[str, Any]]
) -> None:
    asked = lms.start(client)
    claims = lms.claims(asked["nonce"], **changes())
    header = json.dumps({"alg": "RS256", "kid": KID}).encode()
    token = raw_token(header, json.dumps(claims).encode(), lms.key)
    answer = client.post("/lti/launch/", {"state": asked["state"], "id_token": token})
    assert_refused(client, answer, code)


def header_of(**members: Any) -> bytes:
    return json.dumps({"alg": "RS256", "typ": "JWT", "kid": KID, **members}).encode()


def payload_of(lms: Lms, asked: dict[str, str], **changes: Any) -> bytes:
    return json.dumps(lms.claims(asked["nonce"], **changes)).encode()


def own_token(lms: Lms, asked: dict[str, str], header: bytes) -> dict[str, str]:
    return {"id_token": raw_token(header, payload_of(lms, asked), lms.key)}


def by_stranger(lms: Lms, asked: dict[str, str], **members: Any) -> dict[str, str]:
    stranger = rsa_key("stranger")
    return {"id_token": raw_token(header_of(**members), payload_of(lms, asked), stranger)}


def unsigned(lms: Lms, asked: dict[str, str]) -> dict[str, str]:
    head = segment(header_of(alg="none"))
    return {"id_token": f"{head}.{segment(payload_of(lms, asked))}."}


def none_with_signature(lms: Lms, asked: dict[str, str]) -> dict[str, str]:
    return own_token(lms, asked, header_of(alg="none"))


def hmac_with_public_key(lms: Lms, asked: dict[str, str]) -> dict[str, str]:
    pem = lms.key.public_key().public_bytes(
        serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
    )
    signed = f"{segment(header_of(alg='HS256'))}.{segment(payload_of(lms, asked))}"
    mac = hmac.new(pem, signed.encode(), hashlib.sha256).digest()
    return {"id_token": f"{signed}.{segment(mac)}"}


def elliptic(lms: Lms, asked: dict[str, str]) -> dict[str, str]:
    key = ec.generate_private_key(ec.SECP256R1())
    claims = lms.claims(asked["nonce"])
    return {"id_token": jwt.encode(claims, key, algorithm="ES256", headers={"kid": KID})}


def swapped_payload(lms: Lms, asked: dict[str, str]) -> dict[str, str]:
    head, _payload, signature = lms.token(lms.claims(asked["nonce"])).split(".")
    return {"id_token": f"{head}.{segment(payload_of(lms, asked, sub='admin'))}.{signature}"}


def without_signature(lms: Lms, asked: dict[str, str]) -> dict[str, str]:
    return {"id_token": lms.token(lms.claims(asked["nonce"])).rpartition(".")[0] + "."}


def foreign_jwk(lms: Lms, asked: dict[str, str]) -> dict[str, str]:
    return by_stranger(lms, asked, jwk=jwk(rsa_key("stranger")))


def foreign_jku(lms: Lms, asked: dict[str, str]) -> dict[str, str]:
    return by_stranger(lms, asked, jku=f"{lms.url}/evil", x5u=f"{lms.url}/evil")


def no_kid(lms: Lms, asked: dict[str, str]) -> dict[str, str]:
    return own_token(lms, asked, json.dumps({"alg": "RS256"}).encode())


def twice_the_same_name(lms: Lms, asked: dict[str, str]) -> dict[str, str]:
    payload = payload_of(lms, asked)[:-1] + b', "sub": "admin"}'
    return {"id_token": raw_token(header_of(), payload, lms.key)}


def twice_deep_inside(lms: Lms, asked: dict[str, str]) -> dict[str, str]:
    payload = payload_of(lms, asked)[:-1] + b', "x": {"a": 1, "a": 2}}'
    return {"id_token": raw_token(header_of(), payload, lms.key)}


def twice_in_header(lms: Lms, asked: dict[str, str]) -> dict[str, str]:
    header = b'{"alg": "none", "kid": "%s", "alg": "RS256"}' % KID.encode()
    return own_token(lms, asked, header)


def with_payload(payload: bytes) -> Forge:
    return lambda lms, _asked: {"id_token": raw_token(header_of(), payload, lms.key)}


def with_header(header: bytes) -> Forge:
    return lambda lms, asked: own_token(lms, asked, header)


def with_text(text: str) -> Forge:
    return lambda _lms, _asked: {"id_token": text}


def padded(lms: Lms, asked: dict[str, str]) -> dict[str, str]:
    return {"id_token": lms.token(lms.claims(asked["nonce"])) + "="}


def infinite_expiry(lms: Lms, asked: dict[str, str]) -> dict[str, str]:
    payload = payload_of(lms, asked, exp=12345).replace(b"12345", b"1e999")
    return {"id_token": raw_token(header_of(), payload, lms.key)}


def not_a_number(lms: Lms, asked: dict[str, str]) -> dict[str, str]:
    payload = payload_of(lms, asked, exp=12345).replace(b"12345", b"NaN")
    return {"id_token": raw_token(header_of(), payload, lms.key)}


def encrypted_shape(lms: Lms, asked: dict[str, str]) -> dict[str, str]:
    return {"id_token": lms.token(lms.claims(asked["nonce"])) + ".a.b"}


FORGED: list[tuple[str, str, Forge]] = [
    ("unsigned, alg none", "token-malformed", unsigned),
    ("alg none beside a true signature", "algorithm", none_with_signature),
    ("alg None in other letters", "algorithm", with_header(header_of(alg="nOnE"))),
    ("HMAC with the public key as secret", "algorithm", hmac_with_public_key),
    ("elliptic curve key", "algorithm", elliptic),
    ("RS512", "algorithm", with_header(header_of(alg="RS512"))),
    ("alg as a list", "algorithm", with_header(header_of(alg=["RS256"]))),
    ("key of a stranger", "signature", by_stranger),
    ("key of a stranger in the header", "signature", foreign_jwk),
    ("address of a key in the header", "signature", foreign_jku),
    ("claims swapped after signing", "signature", swapped_payload),
    ("signature cut off", "token-malformed", without_signature),
    ("no key id", "key-missing", no_kid),
    ("key id as a number", "key-missing", with_header(header_of(kid=1))),
    ("unknown key id", "key-unknown", with_header(header_of(kid="other"))),
    ("key id that looks like a path", "key-unknown", with_header(header_of(kid="../../dev/null"))),
    ("critical extension", "header-critical", with_header(header_of(crit=["b64"], b64=False))),
    ("a claim named twice", "token-duplicate-names", twice_the_same_name),
    ("a name twice deep inside", "token-duplicate-names", twice_deep_inside),
    ("alg named twice", "token-duplicate-names", twice_in_header),
    ("payload as a list", "token-malformed", with_payload(b"[]")),
    ("payload as text", "token-malformed", with_payload(b'"x"')),
    ("payload no JSON", "token-malformed", with_payload(b"{sub: 1}")),
    ("payload no UTF-8", "token-malformed", with_payload(b'{"sub": "\xff"}')),
    ("payload in UTF-16", "token-malformed", with_payload('{"sub": "x"}'.encode("utf-16"))),
    ("endless nesting", "token-malformed", with_payload(b"[" * 40_000)),
    ("header as a list", "token-malformed", with_header(b"[]")),
    ("exp beyond all numbers", "token-malformed", infinite_expiry),
    ("exp is NaN", "token-malformed", not_a_number),
    ("base64 with padding", "token-malformed", padded),
    ("five parts", "token-malformed", encrypted_shape),
    ("no token at all", "token-missing", with_text("")),
    ("one word", "token-malformed", with_text("garbage")),
    ("three dots", "token-malformed", with_text("...")),
    ("signs beyond base64", "token-malformed", with_text("ä.ö.ü")),
    ("a NUL", "token-malformed", with_text("a.b\0.c")),
    ("half a megabyte", "token-too-large", with_text("a" * 500_000)),
]


@pytest.mark.parametrize(("code", "forge"), [row[1:] for row in FORGED], ids=[r[0] for r in FORGED])
def test_forged_tokens_are_refused(client: Client, lms: Lms, code: str, forge: Forge) -> None:
    assert_refused(client, deliver(lms, client, forge), code)


def test_a_replayed_token_is_refused(client: Client, lms: Lms) -> None:
    asked = lms.start(client)
    cookies = client.cookies.copy()
    fields = {"state": asked["state"], "id_token": lms.token(lms.claims(asked["nonce"]))}
    assert client.post("/lti/launch/", fields).status_code == 302

    again = Client()
    again.cookies.update(cookies)
    assert_code_and_nobody(again, again.post("/lti/launch/", fields), "state-used")


def assert_code_and_nobody(client: Client, answer: Any, code: str) -> None:
    assert code_of(answer) == code
    assert SESSION_KEY not in client.session


@pytest.mark.django_db(transaction=True)
def test_of_equal_messages_at_the_same_moment_one_is_taken(client: Client, lms: Lms) -> None:
    asked = lms.start(client)
    fields = {"state": asked["state"], "id_token": lms.token(lms.claims(asked["nonce"]))}

    def post(_number: int) -> str:
        browser = Client()
        browser.cookies.update(client.cookies)
        answer = browser.post("/lti/launch/", fields)
        connection.close()
        return "taken" if answer.status_code == 302 else code_of(answer)

    with ThreadPoolExecutor(8) as pool:
        outcomes = sorted(pool.map(post, range(8)))
    assert outcomes == ["state-used"] * 7 + ["taken"]


def test_a_token_under_the_state_of_another_login_is_refused(client: Client, lms: Lms) -> None:
    mine, other = lms.start(client), lms.start(client)
    token = lms.token(lms.claims(mine["nonce"]))
    answer = client.post("/lti/launch/", {"state": other["state"], "id_token": token})
    assert_refused(client, answer, "nonce")


def test_a_message_for_another_browser_is_refused(client: Client, lms: Lms) -> None:
    """Login forgery: the attacker's message is sent through the victim's browser."""
    attacker, victim = Client(), client
    asked = lms.start(attacker)
    lms.start(victim)
    fields = {"state": asked["state"], "id_token": lms.token(lms.claims(asked["nonce"]))}
    assert_refused(victim, victim.post("/lti/launch/", fields), "cookie-missing")


def test_a_cookie_that_is_not_the_right_one_is_refused(client: Client, lms: Lms) -> None:
    asked = lms.start(client)
    for name in list(client.cookies):
        client.cookies[name] = "invented"
    fields = {"state": asked["state"], "id_token": lms.token(lms.claims(asked["nonce"]))}
    assert_refused(client, client.post("/lti/launch/", fields), "browser-mismatch")


def test_a_wrong_token_uses_its_login_up(client: Client, lms: Lms) -> None:
    asked = lms.start(client)
    wrong = {"state": asked["state"], "id_token": lms.token(lms.claims("other"))}
    assert code_of(client.post("/lti/launch/", wrong)) == "nonce"
    right = {"state": asked["state"], "id_token": lms.token(lms.claims(asked["nonce"]))}
    assert_refused(client, client.post("/lti/launch/", right), "state-used")


def test_a_token_of_another_school_with_the_same_issuer_is_refused(lms: Lms) -> None:
    """Canvas: one issuer, one key set, many client ids."""
    lms.register(client_id="client-2")
    client = Client()
    asked = lms.start(client, client_id="client-2")
    token = lms.token(lms.claims(asked["nonce"], aud="client-1"))
    answer = client.post("/lti/launch/", {"state": asked["state"], "id_token": token})
    assert_refused(client, answer, "audience")


@pytest.mark.parametrize(
    ("code", "entry"),
    [
        ("key-unfit", {"kty": "oct", "k": "c2VjcmV0", "kid": KID}),
        ("key-unfit", {"kty": "RSA", "n": "AQAB", "e": "AQAB", "kid": KID}),
        ("key-unfit", {"kty": "RSA", "kid": KID}),
        ("key-unfit", {"kty": "RSA", "n": "!", "e": "", "kid": KID}),
        ("key-unfit", {"kty": "EC", "crv": "P-256", "x": "x", "y": "y", "kid": KID}),
    ],
)
def test_keys_that_are_no_rsa_signature_keys_are_not_used(
    client: Client, lms: Lms, code: str, entry: dict[str, Any]
) -> None:
    lms.jwks = {"keys": [entry]}
    answer = deliver(
        lms, client, lambda lms, asked: {"id_token": lms.token(lms.claims(asked["nonce"]))}
    )
    assert_refused(client, answer, code)


@pytest.mark.parametrize("members", [{"use": "enc"}, {"alg": "RS512"}])
def test_keys_for_another_use_are_not_used(
    client: Client, lms: Lms, members: dict[str, str]
) -> None:
    lms.jwks = {"keys": [jwk(lms.key, **members)]}
    answer = deliver(
        lms, client, lambda lms, asked: {"id_token": lms.token(lms.claims(asked["nonce"]))}
    )
    assert_refused(client, answer, "key-unfit")


def test_short_keys_are_not_used(client: Client, lms: Lms) -> None:
    lms.key = rsa_key("short", 1024)
    lms.jwks = {"keys": [jwk(lms.key)]}
    answer = deliver(lms, client, lambda lms, asked: own_token(lms, asked, header_of()))
    assert_refused(client, answer, "key-unfit")


@pytest.mark.parametrize("jwks", [[], {}, {"keys": None}, {"keys": {"a": 1}}, "x", None])
def test_a_key_set_that_is_none_is_said_so(client: Client, lms: Lms, jwks: Any) -> None:
    lms.jwks = jwks
    answer = deliver(
        lms, client, lambda lms, asked: {"id_token": lms.token(lms.claims(asked["nonce"]))}
    )
    assert_refused(client, answer, "keys-unreachable")


def test_a_key_set_with_hostile_texts_is_stored_without_them(client: Client, lms: Lms) -> None:
    hostile = {"kty": "RSA", "kid": "\0", "n": "\ud800", "e": 1, "x5c": ["x"]}
    lms.jwks = {"keys": [hostile, 1, None, jwk(lms.key)]}
    assert lms.launch(client).status_code == 302
    assert PlatformKeySet.objects.get().jwks["keys"][0] == {"kty": "RSA"}


@pytest.mark.parametrize(
    ("code", "changes"),
    [
        ("login-malformed", {"iss": REMOVED}),
        ("login-malformed", {"iss": "a\0b"}),
        ("login-malformed", {"iss": "x" * 256}),
        ("login-malformed", {"login_hint": REMOVED}),
        ("login-malformed", {"login_hint": "x" * 9000}),
        ("login-malformed", {"target_link_uri": REMOVED}),
        ("login-malformed", {"target_link_uri": "http://" + "x" * 3000}),
        ("login-malformed", {"lti_message_hint": "a\0b"}),
        ("registration-unknown", {"iss": "https://evil.example"}),
        ("registration-unknown", {"client_id": "other"}),
        ("target-foreign", {"target_link_uri": "https://evil.example/"}),
        ("target-foreign", {"target_link_uri": "javascript:alert(1)"}),
        ("target-foreign", {"target_link_uri": "//evil.example"}),
        ("target-foreign", {"target_link_uri": "http://["}),
    ],
)
@pytest.mark.parametrize("method", ["get", "post"])
def test_broken_logins_are_refused(
    client: Client, lms: Lms, code: str, changes: dict[str, Any], method: str
) -> None:
    fields = {"iss": lms.issuer, "login_hint": "h", "target_link_uri": target(), **changes}
    sent = {name: value for name, value in fields.items() if value is not REMOVED}
    answer = getattr(client, method)("/lti/login/", sent)
    assert_refused(client, answer, code)


def test_an_issuer_of_several_schools_needs_the_client_id(client: Client, lms: Lms) -> None:
    lms.register(client_id="client-2")
    fields = {"iss": lms.issuer, "login_hint": "h", "target_link_uri": target()}
    assert_refused(client, client.post("/lti/login/", fields), "registration-ambiguous")


def test_a_registration_that_is_switched_off_opens_nothing(client: Client, lms: Lms) -> None:
    asked = lms.start(client)
    Registration.objects.update(active=False)
    fields = {"state": asked["state"], "id_token": lms.token(lms.claims(asked["nonce"]))}
    assert_refused(client, client.post("/lti/launch/", fields), "registration-inactive")


def test_a_deployment_that_is_switched_off_opens_nothing(client: Client, lms: Lms) -> None:
    assert lms.launch(Client()).status_code == 302
    Person.objects.all().delete()
    Deployment.objects.update(active=False)
    assert_refused(client, lms.launch(client), "deployment-inactive")


def test_the_deployment_of_the_login_must_be_that_of_the_message(client: Client, lms: Lms) -> None:
    asked = lms.start(client, lti_deployment_id="2")
    fields = {"state": asked["state"], "id_token": lms.token(lms.claims(asked["nonce"]))}
    assert_refused(client, client.post("/lti/launch/", fields), "deployment-mismatch")


@pytest.mark.parametrize(
    ("code", "fields"),
    [
        ("state-missing", {}),
        ("state-missing", {"id_token": "a.b.c"}),
        ("state-unknown", {"state": "invented", "id_token": "a.b.c"}),
        ("state-unknown", {"state": "\0", "id_token": "a.b.c"}),
        ("state-unknown", {"state": "x" * 100_000}),
        ("state-unknown", {"state": "ä\U0001f600"}),
    ],
)
def test_broken_states_are_refused(
    client: Client, lms: Lms, code: str, fields: dict[str, str]
) -> None:
    assert_refused(client, client.post("/lti/launch/", fields), code)


def test_an_error_of_the_lms_is_told(client: Client, lms: Lms) -> None:
    answer = deliver(lms, client, lambda _lms, _asked: {"error": "login_required"})
    assert_refused(client, answer, "platform-error")


def test_an_old_login_is_refused(client: Client, lms: Lms, monkeypatch: pytest.MonkeyPatch) -> None:
    asked = lms.start(client)
    monkeypatch.setattr(state, "LIFETIME", timedelta(seconds=-1))
    fields = {"state": asked["state"], "id_token": lms.token(lms.claims(asked["nonce"]))}
    assert_refused(client, client.post("/lti/launch/", fields), "state-expired")


@pytest.mark.parametrize(
    ("kind", "body"),
    [
        ("application/x-www-form-urlencoded", b"a=1&" * 5000),
        ("application/x-www-form-urlencoded", b"a=" + b"x" * (5 * 1024 * 1024)),
        ("application/x-www-form-urlencoded; charset=utf-7", b"state=1"),
        ("multipart/form-data", b"garbage"),
        ("multipart/form-data; boundary=", b"garbage"),
        ("multipart/form-data; boundary=" + "x" * 300, b"garbage"),
    ],
)
@pytest.mark.parametrize("path", ["/lti/login/", "/lti/launch/"])
def test_bodies_that_cannot_be_read_are_refused(
    client: Client, path: str, kind: str, body: bytes
) -> None:
    assert_refused(client, client.post(path, body, content_type=kind), "request-malformed")


@pytest.mark.parametrize(
    ("kind", "body"),
    [
        ("application/json", b'{"state": "x"}'),
        ("text/plain", b"\xff\xfe\0"),
        ("", b""),
        ("application/x-www-form-urlencoded", b"%00=%ff&%=&==&&&"),
    ],
)
def test_garbage_is_refused(client: Client, kind: str, body: bytes) -> None:
    answer = client.post("/lti/launch/", body, content_type=kind)
    assert_refused(client, answer, "state-missing")


def test_opening_the_launch_address_by_hand_says_what_to_do(client: Client) -> None:
    assert_refused(client, client.get("/lti/launch/"), "login-malformed")


def test_the_page_shows_nothing_of_what_was_sent_unescaped(client: Client) -> None:
    hostile = '"><script>alert(1)</script>'
    answer = client.get("/lti/login/", {"iss": hostile, "login_hint": "h", "target_link_uri": "x"})
    assert b"<script>alert" not in answer.content


def test_there_are_enough_forgeries_and_each_code_exists() -> None:
    assert len(CLAIMS) + len(FORGED) >= 100
    assert {row[1] for row in [*CLAIMS, *FORGED]} <= set(REFUSALS)


def test_the_key_set_never_shows_private_members(client: Client) -> None:
    (key,) = client.get("/lti/jwks.json").json()["keys"]
    assert set(key) == {"kty", "n", "e", "kid", "alg", "use"}
    assert len(base64.urlsafe_b64decode(key["n"] + "==")) == 256
