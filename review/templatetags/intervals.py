"""Coefficients as something to look at."""

from __future__ import annotations

from django import template

register = template.Library()

MARGIN = 4
WIDTH = 100
LOWEST = -0.2


@register.filter
def across(coefficient: float) -> str:
    """Where a coefficient stands in templates/review/_interval.html: 4 for -0.2 and below, 20.7 for
    0, where agreement is no better than chance, to 104 for 1.
    """
    kept = min(1.0, max(LOWEST, coefficient))
    return f"{MARGIN + WIDTH * (kept - LOWEST) / (1 - LOWEST):.1f}"
