"""`make bench`: the benchmarks of bench/, one after the other, with the embedded servers."""

from __future__ import annotations

import subprocess
import sys

from stack.errors import StackError
from stack.local import services
from stack.state import CHECKOUT


def run(wanted: list[str]) -> int:
    """Run the named benchmarks, or all; how many failed."""
    known = sorted(
        path.stem for path in (CHECKOUT / "bench").glob("*.py") if not path.stem.startswith("_")
    )
    unknown = sorted(set(wanted) - set(known))
    if unknown:
        raise StackError(f"No benchmark is called {unknown[0]}. There are: {', '.join(known)}.")
    failed = 0
    with services():
        for name in wanted or known:
            print(f"== {name}", flush=True)
            command = [sys.executable, "-m", f"bench.{name}"]
            failed += subprocess.run(command, cwd=CHECKOUT, check=False).returncode != 0
    return failed
