"""Telling tools what happened: signed notices, posted once and never again.

Source: LTI Platform Notification Service 1.0 as Canvas sends it (`doc/api/pns.md`,
`app/models/lti/pns`): ``{"notices": [{"jwt": ...}]}``, each JWT with the claim ``notice``.
"""

from __future__ import annotations

import secrets
import threading
import time
import uuid
from collections import deque
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from typing import Any

import requests

from practice_lms import keys, vocabulary
from practice_lms.house import house
from practice_lms.rows import NoticeHandler, Tool, handler_key

CLAIM = vocabulary.CLAIM
KEPT = 1000
TIMEOUT_SECONDS = 10
JWT_SECONDS = 3600
PENDING = 0
UNREACHED = -1


@dataclass
class Delivery:
    """One POST to a handler. ``status`` is that of HTTP, PENDING, or UNREACHED with ``error``."""

    client_id: str
    deployment: str
    type: str
    handler: str
    notices: list[dict[str, Any]]  # the claims
    at: str = field(default_factory=lambda: datetime.now(UTC).isoformat(timespec="seconds"))
    status: int = PENDING
    error: str = ""

    @property
    def when(self) -> datetime:
        return datetime.fromisoformat(self.at)


class Deliveries:
    """The last deliveries, oldest first."""

    def __init__(self) -> None:
        self._kept: deque[Delivery] = deque(maxlen=KEPT)

    def add(self, delivery: Delivery) -> None:
        self._kept.append(delivery)

    def clear(self) -> None:
        self._kept.clear()

    def of(self, client_id: str = "") -> list[Delivery]:
        return [row for row in list(self._kept) if client_id in ("", row.client_id)]

    def described(self) -> list[dict[str, Any]]:
        """All as JSON."""
        return [asdict(row) for row in self.of()]


deliveries = Deliveries()


def notify(tool: Tool, deployment: str, kind: str, claims: list[dict[str, Any]]) -> bool:
    """Send a notice for each of ``claims``, if the tool wants such notices; whether it does."""
    handler = house.state.get(NoticeHandler, handler_key(tool.client_id, deployment, kind))
    if handler is None or not tool.active:
        return False
    send(handler, claims)
    return True


def send(handler: NoticeHandler, claims: list[dict[str, Any]]) -> None:
    """Post a notice for each of ``claims``, in batches of the size that the handler takes."""
    size = handler.max_batch_size or len(claims)
    for start in range(0, len(claims), size):
        batch = [_claims(handler, own) for own in claims[start : start + size]]
        delivery = Delivery(handler.client_id, handler.deployment, handler.type, handler.url, batch)
        deliveries.add(delivery)
        threading.Thread(target=_post, args=(delivery,), daemon=True).start()


def _claims(handler: NoticeHandler, own: dict[str, Any]) -> dict[str, Any]:
    now = int(time.time())
    return {
        "iss": house.url,
        "aud": handler.client_id,
        "azp": handler.client_id,
        "iat": now,
        "exp": now + JWT_SECONDS,
        "nonce": secrets.token_urlsafe(12),
        f"{CLAIM}deployment_id": handler.deployment,
        f"{CLAIM}version": vocabulary.VERSION,
        f"{CLAIM}notice": {
            "id": str(uuid.uuid4()),
            "timestamp": datetime.now(UTC).isoformat(timespec="seconds"),
            "type": handler.type,
        },
        **own,
    }


def _post(delivery: Delivery) -> None:
    signed = [{"jwt": keys.sign(house.state, claims)} for claims in delivery.notices]
    try:
        answer = requests.post(
            delivery.handler,
            json={"notices": signed},
            timeout=TIMEOUT_SECONDS,
            allow_redirects=False,
            headers={"User-Agent": "Practice LMS"},
        )
    except requests.RequestException as error:
        delivery.error = str(error)
        delivery.status = UNREACHED
    else:
        delivery.status = answer.status_code
