"""A learner's submission in its sandbox: what may be asked of it, and within which time."""

from __future__ import annotations

import re
import time
from collections.abc import Generator, Iterator, Mapping, Sequence
from typing import Any

from grading.sandbox.container import Container, Died
from grading.sandbox.contents import Content, as_bytes, as_text
from grading.sandbox.held import GRACE_SECONDS, RESTARTS, Held
from grading.sandbox.limits import Limits
from grading.sandbox.outcome import Outcome
from grading.sandbox.paths import is_plain_path
from grading.sandbox.replies import Report

OVERALL_SECONDS = 60.0
MAIN = "solution.py"

# Loaded before the fork when the program names them, so that each check does not pay for it.
_WARM_TEXT = """
abc bisect calendar cmath collections contextlib copy csv dataclasses datetime
decimal enum fractions functools heapq io itertools json keyword math numbers
operator os pprint queue random re statistics string sys textwrap threading time
typing unicodedata
"""
_WARM = frozenset(_WARM_TEXT.split())
_IMPORT = re.compile(r"^[ \t]*(?:from|import)[ \t]+([a-z]+)", re.MULTILINE)
_NAME = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.-]{0,99}")


class Session(Held):
    """One sandbox for one submission, never used for two; a context manager.

    `files` by their path; `main`, a plain name, is the one that the checks run, the others lie
    beside it, read-only. The prelude runs first in the same namespace; line numbers stay the
    learner's. Each call is made in a fresh module. Calls given together share a process as long as
    they leave it as they found it; `call` and `run` always get a process of their own.
    `overall_seconds` bounds all requests together.

    Raises SandboxUnavailable on entry when this machine cannot contain the code, and ValueError
    for a path that is not plain.
    """

    def __init__(
        self,
        files: Mapping[str, Content],
        limits: Limits | None = None,
        *,
        main: str = MAIN,
        prelude: str = "",
        seed: int = 1,
        overall_seconds: float = OVERALL_SECONDS,
    ) -> None:
        if not _NAME.fullmatch(main) or not all(is_plain_path(path) for path in files):
            raise ValueError("paths may hold letters, digits, '_', '-', '+', '$', '.' and '/' only")
        source = as_text(files[main])
        super().__init__(limits or Limits(), overall_seconds)
        others = {path: as_bytes(content) for path, content in files.items() if path != main}
        modules = {path.split("/")[0].removesuffix(".py") for path in others}
        has_modules = any(path.endswith(".py") for path in others)
        # Others may import the main file too.
        self._files = {**others, main: as_bytes(source)} if has_modules else others
        self._setup = {
            "source": source,
            "filename": main,
            "prelude": prelude,
            "seed": seed,
            "cpu_seconds": self.limits.cpu_seconds,
            "output_bytes": self.limits.output_kb * 1024,
            # What the learner's modules remember, the next call must not find.
            "alone": has_modules,
            "warm": sorted((_WARM & set(_IMPORT.findall(prelude + "\n" + source))) - modules),
        }

    def call(self, expression: str) -> Outcome:
        """The value of the author's expression in the learner's module."""
        [outcome] = self.calls([expression])
        return outcome

    def calls(self, expressions: Sequence[str]) -> Generator[Outcome, None, None]:
        """One outcome per expression, in order, each as soon as it is certain."""
        return self._ask({"kind": "calls", "expressions": list(expressions)}, len(expressions))

    def run(self, arguments: Sequence[str] = (), stdin: str = "") -> Outcome:
        """The learner's file as a script, with these arguments and this standard input."""
        request = {"kind": "run", "arguments": list(arguments), "stdin": stdin}
        [outcome] = self._ask(request, 1)
        return outcome

    def examine(self, tool: str) -> Outcome:
        """The value of `examine(source, filename)` of a program of ours over the learner's text.

        The text is data then and is not run. For work that hostile text could make fall over,
        such as parsing it.
        """
        [outcome] = self._ask({"kind": "examine", "tool": tool}, 1)
        return outcome

    def _contained(self) -> Container:
        return Container(self._setup, self._files, self.limits)

    def _ask(self, request: dict[str, Any], count: int) -> Generator[Outcome, None, None]:
        first = 0
        while first < count:
            left = self._deadline - time.monotonic()
            if left <= 0:
                self._stop()
                yield Outcome("timeout", detail="overall")
                first += 1
            elif self._container is None and self._deaths > RESTARTS:
                yield Outcome("killed", detail="sandbox")
                first += 1
            else:
                wall = min(self.limits.wall_seconds, left)
                for outcome in self._round({**request, "count": count, "first": first}, wall):
                    first += 1
                    yield outcome

    def _round(self, request: dict[str, Any], wall: float) -> Iterator[Outcome]:
        """Outcomes for as many calls as this sandbox answers; at least one."""
        if self._container is None:
            self._start()
        container = self._container
        assert container is not None  # noqa: S101 - just started
        usable = False
        try:
            container.send({**request, "wall": wall})
            parts = container.receive(time.monotonic() + wall + GRACE_SECONDS)
            while parts[0] != b"end" and time.monotonic() < self._deadline:
                yield self._outcome(parts, container)
                parts = container.receive(time.monotonic() + wall + GRACE_SECONDS)
            usable = parts[0] == b"end" and parts[-1] == b"clean"
        except (Died, ValueError):
            death = self._death(container)
            self._stop()
            yield death
        finally:
            # Files were left that the next check must not find, or answers that nobody waits for.
            if not usable:
                self._stop()

    def _outcome(self, parts: list[bytes], container: Container) -> Outcome:
        report = Report.read(parts)
        killed = report.how != "reply" and self._killed_for_memory(container)
        return report.outcome(self.limits.cpu_seconds, killed)
