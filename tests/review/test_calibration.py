from __future__ import annotations

import pytest
from django.urls import reverse

from grading import placements
from grading.models import Grade, Mark, Response
from lti_tool.models import Person, ResourceLink
from review import calibration, claims, marking, queue
from review.models import Claim, Gold
from review.screen import screen_for
from rubrics.publishing import new_draft, publish
from tests.review.test_marking import form, with_proposals
from tests.world import (
    LEARNER,
    REVIEWER,
    World,
    course_of,
    decision_of,
    join,
    marked,
    released,
    signed_in,
)

pytestmark = pytest.mark.django_db


def golden(here: World, learner: str = "golden") -> Response:
    """A response whose marks (1 and 1) are agreed on."""
    response = released(here, here.join(learner, ["x"]))
    calibration.choose(response, here.tomas, "The second effect is missing.")
    return response


def test_a_reviewer_marks_gold_before_the_queue_opens(here: World) -> None:
    here.under(calibration_first=1)
    gold, waiting = golden(here), here.waiting()
    kofi = join(here.course, "kofi", REVIEWER)
    first = claims.claim_next(kofi, here.course)
    assert first is not None
    assert (first.response, first.lane) == (gold, "calibration")
    # What is on the screen comes again, and nobody else has it.
    assert claims.claim_next(kofi, here.course) == first
    assert {d.response for d in queue.open_work(kofi, here.course)} == {gold, waiting}
    assert [d.response for d in queue.open_work(here.sofia, here.course)] == [waiting]
    marked_now(here, kofi, first.response)
    assert claims.claim_next(kofi, here.course) == decision_of(waiting)


def marked_now(here: World, person: Person, gold: Response, correctness: int = 2) -> None:
    decision = gold.decisions.get(reserved_for=person, settled_at=None)
    review = marking.open_review(person, decision)
    chosen = marking.choices_from(gold, form(gold, correctness, 1))
    assert marking.save(review, chosen).settled_at is not None


def test_nothing_of_it_touches_the_learner(here: World) -> None:
    here.under(calibration_first=1)
    gold, _waiting = golden(here), here.waiting()
    before = list(Mark.objects.filter(response=gold).values()), Grade.objects.get()
    kofi = join(here.course, "kofi", REVIEWER)
    claims.claim_next(kofi, here.course)
    marked_now(here, kofi, gold, 0)
    assert (list(Mark.objects.filter(response=gold).values()), Grade.objects.get()) == before
    gold.submission.refresh_from_db()
    assert gold.submission.state == "released"


def test_the_screen_tells_nothing_of_its_being_gold(here: World) -> None:
    here.under(calibration_first=1, blind=False)
    gold, _waiting = with_proposals(golden(here)), here.waiting()
    kofi = join(here.course, "kofi", REVIEWER)
    note = reverse("review:note", args=[gold.pk])
    signed_in(here.sofia).post(note, {"note": "I gave this one a 1."})
    browser = signed_in(kofi)
    page = browser.post(reverse("review:next", args=[here.course.pk]), follow=True)
    text = page.content.decode()
    assert f"Response {gold.code}" in text
    for secret in ("before, to compare", "gave this one", "second effect", "level--machine"):
        assert secret not in text
    screen = screen_for(gold.reviews.get(reviewer=kofi))
    assert not [row for panel in screen.panels for row in panel.levels if row.chosen]


def test_the_comparison_is_shown_at_once(here: World) -> None:
    here.under(calibration_first=1)
    gold, _waiting = golden(here), here.waiting()
    browser = signed_in(join(here.course, "kofi", REVIEWER))
    browser.post(reverse("review:next", args=[here.course.pk]))
    address = reverse("review:response", args=[gold.pk])
    text = browser.post(address, form(gold, 2, 1), follow=True).content.decode()
    assert "This one had been marked before" in text
    assert "you “Fully”, agreed “Partly”" in text
    assert "The second effect is missing." in text


def test_later_one_comes_after_so_many_responses(here: World) -> None:
    here.under(calibration_every=2)
    gold = golden(here)
    kofi = join(here.course, "kofi", REVIEWER)
    lanes = []
    for number in range(3):
        here.waiting(here.join(f"l{number}", ["x"]))
    for _turn in range(4):
        step = claims.claim_next(kofi, here.course)
        assert step is not None
        lanes.append(step.lane)
        if step.lane == "calibration":
            marked_now(here, kofi, gold, 1)
        else:
            marked(step.response, kofi)
    assert lanes == ["review", "review", "calibration", "review"]


def test_who_marked_it_or_wrote_it_is_not_compared_by_it(here: World) -> None:
    here.under(calibration_first=1)
    golden(here)
    waiting = here.waiting()
    assert claims.claim_next(here.sofia, here.course) == decision_of(waiting)


def test_who_lets_it_lie_gets_it_again(here: World) -> None:
    here.under(calibration_first=1)
    gold, waiting = golden(here), here.waiting()
    kofi = join(here.course, "kofi", REVIEWER)
    browser = signed_in(kofi)
    following = reverse("review:next", args=[here.course.pk])
    browser.post(following)
    Claim.objects.all().delete()  # run out before the page was opened
    assert str(gold.pk) in browser.post(following).headers["Location"]
    browser.get(reverse("review:response", args=[gold.pk]))
    Claim.objects.all().delete()
    assert str(gold.pk) in browser.post(following).headers["Location"]
    skip = reverse("review:skip", args=[gold.pk])
    assert str(gold.pk) in browser.post(skip, {"why": "later"}).headers["Location"]
    # Who knows its author is not compared by it.
    assert str(waiting.pk) in browser.post(skip, {"why": "known"}).headers["Location"]


def test_gold_of_another_course_is_not_given_out(here: World) -> None:
    here.under(calibration_first=1)
    golden(here)
    other = course_of(here.course.deployment.registration, "Spring")
    kofi = join(other, "kofi", REVIEWER)
    link = ResourceLink.objects.create(
        context=other, lti_id="p", title="P", custom={"assessment": "small"}
    )
    placement = placements.resolve(link)
    assert placement is not None
    here.placement = placement
    waiting = here.waiting(join(other, "zoe", LEARNER))
    assert claims.claim_next(kofi, other) == decision_of(waiting)


def test_nothing_else_shows_the_marks_meanwhile(here: World) -> None:
    here.under(calibration_first=1)
    gold, waiting = golden(here), here.waiting()
    browser = signed_in(join(here.course, "kofi", REVIEWER))
    browser.post(reverse("review:next", args=[here.course.pk]))
    result = reverse("grading:learner_result", args=[gold.submission_id])
    assert browser.get(result).status_code == 404
    queue = browser.get(f"{reverse('review:queue', args=[here.course.pk])}").content.decode()
    assert queue.count("a reviewer looks</td>") == 2  # the gold one and the one that waits
    page = browser.get(f"{reverse('review:response', args=[gold.pk])}?learner={gold.submission_id}")
    assert "the last one" in page.content.decode()
    note = reverse("review:note", args=[gold.pk])
    signed_in(here.sofia).post(note, {"note": "I gave it a 1."})
    mine = browser.post(note, {"note": "Hm."}, headers={"HX-Request": "true"}).content.decode()
    assert "Hm." in mine
    assert "gave it a 1" not in mine
    assert decision_of(waiting).settled_at is None


def test_retiring_twice_is_not_choosing(here: World) -> None:
    gold = golden(here)
    for _press in range(2):
        signed_in(here.tomas).post(reverse("review:gold", args=[gold.pk]), {"retire": "1"})
    assert Gold.objects.get().retired_at is not None
    assert Gold.objects.get().note == "The second effect is missing."


def test_a_retired_one_is_given_to_nobody(here: World) -> None:
    here.under(calibration_first=1)
    gold = golden(here)
    browser = signed_in(here.tomas)
    browser.post(reverse("review:gold", args=[gold.pk]), {"retire": "1"})
    assert Gold.objects.get().retired_at is not None
    waiting = here.waiting()
    kofi = join(here.course, "kofi", REVIEWER)
    assert claims.claim_next(kofi, here.course) == decision_of(waiting)


def test_a_reviewer_who_moves_away_shows(here: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(calibration, "RECENT", 1)
    here.under(calibration_first=2)
    golds = [golden(here, name) for name in ("g1", "g2")]
    here.waiting()
    kofi = join(here.course, "kofi", REVIEWER)
    for points in (1, 2):
        step = claims.claim_next(kofi, here.course)
        assert step is not None
        assert step.response in golds
        marked_now(here, kofi, step.response, points)
    [standing] = calibration.standings(here.course)
    assert (standing.reviewer, standing.comparisons) == (kofi, 2)
    assert (standing.earlier, standing.recent) == (1.0, 0.5)
    page = signed_in(here.tomas).get(reverse("review:agreement", args=[here.course.pk]))
    assert kofi.code in page.content.decode()


def test_who_teaches_is_told_of_items_without_anything_to_compare_by(here: World) -> None:
    address = reverse("review:queue", args=[here.course.pk])
    told = "nothing to compare them by"
    here.waiting()
    assert told not in signed_in(here.tomas).get(address).content.decode()
    here.under(calibration_every=5)
    # The other items are the machine's: nobody has to be compared there.
    assert calibration.without_gold(here.course) == [here.assessment.items.get(code="why").title]
    assert told in signed_in(here.tomas).get(address).content.decode()
    assert told not in signed_in(here.sofia).get(address).content.decode()
    golden(here)
    assert calibration.without_gold(here.course) == []
    # Gold of an older rubric is none for who marks by the new one.
    draft = new_draft(here.assessment.items.get(code="why").rubric)
    draft.criteria.filter(code="clarity").update(description="Anew.")
    assessment = new_draft(here.assessment)
    assessment.items.filter(code="why").update(rubric=draft)
    publish(assessment)
    assert calibration.without_gold(here.course) == [here.assessment.items.get(code="why").title]


def test_who_teaches_chooses_gold_from_what_was_settled_lately(here: World) -> None:
    response = released(here)
    here.waiting(here.ben)
    assert calibration.candidates(here.course) == [response]
    page = signed_in(here.tomas).get(reverse("review:agreement", args=[here.course.pk]))
    address = reverse("review:response", args=[response.pk])
    assert f"{address}#gold" in page.content.decode()
    assert 'id="gold"' in signed_in(here.tomas).get(address).content.decode()
    calibration.choose(response, here.tomas, "")
    assert calibration.candidates(here.course) == []
