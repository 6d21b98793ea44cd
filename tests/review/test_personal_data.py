from __future__ import annotations

import json
from typing import Any

import pytest
from django.urls import reverse

from grading import appeals, erasure, pipeline, privacy
from grading.models import Annotation, Appeal, Grade, Mark, RoutingDecision, Submission
from lti_tool.models import Person
from review import calibration, claims
from review.models import Claim, Conflict, Gold, Note, Reviewer, SavedView, Skip
from tests.attacks.review.test_by_hand import corrected
from tests.world import REVIEWER, World, decision_of, join, marked, released, signed_in

pytestmark = pytest.mark.django_db


def taken_away(subject: Person) -> dict[str, Any]:
    document: dict[str, Any] = json.loads("".join(privacy.document(subject)))
    return document


def test_a_reviewer_takes_away_what_they_wrote_and_declared(here: World) -> None:
    response = here.waiting()
    browser = signed_in(here.sofia)
    browser.post(reverse("review:note", args=[response.pk]), {"note": "Between us."})
    remark = {"text": "Which one?", "line": "1"}
    browser.post(reverse("review:annotate", args=[response.pk]), remark)
    browser.post(reverse("review:yourself", args=[here.course.pk]), {"per_day": "7"})
    marked(response, here.sofia, 2, 1)
    document = taken_away(here.sofia)
    [review] = document["reviews_made"]
    assert [mark["level"] for mark in review["marks"]] == ["Fully", "Clear"]
    assert document["notes_written"][0]["text"] == "Between us."
    assert document["remarks_written"][0]["text"] == "Which one?"
    assert document["declared_as_reviewer"][0]["responses_a_day"] == 7
    said = {holding.what: holding.count for holding in privacy.holdings(here.sofia)}
    assert said["Notes and remarks written as a reviewer"] == "2"


def test_a_learner_takes_away_appeals_remarks_and_notes_about_them(here: World) -> None:
    response = here.waiting()
    browser = signed_in(here.sofia)
    remark = {"text": "Which one?", "line": "1"}
    browser.post(reverse("review:annotate", args=[response.pk]), remark)
    browser.post(reverse("review:note", args=[response.pk]), {"note": "Odd."})
    assert taken_away(here.ada)["notes_of_reviewers"] == []  # not while it is being marked
    marked(response, here.sofia)
    pipeline.advance(str(response.submission_id))
    appeals.ask(response, response.item.rubric.criteria.get(code="clarity"), "I am Ada.")
    document = taken_away(here.ada)
    assert document["notes_of_reviewers"][0]["text"] == "Odd."
    answers = {each["item"]: each for each in document["attempts"][0]["answers"]}
    assert answers["why"]["remarks_in_the_text"][0]["remark"] == "Which one?"
    assert answers["why"]["appeals"][0]["reason"] == "I am Ada."


def test_erasing_takes_what_tells_who_somebody_is_and_no_grade(here: World) -> None:
    response = released(here)
    calibration.choose(response, here.tomas, "")
    kofi = join(here.course, "kofi", REVIEWER)
    signed_in(kofi).post(reverse("review:note", args=[response.pk]), {"note": "That is Ada."})
    Conflict.objects.create(reviewer=kofi, learner=here.ada)
    clarity = response.item.rubric.criteria.get(code="clarity")
    appeals.ask(response, clarity, "I am Ada Okafor.")
    erasure.erase(here.ada, here.tomas)
    assert not Note.objects.exists()
    assert not Conflict.objects.exists()
    assert Appeal.objects.get().reason == "(erased)"
    assert Gold.objects.get().retired_at is not None
    assert not RoutingDecision.objects.filter(settled_at=None).exists()
    assert Mark.objects.filter(response=response).count() == 2
    assert Grade.objects.count() == 1


def test_erasing_in_the_middle_of_a_regrade_keeps_the_grade(here: World) -> None:
    response = released(here)
    score = Grade.objects.get().score
    corrected(here)
    assert erasure.consequences(here.ada).kept == 1
    erasure.erase(here.ada, here.tomas)
    assert Grade.objects.get().score == score
    submission = Submission.objects.get()
    assert submission.state == "released"
    assert submission.responses.get(item__code="why").text == "Because it is."
    assert claims.claim_next(here.sofia, here.course) is None
    assert not RoutingDecision.objects.filter(response=response, settled_at=None).exists()


def test_erasing_a_reviewer_takes_what_they_declared(here: World) -> None:
    response = here.waiting()
    browser = signed_in(here.sofia)
    browser.post(reverse("review:yourself", args=[here.course.pk]), {"per_day": "7"})
    browser.post(f"{reverse('review:keep_view', args=[here.course.pk])}?item=why", {"name": "w"})
    claims.claim_next(here.sofia, here.course)
    claims.skip(here.sofia, decision_of(response), Skip.Reason.KNOWN)
    claims.claim_next(here.tomas, here.course)
    erasure.erase(here.sofia, here.tomas)
    for model in (Reviewer, SavedView, Conflict):
        assert not model.objects.exists()
    assert not Skip.objects.filter(reviewer=here.sofia).exists()
    assert Claim.objects.filter(reviewer=here.tomas).exists()
    assert not Annotation.objects.exists()
