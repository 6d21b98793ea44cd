"""What a dry run found, as its teacher sees it."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

from grading.models import Grade, Regrade, RegradeRow
from lti_tool.models import PersonName


@dataclass(frozen=True)
class Effect:
    """What a regrade would do to one grade."""

    row: RegradeRow
    before: Grade
    called: str

    @property
    def changes(self) -> bool:
        after = (self.row.score_after, self.row.maximum_after)
        return bool(self.row.people) or after != (self.before.score, self.before.maximum)

    @property
    def difference(self) -> Decimal | None:
        """Points more or less; None where a person has to mark first."""
        if self.row.score_after is None:
            return None
        return self.row.score_after - self.before.score


@dataclass(frozen=True)
class Effects:
    """`tried` of `all` attempts are judged; `changed` are those that would change; `people` counts
    answers that go back to reviewers, `left` those that stay because their choice is gone.
    """

    tried: int
    all: int
    changed: list[Effect]
    people: int
    left: int

    @property
    def same(self) -> int:
        return self.tried - len(self.changed)


def effects(regrade: Regrade) -> Effects:
    rows = regrade.rows.select_related("submission__person", "submission__grade")
    found = list(rows.defer("responses"))
    people = [row.submission.person_id for row in found]
    names = {each.person_id: each.name for each in PersonName.objects.filter(person__in=people)}
    tried = [
        Effect(
            row,
            row.submission.grade,
            names.get(row.submission.person_id) or row.submission.person.code,
        )
        for row in found
        if row.tried_at
    ]
    return Effects(
        tried=len(tried),
        all=len(found),
        changed=sorted((each for each in tried if each.changes), key=lambda each: each.called),
        people=sum(effect.row.people for effect in tried),
        left=sum(effect.row.left for effect in tried),
    )
