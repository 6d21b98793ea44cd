"""What the same learner handed in for the same item before."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import islice

from grading.linediff import DiffLine, changes
from grading.models import Response
from rubrics.models import Item

MOST_LINES = 400
MOST_COMPARED = 1_500  # lines; what comparing takes grows with their square
LONGEST = 60_000  # characters; comparing longer texts takes longer than reading them
_TEXTS = (Item.Kind.CODE, Item.Kind.DIAGRAM, Item.Kind.ESSAY, Item.Kind.SHORT_TEXT)


@dataclass(frozen=True)
class Earlier:
    """The attempt before, and what has changed since; no line where nothing has."""

    number: int
    lines: list[DiffLine]


def attempt_before(response: Response) -> Earlier | None:
    """None where there is none that can be compared. Items are the same by their code: the
    assessment may have a new version since.
    """
    if response.item.kind not in _TEXTS:
        return None
    submission = response.submission
    earlier = (
        Response.objects.filter(
            submission__placement=submission.placement_id,
            submission__person=submission.person_id,
            submission__number__lt=submission.number,
            item__code=response.item.code,
            item__kind=response.item.kind,
        )
        .exclude(text="")
        .select_related("submission")
        .order_by("-submission__number")
        .first()
    )
    if earlier is None or max(len(earlier.text), len(response.text)) > LONGEST:
        return None
    before, now = earlier.text.splitlines(), response.text.splitlines()
    if max(len(before), len(now)) > MOST_COMPARED:
        return None
    return Earlier(earlier.submission.number, list(islice(changes(before, now), MOST_LINES)))
