from __future__ import annotations

import io
import json
from pathlib import Path

import pytest
from django.contrib.auth import get_user_model
from django.core.management import CommandError, call_command
from django.db import IntegrityError, transaction

from audit.models import Entry
from grading import registry
from grading.models import PastAnswer, ScoringModel
from grading.rehearsal import rehearse
from rubrics.models import Assessment, Item
from rubrics.publishing import new_draft, publish
from tests.world import World

pytestmark = pytest.mark.django_db

SAMPLE = Path(__file__).resolve().parents[2] / "samples" / "python_associate"
ANSWER = (
    "The cache keeps the first price it saw, so after a price change old prices are shown, and "
    "because the key lacks the group everybody sees the price of the first customer."
)


@pytest.fixture
def item() -> Item:
    call_command("import_assessment", str(SAMPLE / "assessment.yaml"), publish=True, verbosity=0)
    return Assessment.objects.get(code="python-associate").items.get(code="explain-cache")


@pytest.fixture
def trained(item: Item) -> Item:
    get_user_model().objects.create_superuser("approver")
    call_command("import_past_answers", SAMPLE / "past_answers" / "explain-cache.yaml")
    for criterion in item.rubric.criteria.all():
        registry.train_candidate(item, criterion)
    return item


def approve_all() -> None:
    approver = get_user_model().objects.get()
    for candidate in ScoringModel.objects.filter(state="candidate"):
        registry.approve(candidate, approver)


def test_a_candidate_marks_nothing_before_it_is_approved(trained: Item) -> None:
    assert {mark.level for mark in rehearse(trained, ANSWER).marks} == {None}
    approve_all()
    marks = rehearse(trained, ANSWER).marks
    assert all(mark.level is not None for mark in marks)
    for mark in marks:
        assert mark.rationale
        assert mark.model is not None
        assert mark.scorer_version == mark.model.version
        assert all(0 <= start < end <= len(ANSWER) for start, end, _why in mark.evidence)


def test_an_approval_is_recorded_with_who_and_what(trained: Item) -> None:
    approve_all()
    entries = Entry.objects.filter(event="model.approved")
    assert entries.count() == 3
    assert all(entry.actor.startswith("staff:") for entry in entries)


def test_the_model_before_is_back_in_one_step(trained: Item) -> None:
    criterion = trained.rubric.criteria.first()
    assert criterion is not None
    approve_all()
    first = ScoringModel.objects.get(criterion=criterion)
    PastAnswer.objects.filter(identifier__endswith="7").delete()
    second = registry.train_candidate(trained, criterion)
    assert second.version != first.version
    approver = get_user_model().objects.get()
    registry.approve(second, approver)
    assert registry.active_model(trained, criterion) == second
    registry.approve(first, approver)
    assert registry.active_model(trained, criterion) == first
    second.refresh_from_db()
    assert second.state == ScoringModel.State.RETIRED


def test_the_same_marks_give_the_same_model(trained: Item) -> None:
    criterion = trained.rubric.criteria.first()
    assert criterion is not None
    again = registry.train_candidate(trained, criterion)
    assert ScoringModel.objects.filter(criterion=criterion).get() == again


def test_a_changed_rubric_has_no_model(trained: Item) -> None:
    approve_all()
    rubric = new_draft(trained.rubric)
    publish(rubric)
    assessment = new_draft(trained.assessment)
    assessment.items.filter(code=trained.code).update(rubric=rubric)
    publish(assessment)
    changed = assessment.items.get(code=trained.code)
    rehearsal = rehearse(changed, ANSWER)
    assert {mark.level for mark in rehearsal.marks} == {None}
    assert rehearsal.decision.lane.value == "review"


def test_too_few_marks_make_no_model(item: Item, capsys: pytest.CaptureFixture[str]) -> None:
    call_command("train_models", "python-associate")
    assert "no model" in capsys.readouterr().out
    assert not ScoringModel.objects.exists()


def test_the_database_refuses_an_active_model_that_nobody_approved(trained: Item) -> None:
    with pytest.raises(IntegrityError), transaction.atomic():
        ScoringModel.objects.update(state=ScoringModel.State.ACTIVE)


def test_importing_past_answers_again_changes_nothing(trained: Item) -> None:
    before = list(PastAnswer.objects.order_by("identifier").values_list("identifier", "text"))
    call_command("import_past_answers", SAMPLE / "past_answers" / "explain-cache.yaml")
    after = list(PastAnswer.objects.order_by("identifier").values_list("identifier", "text"))
    assert after == before


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("- 1", "must begin with"),
        ("cograde_answers: 1\nassessment: nope\nitem: x", "no item “x”"),
        ("cograde_answers: [", "cannot be read as YAML"),
        (
            "cograde_answers: 1\nassessment: python-associate\nitem: explain-cache\n"
            "answers:\n  - {id: a, text: b, marks: {r: {nope: 1}}}",
            "a: no criterion “nope”; there are: correctness",
        ),
        (
            "cograde_answers: 1\nassessment: python-associate\nitem: explain-cache\n"
            "answers:\n  - {id: a, text: b, marks: {r: {correctness: high}}}",
            "a: “high” is not a number",
        ),
        (
            "cograde_answers: 1\nassessment: python-associate\nitem: explain-cache\n"
            "answers:\n  - {id: a, text: b}",
            "Answer 1: expected",
        ),
        (
            "cograde_answers: 1\nassessment: python-associate\nitem: explain-cache\n"
            "answers:\n  - {id: a, text: b, marks: high}",
            "a: `marks`",
        ),
    ],
)
def test_a_file_that_cannot_be_imported_says_why(
    item: Item, tmp_path: Path, text: str, why: str
) -> None:
    path = tmp_path / "answers.yaml"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(CommandError, match=why):
        call_command("import_past_answers", path)
    assert not PastAnswer.objects.exists()


@pytest.mark.parametrize("code", ["parse-log", "units-report"])
def test_dry_run_tries_a_file_and_stores_nothing(
    item: Item, code: str, capsys: pytest.CaptureFixture[str]
) -> None:
    wrong = sorted((SAMPLE / "solutions" / "wrong").glob(f"{code}-*.py"))
    for path in (SAMPLE / "solutions" / f"{code}.py", wrong[0]):
        capsys.readouterr()
        call_command("dry_run", "python-associate", path, item=code, json=True)
        result = json.loads(capsys.readouterr().out)
        statuses = {check["status"] for check in result["checks"]}
        assert statuses == ({"pass"} if path not in wrong else {"pass", "fail"})
        assert result["lane"] == "auto"
        assert {mark["criterion"] for mark in result["marks"]} == {"correctness", "style"}


def test_dry_run_without_a_file_tries_the_reference(here: World) -> None:
    call_command("import_assessment", "tests/grading/diagram.yaml", publish=True, verbosity=0)
    said = io.StringIO()
    call_command("dry_run", "drawn", item="shop", stdout=said)
    assert said.getvalue().count("pass ") == 2
    with pytest.raises(CommandError, match="no reference solution"):
        call_command("dry_run", "small", item="double")


def test_dry_run_says_what_is_not_written_in_a_file(here: World) -> None:
    call_command("import_assessment", "tests/grading/parts.yaml", publish=True, verbosity=0)
    with pytest.raises(CommandError, match="chosen on its page"):
        call_command("dry_run", "parts", item="sequence")


def test_dry_run_says_which_items_there_are(item: Item, tmp_path: Path) -> None:
    path = tmp_path / "a.py"
    path.write_text("x = 1", encoding="utf-8")
    with pytest.raises(CommandError, match="its items: parse-log, units-report"):
        call_command("dry_run", "python-associate", path, item="nope")
    with pytest.raises(CommandError, match="no assessment “nope”"):
        call_command("dry_run", "nope", path, item="parse-log")
