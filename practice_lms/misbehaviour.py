"""Faults on demand: rules that make an endpoint fail, wait or answer nonsense."""

from __future__ import annotations

import random
import threading
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, fields
from functools import wraps
from typing import Any

from django.http import HttpRequest, HttpResponse

from practice_lms.house import house

ENDPOINTS = (
    "token",
    "scores",
    "results",
    "lineitems",
    "jwks",
    "members",
    "groups",
    "groupsets",
    "notice-handlers",
    "assets",
    "reports",
    "id_token",
    "configuration",
    "registration",
)
STATUSES = (400, 401, 403, 404, 409, 422, 429, 500, 502, 503, 504)
View = Callable[..., HttpResponse]


@dataclass
class Rule:
    """One fault.

    ``status``: answer with it instead of doing the work, or after it when ``after`` is true (the
    answer that was lost on its way). ``retry_after``: seconds or an HTTP date. ``delay``: seconds
    to wait first. ``content_type``: a wrong one for the real answer. ``times``: how often, None
    for ever. ``rate``: the share of requests hit, 0 to 1, drawn from a fixed seed.
    ``per_second``: refuse with 429 what goes beyond so many requests a second.
    ``expired_key`` (id_token only): sign with a key that is not in the published set.
    """

    endpoint: str
    status: int = 0
    retry_after: str = ""
    delay: float = 0
    content_type: str = ""
    times: int | None = None
    rate: float = 1
    per_second: float = 0
    after: bool = False
    expired_key: bool = False
    client_id: str = ""
    hits: int = 0
    _random: random.Random = field(default_factory=lambda: random.Random(1), repr=False)  # noqa: S311
    _tokens: float = field(default=0, repr=False)
    _filled_at: float = field(default_factory=time.monotonic, repr=False)

    def strikes(self) -> bool:
        """Whether this request is hit; counts it when so. Called under the lock."""
        if self.times is not None and self.hits >= self.times:
            return False
        if self.per_second and not self._over_rate():
            return False
        if self.rate < 1 and self._random.random() >= self.rate:
            return False
        self.hits += 1
        return True

    def _over_rate(self) -> bool:
        """A token bucket of one second's worth."""
        now = time.monotonic()
        filled = self._tokens + (now - self._filled_at) * self.per_second
        self._tokens, self._filled_at = min(filled, max(self.per_second, 1)), now
        if self._tokens < 1:
            return True
        self._tokens -= 1
        return False


class Misbehaviour:
    """The rules in force."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self.rules: list[Rule] = []

    def replace(self, rules: Iterable[Rule]) -> None:
        """Put these rules in force instead of those before."""
        with self._lock:
            self.rules = list(rules)

    def strike(self, endpoint: str, client_id: str = "") -> Rule | None:
        """The first rule that hits this request."""
        with self._lock:
            for rule in self.rules:
                fits = rule.endpoint == endpoint and rule.client_id in ("", client_id)
                if fits and rule.strikes():
                    return rule
        return None

    def clear(self) -> None:
        self.replace(())


faults = Misbehaviour()


def rule_of(values: Any) -> Rule:
    """A rule from JSON. Raises ValueError that says what is wrong with it."""
    if not isinstance(values, dict):
        raise ValueError("a rule is a JSON object")  # noqa: TRY004 - one kind of error for callers
    known = {item.name for item in fields(Rule) if item.name != "hits" and item.name[0] != "_"}
    unknown = sorted(set(values) - known)
    if unknown:
        raise ValueError(f"a rule has no {', '.join(unknown)}; it has {', '.join(sorted(known))}")
    if values.get("endpoint") not in ENDPOINTS:
        raise ValueError(f"endpoint must be one of {', '.join(ENDPOINTS)}")
    if values.get("status", 0) not in (0, *STATUSES):
        raise ValueError(f"status must be one of {', '.join(map(str, STATUSES))}")
    if values.get("times") == "forever":
        values = {**values, "times": None}
    if "retry_after" in values:
        values = {**values, "retry_after": str(values["retry_after"])}
    return Rule(**values)


def may_misbehave(endpoint: str) -> Callable[[View], View]:
    """Let the rules for ``endpoint`` act on a view; name the endpoint for the request log."""

    def wrap(view: View) -> View:
        @wraps(view)
        def wrapped(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
            request.endpoint = endpoint  # type: ignore[attr-defined]
            rule = faults.strike(endpoint, house.access_tokens.client_of(request))
            if rule is None:
                return view(request, *args, **kwargs)
            return _act(rule, lambda: view(request, *args, **kwargs))

        return wrapped

    return wrap


def _act(rule: Rule, answer: Callable[[], HttpResponse]) -> HttpResponse:
    if rule.delay:
        time.sleep(rule.delay)
    status = rule.status or (429 if rule.per_second else 0)
    response = answer() if rule.after or not status else HttpResponse()
    if status:
        response = HttpResponse(
            f"Practice LMS was told to answer {status} here.",
            status=status,
            content_type="text/plain",
        )
    if rule.content_type:
        response["Content-Type"] = rule.content_type
    if rule.retry_after or rule.per_second:
        response["Retry-After"] = rule.retry_after or "1"
    return response
