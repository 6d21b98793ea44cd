from __future__ import annotations

import re
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from grading import erasure, intake, pipeline
from grading.classroom import ago, classroom
from grading.models import Submission
from lti_tool import outbox
from lti_tool.models import (
    Context,
    CourseGroup,
    LineItem,
    Membership,
    OutgoingScore,
    Person,
    PersonName,
)
from tests.world import LEARNER, World, course_of, signed_in, world

State = OutgoingScore.State


def named(person: Person, name: str) -> Person:
    PersonName.objects.create(person=person, name=name, email="")
    return person


@pytest.fixture
def graded(here: World) -> OutgoingScore:
    """Ada has a grade on its way."""
    named(here.ada, "Ada Okafor")
    here.routed(why="")
    return OutgoingScore.objects.get()


def address(here: World, name: str = "class", *more: Any) -> str:
    return reverse(f"grading:{name}", args=[here.link.pk, *more])


def page(here: World, **query: str) -> str:
    answer = signed_in(here.tomas).get(address(here), query)
    assert answer.status_code == 200
    return answer.content.decode()


def listed(here: World, **query: str) -> set[str]:
    """Who stands in the table."""
    heads = re.findall(r'scope="row">([^<]+)', page(here, **query))
    return {head.strip() for head in heads}


def overridden(score: OutgoingScore, *, held: bool = False) -> OutgoingScore:
    OutgoingScore.objects.filter(pk=score.pk).update(
        state=State.OVERRIDDEN,
        result_score=80,
        result_maximum=100,
        run_after=None,
        sent_sequence=score.sequence - int(held),
    )
    score.refresh_from_db()
    assert score.held == held
    return score


def test_who_has_not_handed_in_is_found(here: World) -> None:
    here.routed(why="")
    intake.begin(here.placement, here.ben)
    assert listed(here) == {here.ada.code, here.ben.code}
    assert listed(here, show="missing") == {here.ben.code}
    assert listed(here, show="graded") == {here.ada.code}


def test_somebody_on_a_second_attempt_has_handed_in_and_keeps_the_grade(here: World) -> None:
    submission = here.routed(why="")
    intake.begin(here.placement, here.ada)
    assert here.ada.code not in listed(here, show="missing")
    row = next(row for row in classroom(here.placement).rows if row.person == here.ada)
    assert row.grade is not None
    assert row.grade.submission_id == submission.pk


def test_the_grade_that_counts_is_the_best(here: World) -> None:
    best = here.routed(why="")
    here.routed(why="", double="def double(x):\n    return 1\n")
    row = next(row for row in classroom(here.placement).rows if row.person == here.ada)
    assert row.grade is not None
    assert row.grade.submission_id == best.pk


def test_waiting_for_a_reviewer_is_a_filter(here: World) -> None:
    here.routed()
    here.routed(here.ben, why="")
    assert listed(here, show="waiting") == {here.ada.code}


def test_groups_narrow_the_list_and_its_counts(here: World) -> None:
    north = CourseGroup.objects.create(context=here.course, lti_id="n", name="North")
    here.ada.memberships.get().groups.add(north)
    assert "North" in page(here)
    assert listed(here, group=str(north.pk)) == {here.ada.code}
    missing = re.search(r'id="show-missing".*?tab__n">(\d+)', page(here, group=str(north.pk)))
    assert missing
    assert missing[1] == "1"
    elsewhere = CourseGroup.objects.create(
        context=course_of(here.course.deployment.registration, "Spring"), lti_id="s", name="South"
    )
    for other in (str(elsewhere.pk), "x", "²", "9" * 50, "\x00", "-1"):
        assert len(listed(here, group=other)) == 2


def test_who_has_left_is_marked_and_not_missed(here: World) -> None:
    Membership.objects.filter(person=here.ben).update(rights=[], departed_at=timezone.now())
    Membership.objects.filter(person=here.sofia).update(rights=[], departed_at=timezone.now())
    assert "has left the course" in page(here)
    assert listed(here) == {here.ada.code, here.ben.code}
    assert listed(here, show="missing") == {here.ada.code}


def test_an_anonymous_and_an_erased_person_are_told_apart(here: World) -> None:
    Person.objects.filter(pk=here.ben.pk).update(anonymous=True)
    assert "The LMS did not say who this is" in page(here)
    here.routed(why="")
    erasure.erase(here.ada, here.ada)
    assert "The person was erased" in page(here)


def test_refused_grades_stand_at_the_top_with_their_cause_and_go_again_together(
    here: World, graded: OutgoingScore
) -> None:
    OutgoingScore.objects.update(state=State.REFUSED, cause="The course is closed.", run_after=None)
    text = page(here)
    assert text.index("1 grade was refused by the LMS") < text.index("The course is closed.")
    assert text.index("The course is closed.") < text.index("<table")
    assert here.ada.code not in listed(here, show="missing")
    assert "Ada Okafor" in listed(here, show="attention")
    answer = signed_in(here.tomas).post(address(here, "resend_all"), follow=True)
    assert "1 grade is on its way." in answer.content.decode()
    graded.refresh_from_db()
    assert graded.state == State.QUEUED


def test_a_grade_given_in_the_lms_is_replaced_only_after_a_second_question(
    here: World, graded: OutgoingScore
) -> None:
    overridden(graded, held=True)
    text = page(here)
    assert "1 newer grade was not sent" in text
    assert "80 / 100" in text
    browser = signed_in(here.tomas)
    target = address(here, "resend", graded.pk)
    for question in (browser.get(target), browser.post(target)):
        assert "Send ours instead" in question.content.decode()
        graded.refresh_from_db()
        assert graded.state == State.OVERRIDDEN
    assert browser.post(target, {"sure": "1"}).status_code == 302
    graded.refresh_from_db()
    assert graded.state == State.QUEUED


def test_a_grade_changed_in_the_lms_is_told_and_left_alone(
    here: World, graded: OutgoingScore
) -> None:
    overridden(graded)
    assert "1 grade was changed in the LMS" in page(here)
    signed_in(here.tomas).post(address(here, "resend_all"))
    graded.refresh_from_db()
    assert graded.state == State.OVERRIDDEN


def test_the_grade_of_another_activity_cannot_be_sent(here: World, graded: OutgoingScore) -> None:
    other = world(tenant="other", name="other-lms")
    answer = signed_in(other.tomas).post(address(other, "resend", graded.pk), {"sure": "1"})
    assert answer.status_code == 404


def test_the_gradebook_is_looked_into_when_the_page_opens_and_the_last_look_is_old(
    here: World, graded: OutgoingScore
) -> None:
    column = here.link.line_items.filter(read_due_at__isnull=False)
    LineItem.objects.update(read_at=timezone.now() - timedelta(minutes=3), read_due_at=None)
    page(here)
    assert not column.exists()
    LineItem.objects.update(read_at=timezone.now() - timedelta(minutes=6))
    browser = signed_in(here.tomas)
    browser.get(address(here), headers={"HX-Request": "true"})
    assert not column.exists()  # a page that refreshes itself does not ask for ever
    page(here)
    assert column.exists()


def test_the_gradebook_is_looked_into_when_asked(here: World, graded: OutgoingScore) -> None:
    LineItem.objects.update(read_at=timezone.now() - timedelta(minutes=3), read_due_at=None)
    answer = signed_in(here.tomas).post(address(here, "read_gradebook"), follow=True)
    assert "gradebook is being read" in answer.content.decode()
    assert here.link.line_items.filter(read_due_at__isnull=False).exists()


def test_the_list_of_the_course_tells_its_age_and_trouble_and_is_read_again(here: World) -> None:
    assert "does not tell who is in the course" in page(here)
    Context.objects.update(
        roster_url="https://lms.example/members",
        roster_read_at=timezone.now() - timedelta(hours=3),
        roster_problem="Moodle did not answer.",
    )
    text = page(here)
    assert "read 3 hours ago" in text
    assert "Moodle did not answer." in text
    browser = signed_in(here.tomas)
    answers = [
        browser.post(address(here, "read_roster"), follow=True).content.decode() for _ in "12"
    ]
    assert "is being read" in answers[0]
    assert "a moment ago" in answers[1]
    assert Context.objects.get(pk=here.course.pk).roster_due_at is not None


def test_the_page_is_left_alone_until_something_changes(here: World) -> None:
    submission = here.routed(why="")
    browser = signed_in(here.tomas)
    text = browser.get(address(here), {"show": "graded"}).content.decode()
    found = re.search(r'hx-get="([^"]+)"', text)
    assert found
    refresh = found[1].replace("&amp;", "&")
    assert "show=graded" in refresh
    asked = {"HX-Request": "true"}
    assert browser.get(refresh, headers=asked).status_code == 204
    OutgoingScore.objects.update(state=State.CONFIRMED)
    changed = browser.get(refresh, headers=asked).content.decode()
    assert "has confirmed" in changed
    assert "<html" not in changed
    assert str(submission.pk) in changed


def test_an_action_answers_with_the_changed_part_and_keeps_the_filter(
    here: World, graded: OutgoingScore
) -> None:
    browser = signed_in(here.tomas)
    target = address(here, "resend", graded.pk) + "?show=graded"
    part = browser.post(target, headers={"HX-Request": "true"}).content.decode()
    assert "The grade of Ada Okafor is on its way." in part
    assert "<html" not in part
    assert re.search(r'id="show-graded"[^>]*aria-current', part)
    whole = browser.post(target)
    assert whole.headers["Location"] == address(here) + "?show=graded"


def test_another_course_of_the_same_people_does_not_show(here: World) -> None:
    other = course_of(here.course.deployment.registration, "Spring")
    here.join("olga", LEARNER, other)
    assert listed(here) == {here.ada.code, here.ben.code}


def learners(here: World, first: int, last: int) -> None:
    group, _ = CourseGroup.objects.get_or_create(context=here.course, lti_id="g", name="All")
    for n in range(first, last):
        person = named(here.join(f"learner-{n}", LEARNER), f"Learner {n}")
        person.memberships.get().groups.add(group)
        intake.hand_in(intake.begin(here.placement, person))


def test_a_large_class_costs_no_more_queries_than_a_small_one(here: World) -> None:
    counts = []
    for first, last in ((0, 2), (2, 12)):
        learners(here, first, last)
        for submission in Submission.objects.filter(state=Submission.State.HANDED_IN):
            pipeline.advance(str(submission.pk))
        browser = signed_in(here.tomas)
        with CaptureQueriesContext(connection) as queries:
            assert browser.get(address(here)).status_code == 200
        counts.append(len(queries))
    assert counts[0] == counts[1]
    assert counts[1] < 40


@pytest.mark.parametrize(
    ("minutes", "words"),
    [
        (0, "just now"),
        (4, "just now"),
        (7, "5 minutes ago"),
        (59, "55 minutes ago"),
        (60, "1 hour ago"),
        (47 * 60, "47 hours ago"),
        (49 * 60, "2 days ago"),
    ],
)
def test_ages_are_told_coarsely(minutes: int, words: str) -> None:
    assert ago(timezone.now() - timedelta(minutes=minutes, seconds=1)) == words


def test_never_has_no_age() -> None:
    assert ago(None) == ""
    assert timedelta(minutes=5) > outbox.READ_AT_MOST_EVERY  # or opening the page would do nothing
