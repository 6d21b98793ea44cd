"""Every template compiles, so that a mistake in one is not first seen by a learner."""

from __future__ import annotations

from pathlib import Path

import pytest
from django.conf import settings
from django.template import engines

ROOT = Path(settings.BASE_DIR) / "templates"
NAMES = sorted(str(path.relative_to(ROOT)) for path in ROOT.rglob("*") if path.is_file())


@pytest.mark.parametrize("name", NAMES)
def test_a_template_compiles(name: str) -> None:
    engines["django"].get_template(name)
