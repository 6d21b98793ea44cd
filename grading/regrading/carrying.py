"""An answer that was given to one version of an item, as an answer to another version of it.

What was chosen is kept as keys of rows, and each version has rows of its own: so choices are
found again by their words, and where they were reworded by their place.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from grading.marking import Given
from grading.models import Response
from grading.row_keys import is_key
from rubrics.models import Item
from rubrics.rows import item_content, rubric_content


def same_standard(one: Item, other: Item) -> bool:
    """Whether both ask and judge alike, whatever versions they stand in."""
    same_rubric = rubric_content(one.rubric) == rubric_content(other.rubric)
    return same_rubric and item_content(one) == item_content(other)


def carried(response: Response, item: Item) -> Given | None:
    """What was handed in, without outcomes of checks; None where something that was chosen is not
    there any more.
    """
    if item.kind != response.item.kind:
        return None
    given = Given(text=response.text, files=response.uploads.count())
    match item.kind:
        case Item.Kind.CHOICE | Item.Kind.ORDERING:
            keys = _counterparts(
                [(choice.pk, choice.text) for choice in response.item.choices.all()],
                [(choice.pk, choice.text) for choice in item.choices.all()],
            )
            found = [keys[pk] for pk in response.choices if pk in keys]
            return replace(given, choices=found) if len(found) == len(response.choices) else None
        case Item.Kind.MATCHING:
            parts = _matched(response, item)
            return None if parts is None else replace(given, parts=parts)
        case Item.Kind.CLOZE:
            gaps = {gap.code for gap in item.gaps.all()}
            return replace(given, parts=response.parts) if set(response.parts) <= gaps else None
    return given


def _counterparts(
    before: Sequence[tuple[int, str]], after: Sequence[tuple[int, str]]
) -> dict[int, int]:
    """Keys of rows by keys of rows: those with the same words; the others by their place, where
    both versions have as many.
    """
    by_words = {words: pk for pk, words in after}
    found = {pk: by_words[words] for pk, words in before if words in by_words}
    if len(before) == len(after):
        taken = set(found.values())
        for (pk, _words), (other, _other_words) in zip(before, after, strict=True):
            if pk not in found and other not in taken:
                found[pk] = other
    return found


def _matched(response: Response, item: Item) -> dict[str, str] | None:
    before, after = list(response.item.pairs.all()), list(item.pairs.all())
    texts = _counterparts([(p.pk, p.text) for p in before], [(p.pk, p.text) for p in after])
    partners = _counterparts(
        [(p.pk, p.partner) for p in before], [(p.pk, p.partner) for p in after]
    )
    found = {}
    for asked, chosen in response.parts.items():
        here, there = _key(texts, asked), _key(partners, chosen)
        if here is None or there is None:
            return None
        found[here] = there
    return found


def _key(counterparts: dict[int, int], key: str) -> str | None:
    found = counterparts.get(int(key)) if is_key(key) else None
    return None if found is None else str(found)
