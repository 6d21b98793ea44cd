"""Launches for tests: what a browser would hold and send."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest

from practice_lms import deep_linking, messages, seed, settings
from practice_lms.control_calls import Misunderstood, control, found, line_item
from practice_lms.house import house
from practice_lms.rows import Assignment, Person, Report, ResourceLink, Tool, report_key
from practice_lms.sign_in import cookie_value


@control("POST")
def launch(_request: HttpRequest, body: dict[str, Any]) -> Any:
    """The cookie of ``user`` and the login form of a message.

    ``message`` is resource_link (of ``link``), deep_linking (of ``course`` and ``client_id``, with
    ``settings`` and ``without``), submission_review (of ``for_user`` in ``line_item`` or in
    ``link``), data_privacy (of ``client_id``, with ``for_user`` if about another person), or
    report_review (of ``processor``, ``asset`` and ``type``). Deep linking with ``assignment`` asks
    for asset processors.
    ``target`` is iframe or window; ``identity`` (full, sub, none) overrides the tool's.
    """
    person = found(Person, body["user"])
    kind = body.get("message", "resource_link")
    if kind not in _KINDS:
        raise Misunderstood(f"message must be one of {', '.join(_KINDS)}")
    if body.get("identity", "") not in ("", "full", "sub", "none"):
        raise Misunderstood("identity must be full, sub or none")
    how: dict[str, Any] = {
        "target": "window" if body.get("target") == "window" else "iframe",
        "identity": body.get("identity", ""),
    }
    try:
        message = _KINDS[kind](person, body, how)
    except messages.NotPossible as error:
        raise Misunderstood(str(error)) from error
    return {
        "cookie": {"name": settings.SIGN_IN_COOKIE, "value": cookie_value(person)},
        "authorize_url": f"{house.url}/lti/authorize",
        "login_url": message.tool.login_url,
        "fields": messages.login_fields(message),
    }


def _resource_link(person: Person, body: dict[str, Any], how: dict[str, Any]) -> messages.Message:
    return messages.launch(person, found(ResourceLink, body.get("link", seed.LINK)), **how)


def _deep_linking(person: Person, body: dict[str, Any], how: dict[str, Any]) -> messages.Message:
    activity = found(Assignment, body["assignment"]) if "assignment" in body else None
    return deep_linking.ask(
        person,
        activity.course if activity else body.get("course", seed.COURSE),
        found(Tool, body.get("client_id", seed.CLIENT_ID)),
        settings=body.get("settings"),
        without=body.get("without", ()),
        activity=activity,
        **how,
    )


def _submission_review(
    person: Person, body: dict[str, Any], how: dict[str, Any]
) -> messages.Message:
    about = found(Person, body["for_user"])
    return messages.submission_review(person, line_item(body), about, **how)


def _data_privacy(person: Person, body: dict[str, Any], how: dict[str, Any]) -> messages.Message:
    about = found(Person, body["for_user"]) if "for_user" in body else None
    tool = found(Tool, body.get("client_id", seed.CLIENT_ID))
    return messages.data_privacy(person, tool, about, **how)


def _report_review(person: Person, body: dict[str, Any], how: dict[str, Any]) -> messages.Message:
    key = report_key(body["processor"], body["asset"], body["type"])
    return messages.report_review(person, found(Report, key), **how)


_KINDS = {
    "resource_link": _resource_link,
    "deep_linking": _deep_linking,
    "submission_review": _submission_review,
    "data_privacy": _data_privacy,
    "report_review": _report_review,
}
