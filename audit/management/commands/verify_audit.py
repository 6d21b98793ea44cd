from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from audit.models import Chain, Entry
from audit.record import as_document
from audit.verification import Document, Fault, Head, compare_heads, verify


class Command(BaseCommand):
    help = "Verifies the hash chains of the audit record; exit status 1 when tampering is found."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--export", type=Path, help="also write the entries as JSON lines")
        parser.add_argument("--file", type=Path, help="verify such an export, not the database")
        parser.add_argument("--save-heads", type=Path, help="write each chain's end, to keep apart")
        parser.add_argument("--against", type=Path, help="compare with chain ends kept apart")

    def handle(self, *_args: Any, **options: Any) -> None:
        heads: dict[str, Head] = {}
        documents = _read(options["file"]) if options["file"] else _stored()
        if options["export"]:
            documents = _copied(documents, options["export"])
        faults = list(verify(documents, heads))
        if not options["file"]:
            faults += compare_heads(heads, _remembered())
        if options["against"]:
            faults += compare_heads(heads, _load_heads(options["against"]))
        if options["save_heads"]:
            known = {chain: [head.length, head.hash] for chain, head in sorted(heads.items())}
            options["save_heads"].write_text(json.dumps(known, indent=1))
        self._report(faults, heads)

    def _report(self, faults: list[Fault], heads: dict[str, Head]) -> None:
        entries = sum(head.length for head in heads.values())
        if faults:
            for fault in faults:
                self.stderr.write(str(fault))
            raise CommandError(f"{len(faults)} faults in {len(heads)} chains: tampering.")
        self.stdout.write(f"{entries} entries in {len(heads)} chains: unbroken.")


def _stored() -> Iterator[Document]:
    for entry in Entry.objects.order_by("chain_id", "sequence").iterator(chunk_size=2000):
        yield as_document(entry)


def _read(path: Path) -> Iterator[Document]:
    with path.open(encoding="utf-8") as lines:
        for line in lines:
            yield json.loads(line)


def _copied(documents: Iterable[Document], path: Path) -> Iterator[Document]:
    with path.open("w", encoding="utf-8") as out:
        for document in documents:
            out.write(json.dumps(document, ensure_ascii=False) + "\n")
            yield document


def _remembered() -> dict[str, Head]:
    return {str(chain.pk): Head(chain.length, chain.head) for chain in Chain.objects.iterator()}


def _load_heads(path: Path) -> dict[str, Head]:
    known = json.loads(path.read_text(encoding="utf-8"))
    return {chain: Head(length, head) for chain, (length, head) in known.items()}
