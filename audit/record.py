"""Appending to the record, and the hash that chains one entry to the one before."""

from __future__ import annotations

import hashlib
import json
import uuid
from datetime import UTC, datetime
from typing import Any

from django.db import transaction
from django.utils import timezone

from audit.models import Chain, Entry


def append(chain: uuid.UUID, event: str, actor: str, detail: dict[str, Any]) -> Entry:
    """Adds one entry inside the caller's transaction, so that both stand or neither does.

    `detail` holds JSON values and no personal data. Raises `RuntimeError` outside a transaction.
    """
    if not transaction.get_connection().in_atomic_block:
        raise RuntimeError("audit entries are written in the transaction they tell of")
    Chain.objects.bulk_create([Chain(id=chain)], ignore_conflicts=True)
    row = Chain.objects.select_for_update().get(pk=chain)
    entry = Entry(
        chain=row,
        sequence=row.length + 1,
        at=timezone.now(),
        event=event,
        actor=actor,
        detail=json.loads(json.dumps(detail)),
        previous=row.head,
    )
    entry.hash = digest(entry)
    entry.save(force_insert=True)
    row.length, row.head = entry.sequence, entry.hash
    row.save(update_fields=["length", "head"])
    return entry


def digest(entry: Entry) -> str:
    """SHA-256 over the entry as canonical JSON (sorted keys, no spaces, UTF-8), in hex."""
    return digest_of(as_document(entry))


def digest_of(document: dict[str, Any]) -> str:
    sealed = {key: value for key, value in document.items() if key != "hash"}
    text = json.dumps(sealed, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return hashlib.sha256(text.encode()).hexdigest()


def as_document(entry: Entry) -> dict[str, Any]:
    """The entry as it is exported and hashed."""
    return {
        "chain": str(entry.chain_id),
        "sequence": entry.sequence,
        "at": _moment(entry.at),
        "event": entry.event,
        "actor": entry.actor,
        "detail": entry.detail,
        "previous": entry.previous,
        "hash": entry.hash,
    }


def _moment(at: datetime) -> str:
    return at.astimezone(UTC).isoformat(timespec="microseconds")


def chain_of(*names: str) -> uuid.UUID:
    """The chain of something that has names and no UUID of its own."""
    return uuid.uuid5(uuid.NAMESPACE_URL, "cograde:" + "/".join(names))
