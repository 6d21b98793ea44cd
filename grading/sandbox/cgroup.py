"""A control group around one sandbox: memory and processes of all its processes together.

Limits per process cannot stop many processes that are each within theirs. Control groups can, but
only root may make them, so where they cannot be made the sandbox allows fewer processes instead.
"""

from __future__ import annotations

import contextlib
import functools
import itertools
import os
import re
from dataclasses import dataclass
from pathlib import Path

_numbers = itertools.count()
_NAME = re.compile(r"cograde-(\d+)-\d+")
_swept: list[int] = []


@dataclass(frozen=True, slots=True)
class Bounds:
    """What the processes of one sandbox may take together: bytes and a count."""

    memory_bytes: int
    processes: int


class ControlGroup:
    """Make with `create`; `add` a process, `remove` when all of them are gone."""

    def __init__(self, memory: Path, processes: Path) -> None:
        self.memory = memory
        self.processes = processes

    @classmethod
    def create(cls, bounds: Bounds) -> ControlGroup | None:
        """None where this machine does not let us."""
        places = _places()
        if places is None or os.geteuid() != 0:
            return None
        name = f"cograde-{os.getpid()}-{next(_numbers)}"
        group = cls(*(place / name for place in places))
        try:
            for folder in {group.memory, group.processes}:
                folder.mkdir()
            group._limit(bounds)
        except OSError:
            group.remove()
            _places.cache_clear()  # we may have been moved
            return None
        return group

    def _limit(self, bounds: Bounds) -> None:
        unified = self.memory == self.processes
        file = self.memory / ("memory.max" if unified else "memory.limit_in_bytes")
        _write(file, bounds.memory_bytes)
        swap = self.memory / ("memory.swap.max" if unified else "memory.memsw.limit_in_bytes")
        if swap.exists():
            _write(swap, 0 if unified else bounds.memory_bytes)
        _write(self.processes / "pids.max", bounds.processes)

    def add(self, pid: int) -> None:
        """Put a process in; what it forks later is in too. Raises OSError."""
        for folder in {self.memory, self.processes}:
            _write(folder / "cgroup.procs", pid)

    def memory_kills(self) -> int:
        """How often the kernel has ended a process of the group for want of memory."""
        for name in ("memory.oom_control", "memory.events"):
            with contextlib.suppress(OSError):
                for line in (self.memory / name).read_text().splitlines():
                    if line.startswith("oom_kill "):
                        return int(line.split()[1])
        return 0

    def remove(self) -> None:
        """Needs the processes gone; what is left is swept by the next process of ours."""
        for folder in {self.memory, self.processes}:
            with contextlib.suppress(OSError):
                folder.rmdir()


def _write(file: Path, number: int) -> None:
    """In one call and without the layers of a text file: this is done for every submission."""
    fd = os.open(file, os.O_WRONLY)
    try:
        os.write(fd, b"%d" % number)
    finally:
        os.close(fd)


@functools.lru_cache(maxsize=1)
def _places() -> tuple[Path, Path] | None:
    """Folders of our own control group in which groups for memory and for processes can be made."""
    try:
        lines = Path("/proc/self/cgroup").read_text().splitlines()
    except OSError:
        return None
    own = {
        name: path
        for _, names, path in (line.split(":", 2) for line in lines)
        for name in names.split(",")
    }
    root = Path("/sys/fs/cgroup")
    if "memory" in own and "pids" in own:
        found = (root / "memory" / own["memory"][1:], root / "pids" / own["pids"][1:])
    elif "" in own:
        found = (root / own[""][1:],) * 2
        try:
            given = (found[0] / "cgroup.subtree_control").read_text().split()
        except OSError:
            return None
        if not {"memory", "pids"} <= set(given):
            return None
    else:
        return None
    if not all(os.access(place, os.W_OK) for place in found):
        return None
    _sweep(found)
    return found


def _sweep(places: tuple[Path, Path]) -> None:
    """Once per process: remove empty groups whose maker is gone, as after a power cut."""
    if os.getpid() in _swept:
        return
    _swept.append(os.getpid())
    for folder in (entry for place in places for entry in place.glob("cograde-*")):
        match = _NAME.fullmatch(folder.name)
        if match and not Path(f"/proc/{match[1]}").exists():
            with contextlib.suppress(OSError):
                folder.rmdir()
