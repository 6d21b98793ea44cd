"""Long lists on pages: a part at a time."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest

ROWS = 50


def page_rows(request: HttpRequest, rows: list[Any]) -> tuple[list[Any], dict[str, int]]:
    """The rows of ``?page=`` and the numbers of the pages around it (0: none)."""
    last = max(1, -(-len(rows) // ROWS))
    text = request.GET.get("page", "1")
    number = min(max(1, int(text) if text.isdecimal() else 1), last)
    pages = {
        "number": number,
        "last": last,
        "before": number - 1,
        "after": number + 1 if number < last else 0,
    }
    return rows[(number - 1) * ROWS : number * ROWS], pages
