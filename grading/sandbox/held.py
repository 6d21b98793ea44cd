"""What every sandbox of one submission has: a container, a deadline, and how often it died."""

from __future__ import annotations

import time
from abc import ABC, abstractmethod
from types import TracebackType
from typing import Self

from grading.sandbox.container import Container
from grading.sandbox.limits import Limits
from grading.sandbox.outcome import Outcome

GRACE_SECONDS = 4.0  # how much later than its own clock we stop believing in the container
RESTARTS = 1  # after a sandbox that died; one that was merely written to is replaced freely


class Held(ABC):
    """A context manager; `overall_seconds` bounds all requests together."""

    def __init__(self, limits: Limits, overall_seconds: float) -> None:
        self.limits = limits
        self._overall = overall_seconds
        self._container: Container | None = None
        self._deaths = 0
        self._kills = 0
        self._deadline = 0.0

    def __enter__(self) -> Self:
        self._deadline = time.monotonic() + self._overall
        self._start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._stop()

    @abstractmethod
    def _contained(self) -> Container:
        """A new container. Raises SandboxUnavailable."""

    def _start(self) -> None:
        self._kills = 0
        self._container = self._contained()

    def _stop(self) -> None:
        container, self._container = self._container, None
        if container is not None:
            container.close()

    def _killed_for_memory(self, container: Container) -> bool:
        """Whether the machine has killed for memory since this was last asked."""
        kills = container.memory_kills()
        killed, self._kills = kills > self._kills, kills
        return killed

    def _death(self, container: Container) -> Outcome:
        """What a request says over which the container died."""
        memory = container.memory_kills() > self._kills
        self._deaths += 1
        return Outcome("memory" if memory else "killed", detail="sandbox")
