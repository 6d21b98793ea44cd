from __future__ import annotations

from decimal import Decimal

import pytest
from django.urls import reverse

from audit.models import Entry
from grading import appeals, erasure, pipeline, regrading
from grading.errors import NotAccepted
from grading.models import (
    Grade,
    GradeChange,
    Mark,
    Placement,
    Regrade,
    Response,
    RoutingDecision,
    Submission,
)
from grading.regrading import judging, trying
from lti_tool.models import OutgoingScore
from review import claims
from rubrics.models import Assessment, Item
from rubrics.publishing import new_draft, publish
from tests.world import World, decision_of, marked, released, signed_in

pytestmark = pytest.mark.django_db

STATE = Regrade.State


def corrected(here: World, code: str, **fields: object) -> Assessment:
    """A new published version in which one item has other fields."""
    draft = new_draft(here.assessment)
    Item.objects.filter(assessment=draft, code=code).update(**fields)
    publish(draft)
    here.assessment = draft
    return draft


def tried(here: World, reason: str = "The tolerance was too small.") -> Regrade:
    regrade = regrading.begin(here.placement, here.tomas, reason)
    regrading.run(str(regrade.pk))
    regrade.refresh_from_db()
    assert regrade.state == STATE.READY
    return regrade


def published(here: World, regrade: Regrade) -> int:
    """How many grades are others then."""
    regrading.publish(regrade, here.tomas)
    regrading.run(str(regrade.pk))
    regrade.refresh_from_db()
    assert regrade.state == STATE.PUBLISHED, regrade.trouble
    return regrade.changed


def points(response: Response) -> list[int]:
    marks = Mark.objects.filter(response=response).order_by("criterion__position")
    return [int(mark.level.points) for mark in marks.select_related("level")]


def test_the_dry_run_shows_each_change_and_makes_none(here: World) -> None:
    response = released(here, rate="13 ms")  # outside the tolerance of 0.1
    right = released(here, here.ben)
    before = {grade.submission_id: grade.score for grade in Grade.objects.all()}
    corrected(here, "rate", numeric_tolerance=Decimal(1))
    regrade = tried(here)
    effects = regrading.effects(regrade)
    [effect] = effects.changed
    assert effect.row.submission_id == response.submission_id
    assert (effect.difference, effects.same, effects.people) == (Decimal(5), 1, 0)
    rate = response.submission.responses.get(item__code="rate").item
    assert effect.row.items == [{"title": rate.title, "before": "0 / 5", "after": "5 / 5"}]
    page = signed_in(here.tomas).get(reverse("grading:regrade", args=[here.link.pk]))
    assert "0 / 5 → 5 / 5" in page.content.decode()
    assert {grade.submission_id: grade.score for grade in Grade.objects.all()} == before
    assert not GradeChange.objects.exists()
    assert right.submission.assessment_id == response.submission.assessment_id


def test_published_grades_change_once_and_learners_are_told_why(here: World) -> None:
    response = released(here, rate="13 ms")
    OutgoingScore.objects.update(state="confirmed")
    version = corrected(here, "rate", numeric_tolerance=Decimal(1))
    regrade = tried(here)
    assert published(here, regrade) == 1
    grade = Grade.objects.get()
    change = GradeChange.objects.get()
    assert change.score_after - change.score_before == 5
    assert (change.cause, change.reason) == ("regrade", "The tolerance was too small.")
    score = OutgoingScore.objects.get()
    assert (score.score, score.state) == (grade.score, "queued")
    submission = Submission.objects.get()
    assert submission.assessment == version
    assert {each.item.assessment for each in submission.responses.all()} == {version}
    with pytest.raises(NotAccepted, match="not waiting to be published"):
        regrading.publish(regrade, here.tomas)
    result = signed_in(here.ada).get(reverse("grading:result", args=[response.submission_id]))
    assert "The tolerance was too small." in result.content.decode()
    assert Entry.objects.filter(event="regrade.published", detail__changed=1).count() == 1


def test_code_runs_through_the_corrected_checks(here: World) -> None:
    response = released(here, double="def double(x):\n    return x + 3\n")
    double = response.submission.responses.get(item__code="double")
    assert points(double)[0] < 10
    draft = new_draft(here.assessment)
    draft.items.get(code="double").checks.filter(code="hidden").delete()
    publish(draft)
    here.assessment = draft
    published(here, tried(here, "The second check was wrong."))
    # three → 6 is right by chance: now the only check, so the whole item.
    assert GradeChange.objects.get().score_after > GradeChange.objects.get().score_before
    double.refresh_from_db()
    run = double.runs.latest("number")
    assert [result.check_definition.code for result in run.results.all()] == ["three"]
    result = signed_in(here.ada).get(reverse("grading:result", args=[response.submission_id]))
    assert "doubles a large number" not in result.content.decode()


def test_choices_are_found_again_by_their_words(here: World) -> None:
    response = released(here, pick="That one")
    corrected(here, "pick")
    draft = new_draft(here.assessment)
    choices = draft.items.get(code="pick").choices
    choices.update(correct=False)
    choices.filter(text="That one").update(correct=True)
    publish(draft)
    here.assessment = draft
    published(here, tried(here))
    pick = response.submission.responses.get(item__code="pick")
    chosen = pick.item.choices.get(pk__in=pick.choices)
    assert (chosen.text, chosen.correct) == ("That one", True)
    assert GradeChange.objects.get().score_after - GradeChange.objects.get().score_before == 5


def test_what_people_marked_is_carried_over_by_the_words_of_the_levels(here: World) -> None:
    response = released(here)
    draft = new_draft(here.assessment)
    item = draft.items.get(code="why")
    rubric = new_draft(item.rubric)
    rubric.criteria.get(code="clarity").levels.filter(title="Clear").update(points=3)
    item.rubric = rubric
    item.save()
    publish(draft)
    here.assessment = draft
    published(here, tried(here))
    assert points(Response.objects.get(pk=response.pk)) == [1, 3]
    assert {mark.reviewer for mark in response.marks.all()} == {here.sofia}


def test_where_a_level_has_other_words_a_person_marks_again(here: World) -> None:
    response = released(here)
    before = Grade.objects.get().score
    draft = new_draft(here.assessment)
    item = draft.items.get(code="why")
    rubric = new_draft(item.rubric)
    rubric.criteria.get(code="clarity").levels.filter(title="Clear").update(descriptor="Short.")
    item.rubric = rubric
    item.save()
    publish(draft)
    here.assessment = draft
    regrade = tried(here, "The level was described wrongly.")
    [effect] = regrading.effects(regrade).changed
    assert (effect.row.people, effect.row.score_after) == (1, None)
    assert published(here, regrade) == 0
    # The grade stands until then, and the page says so.
    assert Grade.objects.get().score == before
    page = reverse("grading:result", args=[response.submission_id])
    text = signed_in(here.ada).get(page).content.decode()
    assert "Until then this grade stands" in text
    again = Response.objects.get(pk=response.pk)
    assert claims.claim_next(here.sofia, here.course) == decision_of(again)
    marked(again, here.sofia, 2, 1)
    pipeline.advance(str(response.submission_id))
    assert Submission.objects.get().state == "released"
    change = GradeChange.objects.get()
    assert (change.score_before, change.reason) == (before, "The level was described wrongly.")


def test_a_grade_that_changed_since_the_dry_run_stops_all_of_it(here: World) -> None:
    response = released(here, rate="13 ms")
    released(here, here.ben, rate="13 ms")
    corrected(here, "rate", numeric_tolerance=Decimal(1))
    regrade = tried(here)
    clarity = response.item.rubric.criteria.get(code="clarity")
    appeals.ask(response, clarity, "Please.")
    regrading.publish(regrade, here.tomas)
    regrading.run(str(regrade.pk))
    regrade.refresh_from_db()
    assert regrade.state == STATE.READY
    assert "an appeal is open" in regrade.trouble
    assert not GradeChange.objects.exists()
    page = signed_in(here.tomas).get(reverse("grading:regrade", args=[here.link.pk]))
    assert "an appeal is open" in page.content.decode()


def test_without_a_corrected_version_there_is_nothing_to_do(here: World) -> None:
    released(here)
    with pytest.raises(NotAccepted, match="rests on version 1 already"):
        regrading.begin(here.placement, here.tomas, "x")


def test_one_at_a_time_and_dropped_changes_nothing(here: World) -> None:
    released(here, rate="13 ms")
    corrected(here, "rate", numeric_tolerance=Decimal(1))
    regrade = tried(here)
    with pytest.raises(NotAccepted, match="under way already"):
        regrading.begin(here.placement, here.tomas, "x")
    regrading.drop(regrade)
    with pytest.raises(NotAccepted):
        regrading.publish(regrade, here.tomas)
    assert not GradeChange.objects.exists()
    assert tried(here).pk != regrade.pk


def test_a_dry_run_whose_worker_died_goes_on_where_it_was(
    here: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    for number in range(3):
        released(here, here.join(f"l{number}", ["x"]), rate="13 ms")
    corrected(here, "rate", numeric_tolerance=Decimal(1))
    regrade = regrading.begin(here.placement, here.tomas, "x")
    judged: list[object] = []
    real = judging.judge

    def dies(response: Response, assessment: Assessment) -> object:
        judged.append(response.pk)
        if len(judged) == 6:
            raise KeyboardInterrupt
        return real(response, assessment)

    monkeypatch.setattr(trying, "judge", dies)
    with pytest.raises(KeyboardInterrupt):
        regrading.run(str(regrade.pk))
    assert regrade.rows.exclude(tried_at=None).count() == 1
    Regrade.objects.update(leased_until=None, woken_until=None)
    assert regrading.wake_due() == 1
    regrading.run(str(regrade.pk))
    regrade.refresh_from_db()
    assert regrade.state == STATE.READY
    assert len(judged) == 6 + 8  # the first attempt is not judged again


def test_the_teacher_does_it_on_one_page(here: World) -> None:
    response = released(here, rate="13 ms")
    corrected(here, "rate", numeric_tolerance=Decimal(1))
    browser = signed_in(here.tomas)
    page = reverse("grading:regrade", args=[here.link.pk])
    begin = reverse("grading:regrade_begin", args=[here.link.pk])
    assert "Say what was wrong" in browser.post(begin, {"reason": " "}).content.decode()
    assert "Trying it" in browser.post(begin, {"reason": "Sorry."}, follow=True).content.decode()
    regrade = Regrade.objects.get()
    regrading.run(str(regrade.pk))
    text = browser.get(page).content.decode()
    assert "1 grade would change" in text
    assert response.submission.person.code in text
    publish_it = reverse("grading:regrade_publish", args=[here.link.pk, regrade.pk])
    assert "Being published" in browser.post(publish_it, follow=True).content.decode()
    regrading.run(str(regrade.pk))
    assert "1 grade changed and is on its way" in browser.get(page).content.decode()
    assert "rests on version" in browser.post(begin, {"reason": "Again."}).content.decode()


def test_other_activities_are_left_alone(here: World) -> None:
    released(here, rate="13 ms")
    other = Placement.objects.exclude(pk=here.placement.pk)
    assert not other.exists()
    corrected(here, "rate", numeric_tolerance=Decimal(1))
    published(here, tried(here))
    assert not RoutingDecision.objects.filter(settled_at=None).exists()


def test_who_was_erased_keeps_the_grade_and_stops_no_regrade_of_others(here: World) -> None:
    response = released(here, why="Words.", rate="13 ms")
    other = released(here, here.ben, rate="13 ms")
    Mark.objects.filter(response=response).delete()  # a regrade had sent it back to people
    grade = Grade.objects.get(submission=response.submission)
    erasure.erase(here.ada, here.tomas)
    corrected(here, "rate", numeric_tolerance=Decimal(1))
    regrade = tried(here)
    assert [row.submission_id for row in regrade.rows.all()] == [other.submission_id]
    assert published(here, regrade) == 1
    assert Grade.objects.get(pk=grade.pk).score == grade.score


def test_what_a_dry_run_found_goes_when_it_ends(here: World) -> None:
    released(here, rate="13 ms")
    corrected(here, "rate", numeric_tolerance=Decimal(1))
    regrade = tried(here)
    assert regrade.rows.get().items
    regrading.drop(regrade)
    row = regrade.rows.get()
    assert (row.items, row.responses) == ([], {})


@pytest.mark.parametrize("when", ["before it is tried", "before it is published"])
def test_who_is_erased_meanwhile_keeps_the_grade(here: World, when: str) -> None:
    response = released(here, rate="13 ms")
    released(here, here.ben, rate="13 ms")
    grade = Grade.objects.get(submission=response.submission)
    corrected(here, "rate", numeric_tolerance=Decimal(1))
    if when == "before it is tried":
        regrade = regrading.begin(here.placement, here.tomas, "Too small.")
        erasure.erase(here.ada, here.tomas)
        regrading.run(str(regrade.pk))
    else:
        regrade = tried(here)
        erasure.erase(here.ada, here.tomas)
    regrade.refresh_from_db()
    assert published(here, regrade) == 1
    assert Grade.objects.get(pk=grade.pk).score == grade.score
    assert not any(row.items or row.responses for row in regrade.rows.all())
