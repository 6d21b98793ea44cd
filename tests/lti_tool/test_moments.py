from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone

import pytest
from django.utils import timezone as clock

from lti_tool.templatetags import moments

NOW = datetime(2026, 11, 27, 12, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("at", "shown"),
    [
        (datetime(2026, 3, 1, 16, 5, tzinfo=UTC), "1 Mar, 16:05 UTC"),
        (datetime(2025, 12, 31, 23, 59, tzinfo=UTC), "31 Dec 2025, 23:59 UTC"),
        # Half past midnight in Kabul is yesterday, and last year, in UTC.
        (
            datetime(2026, 1, 1, 0, 30, tzinfo=timezone(timedelta(hours=4, minutes=30))),
            "31 Dec 2025, 20:00 UTC",
        ),
    ],
)
def test_a_moment_says_its_zone_and_its_year_if_it_is_another(
    monkeypatch: pytest.MonkeyPatch, at: datetime, shown: str
) -> None:
    monkeypatch.setattr(clock, "now", lambda: NOW)
    html = moments.moment(at)
    assert f">{shown}</time>" in html
    said = html.split('datetime="')[1].split('"')[0]
    assert datetime.fromisoformat(said) == at


def test_no_moment_is_nothing() -> None:
    assert moments.moment(None) == ""
