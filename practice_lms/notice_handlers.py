"""Where tools want to be told what happens: the service of Platform Notification Service 1.0.

Shapes as Canvas documents and answers them (`doc/api/pns.md`,
`app/controllers/lti/ims/notice_handlers_controller.rb`): one handler for each kind of notice and
deployment, on the tool's own domain, removed with an empty address.
"""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest, HttpResponse, JsonResponse

from practice_lms import notices, vocabulary
from practice_lms.bearer import json_body, tool_service
from practice_lms.house import house
from practice_lms.problems import Refused
from practice_lms.rows import NoticeHandler, Tool, handler_key

SCOPES = (vocabulary.SCOPE_NOTICES,)
SMALLEST_BATCH = 10  # as Canvas: a smaller one is refused
LONGEST = 2000


@tool_service("notice-handlers", GET=SCOPES, PUT=SCOPES)
def notice_handlers(request: HttpRequest, tool: Tool, deployment: str) -> HttpResponse:
    """The handlers of a deployment; or set one, or remove it with an empty ``handler``."""
    if deployment not in tool.deployments:
        raise Refused(404, "the tool has no such deployment")
    if request.method == "GET":
        return JsonResponse(_catalogue(tool, deployment))
    wanted = _wanted(tool, deployment, json_body(request))
    if not wanted.url:
        known = house.state.get(NoticeHandler, wanted.key)
        if known is not None:
            house.state.delete(known)
        return JsonResponse(_described(wanted))
    house.state.put(wanted)
    if wanted.type == vocabulary.HELLO_WORLD_NOTICE:
        notices.send(wanted, [{}])
    return JsonResponse(_described(wanted))


def _catalogue(tool: Tool, deployment: str) -> dict[str, Any]:
    """Every kind of notice with its handler, empty where there is none."""
    listed = []
    for kind in house.manner.notice_types:
        known = house.state.get(NoticeHandler, handler_key(tool.client_id, deployment, kind))
        listed.append(_described(known or NoticeHandler(tool.client_id, deployment, kind)))
    return {
        "client_id": tool.client_id,
        "deployment_id": deployment,
        "notice_handlers": listed,
    }


def _wanted(tool: Tool, deployment: str, body: dict[str, Any]) -> NoticeHandler:
    """The handler that a body describes. Raises Refused (400)."""
    kind, url, batch = body.get("notice_type"), body.get("handler"), body.get("max_batch_size")
    if kind not in house.manner.notice_types:
        raise Refused(400, f"notice_type must be one of {', '.join(house.manner.notice_types)}")
    if not isinstance(url, str) or len(url) > LONGEST:
        raise Refused(400, "handler must be a web address or an empty text")
    if url and not tool.owns(url):
        raise Refused(400, f"handler {url} is not on the domain of the tool")
    if batch is not None and (
        isinstance(batch, bool) or not isinstance(batch, int) or batch < SMALLEST_BATCH
    ):
        raise Refused(400, f"max_batch_size must be a whole number, {SMALLEST_BATCH} or more")
    return NoticeHandler(tool.client_id, deployment, str(kind), url, batch)


def _described(handler: NoticeHandler) -> dict[str, Any]:
    found: dict[str, Any] = {"notice_type": handler.type, "handler": handler.url}
    if handler.max_batch_size is not None:
        found["max_batch_size"] = handler.max_batch_size
    return found
