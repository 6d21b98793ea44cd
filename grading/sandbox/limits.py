"""How much of the machine one check of one submission may use."""

from __future__ import annotations

import math
from dataclasses import dataclass, fields

_RANGES: dict[str, tuple[float, float]] = {
    "wall_seconds": (0.05, 601),
    "cpu_seconds": (1, 300),
    "memory_mb": (16, 4096),
    "processes": (1, 256),
    "disk_mb": (1, 1024),
    "output_kb": (1, 4096),
}


@dataclass(frozen=True, slots=True)
class Limits:
    """Ceilings for one check; crossing one fails that check and says which.

    - `wall_seconds`: time on the clock, 0.05 to 601; left at 0 it becomes twice the computing time
      and one second, so that a program may wait a little
    - `cpu_seconds`: whole seconds of computing, 1 to 300 (the kernel counts no finer)
    - `memory_mb`: MiB that the program may take beside the interpreter itself, 16 to 4096
    - `processes`: processes and threads at a time, 1 to 256
    - `disk_mb`: MiB in `/tmp`, the only place that can be written, 1 to 1024
    - `output_kb`: KiB printed on standard output and standard error together, 1 to 4096

    Raises ValueError naming the field that is out of range.
    """

    wall_seconds: float = 0
    cpu_seconds: int = 2
    memory_mb: int = 128
    processes: int = 16
    disk_mb: int = 16
    output_kb: int = 64

    def __post_init__(self) -> None:
        for field in fields(self):
            if field.name != "wall_seconds":
                self._check(field.name)
        if self.wall_seconds == 0:
            object.__setattr__(self, "wall_seconds", self.cpu_seconds * 2 + 1)
        self._check("wall_seconds")

    def _check(self, name: str) -> None:
        low, high = _RANGES[name]
        value = getattr(self, name)
        whole = name != "wall_seconds"
        right_type = type(value) is int or (not whole and type(value) is float)
        if not right_type or not math.isfinite(value) or not low <= value <= high:
            kind = "a whole number" if whole else "a number"
            raise ValueError(f"{name} must be {kind} from {low:g} to {high:g}: {value!r}")
