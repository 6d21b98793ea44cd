"""What `make` says while it works: numbered steps with their seconds."""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager

DEMO_STEPS = 7  # of `make demo`, whose first two are done under the system's Python


class Progress:
    """Counts steps; each is one line, which a terminal sees begin and everybody sees end."""

    def __init__(self, total: int, done: int = 0, *, quiet: bool = False) -> None:
        self.total = total
        self.done = done
        self.quiet = quiet

    @contextmanager
    def step(self, title: str) -> Iterator[None]:
        """One step: its line ends with the seconds it took, or with `failed`."""
        self.done += 1
        if self.quiet:
            yield
            return
        line = f"[{self.done}/{self.total}] {title} "
        live = sys.stdout.isatty()
        if live:
            print(line, end="", flush=True)
        began = time.monotonic()
        try:
            yield
        except BaseException:
            print("failed" if live else f"{line}failed", flush=True)
            raise
        seconds = f"{time.monotonic() - began:.1f} s"
        print(seconds if live else f"{line}{seconds}", flush=True)
