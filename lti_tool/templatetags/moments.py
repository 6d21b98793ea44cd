"""Points in time, everywhere in one form."""

from __future__ import annotations

from datetime import UTC, datetime

from django import template
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.html import format_html

register = template.Library()


@register.filter
def moment(at: datetime | None) -> str:
    """A `<time>` such as "27 Nov, 16:05 UTC", with the year where it is another one. Scripts show
    it in the zone of who reads it (static/js/moments.js), which no LMS tells.
    """
    if at is None:
        return ""
    at = at.astimezone(UTC)
    form = "j M, H:i" if at.year == timezone.now().year else "j M Y, H:i"
    return format_html(
        '<time datetime="{}" data-moment>{} UTC</time>', at.isoformat(), date_format(at, form)
    )
