"""The part of `bench.similarity` that runs inside the product, over a database of its own."""

from __future__ import annotations

import statistics
import time
from collections.abc import Sequence

from django.db import connection
from django.utils import timezone

from grading import matches
from grading.models import Placement, Response, Submission
from lti_tool.models import Context, Deployment, Person, Registration, ResourceLink
from rubrics.models import Assessment, Item, Policy, Programme, Rubric


def measure(sources: Sequence[str], measured: int) -> dict[str, float]:
    """Milliseconds: of the last `measured` answers, and of one commit."""
    placement, item = _place()
    times, found = [], 0
    for number, source in enumerate(sources):
        response = _handed_in(placement, item, number, source)
        begun = time.perf_counter()
        matched = matches.look(response)
        if number >= len(sources) - measured:
            times.append((time.perf_counter() - begun) * 1e3)
            found += len(matched)
        if number == len(sources) - measured:
            with connection.cursor() as cursor:
                cursor.execute("ANALYZE grading_fingerprintmark")
    return {
        "median": statistics.median(times),
        "p95": sorted(times)[int(len(times) * 0.95)],
        "matches": round(found / len(times), 1),
        "commit": _commit(item),
    }


def _place() -> tuple[Placement, Item]:
    programme = Programme.objects.create(code="bench", title="Bench")
    rubric = Rubric.objects.create(programme=programme, code="r", title="R", version=1)
    policy = Policy.objects.create(programme=programme, code="p", title="P", version=1)
    assessment = Assessment.objects.create(
        programme=programme, code="a", title="A", version=1, policy=policy
    )
    item = Item.objects.create(
        assessment=assessment, code="i", kind=Item.Kind.CODE, title="I", rubric=rubric
    )
    registration = Registration.objects.create(
        name="lms", issuer="https://lms.example", client_id="c", active=True
    )
    deployment = Deployment.objects.create(registration=registration, deployment_id="1")
    course = Context.objects.create(deployment=deployment, lti_id="c")
    link = ResourceLink.objects.create(context=course, lti_id="l")
    placement = Placement.objects.create(
        resource_link=link, programme=programme, assessment_code="a"
    )
    return placement, item


def _handed_in(placement: Placement, item: Item, number: int, source: str) -> Response:
    registration = placement.resource_link.context.deployment.registration
    person = Person.objects.create(registration=registration, sub=f"s{number}")
    submission = Submission.objects.create(
        placement=placement,
        person=person,
        assessment=item.assessment,
        number=1,
        handed_in_at=timezone.now(),
    )
    return Response.objects.create(submission=submission, item=item, text=source)


def _commit(item: Item) -> float:
    times = []
    for _ in range(20):
        begun = time.perf_counter()
        item.save(update_fields=["title"])
        times.append((time.perf_counter() - begun) * 1e3)
    return statistics.median(times)
