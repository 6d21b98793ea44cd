"""A platform's allowance of service calls for each tool, refilled all the time.

Source: Canvas, ``app/middleware/request_throttle.rb``: every call costs a little, calls in flight
are charged much more until they are done, and a tool whose allowance is used up gets a 403 with
the words below. Answers carry ``X-Rate-Limit-Remaining`` and ``X-Request-Cost``.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass

from django.http import HttpResponse

from practice_lms.house import house


@dataclass
class Allowance:
    """What is left to one tool, ``at`` a moment of time.monotonic(), and its calls in flight."""

    left: float
    at: float
    in_flight: int = 0


class RateLimit:
    """The allowances by client_id."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._by_client: dict[str, Allowance] = {}

    def clear(self) -> None:
        """Everybody's allowance is full again."""
        with self._lock:
            self._by_client.clear()

    def around(self, client_id: str, answer: Callable[[], HttpResponse]) -> HttpResponse:
        """The answer or the refusal, with the headers; the mere answer where nothing is limited."""
        manner = house.manner
        if not manner.rate_allowance:
            return answer()
        with self._lock:
            own = self._refilled(client_id)
            own.in_flight += 1
            allowed = own.left - own.in_flight * manner.rate_reserve > 0
        try:
            response = answer() if allowed else _refused()
        finally:
            with self._lock:
                own.in_flight -= 1
                own.left -= manner.rate_cost if allowed else 0
        if allowed:
            response["X-Request-Cost"] = str(manner.rate_cost)
        response["X-Rate-Limit-Remaining"] = str(round(own.left, 3))
        return response

    def _refilled(self, client_id: str) -> Allowance:
        manner, now = house.manner, time.monotonic()
        own = self._by_client.setdefault(client_id, Allowance(manner.rate_allowance, now))
        gained = (now - own.at) * manner.rate_refill
        own.left, own.at = min(own.left + gained, manner.rate_allowance), now
        return own


rate_limit = RateLimit()


def _refused() -> HttpResponse:
    return HttpResponse(
        "403 Forbidden (Rate Limit Exceeded)\n",
        status=403,
        content_type="text/plain; charset=utf-8",
    )
