from __future__ import annotations

import re
from datetime import timedelta

import pytest
from django.utils import timezone

from audit.models import Entry
from grading import intake
from grading.errors import NotAccepted
from grading.models import Response, Submission
from rubrics.publishing import new_draft, publish
from tests.world import World


def response(submission: Submission, code: str) -> Response:
    return submission.responses.get(item__code=code)


def test_beginning_twice_is_the_same_attempt(here: World) -> None:
    assert intake.begin(here.placement, here.ada) == intake.begin(here.placement, here.ada)


def test_an_attempt_begins_with_a_response_per_item_and_the_starter_code(here: World) -> None:
    submission = intake.begin(here.placement, here.ada)
    assert [r.item.code for r in submission.responses.all()] == ["double", "rate", "pick", "why"]
    assert response(submission, "double").text == "def double(x):\n    pass\n"


def test_attempts_run_out(here: World) -> None:
    for _attempt in range(2):
        here.routed(why="")
    with pytest.raises(NotAccepted, match="all your attempts"):
        intake.begin(here.placement, here.ada)
    intake.begin(here.placement, here.ben)


def test_an_answer_is_kept_as_typed_with_its_digest(here: World) -> None:
    submission = intake.begin(here.placement, here.ada)
    intake.save(response(submission, "why"), text="Größe\r\n— naïve ☃")
    kept = response(submission, "why")
    assert kept.text == "Größe\n— naïve ☃"
    assert kept.sha256 == kept.digest()
    assert kept.revision == 1


@pytest.mark.parametrize(
    ("text", "why"), [("a\x00b", "NUL"), ("x" * (intake.LONGEST_TEXT + 3), "3 characters longer")]
)
def test_what_cannot_be_kept_is_refused_with_the_reason(here: World, text: str, why: str) -> None:
    submission = intake.begin(here.placement, here.ada)
    with pytest.raises(NotAccepted, match=why):
        intake.save(response(submission, "why"), text=text)


def test_only_choices_on_offer_are_taken_and_only_one_where_one_is_asked(here: World) -> None:
    submission = intake.begin(here.placement, here.ada)
    pick = response(submission, "pick")
    this, that = pick.item.choices.all()
    for wrong in ([0], [this.pk, that.pk]):
        with pytest.raises(NotAccepted, match="not one of the choices"):
            intake.save(pick, choices=wrong)
    intake.save(pick, choices=[that.pk])
    assert response(submission, "pick").choices == [that.pk]


def test_nothing_changes_after_handing_in(here: World) -> None:
    submission = here.handed_in()
    with pytest.raises(NotAccepted, match="handed in"):
        intake.save(response(submission, "why"), text="later")


def test_handing_in_is_recorded_once(here: World) -> None:
    submission = here.handed_in()
    intake.hand_in(submission)
    entry = Entry.objects.get(chain=submission.pk, event="submission.handed_in")
    assert entry.detail["responses"]["why"]["sha256"] == response(submission, "why").digest()
    assert not re.search(r"\bada\b", f"{entry.detail} {entry.actor}")


def test_time_that_is_over_is_handed_in_by_the_scheduler(here: World) -> None:
    limited = new_draft(here.assessment)
    limited.time_limit_minutes = 30
    limited.save(update_fields=["time_limit_minutes"])
    publish(limited)
    submission = here.answered()
    Submission.objects.update(started_at=timezone.now() - timedelta(minutes=30, seconds=30))
    assert intake.hand_in_overdue() == 0  # a slow page still gets its minute of grace
    Submission.objects.update(started_at=timezone.now() - timedelta(minutes=31, seconds=1))
    with pytest.raises(NotAccepted, match="time for this attempt is over"):
        intake.save(response(submission, "why"), text="too late")
    assert intake.hand_in_overdue() == 1
    submission.refresh_from_db()
    assert submission.state == Submission.State.HANDED_IN
    assert response(submission, "why").text == "Because it is."
