"""The answer to a teacher who makes new links: ltiResourceLinks with their gradebook columns.

Sources: LTI Deep Linking 2.0 sections 3.2 (resource links) and 4.5 (the response); Submission
Review 1.0 section 3 (the column's ``submissionReview``).
"""

from __future__ import annotations

import secrets
import time
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.translation import gettext as _
from pylti1p3.lineitem import LineItem

from lti_tool import columns, copies, frames, keys, rights, state
from lti_tool.messages import CLAIM
from lti_tool.models import DeepLinkingRequest
from lti_tool.roles import Right

DEEP_LINKING = "https://purl.imsglobal.org/spec/lti-dl/claim/"
ANSWER_WITHIN = timedelta(hours=12)
TOKEN_SECONDS = 300

Period = tuple[datetime | None, datetime | None]


def require(request: HttpRequest, pk: int) -> DeepLinkingRequest:
    """The open request ``pk`` of the person who asks; raises ``Http404`` for anybody else.

    The person must (still) be allowed to teach or administer the course.
    """
    person = getattr(request, "person", None)
    asked = (
        DeepLinkingRequest.objects.select_related("context__deployment__registration")
        .filter(pk=pk, person=person, created_at__gt=timezone.now() - ANSWER_WITHIN)
        .first()
        if person is not None
        else None
    )
    if asked is None:
        raise Http404
    membership = rights.membership(request, asked.context)
    if membership is None or not (membership.has(Right.TEACH) or membership.has(Right.ADMINISTER)):
        raise Http404
    return asked


def resource_link(
    *,
    title: str,
    custom: Mapping[str, str],
    text: str = "",
    maximum: Decimal | None = None,
    resource_id: str = "",
    available: Period | None = None,
    submission: Period | None = None,
    window: bool = False,
) -> dict[str, Any]:
    """A content item that opens us with ``custom``; ``maximum`` points ask for a column.

    ``available`` and ``submission`` are (start, end), each aware or None. The link carries a mark
    of its own, so that a copy of it is known again. The address is the one of the tool itself.
    """
    mark = {copies.UID: secrets.token_urlsafe(16)}
    item: dict[str, Any] = {
        "type": "ltiResourceLink",
        "title": title,
        "url": f"{settings.BASE_URL}/",
        "custom": {**custom, **mark, **copies.HISTORY},
    }
    if text:
        item["text"] = text
    if maximum is not None:
        item["lineItem"] = _line_item(title, maximum, resource_id)
    for name, period in (("available", available), ("submission", submission)):
        if period is not None and (moments := _moments(period)):
            item[name] = moments
    if window:
        item["window"] = {"targetName": "_blank"}
    return item


def respond(
    request: HttpRequest, asked: DeepLinkingRequest, items: list[dict[str, Any]]
) -> HttpResponse:
    """The page that carries ``items`` back to the LMS; an empty list says that nothing was chosen.

    The form sends itself where scripts run and has a button where they do not. A choice that was
    made in a window of its own waits for the frame that opened the window.
    """
    if not asked.accept_line_item:
        items = [{key: item[key] for key in item if key != "lineItem"} for item in items]
    if not asked.accept_multiple:
        items = items[:1]
    chosen = DeepLinkingRequest.objects.filter(pk=asked.pk)
    chosen.update(answered_at=timezone.now(), answer=items if asked.ticket_digest else None)
    if asked.ticket_digest:
        return render(request, "lti_tool/chosen_in_window.html")
    registration = asked.context.deployment.registration
    response = render(
        request,
        "lti_tool/deep_linking_response.html",
        {"action": asked.return_url, "token": token(asked, items)},
    )
    frames.allow_form_to(response, [asked.return_url, *registration.origins])
    return response


def cancel(request: HttpRequest, asked: DeepLinkingRequest) -> HttpResponse:
    """Back to the LMS with nothing chosen."""
    return respond(request, asked, [])


def answer_for(ticket: str) -> dict[str, str]:
    """Where to send which answer, for the frame whose window has chosen; empty until then.

    An answer is handed out once.
    """
    waiting = DeepLinkingRequest.objects.filter(ticket_digest=state.digest(ticket or "-"))
    asked = (
        waiting.filter(answer__isnull=False, created_at__gt=timezone.now() - ANSWER_WITHIN)
        .select_related("context__deployment__registration")
        .first()
    )
    if asked is None:
        return {}
    taken = waiting.filter(pk=asked.pk, answer__isnull=False).update(answer=None)
    return {"action": asked.return_url, "token": token(asked, asked.answer)} if taken else {}


def token(asked: DeepLinkingRequest, items: list[dict[str, Any]]) -> str:
    """The signed LtiDeepLinkingResponse."""
    deployment = asked.context.deployment
    now = int(time.time())
    claims: dict[str, Any] = {
        "iss": deployment.registration.client_id,
        "aud": deployment.registration.issuer,
        "iat": now,
        "exp": now + TOKEN_SECONDS,
        "nonce": secrets.token_urlsafe(24),
        CLAIM + "deployment_id": deployment.deployment_id,
        CLAIM + "message_type": "LtiDeepLinkingResponse",
        CLAIM + "version": "1.3.0",
        DEEP_LINKING + "content_items": items,
    }
    if not items:
        claims[DEEP_LINKING + "msg"] = _("Nothing was chosen.")
    if asked.data is not None:
        claims[DEEP_LINKING + "data"] = asked.data
    return keys.sign(claims)


def _line_item(title: str, maximum: Decimal, resource_id: str) -> dict[str, Any]:
    column = LineItem().set_label(title).set_score_maximum(float(maximum)).set_tag(columns.TAG)
    if resource_id:
        column.set_resource_id(resource_id)
    # Submission Review 1.0 section 3: without an address the LMS opens the link itself.
    column.set_submission_review(["InProgress", "Submitted", "Completed"])
    value = {
        "label": column.get_label(),
        "scoreMaximum": column.get_score_maximum(),
        "resourceId": column.get_resource_id(),
        "tag": column.get_tag(),
        "submissionReview": column.get_submission_review(),
    }
    return {name: part for name, part in value.items() if part is not None}


def _moments(period: Period) -> dict[str, str]:
    names = ("startDateTime", "endDateTime")
    return {
        name: moment.astimezone(UTC).isoformat(timespec="seconds").replace("+00:00", "Z")
        for name, moment in zip(names, period, strict=True)
        if moment is not None
    }
