"""The last requests that tools made, for tests that count them."""

from __future__ import annotations

import json
import time
from collections import deque
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

from django.http import HttpRequest, HttpResponse

from practice_lms.house import house

KEPT = 50_000
BODY_KEPT = 4096


class RequestLog:
    """A ring of entries; a deque's append is atomic, so no lock is needed."""

    def __init__(self) -> None:
        self.entries: deque[dict[str, Any]] = deque(maxlen=KEPT)

    def clear(self) -> None:
        self.entries.clear()

    def read(self, **wanted: str) -> list[dict[str, Any]]:
        """Entries in order; ``wanted`` names values that an entry must have (as text)."""
        return [
            entry
            for entry in list(self.entries)
            if all(str(entry.get(name)) == value for name, value in wanted.items())
        ]


log = RequestLog()


class RequestLogMiddleware:
    """Note every request but those of the control API."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if request.path.startswith("/control/"):
            return self.get_response(request)
        started = time.monotonic()
        at = datetime.now(UTC).isoformat()
        body = _json_body(request)
        response = self.get_response(request)
        log.entries.append(
            {
                "time": at,
                "milliseconds": round((time.monotonic() - started) * 1000, 1),
                "method": request.method,
                "path": request.path,
                "query": request.META.get("QUERY_STRING", ""),
                "endpoint": getattr(request, "endpoint", ""),
                "status": response.status_code,
                "reason": response.reason_phrase,
                "client": getattr(request, "client_id", "")
                or house.access_tokens.client_of(request),
                "scope": getattr(request, "scope", ""),
                "user_agent": request.headers.get("User-Agent", ""),
                "body": body,
            }
        )
        return response


def _json_body(request: HttpRequest) -> Any:
    """The JSON that a service received; forms (assertions, answers of people) are not kept."""
    if "json" not in request.headers.get("Content-Type", "") or len(request.body) > BODY_KEPT:
        return None
    try:
        return json.loads(request.body)
    except ValueError:
        return request.body.decode("utf-8", "replace")
