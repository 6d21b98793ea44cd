"""This room's tests run against one LMS whose tool is the stand-in."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.practice_lms.platform import Platform
from tests.practice_lms.stand_in import StandIn
from tests.practice_lms.visitor import Visitor


@pytest.fixture(scope="session")
def standing_tool() -> Iterator[StandIn]:
    tool = StandIn()
    yield tool
    tool.close()


@pytest.fixture(scope="session")
def running_platform(standing_tool: StandIn) -> Iterator[Platform]:
    with Platform(tool_url=standing_tool.url) as running:
        standing_tool.platform = running
        yield running


@pytest.fixture
def platform(running_platform: Platform) -> Platform:
    running_platform.reset()
    return running_platform


@pytest.fixture
def tool(standing_tool: StandIn, platform: Platform) -> StandIn:
    """The stand-in tool, with the LMS back at its seed."""
    standing_tool.published = [standing_tool.key.jwk]
    standing_tool.fetched.clear()
    standing_tool.logins.clear()
    standing_tool.launches.clear()
    standing_tool.notices.clear()
    standing_tool.notice_status = 200
    return standing_tool


@pytest.fixture
def ada(tool: StandIn, platform: Platform) -> Visitor:
    return Visitor(platform, "ada")


@pytest.fixture
def tomas(tool: StandIn, platform: Platform) -> Visitor:
    return Visitor(platform, "tomas")


@pytest.fixture
def ingrid(tool: StandIn, platform: Platform) -> Visitor:
    return Visitor(platform, "ingrid")
