"""The journal: one JSON object a line, from which the state is rebuilt at start.

The first line holds the secret that signs cookies and hints, so the file is readable by its
owner alone. Lines are handed to the operating system at once (a killed process loses nothing);
they are not forced to the disk (a power cut may lose the last ones).
"""

from __future__ import annotations

import json
import os
import secrets
import threading
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any, TextIO

Record = dict[str, Any]


class JournalDamaged(Exception):  # noqa: N818 - says what is the case
    """A line before the last cannot be read; the file needs a person, not a guess."""


class Journal:
    """An append-only file of records; without a path it keeps nothing."""

    def __init__(self, path: Path | None) -> None:
        self.path = path
        self._lock = threading.Lock()
        self._file: TextIO | None = None
        self.secret = self._secret_of_file() or secrets.token_urlsafe(48)

    def read(self) -> Iterator[Record]:
        """Every record in order. A torn last line, left by a crash, is dropped.

        Raises JournalDamaged when any other line is not JSON.
        """
        if self.path is None or not self.path.exists():
            return
        lines = self.path.read_text(encoding="utf-8").splitlines()
        for number, line in enumerate(lines, start=1):
            try:
                record = json.loads(line)
            except ValueError as error:
                if number == len(lines):
                    return
                raise JournalDamaged(f"{self.path}: line {number} is not JSON") from error
            if "secret" not in record:
                yield record

    def append(self, record: Record) -> None:
        """Write one record and hand it to the operating system."""
        with self._lock:
            if self._file is not None:
                self._file.write(json.dumps(record, separators=(",", ":")) + "\n")
                self._file.flush()

    def rewrite(self, records: Iterable[Record]) -> None:
        """Replace the whole file at once, then go on appending to it."""
        if self.path is None:
            return
        with self._lock:
            if self._file is not None:
                self._file.close()
            self.path.parent.mkdir(parents=True, exist_ok=True)
            new = self.path.with_name(self.path.name + ".new")
            descriptor = os.open(new, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
            with os.fdopen(descriptor, "w", encoding="utf-8") as file:
                for record in ({"secret": self.secret}, *records):
                    file.write(json.dumps(record, separators=(",", ":")) + "\n")
            new.replace(self.path)
            self._file = self.path.open("a", encoding="utf-8")

    def _secret_of_file(self) -> str | None:
        if self.path is None or not self.path.exists():
            return None
        with self.path.open(encoding="utf-8") as file:
            try:
                first = json.loads(file.readline())
            except ValueError:
                return None
        secret = first.get("secret")
        return secret if isinstance(secret, str) else None
