"""Notes of reviewers to each other about a response."""

from __future__ import annotations

from django.db.models import QuerySet

from grading.models import Response, RoutingDecision
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
    if step is None or step.lane not in ALONE:
        return notes
    marked = Review.objects.filter(decision=step, reviewer=reviewer, marked_at__isnull=False)
    return notes if marked.exists() else notes.filter(author=reviewer)
