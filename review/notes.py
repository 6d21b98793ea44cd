"""What reviewers may read of what others wrote to a response: notes, and remarks in its text."""

from __future__ import annotations

from django.db.models import QuerySet

from grading.models import Annotation, Response, RoutingDecision
from lti_tool.models import Person
from review.models import Note, Review

Lane = RoutingDecision.Lane
# Who marks here by themselves must not read what others thought.
ALONE = (Lane.SECOND, Lane.CALIBRATION)


def readable(response: Response, reviewer: Person, step: RoutingDecision | None) -> QuerySet[Note]:
    """All notes; of who has still to mark the response by themselves only their own. `step` is
    the one that is open to the reviewer.
    """
    notes = Note.objects.filter(response=response).select_related("author")
    return notes.filter(author=reviewer) if _alone(reviewer, step) else notes


def remarks(
    response: Response, reviewer: Person, step: RoutingDecision | None
) -> QuerySet[Annotation]:
    """Remarks in the text: their own, and by the same rule those that the learner has got."""
    found = Annotation.objects.filter(response=response)
    own = found.filter(reviewer=reviewer)
    return own if _alone(reviewer, step) else own | found.filter(settled_at__isnull=False)


def _alone(reviewer: Person, step: RoutingDecision | None) -> bool:
    if step is None or step.lane not in ALONE:
        return False
    marked = Review.objects.filter(decision=step, reviewer=reviewer, marked_at__isnull=False)
    return not marked.exists()
