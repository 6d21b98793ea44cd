"""Fixtures for every room: import ``platform`` and ``running_platform`` into a conftest."""

from __future__ import annotations

import os
from collections.abc import Iterator

import pytest

from tests.practice_lms.platform import Platform


@pytest.fixture(scope="session")
def running_platform() -> Iterator[Platform]:
    """One Practice LMS for the whole session; the tool is the one at BASE_URL."""
    with Platform(tool_url=os.environ.get("BASE_URL", "http://127.0.0.1:8000")) as running:
        yield running


@pytest.fixture
def platform(running_platform: Platform) -> Platform:
    """The running Practice LMS, back at its seed."""
    running_platform.reset()
    return running_platform
