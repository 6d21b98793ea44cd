"""Commands of this machine in a sandbox: compilers, and programs in whatever language."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from grading.sandbox.container import Container, Died
from grading.sandbox.errors import SandboxUnavailable
from grading.sandbox.held import GRACE_SECONDS, RESTARTS, Held
from grading.sandbox.interior import Interior
from grading.sandbox.limits import Limits
from grading.sandbox.outcome import Outcome
from grading.sandbox.paths import is_plain_path
from grading.sandbox.replies import Report


@dataclass(frozen=True, slots=True)
class Ended:
    """How a command ended. `ok` means exit code 0; `files` are those that were asked for."""

    outcome: Outcome
    files: Mapping[str, bytes] = field(default_factory=dict)


class Commands(Held):
    """One sandbox for one submission; a context manager.

    `files` by their path below the working folder, read-only and executable inside. Each command
    finds the folder as it was at first: what one leaves behind, the next does not see.

    `address_space` limits each process as well as all together; some runtimes reserve far more
    than they use and cannot live with it. Raises SandboxUnavailable on entry when this machine
    cannot contain the programs, and ValueError for a path that is not plain.
    """

    def __init__(
        self,
        files: Mapping[str, bytes],
        interior: Interior,
        limits: Limits,
        *,
        address_space: bool = True,
        fewest_processes: int = 1,
        overall_seconds: float,
    ) -> None:
        if not all(is_plain_path(path) for path in files):
            raise ValueError("paths may hold letters, digits, '_', '-', '+', '$', '.' and '/' only")
        super().__init__(limits, overall_seconds)
        self._files = files
        self._interior = interior
        self._address_space = address_space
        self._fewest = fewest_processes

    def run(self, words: Sequence[str], stdin: str = "", keep: str = "") -> Ended:
        """The program `words[0]`, a full path, with the other words; `keep` names a file, or a
        folder of files, that it leaves and that is wanted."""
        left = self._deadline - time.monotonic()
        if left <= 0:
            self._stop()
            return Ended(Outcome("timeout", detail="overall"))
        if self._container is None:
            if self._deaths > RESTARTS:
                return Ended(Outcome("killed", detail="sandbox"))
            self._start()
        wall = min(self.limits.wall_seconds, left)
        request = {"words": list(words), "stdin": stdin, "keep": keep, "wall": wall, "count": 1}
        return self._asked(request, wall)

    def _asked(self, request: dict[str, Any], wall: float) -> Ended:
        container = self._container
        assert container is not None  # noqa: S101 - just started
        clean = False
        try:
            container.send({**request, "rlimits": self._rlimits(container)})
            deadline = time.monotonic() + wall + GRACE_SECONDS
            report = Report.read(container.receive(deadline))
            files: dict[str, bytes] = {}
            while (parts := container.receive(deadline))[0] == b"file":
                _kind, name, content = parts
                files[name.decode("utf-8", "surrogateescape")] = content
            clean = parts == [b"end", b"1", b"clean"]
            killed = self._killed_for_memory(container)
            return Ended(report.ended(self.limits.cpu_seconds, killed), files)
        except (Died, ValueError):
            return Ended(self._death(container))
        finally:
            if not clean:
                self._stop()

    def _rlimits(self, container: Container) -> dict[str, tuple[int, int]]:
        limits = container.rlimits(self._fewest)
        found = {name: (value, value) for name, value in limits.items()}
        if not self._address_space:
            del found["AS"]
        cpu = self.limits.cpu_seconds
        return {**found, "CPU": (cpu, cpu + 1)}

    def _contained(self) -> Container:
        setup = {"output_bytes": self.limits.output_kb * 1024}
        container = Container(setup, self._files, self.limits, self._interior)
        if not self._address_space and container.group is None:
            container.close()
            raise SandboxUnavailable(
                "Nothing on this machine would limit the memory of this language's programs.",
                "Run the worker as root where the memory and pids control groups can be written.",
            )
        return container
