"""The asset service and the asset report service (LTI Asset Processor 1.0).

Shapes and refusals as Canvas' `app/controllers/lti/ims/asset_processor_controller.rb`.
"""

from __future__ import annotations

import re
from typing import Any

from django.http import HttpRequest, HttpResponse, JsonResponse

from practice_lms import vocabulary
from practice_lms.bearer import json_body, tool_service
from practice_lms.house import house
from practice_lms.moments import moment
from practice_lms.problems import Refused
from practice_lms.rows import Asset, Processor, Report, Submission, Tool

PROGRESS = ("Processed", "Processing", "PendingManual", "Failed", "NotProcessed", "NotReady")
HIGHEST_PRIORITY = 5
COLOUR = re.compile(r"#[0-9a-fA-F]{6}")
TEXTS = ("title", "comment", "result", "errorCode", "indicationAlt", "indicationColor")
LONGEST = 5000


@tool_service("assets", GET=(vocabulary.SCOPE_ASSET,))
def asset(request: HttpRequest, tool: Tool, processor_id: str, asset_id: str) -> HttpResponse:  # noqa: ARG001
    """The content of what was handed in."""
    processor = _processor(tool, processor_id)
    found = _asset(processor, asset_id)
    if found is None:
        raise Refused(404, "the processor has no such asset")
    return HttpResponse(found.content, content_type=found.content_type)


@tool_service("reports", POST=(vocabulary.SCOPE_REPORT,))
def reports(request: HttpRequest, tool: Tool, processor_id: str) -> HttpResponse:
    """Take a report; it replaces an older one of its type on the same asset."""
    processor = _processor(tool, processor_id)
    body = json_body(request)
    report = _report(processor, body)
    with house.state.lock:
        known = house.state.get(Report, report.key)
        at = moment(report.timestamp, "timestamp")
        if known and moment(known.timestamp, "timestamp") > at:
            raise Refused(409, "there is a newer report of this type on this asset")
        house.state.put(report)
    return JsonResponse(body, status=201)


def _processor(tool: Tool, id: str) -> Processor:
    found = house.state.get(Processor, id)
    if found is None:
        raise Refused(404, "there is no such asset processor")
    if found.client_id != tool.client_id:
        raise Refused(403, "the asset processor is another tool's")
    return found


def _asset(processor: Processor, id: object) -> Asset | None:
    """The asset, if it was handed in where the processor is attached."""
    found = house.state.get(Asset, str(id))
    submission = house.state.get(Submission, found.submission) if found else None
    here = submission is not None and submission.assignment == processor.assignment
    return found if here else None


def _report(processor: Processor, body: dict[str, Any]) -> Report:
    """The report of a body. Raises Refused naming the field."""
    found = _asset(processor, body.get("assetId"))
    if found is None:
        raise Refused(400, "assetId is none of an asset of this processor")
    kind = body.get("type")
    if not isinstance(kind, str) or not kind:
        raise Refused(400, "type is missing")
    supported = processor.report.get("supportedTypes")
    if isinstance(supported, list) and kind not in supported:
        raise Refused(422, f"type must be one of {', '.join(map(str, supported))}")
    timestamp = body.get("timestamp")
    moment(timestamp, "timestamp")
    values = _values(body)
    return Report(processor.id, found.id, kind, str(timestamp), values)


def _values(body: dict[str, Any]) -> dict[str, Any]:
    """What the report says, as it is shown."""
    values: dict[str, Any] = {}
    for name in TEXTS:
        text = body.get(name)
        if text is None:
            continue
        if not isinstance(text, str) or len(text) > LONGEST:
            raise Refused(400, f"{name} must be a text of at most {LONGEST} characters")
        values[name] = text
    if "indicationColor" in values and not COLOUR.fullmatch(values["indicationColor"]):
        raise Refused(400, "indicationColor must be #RRGGBB")
    priority = body.get("priority")
    if isinstance(priority, bool) or not isinstance(priority, int):
        raise Refused(400, "priority must be a whole number from 0 to 5")
    if not 0 <= priority <= HIGHEST_PRIORITY:
        raise Refused(400, "priority must be a whole number from 0 to 5")
    progress = body.get("processingProgress")
    if not isinstance(progress, str):
        raise Refused(400, "processingProgress is missing")
    values["priority"] = priority
    values["processingProgress"] = progress if progress in PROGRESS else "NotReady"
    values["visibleToOwner"] = body.get("visibleToOwner") is True
    return values
