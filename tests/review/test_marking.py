from __future__ import annotations

from decimal import Decimal

import pytest

from audit.models import Entry
from grading import pipeline
from grading.models import Grade, MachineMark, Mark, Response, RoutingDecision, Submission, Voice
from review import claims, marking
from review.errors import NotPossible
from review.models import Review
from tests.world import World, decision_of


def form(response: Response, correctness: int, clarity: int, /, **comments: str) -> dict[str, str]:
    """What the reviewer's form sends for these points."""
    chosen = {"correctness": correctness, "clarity": clarity}
    sent = {f"comment-{code}": text for code, text in comments.items()}
    for criterion in response.item.rubric.criteria.all():
        level = criterion.levels.get(points=chosen[criterion.code])
        sent[f"level-{criterion.code}"] = str(level.pk)
    return sent


def with_proposals(response: Response, correctness: int = 2, clarity: int = 1) -> Response:
    """As if a model had proposed these levels."""
    for code, points in (("correctness", correctness), ("clarity", clarity)):
        mark = response.machine_marks.get(criterion__code=code)
        mark.level = mark.criterion.levels.get(points=points)
        mark.confidence = 0.5
        mark.save()
    return response


def save(here: World, response: Response, sent: dict[str, str], reason: str = "") -> Review:
    review = marking.open_review(here.sofia, decision_of(response))
    return marking.save(review, marking.choices_from(response, sent), reason)


def test_a_settled_response_releases_the_grade(here: World) -> None:
    response = here.waiting()
    save(here, response, form(response, 2, 0, correctness="Well put."))
    response.submission.refresh_from_db()
    assert response.submission.state == Submission.State.SETTLED
    pipeline.advance(str(response.submission_id))
    grade = Grade.objects.get()
    # 20 from the machine's items; of ten points two thirds by weight.
    assert grade.score == Decimal("26.67")
    assert "Correctness: Well put." in grade.comment
    assert {mark.voice for mark in response.marks.all()} == {Voice.HUMAN}


def test_a_blind_review_is_kept_before_the_machine_is_shown(here: World) -> None:
    response = with_proposals(here.waiting())
    review = save(here, response, form(response, 1, 1))
    assert review.marked_at is not None
    assert review.settled_at is None
    assert review.reveals_machine
    assert not Mark.objects.filter(response=response).exists()
    assert Entry.objects.filter(event="review.marked", detail__blind=True).exists()


def test_a_mark_changed_after_the_reveal_needs_a_reason_and_both_are_kept(here: World) -> None:
    response = with_proposals(here.waiting())
    save(here, response, form(response, 1, 1))
    with pytest.raises(NotPossible, match=r"Correctness.*say why"):
        save(here, response, form(response, 2, 1))
    review = save(here, response, form(response, 2, 1), reason="I had missed the second effect.")
    assert review.settled_at is not None
    kept = review.marks.get(criterion__code="correctness")
    assert kept.first_level is not None
    assert [int(kept.first_level.points), int(kept.level.points)] == [1, 2]
    settled = Entry.objects.get(event="response.settled")
    assert settled.detail["revised"] == ["correctness"]
    assert "second effect" in settled.detail["reason"]


def test_where_the_machine_proposed_nothing_a_blind_review_settles_at_once(here: World) -> None:
    response = here.waiting()
    assert save(here, response, form(response, 1, 1)).settled_at is not None


def test_every_criterion_needs_a_level(here: World) -> None:
    response = here.waiting()
    sent = form(response, 1, 1)
    del sent["level-clarity"]
    with pytest.raises(NotPossible, match="Clarity"):
        marking.choices_from(response, sent)


def test_a_level_of_another_criterion_is_no_level(here: World) -> None:
    response = here.waiting()
    sent = form(response, 1, 1)
    sent["level-clarity"] = sent["level-correctness"]
    with pytest.raises(NotPossible, match="Clarity"):
        marking.choices_from(response, sent)


def test_a_draft_is_kept_without_ending_anything(here: World) -> None:
    response = here.waiting()
    sent = form(response, 1, 1, correctness="half a senten")
    del sent["level-clarity"]
    review = marking.open_review(here.sofia, decision_of(response))
    marking.keep_draft(review, sent)
    assert review.marks.get().comment == "half a senten"
    assert RoutingDecision.objects.get(response=response).settled_at is None


def test_who_was_away_too_long_is_told_and_loses_nothing(here: World) -> None:
    response = here.waiting()
    colleague = here.join("kofi", here.sofia.memberships.get().roles)
    review = marking.open_review(here.sofia, decision_of(response))
    marking.keep_draft(review, form(response, 1, 1))
    review.decision.claim.delete()
    assert claims.claim(colleague, decision_of(response))
    with pytest.raises(NotPossible, match="Somebody else has this response now"):
        marking.save(review, marking.choices_from(response, form(response, 1, 1)))
    assert review.marks.count() == 2


def test_a_settled_response_is_not_settled_again(here: World) -> None:
    response = here.waiting()
    save(here, response, form(response, 1, 1))
    with pytest.raises(NotPossible, match="settled meanwhile"):
        save(here, response, form(response, 2, 1))
    assert Mark.objects.filter(response=response).count() == 2


def test_the_machine_mark_stays_beside_the_human_one(here: World) -> None:
    response = with_proposals(here.waiting())
    before = list(MachineMark.objects.filter(response=response).values())
    save(here, response, form(response, 0, 0))
    save(here, response, form(response, 0, 0))
    assert list(MachineMark.objects.filter(response=response).values()) == before
