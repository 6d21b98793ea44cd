"""What an LMS says of things handed in to its own assignments, and how to get at them.

Source: 1EdTech LTI Asset Processor 1.0 as Canvas offers it (``doc/api/document_processor.md``,
``app/controllers/lti/ims/asset_processor_controller.rb``): a notice names the assets of one
hand-in, each with an address, and where reports on them go (``lti_tool.asset_reports``).
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
from collections.abc import Mapping
from pathlib import PurePosixPath
from typing import Any
from urllib.parse import urljoin

from django.conf import settings
from django.db import transaction

from lti_tool import frames, messages, services, tokens, transport
from lti_tool.messages import CLAIM, Claims
from lti_tool.models import (
    Asset,
    Context,
    DeepLinkingRequest,
    Deployment,
    HandIn,
    Notice,
    Person,
)
from lti_tool.refusals import LaunchRefused
from lti_tool.transport import Answer, AnswerTooLarge, TransportError

READ = "https://purl.imsglobal.org/spec/lti/scope/asset.readonly"
REPORT = "https://purl.imsglobal.org/spec/lti/scope/report"
# Where a teacher attaches a processor to an assignment, as deep linking calls it.
PLACE = "ActivityAssetProcessor"
ITEM = "ltiAssetProcessor"
LINK = "ltiResourceLink"
# The custom parameter of a processor that says by what a hand-in is marked.
ASSESSMENT = "assessment"
REPORT_TYPE = "cograde"

MOST_ASSETS = 50
MOST_BYTES = 1024 * 1024
MOST_REDIRECTS = 5
LARGEST_SIZE = 2**53
_REDIRECTS = frozenset({301, 302, 303, 307, 308})
_CAUSES = {
    403: "The LMS does not let this tool read what was handed in.",
    404: "The LMS no longer has what was handed in.",
}


class AssetTooLarge(TransportError):  # noqa: N818 - says what is the case
    """An asset of more than :data:`MOST_BYTES`."""

    def __init__(self) -> None:
        limit = MOST_BYTES // (1024 * 1024)
        super().__init__(f"It is larger than {limit} MB, which is what is read.", permanent=True)


# The notice


def facts(claims: Claims) -> dict[str, Any]:
    """What is kept of an LtiAssetProcessorSubmissionNotice: ids and addresses, nobody's name.

    Raises :class:`LaunchRefused` when what is needed is missing or of another form.
    """
    course = messages.course(claims)
    if course is None:
        raise LaunchRefused("context")
    activity = _required(claims, "activity")
    service, report = _required(claims, "assetservice"), _required(claims, "assetreport")
    assets = service.get("assets")
    if not isinstance(assets, list) or not 0 < len(assets) <= MOST_ASSETS:
        raise LaunchRefused("claim-malformed")
    report_url = messages.web_url(report, "report_url", "claim-malformed")
    if not report_url:
        raise LaunchRefused("claim-malformed")
    scopes = [*messages.texts(service.get("scope", []), "claim-malformed")]
    scopes += messages.texts(report.get("scope", []), "claim-malformed")
    return {
        "course": {"id": course.id, "title": course.title, "label": course.label},
        "activity": {
            "id": messages.identifier(activity, "id", "claim-malformed"),
            "title": messages.text(activity, "title", messages.TITLE_LENGTH),
        },
        "submission": messages.identifier(_required(claims, "submission"), "id", "claim-malformed"),
        "user": _user(claims),
        "assessment": messages.custom(claims).get(ASSESSMENT, "")[: messages.ID_LENGTH],
        "report_url": report_url,
        "scopes": sorted(set(scopes)),
        "assets": [_asset(found) for found in assets],
    }


def _user(claims: Claims) -> str:
    """Who handed in; never one of those whom no LMS knows by the name that we gave them."""
    user = messages.for_user(claims, required=True)
    if user.startswith(messages.OUR_SUBJECTS):
        raise LaunchRefused("for-user")
    return user


def _required(claims: Claims, name: str) -> Claims:
    found = messages.section(claims, CLAIM + name)
    if found is None:
        raise LaunchRefused("claim-malformed")
    return found


def _asset(found: object) -> dict[str, Any]:
    if not isinstance(found, dict):
        raise LaunchRefused("claim-malformed")
    url = messages.web_url(found, "url", "claim-malformed")
    if not url:
        raise LaunchRefused("claim-malformed")
    name = messages.text(found, "filename", messages.TITLE_LENGTH)
    size = found.get("size")
    known = isinstance(size, int) and not isinstance(size, bool) and 0 <= size < LARGEST_SIZE
    return {
        "asset_id": messages.identifier(found, "asset_id", "claim-malformed"),
        "url": url,
        "sha256": messages.text(found, "sha256_checksum", 88),
        "size": size if known else 0,
        "content_type": messages.text(found, "content_type", messages.ID_LENGTH).lower(),
        "suffix": PurePosixPath(name.replace("\\", "/")).suffix.lower()[:20],
        # A text that was typed in the LMS has no file name.
        "is_file": bool(name),
    }


@transaction.atomic
def record(notice: Notice) -> HandIn:
    """The rows of what a notice tells; the same ones when a teacher has it sent again.

    Whoever handed in may never have launched us: then their row is made, without any rights.
    """
    said = notice.claims
    registration = notice.deployment.registration
    course = said["course"]
    context, _created = Context.objects.get_or_create(
        deployment=notice.deployment,
        lti_id=course["id"],
        of_link=False,
        defaults={"title": course["title"], "label": course["label"]},
    )
    person, _created = Person.objects.get_or_create(registration=registration, sub=said["user"])
    processor = _digest(str(notice.deployment.pk), said["report_url"])
    handed_in, new = HandIn.objects.get_or_create(
        digest=_digest(processor, said["submission"]),
        defaults={
            "context": context,
            "person": person,
            "processor": processor,
            "activity_id": said["activity"]["id"],
            "activity_title": said["activity"]["title"],
            "assessment": said["assessment"],
            "submission_id": said["submission"],
            "report_url": said["report_url"],
            "scopes": said["scopes"],
            "received_at": notice.received_at,
        },
    )
    if new:
        unique = {each["asset_id"]: each for each in said["assets"]}
        Asset.objects.bulk_create(Asset(handed_in=handed_in, **each) for each in unique.values())
    return handed_in


def _digest(*parts: str) -> str:
    return hashlib.sha256("\n".join(parts).encode()).hexdigest()


def found(deployment: Deployment, submission_id: str, asset_id: str) -> Asset | None:
    """What the LMS calls by these ids (the launch that opens a report names both)."""
    return (
        Asset.objects.select_related("handed_in")
        .filter(
            handed_in__context__deployment=deployment,
            handed_in__submission_id=submission_id,
            asset_id=asset_id,
        )
        .order_by("-handed_in__received_at")
        .first()
    )


def forget(person: Person) -> None:
    """Everything of a person's hand-ins in the LMS, that which has just been told too."""
    HandIn.objects.filter(person=person).delete()
    Notice.objects.filter(
        deployment__registration=person.registration, claims__user=person.sub
    ).update(due_at=None, claims={})


# The assets


def content(asset: Asset) -> bytes:
    """What was handed in, as the LMS gives it and as it announced it.

    Speaks to the LMS; raises :class:`TransportError`. Must not be called inside a transaction.
    """
    if asset.size > MOST_BYTES:
        raise AssetTooLarge
    registration = asset.handed_in.context.deployment.registration
    scopes = services.granted(asset.handed_in.scopes, READ)
    token = tokens.access_token(registration, scopes)
    answer = _followed(asset.url, token)
    if answer.status == 401:
        token = tokens.access_token(registration, scopes, rejected=token)
        answer = _followed(asset.url, token)
    if not answer.ok:
        raise services.failure(registration, answer, _CAUSES)
    if asset.sha256 and not _is_sum_of(asset.sha256, answer.body):
        raise TransportError("What the LMS sent is not what it had announced.", permanent=False)
    return answer.body


def _followed(url: str, token: str) -> Answer:
    """The answer behind redirections: LMSs keep files elsewhere. Our token is for the site that
    the notice names, and nobody else gets it."""
    at, trusted = url, True
    for _step in range(MOST_REDIRECTS + 1):
        trusted = trusted and frames.origin(at) == frames.origin(url)
        answer = _got(at, token if trusted else "")
        if answer.status not in _REDIRECTS:
            return answer
        at = urljoin(at, answer.headers.get("Location", ""))
        if not messages.is_web_url(at):
            break
    raise TransportError("The LMS sends us from one address to the next.", permanent=True)


def _got(url: str, token: str) -> Answer:
    headers = {"Accept": "*/*"}
    try:
        if token:
            return services.send("GET", url, token, headers, limit=MOST_BYTES)
        return transport.send("GET", url, headers=headers, repeatable=True, limit=MOST_BYTES)
    except AnswerTooLarge as error:
        raise AssetTooLarge from error


def _is_sum_of(checksum: str, body: bytes) -> bool:
    """SHA-256 in base64, as Canvas writes it, or in hexadecimal digits."""
    wanted = hashlib.sha256(body).digest()
    try:
        given = bytes.fromhex(checksum) if len(checksum) == 64 else base64.b64decode(checksum)
    except (ValueError, binascii.Error):
        return False
    return hmac.compare_digest(given, wanted)


# Attaching


def is_wanted(asked: DeepLinkingRequest) -> bool:
    """Whether a teacher is choosing what is attached to an assignment, and not links."""
    return ITEM in asked.accept_types and LINK not in asked.accept_types


def content_item(*, title: str, text: str, custom: Mapping[str, str]) -> dict[str, Any]:
    """The content item that attaches a processor of ours to an assignment (Deep Linking 2.0).

    Both launches that belong to it, of its settings and of its reports, come to the address of
    the tool itself.
    """
    target = f"{settings.BASE_URL}/"
    item: dict[str, Any] = {
        "type": ITEM,
        "title": title,
        "url": target,
        "custom": dict(custom),
        "report": {"url": target},
    }
    return item | ({"text": text} if text else {})
