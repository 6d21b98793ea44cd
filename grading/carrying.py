"""An answer that was given to one version of an item, as an answer to another version of it.

What was chosen is kept as keys of rows, and each version has rows of its own: so choices are
found again by their words.
"""

from __future__ import annotations

from dataclasses import replace

from grading.marking import Given
from grading.models import Response
from rubrics.models import Item
from rubrics.rows import item_content, rubric_content


def same_standard(one: Item, other: Item) -> bool:
    """Whether both ask and judge alike, whatever versions they stand in."""
    return item_content(one) == item_content(other) and rubric_content(
        one.rubric
    ) == rubric_content(other.rubric)


def carried(response: Response, item: Item) -> Given | None:
    """What was handed in, without outcomes of checks; None where something that was chosen is not
    there any more.
    """
    if item.kind != response.item.kind:
        return None
    given = Given(text=response.text, files=response.uploads.count())
    match item.kind:
        case Item.Kind.CHOICE | Item.Kind.ORDERING:
            words = {choice.pk: choice.text for choice in response.item.choices.all()}
            keys = {choice.text: choice.pk for choice in item.choices.all()}
            chosen = [keys.get(words.get(pk, "")) for pk in response.choices]
            found = [pk for pk in chosen if pk is not None]
            return replace(given, choices=found) if len(found) == len(chosen) else None
        case Item.Kind.MATCHING:
            parts = _matched(response, item)
            return replace(given, parts=parts) if parts is not None else None
        case Item.Kind.CLOZE:
            gaps = {gap.code for gap in item.gaps.all()}
            return replace(given, parts=response.parts) if set(response.parts) <= gaps else None
    return given


def _matched(response: Response, item: Item) -> dict[str, str] | None:
    before = {str(pair.pk): pair for pair in response.item.pairs.all()}
    texts = {pair.text: str(pair.pk) for pair in item.pairs.all() if pair.text.strip()}
    partners = {pair.partner: str(pair.pk) for pair in item.pairs.all()}
    found = {}
    for asked, chosen in response.parts.items():
        if asked not in before or chosen not in before:
            return None
        here, there = texts.get(before[asked].text), partners.get(before[chosen].partner)
        if here is None or there is None:
            return None
        found[here] = there
    return found
