"""Which attempt is meant when somebody in the LMS asks to see what a learner handed in there."""

from __future__ import annotations

from django.db.models import F
from django.db.models.functions import NullIf

from grading import decisions
from grading.models import Response, Submission
from lti_tool.models import Membership, Person, ResourceLink


def is_of_course(link: ResourceLink, learner: Person) -> bool:
    """Whether the learner is in the course of a link, or has handed something in at the link."""
    return (
        Membership.objects.filter(context=link.context, person=learner).exists()
        or Submission.objects.filter(placement__resource_link=link, person=learner).exists()
    )


def shown(link: ResourceLink, learner: Person) -> Submission | None:
    """The attempt whose grade counts, else the newest that was handed in; None without any."""
    handed_in = Submission.objects.filter(placement__resource_link=link, person=learner).exclude(
        state=Submission.State.OPEN
    )
    best = F("grade__score") / NullIf("grade__maximum", 0)
    return handed_in.order_by(best.desc(nulls_last=True), "-number").first()


def waiting(link: ResourceLink, learner: Person) -> Response | None:
    """The response of the learner that a reviewer should look at first."""
    return decisions.first_waiting(
        response__submission__placement__resource_link=link,
        response__submission__person=learner,
    )
