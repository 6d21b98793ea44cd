from __future__ import annotations

from typing import Any

import pytest

from grading.sandbox import Limits


@pytest.mark.parametrize(
    "wrong",
    [
        {"wall_seconds": -1},
        {"wall_seconds": float("nan")},
        {"cpu_seconds": 0},
        {"cpu_seconds": 1.5},
        {"memory_mb": 1},
        {"memory_mb": True},
        {"processes": 10_000},
        {"disk_mb": 0},
        {"output_kb": "64"},
    ],
)
def test_a_limit_out_of_range_is_refused_by_name(wrong: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match=next(iter(wrong))):
        Limits(**wrong)


def test_waiting_time_follows_computing_time_unless_given() -> None:
    assert Limits(cpu_seconds=10).wall_seconds == 21
    assert Limits(cpu_seconds=10, wall_seconds=3).wall_seconds == 3
