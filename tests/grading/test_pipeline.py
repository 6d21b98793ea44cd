from __future__ import annotations

from datetime import timedelta
from decimal import Decimal

import pytest
from django.utils import timezone

from audit.models import Entry
from grading import diagnostics, intake, leases, marking, pipeline
from grading.errors import NotAccepted
from grading.models import CheckResult, Grade, MachineMark, Mark, Run, Submission, Voice
from grading.results import result_of
from lti_tool.models import OutgoingScore
from tests.world import World, decision_of

State = Submission.State


def test_a_submission_stops_where_a_person_is_needed(here: World) -> None:
    submission = here.routed()
    assert submission.state == State.ROUTED
    lanes = {r.item.code: decision_of(r).lane for r in submission.responses.all()}
    assert lanes == {"double": "auto", "rate": "auto", "pick": "auto", "why": "review"}
    assert not Grade.objects.exists()


def test_without_a_model_the_machine_says_that_it_has_not_enough_evidence(here: World) -> None:
    waiting = here.waiting()
    assert [mark.level for mark in waiting.machine_marks.all()] == [None, None]
    assert "Not enough evidence" in " ".join(decision_of(waiting).reasons)
    assert not waiting.marks.exists()


def test_what_the_machine_may_settle_goes_all_the_way(here: World) -> None:
    submission = here.routed(why="")
    assert submission.state == State.RELEASED
    grade = Grade.objects.get()
    assert (grade.score, grade.maximum) == (Decimal("20.00"), Decimal("30.00"))
    score = OutgoingScore.objects.get()
    assert (score.score, score.person) == (grade.score, here.ada)
    assert "Double it: 10 / 10" in score.comment
    assert set(Mark.objects.values_list("voice", flat=True)) == {Voice.MACHINE}


@pytest.mark.parametrize(
    ("answers", "score"),
    [
        ({}, "20"),
        ({"double": "def double(x):\n    return 6\n"}, "15"),
        ({"double": "def double(x) return"}, "10"),
        ({"double": ""}, "10"),
        ({"rate": "0,0125 s"}, "20"),
        ({"rate": "13 ms"}, "15"),
        ({"pick": "That one"}, "15"),
        ({"pick": "nothing"}, "15"),
    ],
)
def test_a_grade_follows_from_the_answers(here: World, answers: dict[str, str], score: str) -> None:
    here.routed(None, **{"why": "", **answers})
    assert Grade.objects.get().score == Decimal(score)


def test_every_machine_mark_says_how_it_came_about(here: World) -> None:
    here.routed()
    for mark in MachineMark.objects.all():
        assert mark.rationale
        assert mark.scorer
        assert mark.scorer_version
        assert mark.policy == here.assessment.policy
        assert mark.criterion.rubric.published_at


def test_advancing_again_changes_nothing(here: World) -> None:
    submission = here.routed(why="")
    before = Entry.objects.count(), OutgoingScore.objects.get().sequence
    pipeline.advance(str(submission.pk))
    assert (Entry.objects.count(), OutgoingScore.objects.get().sequence) == before


def test_a_leased_submission_is_left_alone(here: World) -> None:
    submission = here.handed_in()
    Submission.objects.update(leased_until=timezone.now() + timedelta(minutes=1))
    pipeline.advance(str(submission.pk))
    submission.refresh_from_db()
    assert submission.state == State.HANDED_IN


def test_a_fault_is_tried_again_later_and_told_to_operators(
    here: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    submission = here.handed_in()
    monkeypatch.setattr(marking, "machine_marks", lambda *_: 1 / 0)
    pipeline.advance(str(submission.pk))
    submission.refresh_from_db()
    assert submission.state == State.CHECKED
    assert "ZeroDivisionError" in submission.trouble
    assert submission.run_after > timezone.now()
    assert submission.leased_until is None
    monkeypatch.undo()
    Submission.objects.update(run_after=timezone.now())
    pipeline.advance(str(submission.pk))
    submission.refresh_from_db()
    assert (submission.state, submission.trouble, submission.failures) == (State.ROUTED, "", 0)


def checked(here: World) -> Submission:
    """An attempt whose code the learner has checked."""
    submission = here.answered(why="")
    run = diagnostics.request(submission.responses.get(item__code="double"))
    diagnostics.execute(str(run.pk))
    return submission


def test_handing_in_runs_the_checks_afresh_and_once(here: World) -> None:
    submission = intake.hand_in(checked(here))
    for _turn in range(2):
        pipeline.check(submission)
    assert [run.state for run in Run.objects.order_by("number")] == [Run.State.DONE] * 2


def test_a_program_that_answers_by_chance_goes_to_a_person(here: World) -> None:
    submission = checked(here)
    # The earlier run over the very same text saw this check fail.
    CheckResult.objects.filter(check_definition__code="hidden").update(status="fail")
    intake.hand_in(submission)
    pipeline.advance(str(submission.pk))
    double = submission.responses.get(item__code="double")
    assert double.machine_marks.get().flags == ["check-error"]
    assert decision_of(double).lane == "review"


def test_people_see_the_checks_of_what_was_handed_in(here: World) -> None:
    bad, good = "def double(x):\n    return 0\n", "def double(x):\n    return 2 * x\n"
    submission = here.answered(why="")
    double = submission.responses.get(item__code="double")
    for source in (bad, good):
        intake.save(double, text=source)
        diagnostics.execute(str(diagnostics.request(double).pk))
    intake.save(double, text=bad)
    intake.hand_in(submission)
    pipeline.advance(str(submission.pk))
    (shown,) = {item.run for item in result_of(submission, None).items if item.run}
    assert shown.source == bad
    assert set(shown.results.values_list("status", flat=True)) == {"fail"}


def test_routing_and_settling_are_one_step(here: World) -> None:
    submission = here.handed_in(why="")
    for step in (pipeline.check, pipeline.mark, pipeline.route_responses):
        step(submission)
        submission.refresh_from_db()
    assert submission.state == State.SETTLED  # and not `routed`, which nobody would take up


def test_an_answer_on_which_a_scorer_keeps_failing_reaches_a_person(
    here: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    submission = here.handed_in(why="")
    monkeypatch.setattr(marking, "machine_marks", lambda *_: 1 / 0)
    for _attempt in range(pipeline.MOST_FAILURES + 1):
        Submission.objects.update(run_after=timezone.now())
        pipeline.advance(str(submission.pk))
    submission.refresh_from_db()
    assert submission.state == State.ROUTED
    assert {decision_of(response).lane for response in submission.responses.all()} == {"review"}


def test_another_attempt_waits_for_the_grade_of_the_last(here: World) -> None:
    here.routed()
    with pytest.raises(NotAccepted, match="still being marked"):
        intake.begin(here.placement, here.ada)


def test_a_check_of_newer_text_replaces_one_that_waits(here: World) -> None:
    double = here.answered().responses.get(item__code="double")
    first = diagnostics.request(double)
    assert diagnostics.request(double) == first
    intake.save(double, text="def double(x):\n    return x + x\n")
    second = diagnostics.request(double)
    for run in (first, second):
        diagnostics.execute(str(run.pk))
        run.refresh_from_db()
    assert (first.state, second.state) == (Run.State.SUPERSEDED, Run.State.DONE)
    assert (first.results.count(), second.results.count()) == (0, 2)


def test_a_check_that_runs_keeps_its_worker_to_itself(here: World) -> None:
    double = here.answered().responses.get(item__code="double")
    Run.objects.filter(pk=diagnostics.request(double).pk).update(state=Run.State.RUNNING)
    intake.save(double, text="def double(x):\n    return x + x\n")
    with pytest.raises(NotAccepted, match="still running"):
        diagnostics.request(double)
    assert Run.objects.count() == 1


def test_while_another_worker_checks_the_submission_waits(here: World) -> None:
    submission = here.handed_in()
    double = submission.responses.get(item__code="double")
    Run.objects.create(
        response=double,
        number=1,
        source=double.text,
        sha256=double.source_digest(double.text),
        state=Run.State.RUNNING,
        leased_until=timezone.now() + timedelta(minutes=1),
    )
    pipeline.advance(str(submission.pk))
    submission.refresh_from_db()
    assert (submission.state, submission.failures) == (State.HANDED_IN, 0)
    assert submission.run_after > timezone.now()


def test_the_best_attempt_stands_in_the_gradebook(here: World) -> None:
    here.routed(why="")
    here.routed(why="", rate="1 ms")
    assert Grade.objects.count() == 2
    assert OutgoingScore.objects.get().score == Decimal("20.00")


def test_checks_that_could_not_be_run_after_handing_in_are_not_taken_from_before(
    here: World,
) -> None:
    submission = checked(here)
    double = submission.responses.get(item__code="double")
    Run.objects.create(
        response=double,
        number=9,
        source=double.text,
        sha256=double.source_digest(double.text),
        state=Run.State.FAILED,
    )
    assert not diagnostics.finished_runs(double).exists()


def test_a_run_that_gave_way_to_a_newer_text_is_not_counted(here: World) -> None:
    response = here.answered(why="").responses.get(item__code="double")
    diagnostics.request(response)
    response.text += "\n# again\n"
    response.save()
    diagnostics.request(response)
    assert response.runs.count() == 2
    response.submission.assessment.policy.checks_limit = 2
    assert diagnostics.allowance(response).left == 1


@pytest.mark.parametrize("failures", [1, 5, 60])
def test_pauses_grow_up_to_an_hour(failures: int) -> None:
    assert timedelta(seconds=2) <= leases.pause_after(failures) <= timedelta(hours=1)
