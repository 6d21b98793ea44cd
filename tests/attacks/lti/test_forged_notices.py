"""Forged and broken notices: each is refused with its own code, and none leaves a trace.

A forgery gets everything right but the one thing that it is named for.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import time
import uuid
from collections.abc import Callable, Iterator
from typing import Any

import jwt
import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec
from django.test import Client

from lti_tool import notices
from lti_tool.messages import CLAIM
from lti_tool.models import (
    Context,
    Deployment,
    Notice,
    Person,
    Registration,
    UsedState,
)
from lti_tool.notice_services import ASSET_SUBMISSION, CONTEXT_COPY, MOST_TOGETHER
from tests.lti_tool.tokens import (
    CONTEXT,
    CUSTOM,
    DEPLOYMENT,
    KID,
    REMOVED,
    VERSION,
    Lms,
    jwk,
    raw_token,
    rsa_key,
    segment,
)

pytestmark = pytest.mark.django_db

COPIES = "/lti/notices/context-copy/"
ASSETS = "/lti/notices/asset-submission/"
NOTICE = CLAIM + "notice"
ORIGINS = CLAIM + "origin_contexts"
NOW = time.time


@pytest.fixture
def lms() -> Iterator[Lms]:
    with Lms().serving() as serving:
        serving.register()
        yield serving


def told(kind: str = CONTEXT_COPY, **changes: Any) -> dict[str, Any]:
    return {"id": str(uuid.uuid4()), "timestamp": "2026-11-23T10:00:00Z", "type": kind, **changes}


def copy_claims(lms: Lms, /, **changes: Any) -> dict[str, Any]:
    """The claims of a valid LtiContextCopyNotice; ``REMOVED`` leaves a claim out."""
    now = int(NOW())
    found: dict[str, Any] = {
        "iss": lms.issuer,
        "aud": lms.client_id,
        "azp": lms.client_id,
        "iat": now,
        "exp": now + 3600,
        "nonce": str(uuid.uuid4()),
        VERSION: "1.3.0",
        DEPLOYMENT: lms.deployment_id,
        NOTICE: told(),
        CONTEXT: {"id": "copy", "title": "Spring", "label": "S"},
        ORIGINS: ["course-1"],
    }
    found |= changes
    return {name: value for name, value in found.items() if value is not REMOVED}


def asset_claims(lms: Lms, /, **changes: Any) -> dict[str, Any]:
    """The claims of a valid LtiAssetProcessorSubmissionNotice."""
    base = f"{lms.url}/processors/1"
    claims = copy_claims(lms) | {
        NOTICE: told(ASSET_SUBMISSION),
        CLAIM + "activity": {"id": "essay", "title": "Essay"},
        CLAIM + "submission": {"id": "s:1"},
        CLAIM + "for_user": {"user_id": "user-1"},
        CUSTOM: {"assessment": "small"},
        CLAIM + "assetservice": {"scope": ["r"], "assets": [asset(base)]},
        CLAIM + "assetreport": {"scope": ["w"], "report_url": f"{base}/reports"},
        **changes,
    }
    return {name: value for name, value in claims.items() if value is not REMOVED}


def asset(base: str = "https://lms.example", **changes: Any) -> dict[str, Any]:
    return {"asset_id": "a", "url": f"{base}/assets/a", "content_type": "text/html", **changes}


def posted(client: Client, *tokens: Any, path: str = COPIES) -> Any:
    body = {"notices": [{"jwt": token} for token in tokens]}
    return client.post(path, json.dumps(body), content_type="application/json")


def codes(answer: Any) -> list[str]:
    return [one["code"] for one in answer.json()["notices"]]


def assert_nothing_was_kept() -> None:
    assert not Notice.objects.exists()
    assert not UsedState.objects.exists()
    assert not Context.objects.exists()
    assert not Person.objects.exists()


def test_the_notices_that_all_forgeries_start_from_are_good(client: Client, lms: Lms) -> None:
    answer = posted(client, lms.token(copy_claims(lms)))
    assert (answer.status_code, codes(answer)) == (200, ["accepted"])
    assert Context.objects.get().lti_id == "copy"
    answer = posted(client, lms.token(asset_claims(lms)), path=ASSETS)
    assert (answer.status_code, codes(answer)) == (200, ["accepted"])
    assert Notice.objects.filter(kind=ASSET_SUBMISSION, due_at__isnull=False).count() == 1


# Claims that are signed by the LMS itself and still tell nothing.
CLAIMS: list[tuple[str, str, Callable[[], dict[str, Any]]]] = [
    ("of an LMS that we do not know", "registration-unknown", lambda: {"iss": "https://e.example"}),
    ("no issuer", "issuer", lambda: {"iss": REMOVED}),
    ("for another tool", "registration-unknown", lambda: {"aud": "other", "azp": REMOVED}),
    ("audience of another tool, azp ours", "audience", lambda: {"aud": "other"}),
    ("no audience", "audience", lambda: {"aud": REMOVED, "azp": REMOVED}),
    ("several audiences, no azp", "audience", lambda: {"aud": ["client-1", "x"], "azp": REMOVED}),
    ("azp of another", "registration-unknown", lambda: {"aud": ["client-1", "x"], "azp": "x"}),
    ("azp as a number", "audience", lambda: {"azp": 7}),
    ("no exp", "expiry-missing", lambda: {"exp": REMOVED}),
    ("exp as true", "expiry-missing", lambda: {"exp": True}),
    ("expired", "expired", lambda: {"iat": NOW() - 180, "exp": NOW() - 120}),
    ("no iat", "issue-missing", lambda: {"iat": REMOVED}),
    ("issued in two minutes", "issued-in-future", lambda: {"iat": NOW() + 120}),
    ("issued a day ago", "issued-long-ago", lambda: {"iat": NOW() - 86400}),
    ("not valid before tomorrow", "not-yet-valid", lambda: {"nbf": NOW() + 86400}),
    ("no nonce", "nonce-missing", lambda: {"nonce": REMOVED}),
    ("empty nonce", "nonce-missing", lambda: {"nonce": " "}),
    ("nonce as a list", "nonce-missing", lambda: {"nonce": ["x"]}),
    ("endless nonce", "nonce-missing", lambda: {"nonce": "n" * 256}),
    ("no version", "version", lambda: {VERSION: REMOVED}),
    ("version 1.1", "version", lambda: {VERSION: "1.1"}),
    ("no deployment", "deployment-missing", lambda: {DEPLOYMENT: REMOVED}),
    ("unknown deployment", "deployment-unknown", lambda: {DEPLOYMENT: "77"}),
    ("no notice, as in a launch", "notice", lambda: {NOTICE: REMOVED}),
    ("notice as text", "notice", lambda: {NOTICE: CONTEXT_COPY}),
    ("notice without id", "notice", lambda: {NOTICE: {"type": CONTEXT_COPY}}),
    ("id as a number", "notice", lambda: {NOTICE: told(id=1)}),
    ("endless id", "notice", lambda: {NOTICE: told(id="x" * 256)}),
    ("of another kind", "notice-kind", lambda: {NOTICE: told(ASSET_SUBMISSION)}),
    ("kind as a list", "notice-kind", lambda: {NOTICE: told(type=[CONTEXT_COPY])}),
    ("no course", "context", lambda: {CONTEXT: REMOVED}),
    ("course without id", "context", lambda: {CONTEXT: {"title": "x"}}),
    ("no origins", "claim-malformed", lambda: {ORIGINS: REMOVED}),
    ("origins as text", "claim-malformed", lambda: {ORIGINS: "course-1"}),
    ("origins of numbers", "claim-malformed", lambda: {ORIGINS: [1]}),
    ("a NUL in a title", "token-malformed", lambda: {CONTEXT: {"id": "c", "title": "\0"}}),
    ("half a surrogate in an id", "token-malformed", lambda: {CONTEXT: {"id": "\ud800"}}),
    ("more than 64 kB", "token-too-large", lambda: {"padding": "x" * 70_000}),
]


@pytest.mark.parametrize(
    ("code", "changes"), [row[1:] for row in CLAIMS], ids=[r[0] for r in CLAIMS]
)
def test_signed_claims_that_do_not_fit_are_refused(
    client: Client, lms: Lms, code: str, changes: Callable[[], dict[str, Any]]
) -> None:
    answer = posted(client, lms.token(copy_claims(lms, **changes())))
    assert codes(answer) == [code]
    assert answer.status_code in (400, 401)
    assert_nothing_was_kept()


SERVICE, REPORTS = CLAIM + "assetservice", CLAIM + "assetreport"
HAND_INS: list[tuple[str, str, dict[str, Any]]] = [
    ("by nobody", "for-user", {CLAIM + "for_user": REMOVED}),
    ("by a number", "for-user", {CLAIM + "for_user": {"user_id": 7}}),
    ("by one of ours", "for-user", {CLAIM + "for_user": {"user_id": "anonymous:1"}}),
    ("in no course", "context", {CONTEXT: REMOVED}),
    ("to no assignment", "claim-malformed", {CLAIM + "activity": REMOVED}),
    ("to an assignment without id", "claim-malformed", {CLAIM + "activity": {}}),
    ("without id", "claim-malformed", {CLAIM + "submission": {"id": ""}}),
    ("without a service", "claim-malformed", {SERVICE: REMOVED}),
    ("of nothing", "claim-malformed", {SERVICE: {"assets": []}}),
    ("of assets as text", "claim-malformed", {SERVICE: {"assets": "a"}}),
    ("of an asset as text", "claim-malformed", {SERVICE: {"assets": ["a"]}}),
    ("of far too many assets", "claim-malformed", {SERVICE: {"assets": [asset()] * 51}}),
    ("on our disk", "claim-malformed", {SERVICE: {"assets": [asset(url="file:///etc/passwd")]}}),
    ("without an address", "claim-malformed", {SERVICE: {"assets": [{"asset_id": "a"}]}}),
    ("of an asset without id", "claim-malformed", {SERVICE: {"assets": [asset(asset_id=5)]}}),
    ("with scopes as text", "claim-malformed", {SERVICE: {"scope": "r", "assets": [asset()]}}),
    ("without a place for reports", "claim-malformed", {REPORTS: {"scope": []}}),
    ("with reports to a script", "claim-malformed", {REPORTS: {"report_url": "javascript:1"}}),
    ("with custom as a list", "claim-malformed", {CUSTOM: ["x"]}),
]


@pytest.mark.parametrize(
    ("code", "changes"), [row[1:] for row in HAND_INS], ids=[r[0] for r in HAND_INS]
)
def test_a_hand_in_that_makes_no_sense_is_refused(
    client: Client, lms: Lms, code: str, changes: dict[str, Any]
) -> None:
    answer = posted(client, lms.token(asset_claims(lms, **changes)), path=ASSETS)
    assert codes(answer) == [code]
    assert answer.status_code == 400
    assert_nothing_was_kept()


def _with_header(lms: Lms, signature: str = "", /, **header: Any) -> str:
    payload = segment(json.dumps(copy_claims(lms)).encode())
    return f"{segment(json.dumps({'kid': KID, **header}).encode())}.{payload}.{signature}"


def _issuer_as_a_list(lms: Lms) -> str:
    payload = json.dumps(copy_claims(lms, iss=[lms.issuer])).encode()
    return raw_token(json.dumps({"alg": "RS256", "kid": KID}).encode(), payload, lms.key)


def _signed_with_the_public_key(lms: Lms) -> str:
    """The oldest trick: the public key, which everybody has, as the secret of an HMAC."""
    pem = lms.key.public_key().public_bytes(
        serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
    )
    header = segment(json.dumps({"alg": "HS256", "kid": KID}).encode())
    signed = f"{header}.{segment(json.dumps(copy_claims(lms)).encode())}"
    return f"{signed}.{segment(hmac.digest(pem, signed.encode(), hashlib.sha256))}"


def _signed_by_another_kind_of_key(lms: Lms) -> str:
    key = ec.generate_private_key(ec.SECP256R1())
    return lms.token(copy_claims(lms), key=key, algorithm="ES256")


def _key_in_the_header(lms: Lms) -> str:
    own = rsa_key("intruder")
    headers = {"jwk": jwk(own, "own"), "kid": "own"}
    return lms.token(copy_claims(lms), key=own, headers=headers)


def _changed_afterwards(lms: Lms) -> str:
    header, payload, signature = lms.token(copy_claims(lms)).split(".")
    claims = json.loads(base64.urlsafe_b64decode(payload + "=="))
    claims[CONTEXT]["id"] = "course-of-others"
    return f"{header}.{segment(json.dumps(claims).encode())}.{signature}"


def _names_twice(lms: Lms) -> str:
    payload = json.dumps(copy_claims(lms)).encode()
    header = json.dumps({"alg": "RS256", "kid": KID}).encode()
    return raw_token(header, payload[:-1] + b', "iss": "x"}', lms.key)


FORGED: list[tuple[str, str, Callable[[Lms], Any]]] = [
    ("signed by nobody", "token-malformed", lambda lms: _with_header(lms, alg="none")),
    (
        "signed by the word of nobody",
        "algorithm",
        lambda lms: _with_header(lms, "QUJD", alg="none"),
    ),
    ("the issuer as a list", "issuer", _issuer_as_a_list),
    ("signed with the public key", "algorithm", _signed_with_the_public_key),
    ("signed by a key of another kind", "algorithm", _signed_by_another_kind_of_key),
    (
        "signed by a stranger",
        "signature",
        lambda lms: lms.token(copy_claims(lms), key=rsa_key("intruder")),
    ),
    ("a key of its own in the header", "key-unknown", _key_in_the_header),
    (
        "no key named",
        "key-missing",
        lambda lms: jwt.encode(copy_claims(lms), lms.key, algorithm="RS256"),
    ),
    (
        "an extension that must be understood",
        "header-critical",
        lambda lms: lms.token(copy_claims(lms), headers={"crit": ["exp"], "exp": 1}),
    ),
    ("changed after it was signed", "signature", _changed_afterwards),
    ("the issuer named twice", "token-duplicate-names", _names_twice),
    ("no token", "token-malformed", lambda lms: ""),
    ("a number", "token-malformed", lambda lms: 7),
    ("two parts", "token-malformed", lambda lms: lms.token(copy_claims(lms)).rpartition(".")[0]),
    ("garbage", "token-malformed", lambda lms: "a.b.c"),
    (
        "a list as payload",
        "token-malformed",
        lambda lms: raw_token(b'{"alg":"RS256"}', b"[]", lms.key),
    ),
]


@pytest.mark.parametrize(("code", "forge"), [row[1:] for row in FORGED], ids=[r[0] for r in FORGED])
def test_what_the_lms_did_not_sign_is_refused(
    client: Client, lms: Lms, code: str, forge: Callable[[Lms], Any]
) -> None:
    answer = posted(client, forge(lms))
    assert codes(answer) == [code]
    assert answer.status_code in (400, 401)
    assert_nothing_was_kept()


# Who may tell


def test_what_is_switched_off_tells_nothing(client: Client, lms: Lms) -> None:
    Deployment.objects.update(active=False)
    assert codes(posted(client, lms.token(copy_claims(lms)))) == ["deployment-inactive"]
    Deployment.objects.update(active=True)
    Registration.objects.update(active=False)
    assert codes(posted(client, lms.token(copy_claims(lms)))) == ["registration-inactive"]
    assert_nothing_was_kept()


def test_a_school_cannot_speak_for_another_of_the_same_issuer(client: Client, lms: Lms) -> None:
    # As on Canvas and Blackboard: one issuer, one key set, a client id each.
    other = lms.register(client_id="client-2")
    Deployment.objects.filter(registration=other).update(deployment_id="theirs")
    stolen = copy_claims(lms, aud="client-1", **{DEPLOYMENT: "theirs"})
    assert codes(posted(client, lms.token(stolen))) == ["deployment-unknown"]
    twofold = copy_claims(lms, aud=["client-1", "client-2"], azp="client-2")
    assert codes(posted(client, lms.token(twofold))) == ["deployment-unknown"]
    assert_nothing_was_kept()


def test_a_copy_reaches_no_course_of_another_lms(client: Client, lms: Lms) -> None:
    with Lms(client_id="client-2").serving() as foreign:
        registration = foreign.register()
        theirs = Context.objects.create(
            deployment=registration.deployments.get(), lti_id="course-1", title="Theirs"
        )
        posted(client, lms.token(copy_claims(lms)))
        copy = Context.objects.exclude(pk=theirs.pk).get()
        assert copy.copied_from is None
        # Nor do its own notices change what others call by the same id.
        assert copy.deployment.registration != registration


def test_a_launch_is_no_notice_and_a_notice_no_launch(client: Client, lms: Lms) -> None:
    asked = lms.start(client)
    launch = lms.token(lms.claims(asked["nonce"]))
    assert codes(posted(client, launch)) == ["notice"]
    notice = lms.token(copy_claims(lms))
    answer = client.post("/lti/launch/", {"state": asked["state"], "id_token": notice})
    assert answer.status_code == 401
    assert not Person.objects.exists()


# Once, and once only


def test_a_notice_that_comes_again_changes_nothing(client: Client, lms: Lms) -> None:
    claims = copy_claims(lms)
    token = lms.token(claims)
    assert posted(client, token, token).status_code == 200
    Context.objects.all().delete()
    answer = posted(client, token)
    assert (answer.status_code, codes(answer)) == (200, ["accepted"])
    # Signed anew, with another content, it is still the notice that was told already.
    changed = claims | {"nonce": "another", CONTEXT: {"id": "elsewhere"}}
    assert posted(client, lms.token(changed)).status_code == 200
    assert not Context.objects.exists()
    assert Notice.objects.count() == 1


def test_a_nonce_serves_one_notice(client: Client, lms: Lms) -> None:
    assert posted(client, lms.token(copy_claims(lms, nonce="n"))).status_code == 200
    answer = posted(client, lms.token(copy_claims(lms, nonce="n", **{CONTEXT: {"id": "second"}})))
    assert (answer.status_code, codes(answer)) == (401, ["nonce-used"])
    assert Notice.objects.count() == 1
    assert not Context.objects.filter(lti_id="second").exists()


def test_an_id_of_one_kind_is_none_of_another(client: Client, lms: Lms) -> None:
    first = copy_claims(lms)
    assert posted(client, lms.token(first)).status_code == 200
    second = asset_claims(lms, **{NOTICE: told(ASSET_SUBMISSION, id=first[NOTICE]["id"])})
    answer = posted(client, lms.token(second), path=ASSETS)
    assert (answer.status_code, codes(answer)) == (401, ["notice-id"])


def test_a_nonce_is_used_up_by_the_notice_that_was_kept_only(client: Client, lms: Lms) -> None:
    broken = copy_claims(lms, nonce="n", **{ORIGINS: 5})
    assert posted(client, lms.token(broken)).status_code == 400
    assert posted(client, lms.token(copy_claims(lms, nonce="n"))).status_code == 200


# Batches and bodies


def test_a_broken_notice_takes_no_good_one_with_it(client: Client, lms: Lms) -> None:
    good = [lms.token(copy_claims(lms, **{CONTEXT: {"id": f"c{n}"}})) for n in range(3)]
    bad = lms.token(copy_claims(lms), key=rsa_key("intruder"))
    answer = posted(client, good[0], bad, good[1], "x", good[2])
    assert answer.status_code == 401
    assert codes(answer) == ["accepted", "signature", "accepted", "token-malformed", "accepted"]
    assert Context.objects.count() == Notice.objects.count() == 3


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"no json",
        b"[]",
        b"{}",
        b'{"notices": {}}',
        b'{"notices": []}',
        b'{"notices": "x"}',
        b"\xff\xfe",
        b'{"notices": ' + b"[" * 100_000,
        json.dumps({"notices": [{}] * (MOST_TOGETHER + 1)}).encode(),
    ],
    ids=["empty", "text", "list", "object", "no list", "none", "string", "bytes", "deep", "many"],
)
def test_a_body_without_notices_is_refused(client: Client, lms: Lms, body: bytes) -> None:
    answer = client.post(COPIES, body, content_type="application/json")
    assert (answer.status_code, answer.json()["code"]) == (400, "request-malformed")


@pytest.mark.parametrize("entry", [None, 7, [], "x", {}, {"jwt": None}, {"jwt": {}}])
def test_an_entry_that_is_no_notice_is_refused(client: Client, lms: Lms, entry: Any) -> None:
    answer = client.post(COPIES, json.dumps({"notices": [entry]}), content_type="application/json")
    assert (answer.status_code, codes(answer)) == (400, ["token-malformed"])


@pytest.mark.parametrize("size", [notices.MOST_BYTES + 1, 5 * 1024 * 1024])
def test_a_body_that_is_too_large_is_not_read(client: Client, lms: Lms, size: int) -> None:
    answer = client.post(COPIES, b"x" * size, content_type="application/json")
    assert (answer.status_code, answer.json()["code"]) == (400, "request-too-large")


def test_other_addresses_and_methods_are_none(client: Client, lms: Lms) -> None:
    assert posted(client, "x", path="/lti/notices/other/").status_code == 404
    assert client.get(COPIES).status_code == 405


def test_keys_that_cannot_be_had_are_not_the_fault_of_the_notice(client: Client, lms: Lms) -> None:
    Registration.objects.update(jwks_url=f"{lms.url}/nowhere")
    token = lms.token(copy_claims(lms))
    answer = posted(client, token)
    assert (answer.status_code, codes(answer)) == (503, ["keys-unreachable"])
    assert_nothing_was_kept()


def test_nobody_is_looked_up_and_no_session_begun_for_a_notice(client: Client, lms: Lms) -> None:
    answer = posted(client, lms.token(copy_claims(lms)))
    assert answer.status_code == 200
    assert not answer.cookies
    assert "no-store" in answer["Cache-Control"]


def test_forgeries_do_not_make_us_pester_the_lms(client: Client, lms: Lms) -> None:
    for number in range(20):
        token = lms.token(copy_claims(lms), headers={"kid": f"invented-{number}"})
        assert codes(posted(client, token)) == ["key-unknown"]
    assert lms.jwks_requests == 1
