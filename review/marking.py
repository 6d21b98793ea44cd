"""Step 5: a reviewer's marks are stored, the machine's are shown when they may be, and the
judgement is final for this reviewer (`review.settling` says what follows).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from django.db import transaction
from django.db.models import F
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from audit import record
from grading.diagnostics import storable
from grading.models import Response, RoutingDecision
from grading.row_keys import is_key
from lti_tool.models import Person
from review import claims, settling
from review.errors import ChangedElsewhere, NotPossible
from review.models import Review, ReviewMark
from rubrics.models import Criterion, Level, Policy

Lane = RoutingDecision.Lane
SETTLED_MEANWHILE = gettext_lazy("This response was settled meanwhile; your marks were not needed.")
# All that settling a review looks at, fetched at once.
WHOLE = (
    "decision__policy",
    "decision__context",
    "reviewer",
    "response__item__rubric",
    "response__submission__person",
    "response__submission__placement__resource_link__context",
)
# Here what others marked is the question, so there is nothing to hide.
WITH_OTHERS = (Lane.ADJUDICATION, Lane.APPEAL)


@dataclass(frozen=True)
class Choice:
    """What the reviewer chose on one criterion."""

    level: Level
    comment: str


def open_review(reviewer: Person, decision: RoutingDecision) -> Review:
    """The reviewer's review of a response; whether it is blind is decided once, when it opens."""
    review, _created = Review.objects.get_or_create(
        decision=decision,
        reviewer=reviewer,
        defaults={"response_id": decision.response_id, "blind": is_blind(decision)},
    )
    return review


def unsaved_review(reviewer: Person, decision: RoutingDecision) -> Review:
    """For who only reads a response: nothing is stored of it."""
    return Review(
        decision=decision,
        response_id=decision.response_id,
        reviewer=reviewer,
        blind=is_blind(decision),
    )


def is_blind(decision: RoutingDecision) -> bool:
    policy = decision.policy
    if policy.mode == Policy.Mode.SHADOW or decision.lane == Lane.CALIBRATION:
        return True
    if decision.lane in WITH_OTHERS:
        return False
    return policy.blind or decision.audited


def choices_from(response: Response, form: Mapping[str, str]) -> dict[Criterion, Choice]:
    """Reads `level-CODE` and `comment-CODE`. Raises NotPossible naming what is missing."""
    read = list(_read(response, form))
    missing = [criterion.title for criterion, choice in read if choice is None]
    if missing:
        raise NotPossible(_("Choose a level for: %(criteria)s.") % {"criteria": ", ".join(missing)})
    return {criterion: choice for criterion, choice in read if choice is not None}


@dataclass(frozen=True)
class OpenedPage:
    """A page of the form in somebody's browser: its own `token`, and the newest `revision` of the
    draft that it has seen. An empty token belongs to no page, and is not compared.
    """

    token: str = ""
    revision: int = 0

    @classmethod
    def of(cls, form: Mapping[str, str]) -> OpenedPage:
        revision = form.get("revision", "")
        return cls(storable(form.get("page"))[:16], int(revision) if is_key(revision) else 0)


def _not_overwriting(review: Review, page: OpenedPage) -> None:
    """Raises ChangedElsewhere when another page has saved what this one has not seen. The caller
    holds the step locked.
    """
    now = Review.objects.only("revision", "saved_by").get(pk=review.pk)
    if page.token and now.saved_by not in ("", page.token) and page.revision < now.revision:
        raise ChangedElsewhere(
            _(
                "You have marked this response in another window since. Both are shown: save again"
                " to keep what stands here."
            )
        )
    if page.token:
        Review.objects.filter(pk=review.pk).update(revision=now.revision + 1, saved_by=page.token)


def keep_draft(review: Review, form: Mapping[str, str]) -> None:
    """Autosave: keeps what is chosen so far, without ending anything."""
    with transaction.atomic():
        _still_theirs(review)
        _not_overwriting(review, OpenedPage.of(form))
        read = _read(review.response, form)
        _store(review, {criterion: choice for criterion, choice in read if choice is not None})


def _read(response: Response, form: Mapping[str, str]) -> Iterator[tuple[Criterion, Choice | None]]:
    """What the form says on each criterion; None where it names no level of that criterion."""
    for criterion in response.item.rubric.criteria.prefetch_related("levels"):
        levels = {str(level.pk): level for level in criterion.levels.all()}
        level = levels.get(form.get(f"level-{criterion.code}", ""))
        comment = storable(form.get(f"comment-{criterion.code}")).strip()
        yield criterion, Choice(level, comment) if level is not None else None


def save(
    review: Review,
    chosen: Mapping[Criterion, Choice],
    revision_reason: str = "",
    *,
    saw_machine: bool = True,
    page: OpenedPage | None = None,
) -> Review:
    """Stores the marks. A blind review is then revealed; every other one, and a blind one that
    was revealed before, is settled. `saw_machine` tells whether the page that sent this showed
    the machine's marks: a second press before they were there settles nothing.
    Raises NotPossible when the response is no longer theirs.
    """
    with transaction.atomic():
        _still_theirs(review)
        _not_overwriting(review, page or OpenedPage())
        review = (
            Review.objects.select_for_update(of=("self",)).select_related(*WHOLE).get(pk=review.pk)
        )
        if review.awaits_confirmation and not saw_machine:
            return review
        _store(review, chosen)
        if review.marked_at is None:
            _mark_first_choice(review)
            if _to_be_revealed(review):
                return review
        _be_final(review, revision_reason)
    return review


def _still_theirs(review: Review) -> None:
    """Under a lock that all who settle the response need. Raises NotPossible."""
    decision = RoutingDecision.objects.select_for_update().get(pk=review.decision_id)
    if decision.settled_at is not None:
        raise NotPossible(SETTLED_MEANWHILE)
    if claims.open_to(review.reviewer, review.response) != decision:
        raise NotPossible(_("Somebody else has to look at this response now."))
    if not claims.renew(review.reviewer, decision):
        raise NotPossible(
            _(
                "Somebody else has this response now: it was left for a while, or given back to the"
                " queue. What you marked is kept."
            )
        )


def _store(review: Review, chosen: Mapping[Criterion, Choice]) -> None:
    ReviewMark.objects.bulk_create(
        [
            ReviewMark(
                review=review, criterion=criterion, level=choice.level, comment=choice.comment
            )
            for criterion, choice in chosen.items()
        ],
        update_conflicts=True,
        unique_fields=["review", "criterion"],
        update_fields=["level", "comment"],
    )


def _mark_first_choice(review: Review) -> None:
    """What was chosen before the reveal is kept for good: agreement is measured on it. Where the
    machine's marks were there from the start there is no such choice.
    """
    if review.blind:
        review.marks.update(first_level=F("level"))
    review.marked_at = timezone.now()
    review.save(update_fields=["marked_at"])
    record.append(
        review.response.submission_id,
        "review.marked",
        f"reviewer:{review.reviewer.code}",
        {
            "response": str(review.response_id),
            "lane": review.lane,
            "blind": review.blind,
            "marks": settling.points_of(review),
        },
    )


def _to_be_revealed(review: Review) -> bool:
    """Whether there is something of the machine's to show before the reviewer confirms."""
    return not review.is_calibration and was_revealed(review)


def was_revealed(review: Review) -> bool:
    """Whether the machine's marks came into view after the reviewer's own were stored."""
    if not (review.blind and review.reveals_machine):
        return False
    return review.response.machine_marks.filter(level__isnull=False).exists()


def _be_final(review: Review, revision_reason: str) -> None:
    marks = list(review.marks.select_related("criterion"))
    revised = [mark for mark in marks if review.blind and mark.first_level_id != mark.level_id]
    if revised and not revision_reason.strip():
        raise NotPossible(
            _("You changed %(criteria)s after seeing the machine's marks: please say why.")
            % {"criteria": ", ".join(mark.criterion.title for mark in revised)}
        )
    review.revision_reason = storable(revision_reason).strip()[:500] if revised else ""
    review.save(update_fields=["revision_reason"])
    claims.let_go(review.reviewer, review.decision)
    settling.settle(review, [mark.criterion.code for mark in revised])
