"""How long to wait before what failed is tried once more."""

from __future__ import annotations

# Three to this power is longer than any longest wait, and still a number.
MOST_POWERS = 12


def backoff(attempts: int, spread: float, *, first: float, longest: float) -> float:
    """Seconds to wait after ``attempts`` earlier failures: tripling from ``first`` to ``longest``.

    ``spread`` in [0, 1) takes away up to half, so that many do not come back at once.
    """
    full = min(first * 3.0 ** min(attempts, MOST_POWERS), longest)
    return full * (1 - spread / 2)
