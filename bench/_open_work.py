"""The part of `bench.review_queue` that runs inside the product, over a database of its own."""

from __future__ import annotations

import statistics
import time
from typing import Any

from django.db import connection
from django.test import Client
from django.urls import reverse

from grading.models import Placement, RoutingDecision
from lti_tool.models import Context, Person
from review.models import Claim
from rubrics.models import Assessment

PER_PERSON = 10_000  # attempts of one learner: their number is a small integer
LEARNERS = """
INSERT INTO lti_tool_person (id, registration_id, sub, legacy_id, anonymous, created_at)
SELECT gen_random_uuid(), %(registration)s, 'bench-' || n, '', false, now()
FROM generate_series(%(first)s, %(last)s) AS n
"""
ATTEMPTS = """
INSERT INTO grading_submission (id, placement_id, person_id, assessment_id, number, state,
  started_at, handed_in_at, run_after, failures, trouble)
SELECT gen_random_uuid(), %(placement)s, person.id, %(assessment)s, number, 'routed',
  now(), now(), now(), 0, ''
FROM lti_tool_person AS person CROSS JOIN generate_series(1, %(each)s) AS number
WHERE person.sub IN (SELECT 'bench-' || n FROM generate_series(%(first)s, %(last)s) AS n)
"""
RESPONSES = """
INSERT INTO grading_response (id, submission_id, item_id, text, choices, parts, revision, saved_by,
  sha256)
SELECT gen_random_uuid(), submission.id, %(item)s, 'Because it is.', '[]', '{}', 1, '', ''
FROM grading_submission AS submission
WHERE NOT EXISTS (SELECT FROM grading_response WHERE submission_id = submission.id)
"""
DECISIONS = """
INSERT INTO grading_routingdecision (response_id, lane, reasons, policy_id, context_id, item_code,
  due_at, due_hour, at, stakes, expected_change, audited)
SELECT id, 'review', '["A person is needed."]', %(policy)s, %(context)s, %(code)s,
  due_at, date_trunc('hour', due_at), now(), 1, random(), false
FROM (
  SELECT response.id, now() + random() * interval '48 hours' AS due_at
  FROM grading_response AS response
  WHERE NOT EXISTS (SELECT FROM grading_routingdecision WHERE response_id = response.id)
) AS response
"""
ANALYSED = ("grading_submission", "grading_response", "grading_routingdecision", "lti_tool_person")


class OpenWork:
    """A course with as much open work as is wanted, and a reviewer who takes from it."""

    def __init__(self) -> None:
        from tests.world import signed_in, world

        self.here = world()
        self.browser: Client = signed_in(self.here.sofia)
        self.context: Context = self.here.course
        self.placement: Placement = self.here.placement
        self.assessment: Assessment = self.here.assessment
        self.learners = 0

    def grow_to(self, count: int, each: int) -> None:
        """`count` is a multiple of `each`, the attempts of one learner."""
        first, last = self.learners + 1, self.learners + count // each
        item = self.assessment.items.get(code="why")
        values: dict[str, Any] = {
            "registration": self.context.deployment.registration_id,
            "first": first,
            "last": last,
            "each": each,
            "placement": self.placement.pk,
            "assessment": self.assessment.pk,
            "item": item.pk,
            "policy": self.assessment.policy_id,
            "context": self.context.pk,
            "code": item.code,
        }
        with connection.cursor() as cursor:
            for statement in (LEARNERS, ATTEMPTS, RESPONSES, DECISIONS):
                cursor.execute(statement, values)
            for table in ANALYSED:
                cursor.execute(f"ANALYZE {table}")
        self.learners = last

    def open(self) -> int:
        return RoutingDecision.objects.filter(settled_at=None).count()

    def claim_and_render(self) -> tuple[float, int]:
        """Milliseconds from the press on Next to the whole page, and its bytes without the answer.

        The claim is let go, so that each time the same queue is asked.
        """
        begun = time.perf_counter()
        taken = self.browser.post(reverse("review:next", args=[self.context.pk]))
        page = self.browser.get(taken.headers["Location"])
        took = (time.perf_counter() - begun) * 1e3
        if page.status_code != 200:
            raise RuntimeError(f"the page of a response answered {page.status_code}")
        Claim.objects.all().delete()
        return took, len(page.content)

    def save(self) -> float:
        """Milliseconds of the server from the press on Save until the next screen, whose page was
        fetched while this one was read, is there.
        """
        taken = self.browser.post(reverse("review:next", args=[self.context.pk]))
        address = taken.headers["Location"]
        self.browser.get(address)
        ahead = self.browser.post(f"{address}ahead/").json()["next"]
        self.browser.get(ahead)
        begun = time.perf_counter()
        saved = self.browser.post(address, self.form, headers={"Accept": "application/json"})
        took = (time.perf_counter() - begun) * 1e3
        if saved.json()["next"] != ahead:
            raise RuntimeError("the save led to another response than the one that was fetched")
        return took

    @property
    def form(self) -> dict[str, str]:
        criteria = self.assessment.items.get(code="why").rubric.criteria.all()
        chosen = {f"level-{each.code}": str(each.levels.all()[0].pk) for each in criteria}
        return {**chosen, "stage": "blind"}

    def median_save(self, times: int) -> float:
        self.save()
        return statistics.median(self.save() for _time in range(times))

    def median(self, times: int) -> tuple[float, int]:
        self.claim_and_render()  # warms up what a day's first reviewer warms up
        found = [self.claim_and_render() for _time in range(times)]
        return statistics.median(took for took, _size in found), max(size for _took, size in found)


def measure(few: int, many: int, times: int) -> dict[str, float]:
    """Medians in milliseconds with few and with many open responses, and the page's bytes."""
    work = OpenWork()
    work.grow_to(few, min(few, PER_PERSON))
    small, size = work.median(times)
    work.grow_to(many - few, min(many - few, PER_PERSON))
    large, _size = work.median(times)
    opened = work.open()
    saved = work.median_save(times)
    people = Person.objects.count()
    return {
        "few": small,
        "many": large,
        "saved": saved,
        "open": opened,
        "size": size,
        "people": people,
    }
