"""Coefficients as something to look at."""

from __future__ import annotations

from django import template

register = template.Library()

MARGIN = 4
WIDTH = 100


@register.filter
def across(coefficient: float) -> str:
    """Where a coefficient stands in templates/review/_interval.html: 4 for 0 and below, where
    agreement is no better than chance, to 104 for 1.
    """
    return f"{MARGIN + WIDTH * min(1.0, max(0.0, coefficient)):.1f}"
