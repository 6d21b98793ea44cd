"""Finding out whether the record was tampered with: entries altered, removed, added or reordered.

Works on exported documents alone, so an auditor needs neither the database nor our word.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from audit.record import digest_of

Document = dict[str, Any]


@dataclass(frozen=True)
class Fault:
    chain: str
    sequence: int
    what: str

    def __str__(self) -> str:
        return f"chain {self.chain}, entry {self.sequence}: {self.what}"


@dataclass
class Head:
    length: int = 0
    hash: str = ""


def verify(documents: Iterable[Document], heads: dict[str, Head]) -> Iterator[Fault]:
    """Yields every fault in `documents`, which come grouped by chain and ordered by sequence.

    `heads` is filled with what was found at the end of each chain.
    """
    for document in documents:
        chain = document["chain"]
        head = heads.setdefault(chain, Head())
        sequence = document["sequence"]
        if sequence != head.length + 1:
            yield Fault(chain, sequence, f"entry {head.length + 1} is missing before it")
        if document["previous"] != head.hash:
            yield Fault(chain, sequence, "does not continue the entry before it")
        if digest_of(document) != document["hash"]:
            yield Fault(chain, sequence, "its content was changed after it was written")
        head.length, head.hash = sequence, document["hash"]


def compare_heads(found: dict[str, Head], expected: dict[str, Head]) -> Iterator[Fault]:
    """Yields a fault for each chain that ends before, or otherwise than, it is known to."""
    for chain, known in expected.items():
        head = found.get(chain, Head())
        if head.length < known.length:
            yield Fault(chain, head.length + 1, f"cut off: {known.length} entries are known")
        elif head.length == known.length and head.hash != known.hash:
            yield Fault(chain, head.length, "ends with another entry than is known")
