"""Answers that are made of parts: what a learner can choose from, and texts with their gaps."""

from __future__ import annotations

import re
from collections.abc import Callable

from django import template
from django.template.loader import render_to_string
from django.utils.safestring import SafeString, mark_safe

from grading import answer_keys, offers
from grading.models import Response
from grading.scoring.parts import gap_verdict
from rubrics.cloze import TAG_OR_GAP
from rubrics.models import Gap
from rubrics.templatetags.prose import markdown

register = template.Library()


@register.simple_tag
def matches(response: Response) -> list[offers.Match]:
    return offers.matches(response)


@register.simple_tag
def partners(response: Response) -> list[offers.Offer]:
    return offers.partners(response)


@register.simple_tag
def steps(response: Response) -> list[offers.Offer]:
    return offers.steps(response)


@register.simple_tag
def cloze_form(response: Response) -> SafeString:
    """The text of a cloze item with a field in each gap."""
    gaps = list(response.item.gaps.all())

    def field(number: int, gap: Gap) -> str:
        context = {
            "gap": gap,
            "number": number,
            "count": len(gaps),
            "value": response.parts.get(gap.code, ""),
            "options": offers.options(response, gap),
        }
        return render_to_string("grading/_gap_field.html", context)

    return _filled(response.item.cloze, gaps, field)


@register.simple_tag
def cloze_answer(response: Response, show_key: bool) -> SafeString:
    """The text with what stands in its gaps, and with `show_key` whether that is right."""
    gaps = list(response.item.gaps.all())

    def answer(_number: int, gap: Gap) -> str:
        value = response.parts.get(gap.code, "")
        verdict = gap_verdict(answer_keys.gap_key(gap), value) if show_key else ""
        return render_to_string("grading/_gap.html", {"value": value, "verdict": verdict})

    return _filled(response.item.cloze, gaps, answer)


def _filled(text: str, gaps: list[Gap], shown: Callable[[int, Gap], str]) -> SafeString:
    by_code = {gap.code: gap for gap in gaps}
    number = 0

    def put(found: re.Match[str]) -> str:
        nonlocal number
        gap = by_code.get(found[1] or "")
        if gap is None:
            return found[0]
        number += 1
        return shown(number, gap)

    # What stands around the gaps is cleaned by `markdown`; what is put in is escaped by templates.
    return mark_safe(TAG_OR_GAP.sub(put, markdown(text)))  # noqa: S308
