from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.lti_tool.tokens import Lms


@pytest.fixture
def lms() -> Iterator[Lms]:
    with Lms().serving() as serving:
        yield serving
