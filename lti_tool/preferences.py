"""How a person wants their pages: colours, keys, widths of panes, folds.

They stand with the person and not on the device, because the frame of an LMS may be refused all
storage. The scripts in ``static/js`` give them their meaning; here is only what may be kept.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping

from django.core.exceptions import BadRequest
from django.db import transaction

from lti_tool.models import Person

MOST = 40
MOST_KEYS = 80


def _is_theme(value: object) -> bool:
    return value in ("", "light", "dark")


def _is_share(value: object) -> bool:
    """Percent of the width that the first of two panes has."""
    return isinstance(value, int | float) and not isinstance(value, bool) and 25 <= value <= 75


def _is_folded(value: object) -> bool:
    """Which of two panes is folded away: none, the first, the second."""
    return value in ("", "0", "1")


def _is_open(value: object) -> bool:
    return isinstance(value, bool)


def _are_keys(value: object) -> bool:
    """``{"off": bool, "map": {usual key: own key}}``."""
    if not isinstance(value, dict) or set(value) != {"off", "map"}:
        return False
    chosen = value["map"]
    return (
        isinstance(value["off"], bool)
        and isinstance(chosen, dict)
        and len(chosen) <= MOST_KEYS
        and all(_is_key(usual) and _is_key(own) for usual, own in chosen.items())
    )


def _is_key(value: object) -> bool:
    return isinstance(value, str) and len(value) == 1 and value.isprintable()


KINDS: tuple[tuple[re.Pattern[str], Callable[[object], bool]], ...] = (
    (re.compile(r"theme"), _is_theme),
    (re.compile(r"keys"), _are_keys),
    (re.compile(r"split\.[a-z-]{1,30}"), _is_share),
    (re.compile(r"split\.[a-z-]{1,30}\.folded"), _is_folded),
    (re.compile(r"fold\.[a-z-]{1,30}"), _is_open),
)


def may_be_kept(name: str, value: object) -> bool:
    return any(pattern.fullmatch(name) and fits(value) for pattern, fits in KINDS)


def keep(person: Person, changes: Mapping[str, object]) -> None:
    """Two windows may send different ones at the same time; both are kept.

    Raises BadRequest when one of them is nothing that pages know, or when there are too many.
    """
    for name, value in changes.items():
        if not may_be_kept(name, value):
            raise BadRequest(f"{name[:60]!r} cannot be kept so")
    with transaction.atomic():
        kept = Person.objects.select_for_update(no_key=True).get(pk=person.pk)
        if kept.is_erased:  # while a page of theirs was open still
            return
        kept.preferences = {**kept.preferences, **changes}
        if len(kept.preferences) > MOST:
            raise BadRequest("more preferences than pages know")
        kept.save(update_fields=["preferences"])
