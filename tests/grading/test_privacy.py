from __future__ import annotations

import base64
import json
from datetime import timedelta
from typing import Any

import pytest
from django.urls import reverse
from django.utils import timezone

from audit.models import Entry
from audit.record import as_document
from audit.verification import verify
from grading import diagnostics, erasure, intake, pipeline, privacy
from grading.errors import NotAccepted
from grading.models import Mark, Response, Run, Submission, Upload
from lti_tool.models import (
    DataPrivacyRequest,
    Membership,
    OutgoingScore,
    Person,
    PersonName,
)
from review import claims, marking, queue
from review.errors import NotPossible
from tests.world import LEARNER, World, decision_of, join, signed_in


@pytest.fixture
def ada(here: World) -> Person:
    PersonName.objects.create(person=here.ada, name="Ada Okafor", email="ada@lms.example")
    return here.ada


def about(subject: Person, by: Person, **values: Any) -> DataPrivacyRequest:
    return DataPrivacyRequest.objects.create(person=by, subject=subject, **values)


def page(asked: DataPrivacyRequest, name: str = "privacy") -> str:
    return reverse(f"grading:{name}", args=[asked.pk])


def exported(subject: Person) -> dict[str, Any]:
    document: dict[str, Any] = json.loads("".join(privacy.document(subject)))
    return document


def test_a_person_reads_what_is_stored_about_them_and_why(here: World, ada: Person) -> None:
    here.routed(why="")
    text = signed_in(ada).get(page(about(ada, ada))).content.decode()
    for words in ("What is stored about you", "name, e-mail address", "Grades", "gradebook"):
        assert words in text
    assert "Files" not in text  # none were handed in


def test_only_who_asked_opens_the_page_and_only_for_an_hour(here: World, ada: Person) -> None:
    asked = about(ada, ada)
    for name in ("privacy", "privacy_download", "privacy_erase"):
        for person in (here.ben, here.tomas):
            client = signed_in(person)
            assert client.get(page(asked, name)).status_code in (404, 405)
            assert client.post(page(asked, name)).status_code in (404, 405)
    DataPrivacyRequest.objects.update(created_at=timezone.now() - timedelta(minutes=61))
    assert signed_in(ada).get(page(asked)).status_code == 404
    assert signed_in(ada).post(page(asked, "privacy_erase")).status_code == 404


def test_everything_can_be_taken_away_as_one_file(here: World, ada: Person) -> None:
    submission = here.answered(why="")
    code = submission.responses.get(item__code="double")
    Upload.objects.create(response=code, name="Ada.txt", size=3, sha256="x", content=b"\x00hi")
    intake.hand_in(submission)
    pipeline.advance(str(submission.pk))
    answer = signed_in(ada).get(page(about(ada, ada), "privacy_download"))
    assert "attachment" in answer.headers["Content-Disposition"]
    assert answer.headers["Cache-Control"] == "no-store"
    document = json.loads(b"".join(answer.streaming_content))  # type: ignore[attr-defined]
    assert document["person"]["name"] == "Ada Okafor"
    assert document["person"]["email"] == "ada@lms.example"
    assert document["memberships"][0]["course"] == "Autumn"
    (attempt,) = document["attempts"]
    assert attempt["grade"]["maximum"] == "30"
    answers = {each["item"]: each for each in attempt["answers"]}
    assert "def double" in answers["double"]["text"]
    assert answers["pick"]["choices"] == ["This one"]
    (kept,) = answers["double"]["files"]
    assert base64.b64decode(kept["content_base64"]) == b"\x00hi"
    assert answers["double"]["marks"][0]["points"]
    assert document["grades_sent"][0]["maximum"] == "30"
    assert {entry["event"] for entry in document["audit_record"]} >= {
        "submission.handed_in",
        "grade.released",
    }


def test_the_file_tells_no_mark_before_it_is_released(here: World, ada: Person) -> None:
    here.routed()
    (attempt,) = exported(ada)["attempts"]
    assert attempt["grade"] is None
    for answer in attempt["answers"]:
        assert "released" in answer["marks"]
        assert answer["proposed_by_the_machine"] == []


def test_the_file_holds_nothing_of_anybody_else(here: World, ada: Person) -> None:
    here.routed(here.ben, why="only Ben wrote this")
    here.routed(ada)
    assert "only Ben wrote this" not in json.dumps(exported(ada))


def erase(asked: DataPrivacyRequest, code: str = "") -> Any:
    client = signed_in(asked.person)
    address = page(asked, "privacy_erase")
    return client.post(address, {"code": code or asked.subject.code.upper()})


def test_erasing_needs_the_code_typed(here: World, ada: Person) -> None:
    answer = erase(about(ada, ada), "erase")
    assert answer.status_code == 409
    assert ">erase" not in answer.content.decode()
    assert 'value="erase"' in answer.content.decode()
    assert PersonName.objects.filter(person=ada).exists()


def test_who_they_are_is_gone_and_the_next_launch_makes_a_new_person(
    here: World, ada: Person
) -> None:
    here.routed(why="")
    answer = erase(about(ada, ada))
    assert "Your data here is erased" in answer.content.decode()
    assert not PersonName.objects.filter(person=ada).exists()
    assert not Membership.objects.filter(person=ada).exists()
    assert not OutgoingScore.objects.filter(person=ada).exists()
    stored = Person.objects.get(pk=ada.pk)
    assert "ada" not in (stored.sub, stored.legacy_id)
    assert join(here.course, "ada", LEARNER).pk != ada.pk
    assert "Ada Okafor" not in json.dumps(exported(stored))


def test_whoever_was_erased_is_signed_out(here: World, ada: Person) -> None:
    asked = about(ada, ada)
    client = signed_in(ada)
    client.post(page(asked, "privacy_erase"), {"code": ada.code})
    assert client.get(page(asked)).status_code == 403


def test_an_administrator_erases_somebody_else_and_sees_what_stays(
    here: World, ada: Person
) -> None:
    here.routed(why="")
    asked = about(ada, here.tomas, administers=True)
    assert "about Ada Okafor" in signed_in(here.tomas).get(page(asked)).content.decode()
    assert erase(asked).status_code == 302
    text = signed_in(here.tomas).get(page(asked)).content.decode()
    assert "are erased" in text
    assert "Okafor" not in text
    assert "Grades" in text
    assert "Erase for good" not in text


def test_nobody_else_erases(here: World, ada: Person) -> None:
    asked = about(ada, here.tomas)
    assert "Erase for good" not in signed_in(here.tomas).get(page(asked)).content.decode()
    assert erase(asked).status_code == 404
    assert PersonName.objects.filter(person=ada).exists()


def test_what_a_grade_rests_on_stays_and_nothing_else_of_it(here: World, ada: Person) -> None:
    submission = here.answered(why="")
    code = submission.responses.get(item__code="double")
    practice = diagnostics.request(code)
    diagnostics.execute(str(practice.pk))
    kept = Upload.objects.create(
        response=code, name="Ada_Okafor.py", size=1, sha256="", content=b"x"
    )
    intake.hand_in(submission)
    pipeline.advance(str(submission.pk))
    assert Submission.objects.get().state == Submission.State.RELEASED
    erasure.erase(ada, ada)
    code.refresh_from_db()
    assert "def double" in code.text
    assert not Run.objects.filter(pk=practice.pk).exists()
    assert code.runs.get().results.exists()  # the run that was marked
    kept.refresh_from_db()
    assert kept.name == kept.neutral_name
    assert Mark.objects.filter(response__submission=submission).exists()
    assert submission.grade.score > 0


def test_an_attempt_that_was_never_handed_in_is_deleted(here: World, ada: Person) -> None:
    submission = here.answered()
    run = diagnostics.request(submission.responses.get(item__code="double"))
    diagnostics.execute(str(run.pk))
    erasure.erase(ada, ada)
    assert not Submission.objects.exists()
    assert not Response.objects.exists()
    assert not Run.objects.exists()


def test_an_attempt_without_a_grade_is_withdrawn_also_from_under_a_reviewer(
    here: World, ada: Person
) -> None:
    response = here.waiting(why="something personal")
    claims.claim(here.sofia, decision_of(response))
    review = marking.open_review(here.sofia, decision_of(response))
    erasure.erase(ada, ada)
    response.refresh_from_db()
    assert response.text == ""
    assert not response.machine_marks.exists()
    assert not queue.open_work(here.sofia, here.course).exists()
    form = {
        f"level-{criterion.code}": str(criterion.levels.first().pk)  # type: ignore[union-attr]
        for criterion in response.item.rubric.criteria.all()
    }
    with pytest.raises(NotPossible, match="settled meanwhile"):
        marking.save(review, marking.choices_from(response, form))
    pipeline.advance(str(response.submission_id))
    submission = Submission.objects.get()
    assert submission.state == Submission.State.WITHDRAWN
    assert not OutgoingScore.objects.exists()


def test_erasing_waits_for_a_worker_that_has_the_attempt_in_hand(here: World, ada: Person) -> None:
    submission = here.handed_in()
    Submission.objects.update(leased_until=timezone.now() + timedelta(minutes=1))
    with pytest.raises(NotAccepted, match="two minutes"):
        erasure.erase(ada, ada)
    answer = erase(about(ada, ada))
    assert answer.status_code == 409
    assert "two minutes" in answer.content.decode()
    submission.refresh_from_db()
    assert submission.state == Submission.State.HANDED_IN


def test_the_record_stays_whole_and_says_who_was_erased(here: World, ada: Person) -> None:
    here.routed(why="")
    erasure.erase(ada, here.tomas)
    erasure.erase(ada, here.tomas)  # again: nothing happens
    entry = Entry.objects.get(event="person.erased")
    assert entry.chain_id == ada.pk
    assert entry.actor == f"person:{here.tomas.code}"
    assert entry.detail["kept"] == 1
    documents = map(as_document, Entry.objects.order_by("chain", "sequence"))
    assert list(verify(documents, {})) == []


def test_a_reviewer_who_is_erased_leaves_the_marks_of_others_alone(here: World) -> None:
    response = here.waiting()
    claims.claim(here.sofia, decision_of(response))
    review = marking.open_review(here.sofia, decision_of(response))
    form = {
        f"level-{criterion.code}": str(criterion.levels.first().pk)  # type: ignore[union-attr]
        for criterion in response.item.rubric.criteria.all()
    }
    marking.save(review, marking.choices_from(response, form))
    assert exported(here.sofia)["marks_given"]
    erasure.erase(here.sofia, here.sofia)
    assert Mark.objects.filter(response=response, reviewer=here.sofia).exists()
