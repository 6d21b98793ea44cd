from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import django_rq
import pytest
from django.db import connection
from django.utils import timezone
from hypothesis import given
from hypothesis import strategies as st

from lti_tool import delivery, outbox, read_back
from lti_tool.ags import LINE_ITEMS, RESULTS, SCORE
from lti_tool.models import (
    AccessToken,
    Deployment,
    LineItem,
    OutgoingScore,
    Person,
    Registration,
    ResourceLink,
)
from tests.lti_tool import factories
from tests.lti_tool.tokens import Lms, Script

State = OutgoingScore.State
HANDED_IN = datetime(2026, 5, 1, 12, 0, tzinfo=UTC)


class Course:
    """A learner in a course of a serving LMS, with a gradebook column."""

    def __init__(self, lms: Lms, **registration: Any) -> None:
        self.lms = lms
        self.registration: Registration = lms.register(**registration)
        self.link: ResourceLink = factories.make_link(factories.make_context(self.registration))
        self.ada: Person = factories.make_person(self.link, sub="ada")
        self.column = factories.make_line_item(self.link, url=lms.line_item)

    def queue(self, score: str = "78", **values: Any) -> OutgoingScore | None:
        return outbox.queue_score(
            **{
                "resource_link": self.link,
                "person": self.ada,
                "score": Decimal(score),
                "maximum": Decimal(100),
                "comment": "Well done",
                "submitted_at": HANDED_IN,
                **values,
            }
        )

    def queued(self, score: str = "78", **values: Any) -> OutgoingScore:
        row = self.queue(score, **values)
        assert row is not None
        return row

    def deliver(self, row: OutgoingScore) -> OutgoingScore:
        """Deliver as if its time had come, in a second later than the last one."""
        OutgoingScore.objects.filter(pk=row.pk, run_after__isnull=False).update(
            run_after=timezone.now()
        )
        self.turn()
        row.refresh_from_db()
        return row

    def turn(self) -> None:
        """A worker's turn with this LMS, whatever pause it asked for before."""
        Registration.objects.update(paused_until=None)
        delivery.deliver(self.registration.pk)

    def a_second_passes(self, row: OutgoingScore) -> None:
        row.refresh_from_db()
        assert row.timestamp is not None
        row.timestamp -= timedelta(seconds=2)
        row.save(update_fields=["timestamp"])
        for shown in self.lms.shown.values():
            shown["timestamp"] = "2000" + shown["timestamp"][4:]


@pytest.fixture
def course(db: None, lms: Lms) -> Course:
    return Course(lms)


def failure(status: int, reason: str = "", body: Any = None, **headers: str) -> Script:
    content = json.dumps(body).encode() if body is not None else b""
    return status, reason, content, headers


def test_a_grade_is_sent_and_confirmed(course: Course, lms: Lms) -> None:
    row = course.deliver(course.queued("77.5"))

    assert row.state == State.CONFIRMED
    assert row.words == "Your LMS has confirmed 77.5 / 100."
    (sent,) = lms.scores
    assert sent["scoreGiven"] == 77.5
    assert sent["scoreMaximum"] == 100
    assert sent["userId"] == "ada"
    assert sent["gradingProgress"] == "FullyGraded"
    assert sent["activityProgress"] == "Completed"
    assert sent["comment"] == "Well done"
    assert sent["submission"]["submittedAt"] == "2026-05-01T12:00:00.000Z"
    assert row.run_after is None
    assert Registration.objects.get().delivering_until is None


def test_media_type_and_address_are_exact(course: Course, lms: Lms) -> None:
    course.deliver(course.queued())
    method, path, headers = next(r for r in lms.requests if "/scores" in r[1])
    assert (method, path) == ("POST", "/course/1/lineitems/7/scores?type=x")
    assert headers["Content-Type"] == "application/vnd.ims.lis.v1.score+json"
    assert headers["User-Agent"].startswith("Cograde")
    _method, path, headers = next(r for r in lms.requests if "/results" in r[1])
    assert path == "/course/1/lineitems/7/results?type=x&user_id=ada"
    assert headers["Accept"] == "application/vnd.ims.lis.v2.resultcontainer+json"


def test_one_token_serves_many_grades(course: Course, lms: Lms) -> None:
    for number in range(5):
        person = factories.make_person(course.link, sub=f"s{number}")
        course.deliver(course.queued(person=person))
    assert len(lms.scores) == 5
    assert len(lms.token_requests) == 1
    assert set(lms.token_requests[0]["scope"].split()) == {SCORE, RESULTS}


def test_a_token_is_kept_encrypted(course: Course) -> None:
    course.deliver(course.queued())
    with connection.cursor() as cursor:
        cursor.execute("SELECT token FROM lti_tool_accesstoken")
        assert "token-1" not in cursor.fetchone()[0]
    assert AccessToken.objects.get().token == "token-1"


def test_a_token_the_lms_forgot_is_renewed_once(course: Course, lms: Lms) -> None:
    course.deliver(course.queued())
    lms.valid_tokens.clear()
    person = factories.make_person(course.link)
    assert course.deliver(course.queued(person=person)).state == State.CONFIRMED
    assert len(lms.token_requests) == 2


def test_without_a_column_nothing_is_queued(course: Course) -> None:
    assert course.queue(resource_link=factories.make_link()) is None


def test_an_equal_score_is_not_sent_twice(course: Course, lms: Lms) -> None:
    row = course.deliver(course.queued())
    assert course.queued().state == State.CONFIRMED
    course.deliver(row)
    assert len(lms.scores) == 1


def test_the_newest_score_wins(course: Course, lms: Lms) -> None:
    course.queued("10")
    row = course.queued("20")
    course.deliver(row)
    assert [score["scoreGiven"] for score in lms.scores] == [20]
    assert OutgoingScore.objects.count() == 1


def test_a_second_score_within_a_second_waits_for_the_next(course: Course, lms: Lms) -> None:
    row = course.deliver(course.queued("10"))
    first = row.timestamp
    assert first is not None
    # As if the clock stood still: the stored timestamp is this very second, or the next.
    OutgoingScore.objects.update(timestamp=timezone.now() + timedelta(seconds=1))
    row.refresh_from_db()

    row = course.deliver(course.queued("20"))

    assert len(lms.scores) == 1
    assert row.state == State.QUEUED
    assert row.timestamp is not None
    assert row.run_after == row.timestamp + timedelta(seconds=1)


def test_timestamps_are_whole_seconds_of_the_past(course: Course, lms: Lms) -> None:
    row = course.deliver(course.queued())
    assert row.timestamp is not None
    assert row.timestamp.microsecond == 0
    assert row.timestamp <= timezone.now()
    assert lms.scores[0]["timestamp"] == row.timestamp.strftime("%Y-%m-%dT%H:%M:%S.000Z")


def test_a_repetition_keeps_its_timestamp(course: Course, lms: Lms) -> None:
    lms.script = [failure(503), failure(500)]
    row = course.deliver(course.queued())
    row = course.deliver(row)
    row = course.deliver(row)
    assert row.state == State.CONFIRMED
    assert len({score["timestamp"] for score in lms.scores}) == 1


def test_an_answer_that_got_lost_is_looked_up_instead_of_sent_again(
    course: Course, lms: Lms
) -> None:
    """The LMS stored the score but its answer never came: the repetition meets a 409."""
    row = course.queued()
    lms.on_score = lambda score: lms.shown.setdefault(
        "ada", {"userId": "ada", "resultScore": 78, "resultMaximum": 100, **score}
    )
    row = course.deliver(row)
    assert row.state == State.CONFIRMED
    assert len(lms.scores) == 1


def test_a_newer_score_in_the_lms_is_followed_by_a_later_timestamp(
    course: Course, lms: Lms
) -> None:
    lms.script = [failure(409, "Conflict")]
    row = course.deliver(course.queued())
    assert row.state == State.QUEUED
    assert row.timestamp_sequence == 0
    course.a_second_passes(row)

    row = course.deliver(row)

    assert row.state == State.CONFIRMED
    assert len(lms.scores) == 2


def test_retry_after_is_honoured_for_every_grade_of_that_lms(course: Course, lms: Lms) -> None:
    lms.script = [failure(429, "Slow down", **{"Retry-After": "600"})]
    row = course.deliver(course.queued())
    course.queued(person=factories.make_person(course.link))
    delivery.deliver(course.registration.pk)

    assert len(lms.scores) == 1
    assert row.state == State.QUEUED
    assert row.run_after is not None
    assert row.run_after > timezone.now() + timedelta(seconds=590)
    assert "slow down" in row.words
    assert outbox.wake_due() == 0


@pytest.mark.parametrize(
    "headers",
    [
        {"X-Rate-Limit-Remaining": "3.5", "X-Request-Cost": "40"},
        {"RateLimit-Remaining": "0", "RateLimit-Reset": "30"},
        {"X-RateLimit-Remaining": "0", "X-RateLimit-Reset": "30"},
    ],
)
def test_headers_that_count_what_is_left_are_kept(
    course: Course, lms: Lms, headers: dict[str, str]
) -> None:
    lms.script = [failure(200, "OK", None, **headers)]
    course.deliver(course.queued())
    paused = Registration.objects.get().paused_until
    assert paused is not None
    assert len(lms.scores) == 1


@pytest.mark.parametrize(
    ("status", "reason", "body", "words"),
    [
        (400, "Bad Request", {"message": "Invalid score"}, "The LMS says: Invalid score"),
        (403, "Forbidden", None, "does not let us write"),
        (404, "Not Found", None, "no longer has"),
        (422, "Unprocessable", {"errors": ["x"]}, "does not grade this person"),
        (302, "Found", None, "address of the LMS has changed"),
    ],
)
def test_a_refusal_is_parked_with_its_cause(
    course: Course, lms: Lms, status: int, reason: str, body: Any, words: str
) -> None:
    lms.script = [failure(status, reason, body)]
    row = course.deliver(course.queued())
    assert row.state == State.REFUSED
    assert words in row.words
    assert row.run_after is None


def test_the_reason_phrase_of_moodle_is_the_cause(lms: Lms, db: None) -> None:
    course = Course(lms, product="moodle")
    lms.script = [failure(400, "User not gradable in this course", [])]
    assert "User not gradable" in course.deliver(course.queued()).words


def test_canvas_asking_for_a_pause_by_403_is_no_refusal(course: Course, lms: Lms) -> None:
    lms.script = [failure(403, "Forbidden", {"errors": "403 Forbidden (Rate Limit Exceeded)"})]
    assert course.deliver(course.queued()).state == State.QUEUED


def test_a_refused_score_can_be_sent_again(course: Course, lms: Lms) -> None:
    lms.script = [failure(404)]
    row = course.deliver(course.queued())
    course.a_second_passes(row)
    outbox.resend(row)
    assert course.deliver(row).state == State.CONFIRMED


def test_a_grade_changed_in_the_lms_is_said_so(course: Course, lms: Lms) -> None:
    row = course.queued()
    lms.script = [failure(200)]
    lms.shown["ada"] = {"userId": "ada", "resultScore": 5, "resultMaximum": 10}
    row = course.deliver(row)
    assert row.state == State.SENT
    for _ in read_back.LOOK_AGAIN_AFTER:
        row = course.deliver(row)
    assert row.state == State.OVERRIDDEN
    assert row.words == "Your LMS shows 5 / 10 instead of 78 / 100: it was changed there."
    assert len(lms.scores) == 1


def test_an_lms_that_shows_the_grade_late_confirms_late(course: Course, lms: Lms) -> None:
    lms.script = [failure(202)]
    row = course.deliver(course.queued())
    assert row.state == State.SENT
    lms.shown["ada"] = {"userId": "ada", "resultScore": 7.8, "resultMaximum": 10}
    assert course.deliver(row).state == State.CONFIRMED
    assert len(lms.scores) == 1


def test_an_lms_without_results_leaves_it_at_sent(course: Course, lms: Lms) -> None:
    course.column.scopes = [SCORE]
    course.column.save()
    row = course.deliver(course.queued())
    assert row.state == State.SENT
    assert row.run_after is None
    assert lms.token_requests[0]["scope"] == SCORE


def test_a_column_without_the_scope_is_refused_in_words(course: Course, lms: Lms) -> None:
    course.column.scopes = []
    course.column.save()
    row = course.deliver(course.queued())
    assert row.state == State.REFUSED
    assert "does not let this tool" in row.words
    assert lms.scores == []


def test_a_token_that_is_refused_is_tried_again_later(course: Course, lms: Lms) -> None:
    lms.token_script = [failure(400, "Bad Request", {"error": "invalid_client"})]
    row = course.deliver(course.queued())
    assert row.state == State.QUEUED
    assert "does not know us" in row.words
    assert course.deliver(row).state == State.CONFIRMED


def test_an_empty_comment_is_sent_too(course: Course, lms: Lms) -> None:
    course.deliver(course.queued(comment=""))
    assert lms.scores[0]["comment"] == ""


def test_blackboard_gets_its_line_breaks(lms: Lms, db: None) -> None:
    course = Course(lms, product="BlackboardLearn")
    course.deliver(course.queued(comment="a\nb"))
    assert lms.scores[0]["comment"] == "a<br/>b"


def test_canvas_is_told_that_a_regrade_is_no_new_submission(lms: Lms, db: None) -> None:
    course = Course(lms, product="canvas")
    row = course.deliver(course.queued("50"))
    course.a_second_passes(row)
    course.deliver(course.queued("60"))
    claims = [score["https://canvas.instructure.com/lti/submission"] for score in lms.scores]
    assert claims == [{"new_submission": True}, {"new_submission": False}]


def test_d2l_gets_its_audience(lms: Lms, db: None) -> None:
    import jwt

    course = Course(lms, product="desire2learn")
    course.deliver(course.queued())
    assertion = lms.token_requests[0]["client_assertion"]
    claims = jwt.decode(assertion, options={"verify_signature": False})
    assert claims["aud"] == "https://api.brightspace.com/auth/token"
    assert claims["iss"] == claims["sub"] == "client-1"


def test_a_lease_keeps_others_away(course: Course, lms: Lms) -> None:
    course.queued()
    Registration.objects.update(delivering_until=timezone.now() + timedelta(minutes=1))
    course.turn()
    assert lms.scores == []


def test_a_lease_that_ran_out_is_taken_over(course: Course, lms: Lms) -> None:
    row = course.queued()
    Registration.objects.update(delivering_until=timezone.now() - timedelta(seconds=1))
    assert course.deliver(row).state == State.CONFIRMED


def test_grades_wait_while_an_lms_is_switched_off(course: Course, lms: Lms) -> None:
    row = course.queued()
    Registration.objects.update(active=False)
    assert course.deliver(row).state == State.QUEUED
    assert lms.scores == []
    assert outbox.wake_due() == 0
    Registration.objects.update(active=True)
    assert course.deliver(row).state == State.CONFIRMED


def test_a_grade_is_never_given_up_for_what_may_pass(course: Course, lms: Lms) -> None:
    row = course.queued()
    OutgoingScore.objects.update(queued_at=timezone.now() - timedelta(days=90), attempts=500)
    lms.script = [failure(500)]
    row = course.deliver(row)
    assert row.state == State.QUEUED
    assert row.run_after is not None
    assert timezone.now() < row.run_after <= timezone.now() + timedelta(days=2)
    assert "problem of its own" in row.words


# What somebody does in the LMS's own gradebook


def test_a_change_in_the_lms_is_seen_and_not_overwritten(course: Course, lms: Lms) -> None:
    row = course.deliver(course.queued("78"))
    lms.shown["ada"] |= {"resultScore": 90}
    course.a_second_passes(row)

    row = course.deliver(course.queued("80"))

    assert row.state == State.OVERRIDDEN
    assert row.held
    assert row.words == (
        "Your LMS shows 90 / 100, which was given there."
        " So 80 / 100 was not sent, until a teacher decides."
    )
    assert [score["scoreGiven"] for score in lms.scores] == [78]


def test_a_held_grade_is_held_through_further_changes(course: Course, lms: Lms) -> None:
    row = course.deliver(course.queued("78"))
    lms.shown["ada"] |= {"resultScore": 90}
    course.a_second_passes(row)
    course.deliver(course.queued("80"))

    row = course.deliver(course.queued("85"))

    assert row.state == State.OVERRIDDEN
    assert (row.held, row.score) == (True, Decimal(85))
    assert len(lms.scores) == 1


def test_a_teacher_may_send_ours_all_the_same(course: Course, lms: Lms) -> None:
    row = course.deliver(course.queued("78"))
    lms.shown["ada"] |= {"resultScore": 90}
    course.a_second_passes(row)
    row = course.deliver(course.queued("80"))

    outbox.resend(row)
    row = course.deliver(row)

    assert (row.state, row.held, row.overwrite) == (State.CONFIRMED, False, False)
    assert lms.shown["ada"]["resultScore"] == 80


def test_a_grade_that_was_taken_away_in_the_lms_is_not_put_back(course: Course, lms: Lms) -> None:
    row = course.deliver(course.queued("78"))
    course.a_second_passes(row)
    lms.shown.clear()

    row = course.deliver(course.queued("80"))

    assert row.state == State.OVERRIDDEN
    assert len(lms.scores) == 1


def test_a_regrade_goes_out_when_nobody_touched_the_gradebook(course: Course, lms: Lms) -> None:
    row = course.deliver(course.queued("78"))
    course.a_second_passes(row)
    assert course.deliver(course.queued("80")).state == State.CONFIRMED
    assert [score["scoreGiven"] for score in lms.scores] == [78, 80]


def test_our_own_grade_that_nobody_has_looked_at_is_no_change_of_the_lms(
    course: Course, lms: Lms
) -> None:
    row = course.deliver(course.queued("78"))
    course.a_second_passes(row)
    # The LMS takes 80, but its answer is lost; then comes 85.
    lms.on_score = lambda score: lms.shown["ada"].update(resultScore=score["scoreGiven"])
    lms.script = [failure(500)]
    row = course.deliver(course.queued("80"))
    lms.on_score = None
    course.a_second_passes(row)

    assert course.deliver(course.queued("85")).state == State.CONFIRMED
    assert [score["scoreGiven"] for score in lms.scores] == [78, 80, 85]


def test_a_change_is_seen_when_somebody_looks(course: Course, lms: Lms) -> None:
    row = course.deliver(course.queued("78"))
    lms.shown["ada"] |= {"resultScore": 90}

    outbox.read_now(course.link)
    row = course.deliver(row)

    assert row.state == State.OVERRIDDEN
    assert row.words == "Your LMS shows 90 / 100 instead of 78 / 100: it was changed there."


def test_a_change_that_is_taken_back_is_seen_too(course: Course, lms: Lms) -> None:
    row = course.deliver(course.queued("78"))
    for shown, state in ((90, State.OVERRIDDEN), (78, State.CONFIRMED)):
        lms.shown["ada"] |= {"resultScore": shown}
        LineItem.objects.update(read_at=None)
        outbox.read_now(course.link)
        row = course.deliver(row)
        assert row.state == state


def test_a_grade_that_a_whole_reading_misses_is_looked_for_by_itself(
    course: Course, lms: Lms
) -> None:
    row = course.deliver(course.queued("78"))
    lms.hide_from_lists.add("ada")
    outbox.read_now(course.link)
    assert course.deliver(row).state == State.CONFIRMED


def test_looking_too_often_is_put_off_and_not_forgotten(course: Course, lms: Lms) -> None:
    course.deliver(course.queued("78"))
    for _ in range(3):
        outbox.read_now(course.link)
        course.turn()
    whole = [path for _method, path, _headers in lms.requests if "limit=" in path]
    assert len(whole) == 1
    due = LineItem.objects.get().read_due_at
    assert due is not None
    assert timezone.now() < due <= timezone.now() + outbox.READ_AT_MOST_EVERY


def test_many_grades_are_read_back_together(course: Course, lms: Lms) -> None:
    for number in range(40):
        course.queued(person=factories.make_person(course.link, sub=f"s{number}"))
    course.turn()
    assert set(OutgoingScore.objects.values_list("state", flat=True)) == {State.CONFIRMED}
    assert len(lms.scores) == 40
    readings = [path for _method, path, _headers in lms.requests if "/results" in path]
    assert len(readings) < 10


@pytest.mark.parametrize("absurd", [99999999.99999, -99999999.99999, 1e300])
def test_an_absurd_result_does_not_keep_the_others_from_being_read(
    course: Course, lms: Lms, absurd: float
) -> None:
    rows = [
        course.queued(person=factories.make_person(course.link, sub=f"s{number}"))
        for number in range(5)
    ]
    lms.on_score = lambda _score: lms.shown.update(
        odd={"userId": "odd", "resultScore": absurd, "resultMaximum": absurd, "timestamp": "1"}
    )
    odd = course.queued(person=factories.make_person(course.link, sub="odd"))
    OutgoingScore.objects.filter(pk=odd.pk).update(state=State.SENT, sent_at=timezone.now())

    course.turn()
    outbox.read_now(course.link)
    course.turn()

    states = OutgoingScore.objects.exclude(pk=odd.pk).values_list("state", flat=True)
    assert list(states) == [State.CONFIRMED] * len(rows)


def test_grades_wait_while_their_deployment_is_switched_off(course: Course, lms: Lms) -> None:
    row = course.queued()
    Deployment.objects.update(active=False)
    assert outbox.wake_due() == 0
    assert course.deliver(row).state == State.QUEUED
    Deployment.objects.update(active=True)
    assert outbox.wake_due() == 1
    assert course.deliver(row).state == State.CONFIRMED


def test_a_turn_ends_although_no_call_gets_a_token(
    course: Course, lms: Lms, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whoever waits for another LMS would wait for all grades of this one to fail."""
    monkeypatch.setattr(delivery, "TURN_SECONDS", -1.0)
    for number in range(5):
        course.queued(person=factories.make_person(course.link, sub=f"s{number}"))
    lms.token_script = [failure(400, "Bad Request", {"error": "invalid_client"})] * 5
    course.turn()
    assert OutgoingScore.objects.filter(attempts=0).count() >= 4


# Columns


def test_a_column_is_made_where_the_lms_gave_none(lms: Lms, db: None) -> None:
    course = Course(lms)
    course.column.delete()
    course.link.line_items_url = lms.line_items
    course.link.service_scopes = [SCORE, RESULTS, LINE_ITEMS]
    course.link.save()

    rows = [course.queued(person=factories.make_person(course.link, sub=s)) for s in "ab"]
    course.turn()

    (made,) = lms.made_line_items
    assert made["resourceLinkId"] == course.link.lti_id
    assert (made["tag"], made["scoreMaximum"]) == ("cograde", 100)
    assert [OutgoingScore.objects.get(pk=row.pk).state for row in rows] == [State.CONFIRMED] * 2
    assert LineItem.objects.get().url == made["id"]


def test_a_column_that_a_launch_named_meanwhile_takes_all_grades(lms: Lms, db: None) -> None:
    course = Course(lms)
    course.column.delete()
    course.link.line_items_url = lms.line_items
    course.link.service_scopes = [SCORE, RESULTS, LINE_ITEMS]
    course.link.save()
    lms.listed_line_items = [{"id": lms.line_item, "resourceLinkId": course.link.lti_id}]
    older = course.queued("10")
    ben = course.queued("20", person=factories.make_person(course.link, sub="ben"))
    named = factories.make_line_item(course.link, url=lms.line_item)
    newer = course.queued("30")
    assert newer.line_item == named

    course.turn()

    assert LineItem.objects.get() == named
    assert not OutgoingScore.objects.filter(pk=older.pk).exists()
    assert {row.person.sub: row.score for row in OutgoingScore.objects.all()} == {
        "ada": 30,
        "ben": 20,
    }
    assert {sent["userId"]: sent["scoreGiven"] for sent in lms.scores} == {"ada": 30, "ben": 20}
    assert OutgoingScore.objects.get(pk=ben.pk).state == State.CONFIRMED


def test_a_column_with_our_mark_is_found_among_several(lms: Lms, db: None) -> None:
    course = Course(lms)
    course.column.delete()
    course.link.line_items_url = lms.line_items
    course.link.service_scopes = [SCORE, RESULTS, LINE_ITEMS]
    course.link.save()
    own = {"resourceLinkId": course.link.lti_id, "label": "x", "scoreMaximum": 10}
    lms.listed_line_items = [
        {**own, "id": f"{lms.line_items}/1", "tag": "teacher"},
        {**own, "id": f"{lms.line_items}/2", "tag": "cograde"},
        {**own, "id": f"{lms.line_items}/3", "tag": "cograde", "resourceLinkId": "another"},
    ]

    assert course.deliver(course.queued()).state == State.CONFIRMED
    assert LineItem.objects.get().url == f"{lms.line_items}/2"
    assert lms.made_line_items == []


def test_without_the_right_to_make_a_column_the_cause_is_said(lms: Lms, db: None) -> None:
    course = Course(lms)
    course.column.delete()
    course.link.line_items_url = lms.line_items
    course.link.service_scopes = [SCORE]
    course.link.save()

    row = course.deliver(course.queued())

    assert row.state == State.REFUSED
    assert "A teacher can add a grade to the activity" in row.words


def test_a_refusal_that_repeats_our_words_is_no_conflict(lms: Lms, db: None) -> None:
    """Moodle's reason phrase goes on with the whole request, and a timestamp stands in that."""
    course = Course(lms, product="moodle")
    lms.script = [failure(400, 'Incorrect score received{"timestamp": "2026", "userId": "6"}')]
    row = course.deliver(course.queued())
    assert row.state == State.REFUSED
    assert row.cause == "This person has no role in the course for which Moodle keeps grades."


def test_an_unnamed_person_has_no_grade_in_the_lms(course: Course) -> None:
    course.ada.anonymous = True
    assert course.queue() is None


def test_when_the_work_began_is_said(course: Course, lms: Lms) -> None:
    course.deliver(course.queued(started_at=HANDED_IN - timedelta(minutes=42)))
    assert lms.scores[0]["submission"]["startedAt"] == "2026-05-01T11:18:00.000Z"


def test_all_refused_grades_of_a_link_are_sent_again_at_once(course: Course, lms: Lms) -> None:
    lms.script = [failure(404), failure(404)]
    for sub in "ab":
        course.queued(person=factories.make_person(course.link, sub=sub))
    course.turn()
    OutgoingScore.objects.update(timestamp=None, timestamp_sequence=0)

    assert outbox.resend_all(course.link) == 2
    course.turn()

    assert set(OutgoingScore.objects.values_list("state", flat=True)) == {State.CONFIRMED}


def test_one_refused_token_is_asked_for_once_however_many_grades_wait(
    course: Course, lms: Lms
) -> None:
    for number in range(20):
        course.queued(person=factories.make_person(course.link, sub=f"s{number}"))
    lms.token_script = [failure(400, "Bad Request", {"error": "invalid_client"})] * 50
    course.turn()
    assert len(lms.token_requests) == 1
    assert set(OutgoingScore.objects.values_list("state", flat=True)) == {State.QUEUED}


@pytest.fixture
def empty_queue() -> Iterator[Any]:
    queue: Any = django_rq.get_queue("default")
    queue.connection.flushdb()
    yield queue
    queue.connection.flushdb()


@pytest.mark.django_db(transaction=True)
def test_an_lms_with_due_grades_is_woken_until_a_worker_has_it(lms: Lms, empty_queue: Any) -> None:
    Course(lms).queued()
    empty_queue.connection.flushdb()
    assert outbox.wake_due() == 1
    assert outbox.wake_due() == 1
    assert empty_queue.count == 1, "one job that waits is enough"
    Registration.objects.update(delivering_until=timezone.now() + timedelta(minutes=1))
    assert outbox.wake_due() == 0
    Registration.objects.update(delivering_until=timezone.now() - timedelta(seconds=1))
    assert outbox.wake_due() == 1
    OutgoingScore.objects.update(run_after=None)
    assert outbox.wake_due() == 0


@pytest.mark.django_db(transaction=True)
def test_a_change_while_sending_is_not_lost(lms: Lms, empty_queue: Any) -> None:
    course = Course(lms)
    row = course.queued("10")

    def change(_score: dict[str, Any]) -> None:
        lms.on_score = None
        course.queued("90")
        connection.close()

    lms.on_score = change
    course.turn()
    row.refresh_from_db()
    assert row.score == 90
    course.a_second_passes(row)

    row = course.deliver(row)

    assert row.state == State.CONFIRMED
    assert [score["scoreGiven"] for score in lms.scores] == [10, 90]


@pytest.mark.django_db(transaction=True)
def test_many_workers_send_a_grade_once_with_one_token(lms: Lms, empty_queue: Any) -> None:
    course = Course(lms)
    for number in range(30):
        course.queued(person=factories.make_person(course.link, sub=f"s{number:02}"))

    def work() -> None:
        for _ in range(5):
            delivery.deliver(course.registration.pk)
        connection.close()

    workers = [threading.Thread(target=work) for _ in range(4)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()

    assert sorted(score["userId"] for score in lms.scores) == [f"s{n:02}" for n in range(30)]
    assert len(lms.token_requests) == 1
    assert set(OutgoingScore.objects.values_list("state", flat=True)) == {State.CONFIRMED}


@pytest.mark.django_db(transaction=True)
def test_a_committed_score_is_woken_and_a_rolled_back_one_is_not(
    lms: Lms, empty_queue: Any
) -> None:
    from django.db import transaction

    course = Course(lms)
    with pytest.raises(ZeroDivisionError), transaction.atomic():
        course.queued()
        _ = 1 / 0
    assert empty_queue.count == 0
    course.queued()
    assert empty_queue.count == 1


@given(st.integers(0, 10_000), st.floats(0, 1, exclude_max=True))
def test_waits_grow_and_stay_within_bounds(attempts: int, spread: float) -> None:
    wait = delivery.backoff(attempts, spread)
    assert 1 <= wait <= delivery.LONGEST_WAIT_SECONDS
    assert delivery.backoff(attempts + 1, spread) >= wait
