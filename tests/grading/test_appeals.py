from __future__ import annotations

from datetime import timedelta

import pytest
from django.urls import reverse
from django.utils import timezone

from audit.models import Entry
from grading import appeals, release
from grading.errors import NotAccepted
from grading.models import Appeal, Grade, GradeChange, Response, RoutingDecision
from lti_tool.models import OutgoingScore
from review import claims, marking, queue, undo
from review.errors import NotPossible
from review.screen import screen_for
from rubrics.models import Criterion
from tests.review.test_marking import form
from tests.world import REVIEWER, World, decision_of, join, released, signed_in

pytestmark = pytest.mark.django_db


def of(response: Response, code: str = "clarity") -> Criterion:
    return response.item.rubric.criteria.get(code=code)


def address(response: Response, code: str = "clarity") -> str:
    arguments = [response.submission_id, response.item.code, code]
    return reverse("grading:appeal", args=arguments)


def asked(here: World, code: str = "clarity") -> tuple[Response, Appeal]:
    response = released(here)
    return response, appeals.ask(response, of(response, code), "Please read the second line.")


def answered(
    here: World, response: Response, correctness: int, clarity: int, /, **said: str
) -> None:
    reviewer = here.tomas
    review = marking.open_review(reviewer, decision_of(response))
    sent = form(response, correctness, clarity, **said)
    marking.save(review, marking.choices_from(response, sent))


def test_an_appeal_goes_to_somebody_who_has_not_marked_it(here: World) -> None:
    _response, appeal = asked(here)
    assert appeal.decision.lane == "appeal"
    assert not queue.open_work(here.sofia, here.course).exists()
    assert claims.claim_next(here.tomas, here.course) == appeal.decision
    assert (int(appeal.level_before.points), appeal.voice_before) == (1, "human")
    hours = (appeal.decision.due_at - timezone.now()).total_seconds() / 3600
    assert 71 < hours <= 72
    assert Entry.objects.filter(event="appeal.asked").count() == 1


def test_the_reviewer_sees_both_marks_and_the_reason(here: World) -> None:
    response, _appeal = asked(here)
    text = signed_in(here.tomas).get(reverse("review:response", args=[response.pk]))
    shown = text.content.decode()
    assert "Please read the second line." in shown
    assert "reviewer before" in shown
    assert here.ada.code not in shown
    screen = screen_for(marking.open_review(here.tomas, decision_of(response)))
    correctness, clarity = screen.panels
    assert (correctness.open, clarity.open) == (False, True)
    assert screen.revealed


def test_a_raised_mark_changes_the_grade_and_is_sent_again(here: World) -> None:
    response, appeal = asked(here, "correctness")
    before = Grade.objects.get().score
    answered(here, response, 2, 1, correctness="You are right: both effects are there.")
    appeal.refresh_from_db()
    assert (appeal.outcome, int(appeal.level_before.points)) == ("raised", 1)
    grade = Grade.objects.get()
    change = GradeChange.objects.get()
    assert grade.score > before
    assert (change.score_before, change.score_after, change.cause) == (
        before,
        grade.score,
        "appeal",
    )
    assert "both effects are there" in change.reason
    score = OutgoingScore.objects.get()
    assert (score.score, score.state) == (grade.score, "queued")
    revised = Entry.objects.get(event="grade.revised")
    assert revised.detail["before"] != revised.detail["after"]
    result = signed_in(here.ada).get(reverse("grading:result", args=[response.submission_id]))
    text = result.content.decode()
    assert "Looked at again: raised" in text
    assert "both effects are there" in text


def test_every_answer_has_a_reason_also_when_nothing_changes(here: World) -> None:
    response, appeal = asked(here)
    with pytest.raises(NotPossible, match="Answer the learner"):
        answered(here, response, 1, 1)
    answered(here, response, 1, 1, clarity="The second line repeats the first.")
    appeal.refresh_from_db()
    assert (appeal.outcome, appeal.answer) == ("kept", "The second line repeats the first.")
    assert not GradeChange.objects.exists()


def test_a_mark_is_lowered_only_with_a_reason(here: World) -> None:
    response, appeal = asked(here)
    with pytest.raises(NotPossible):
        answered(here, response, 1, 0)
    answered(here, response, 1, 0, clarity="It cannot be followed at all.")
    appeal.refresh_from_db()
    assert appeal.outcome == "lowered"
    assert GradeChange.objects.get().score_after < GradeChange.objects.get().score_before


def test_criteria_that_nobody_asked_about_stay(here: World) -> None:
    response, _appeal = asked(here)
    answered(here, response, 2, 0, clarity="No.")
    marks = {mark.criterion.code: mark for mark in response.marks.all()}
    assert int(marks["correctness"].level.points) == 1
    assert marks["correctness"].reviewer == here.sofia
    assert marks["clarity"].reviewer == here.tomas


def test_what_was_answered_is_not_taken_back(here: World) -> None:
    response, _appeal = asked(here)
    answered(here, response, 1, 1, clarity="It stays.")
    with pytest.raises(NotPossible, match="has been told already"):
        undo.take_back(response.reviews.get(reviewer=here.tomas))


def test_a_second_criterion_joins_the_open_appeal(here: World) -> None:
    response, first = asked(here)
    second = appeals.ask(response, of(response, "correctness"), "This too.")
    assert second.decision == first.decision
    assert len(decision_of(response).reasons) == 2
    with pytest.raises(NotPossible, match="Correctness"):
        answered(here, response, 1, 1, clarity="It stays.")
    answered(here, response, 2, 1, clarity="It stays.", correctness="Yes.")
    assert Appeal.objects.filter(outcome="").count() == 0


REFUSED = {
    "twice": "asked about this criterion already",
    "silent": "a sentence is enough",
    "long": "at most 2000 characters",
    "late": "The time to ask",
    "often": "used up how often",
    "ungraded": "no grade here",
}


@pytest.mark.parametrize("why", REFUSED)
def test_the_window_and_the_budget_are_kept(here: World, why: str) -> None:
    if why == "often":
        here.under(appeal_budget=1)
    response = released(here)
    reason = {"silent": "  ", "long": "x" * 2001}.get(why, "Please look.")
    if why in ("twice", "often"):
        appeals.ask(response, of(response, "clarity"), "First.")
    if why == "late":
        Grade.objects.update(released_at=timezone.now() - timedelta(days=15))
    if why == "ungraded":
        response.submission.state = "routed"
        response.submission.save()
    code = "correctness" if why == "often" else "clarity"
    with pytest.raises(NotAccepted, match=REFUSED[why]):
        appeals.ask(response, of(response, code), reason)


def test_appeals_that_were_right_do_not_count(here: World) -> None:
    here.under(appeal_budget=1)
    response, _appeal = asked(here, "correctness")
    answered(here, response, 2, 1, correctness="Right.")
    allowance = appeals.allowance(response.submission)
    assert allowance is not None
    assert allowance.left == 1


def test_a_policy_without_appeals_offers_none(here: World) -> None:
    here.under(appeal_budget=0)
    response = released(here)
    browser = signed_in(here.ada)
    result = browser.get(reverse("grading:result", args=[response.submission_id]))
    assert address(response) not in result.content.decode()
    assert browser.post(address(response), {"reason": "x"}).status_code == 409
    assert not Appeal.objects.exists()


def test_a_learner_asks_from_the_result_and_sees_where_it_is(here: World) -> None:
    response = released(here)
    browser = signed_in(here.ada)
    result = reverse("grading:result", args=[response.submission_id])
    html = browser.get(result).content.decode()
    assert address(response, "correctness") in html
    assert address(response) not in html  # at the top there is nothing to win
    refused = browser.post(address(response), {"reason": " "})
    assert "a sentence is enough" in refused.content.decode()
    done = browser.post(address(response), {"reason": "Read <b>line 2</b>."}, follow=True)
    assert done.redirect_chain[0][0].endswith("/#why-clarity")
    text = done.content.decode()
    assert 'id="why-clarity"' in text
    assert "somebody looks at it again" in text
    assert "You asked for another look" in text
    assert "Read &lt;b&gt;line 2&lt;/b&gt;." in text
    assert address(response) not in text
    assert address(response, "correctness") in text


def test_a_machine_mark_can_be_appealed_too(here: World) -> None:
    response = released(here)
    other = response.submission.responses.get(item__code="rate")
    criterion = other.item.rubric.criteria.get()
    appeal = appeals.ask(other, criterion, "My unit is right.")
    assert appeal.voice_before == "machine"
    # Nobody has marked it, so everybody who reviews may.
    assert claims.open_to(here.sofia, other) == appeal.decision


def test_two_appeals_at_once_open_one_step(here: World) -> None:
    response, _first = asked(here)
    assert RoutingDecision.objects.filter(response=response, settled_at=None).count() == 1
    third = join(here.course, "kofi", REVIEWER)
    assert claims.claim_next(third, here.course) is not None
    assert claims.claim_next(here.tomas, here.course) is None


def test_a_grade_is_revised_only_after_it_was_released(here: World) -> None:
    response = here.waiting()
    with pytest.raises(Grade.DoesNotExist):
        release.revise(response.submission, GradeChange.Cause.APPEAL, "x")
