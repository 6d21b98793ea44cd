"""Deep Linking 2.0: ask a tool for activities, and take what it sends back."""

from __future__ import annotations

import secrets
import time
from collections.abc import Iterable
from dataclasses import asdict
from typing import Any, Literal
from urllib.parse import quote

import jwt
from django.core import signing
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_POST

from practice_lms import messages, tool_keys, vocabulary
from practice_lms.content_items import Added, NotAccepted, Wish, add
from practice_lms.house import house
from practice_lms.problems import NotShown, page
from practice_lms.rows import Assignment, Identity, Person, Tool
from practice_lms.sign_in import membership, signed_in

SALT = "practice_lms.deep_linking"
DATA_SECONDS = 3600
SAID = 500
CLAIM = vocabulary.DEEP_LINKING_CLAIM


def ask(
    person: Person,
    course: str,
    tool: Tool,
    *,
    target: messages.Target,
    identity: Identity | Literal[""] = "",
    settings: dict[str, Any] | None = None,
    without: Iterable[str] = (),
    activity: Assignment | None = None,
) -> messages.Message:
    """The message that asks ``tool`` for activities, or for processors of an assignment.

    Raises messages.NotPossible.

    ``settings`` replace single deep linking settings and ``without`` leaves some out. A tool that
    gets no ``data`` is recognised by the address that it returns to.
    """
    given = {**(_processor_settings() if activity else _settings()), **(settings or {})}
    wish = Wish(
        id=secrets.token_urlsafe(12),
        person=person.id,
        course=course,
        client_id=tool.client_id,
        deployment=tool.deployments[0],
        types=tuple(given["accept_types"]),
        multiple=bool(given.get("accept_multiple", True)),
        line_item=bool(given.get("accept_lineitem", True)),
        activity=activity.id if activity else "",
    )
    signed = signing.dumps(asdict(wish), salt=SALT, compress=True)
    if given.get("data", "") is None or "data" in without:
        given["deep_link_return_url"] += f"?wish={quote(signed)}"
    else:
        given.setdefault("data", signed)
    return messages.send(
        type=vocabulary.DEEP_LINKING_REQUEST,
        person=person.id,
        client=tool.client_id,
        deployment=wish.deployment,
        course=course,
        activity=wish.activity,
        target=target,
        identity=identity,
        settings={name: value for name, value in given.items() if name not in set(without)},
    )


def _settings() -> dict[str, Any]:
    """The settings of Deep Linking 2.0 section 4.4.1 but ``data``."""
    return {
        "deep_link_return_url": f"{house.url}/lti/deep-linking/return",
        "accept_types": [vocabulary.LINK_ITEM],
        "accept_presentation_document_targets": ["iframe", "window"],
        "accept_multiple": True,
        "accept_lineitem": True,
        "auto_create": True,
    }


def _processor_settings() -> dict[str, Any]:
    """The settings that Canvas sends where a processor is attached to an assignment."""
    return {
        "deep_link_return_url": f"{house.url}/lti/deep-linking/return",
        "accept_types": [vocabulary.ASSET_PROCESSOR_ITEM],
        "accept_presentation_document_targets": ["iframe", "window"],
        "accept_multiple": True,
        "auto_create": True,
    }


@csrf_exempt
@require_POST
def returned(request: HttpRequest) -> HttpResponse:
    """Take the tool's response and show what became of it."""
    request.endpoint = "deep-linking"  # type: ignore[attr-defined]
    try:
        tool, claims = _verified(request.POST.get("JWT", ""))
        wish = _wish(tool, claims, request.GET.get("wish", ""))
        course, _ = membership(_asker(request, wish), wish.course, *vocabulary.TEACHERS)
        _spend(claims, wish)
    except NotAccepted as error:
        problem = NotShown(
            400,
            "The tool's answer was not accepted",
            f"Nothing was added: {error}.",
            "Go back to the course and add the activity again.",
        )
        return page(request, problem)
    except NotShown as problem:
        return page(request, problem)
    activity = house.state.get(Assignment, wish.activity)
    added, left_out = _add(tool, wish, claims.get(f"{CLAIM}content_items") or [])
    shown = {
        "place": activity.title if activity else course.title,
        "back": f"/assignments/{activity.id}" if activity else f"/courses/{course.id}",
        "tool": tool,
        "added": added,
        "left_out": left_out,
        "error": _said(claims, "errormsg"),
        "message": _said(claims, "msg"),
    }
    return render(request, "practice_lms/added.html", shown)


def _said(claims: dict[str, Any], name: str) -> str:
    """What the tool says to the person, cut to a length that a page can bear."""
    text = claims.get(f"{CLAIM}{name}")
    return text[:SAID] if isinstance(text, str) else ""


def _verified(token: str) -> tuple[Tool, dict[str, Any]]:
    """The tool and its claims. Raises NotAccepted."""
    try:
        unverified = jwt.decode(token, options={"verify_signature": False})
    except jwt.PyJWTError as error:
        raise NotAccepted(f"the form has no JWT that can be read ({error})") from error
    tool = house.state.get(Tool, str(unverified.get("iss", "")))
    if tool is None or not tool.active:
        raise NotAccepted("its issuer is no active tool of this LMS")
    try:
        return tool, tool_keys.verify(token, tool, [house.url])
    except tool_keys.BadSignature as error:
        raise NotAccepted(str(error)) from error


def _wish(tool: Tool, claims: dict[str, Any], of_address: str) -> Wish:
    """What the response answers, from its data or else its address. Raises NotAccepted."""
    prefix = vocabulary.CLAIM
    if claims.get(f"{prefix}message_type") != vocabulary.DEEP_LINKING_RESPONSE:
        raise NotAccepted(f"its message type is not {vocabulary.DEEP_LINKING_RESPONSE}")
    if claims.get(f"{prefix}version") != vocabulary.VERSION:
        raise NotAccepted(f"its version is not {vocabulary.VERSION}")
    try:
        data = of_address or str(claims.get(f"{CLAIM}data"))
        wish = Wish(**signing.loads(data, salt=SALT, max_age=DATA_SECONDS))
    except signing.SignatureExpired as error:
        raise NotAccepted("the request that it answers is too old") from error
    except (signing.BadSignature, TypeError) as error:
        raise NotAccepted("its data is not what this LMS sent") from error
    if wish.client_id != tool.client_id:
        raise NotAccepted("the request that it answers went to another tool")
    if claims.get(f"{prefix}deployment_id") != wish.deployment:
        raise NotAccepted("its deployment_id is not that of the request")
    if not isinstance(claims.get(f"{CLAIM}content_items", []), list):
        raise NotAccepted("its content_items are no list")
    return wish


def _asker(request: HttpRequest, wish: Wish) -> Person:
    """The person who asked, signed in to the LMS in this browser. Raises NotAccepted."""
    person = signed_in(request)
    if person is None or person.id != wish.person:
        raise NotAccepted("the person who asked for activities is not signed in here")
    return person


def _spend(claims: dict[str, Any], wish: Wish) -> None:
    """Refuse a nonce or a request that was answered before. Raises NotAccepted."""
    nonce = claims.get("nonce")
    if not isinstance(nonce, str) or not nonce:
        raise NotAccepted("its nonce is missing")
    until = time.time() + DATA_SECONDS
    if not house.spent.spend(f"nonce {wish.client_id} {nonce}", until):
        raise NotAccepted("its nonce was used before")
    if not house.spent.spend(f"wish {wish.id}", until):
        raise NotAccepted("the request that it answers was answered before")


def _add(tool: Tool, wish: Wish, items: list[Any]) -> tuple[list[Added], list[str]]:
    """What was made, and for each item that was left out the cause."""
    added: list[Added] = []
    left_out: list[str] = []
    for item in items:
        if added and not wish.multiple:
            left_out.append("only one item was asked for")
            continue
        try:
            added.append(add(tool, wish, item))
        except NotAccepted as error:
            left_out.append(str(error))
    return added, left_out
