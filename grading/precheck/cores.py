"""How many processor cores nobody uses at this moment."""

from __future__ import annotations

import os
from pathlib import Path

_LOAD = Path("/proc/loadavg")


def free_cores() -> int:
    """Cores that this process may use, less the tasks that run or want to just now (proc(5),
    /proc/loadavg: the fourth field). One of them is this process, or the sandbox for which it
    waits. 0 where that cannot be known.
    """
    try:
        running = int(_LOAD.read_text().split()[3].split("/")[0])
    except (OSError, ValueError, IndexError):
        return 0
    return max(len(os.sched_getaffinity(0)) - max(running - 1, 1), 0)
