"""What the LMS knows: frozen rows in memory, changed one at a time under one lock.

Each change goes into the journal as ``{"put": table, "row": {...}}`` or
``{"delete": table, "key": ...}``, or ``{"clear": true}``; replaying them rebuilds the state.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator
from dataclasses import asdict
from typing import TypeVar

from practice_lms.journal import Journal, Record
from practice_lms.rows import KINDS, Enrolment, Key, Person, Row, enrolment_key, row_of

R = TypeVar("R", bound=Row)


class State:
    """The tables. Readers get rows that never change; writers hold ``lock`` over read and write."""

    def __init__(self, journal: Journal) -> None:
        self.lock = threading.RLock()
        self.journal = journal
        self._tables: dict[str, dict[str, Row]] = {name: {} for name in KINDS}
        self._person_by_sub: dict[str, str] = {}
        self.changes = 0  # the number of the last change of an enrolment
        for record in journal.read():
            self._apply(record)
        journal.rewrite(self._snapshot())

    def get(self, kind: type[R], key: str) -> R | None:
        row = self._tables[kind.table].get(key)
        return row if isinstance(row, kind) else None

    def all(self, kind: type[R]) -> list[R]:
        """Every row of a kind, in the order in which the rows were first put."""
        with self.lock:
            return [row for row in self._tables[kind.table].values() if isinstance(row, kind)]

    def put(self, row: Row) -> None:
        """Add the row, or replace the one of the same key."""
        self._change({"put": row.table, "row": asdict(row)})

    def delete(self, row: Row) -> None:
        self._change({"delete": row.table, "key": row.key})

    def clear(self) -> None:
        """Forget everything but the signing keys."""
        self._change({"clear": True})

    def person_of(self, sub: str) -> Person | None:
        """The person whom tools know as ``sub``."""
        return self.get(Person, self._person_by_sub.get(sub, ""))

    def enrolment(self, course: str, person: str) -> Enrolment | None:
        """The active enrolment, or None."""
        found = self.get(Enrolment, enrolment_key(course, person))
        return found if found and found.active else None

    def _change(self, record: Record) -> None:
        with self.lock:
            self._apply(record)
            self.journal.append(record)

    def _apply(self, record: Record) -> None:
        if "put" in record:
            row = row_of(record["put"], record["row"])
            self._tables[row.table][row.key] = row
            if isinstance(row, Person):
                self._person_by_sub[row.sub] = row.id
            if isinstance(row, Enrolment):
                self.changes = max(self.changes, row.changed)
        elif "delete" in record:
            self._tables[record["delete"]].pop(record["key"], None)
        elif "clear" in record:
            for name, rows in self._tables.items():
                if name != Key.table:
                    rows.clear()
            self._person_by_sub.clear()

    def _snapshot(self) -> Iterator[Record]:
        for name, rows in self._tables.items():
            for row in rows.values():
                yield {"put": name, "row": asdict(row)}
