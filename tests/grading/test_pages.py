from __future__ import annotations

import pytest
from django.urls import reverse

from grading import diagnostics, intake, pipeline
from grading.models import CheckResult, Submission
from grading.progress import Progress
from lti_tool.models import OutgoingScore, Person, PersonName
from tests.world import RIGHT_CODE, World, marked, released, signed_in


def item_page(submission: Submission, code: str, name: str = "item") -> str:
    return reverse(f"grading:{name}", args=[submission.pk, code])


def test_everybody_is_sent_to_the_page_that_is_theirs(here: World) -> None:
    address = reverse("grading:open", args=[here.link.pk])
    assert "Begin" in signed_in(here.ada).get(address).content.decode()
    targets = {
        person: signed_in(person).get(address).headers["Location"]
        for person in (here.sofia, here.tomas)
    }
    assert targets[here.sofia] == reverse("review:queue", args=[here.course.pk])
    assert targets[here.tomas] == reverse("grading:class", args=[here.link.pk])
    submission = here.answered()
    assert str(submission.pk) in signed_in(here.ada).get(address).headers["Location"]
    intake.hand_in(submission)
    assert "result" in signed_in(here.ada).get(address).headers["Location"]


def test_who_is_not_known_to_the_lms_is_told_so_and_can_do_everything_else(here: World) -> None:
    Person.objects.filter(pk=here.ada.pk).update(anonymous=True)
    here.ada.refresh_from_db()
    browser = signed_in(here.ada)
    text = browser.get(reverse("grading:open", args=[here.link.pk])).content.decode()
    assert "Your LMS did not say who you are" in text
    assert "Begin" in text
    submission = here.routed(why="")
    result = browser.get(reverse("grading:result", args=[submission.pk])).content.decode()
    assert "20</b> / 30" in result
    assert "the grade cannot go there" in result
    assert not OutgoingScore.objects.exists()


def test_the_page_works_without_javascript(here: World) -> None:
    submission = intake.begin(here.placement, here.ada)
    browser = signed_in(here.ada)
    browser.post(item_page(submission, "double"), {"text": RIGHT_CODE, "action": "check"})
    run = submission.responses.get(item__code="double").runs.get()
    diagnostics.execute(str(run.pk))
    assert "All 2 checks pass" in browser.get(item_page(submission, "double")).content.decode()
    answer = browser.post(
        item_page(submission, "rate"), {"text": "12.5 ms", "action": "next", "next": "pick"}
    )
    assert answer.headers["Location"] == item_page(submission, "pick")
    assert submission.responses.get(item__code="rate").text == "12.5 ms"


def test_an_expected_value_that_the_author_hides_is_nowhere_in_the_page(here: World) -> None:
    submission = here.answered(double="def double(x):\n    return 1\n")
    run = diagnostics.request(submission.responses.get(item__code="double"))
    diagnostics.execute(str(run.pk))
    text = signed_in(here.ada).get(item_page(submission, "double")).content.decode()
    assert "doubles a large number" in text
    assert "2000" not in text
    intake.hand_in(submission)
    pipeline.advance(str(submission.pk))
    address = reverse("grading:result", args=[submission.pk])
    assert "2000" not in signed_in(here.ada).get(address).content.decode()


def test_autosave_answers_when_it_was_kept_or_why_not(here: World) -> None:
    submission = intake.begin(here.placement, here.ada)
    address = item_page(submission, "why", "save")
    browser = signed_in(here.ada)
    assert ":" in browser.post(address, {"text": "half"}).json()["saved"]
    refused = browser.post(address, {"text": "x" * (intake.LONGEST_TEXT + 1)})
    assert refused.status_code == 409
    assert "longer than can be handed in" in refused.json()["error"]
    assert submission.responses.get(item__code="why").text == "half"


def test_two_windows_do_not_overwrite_each_other_unseen(here: World) -> None:
    submission = intake.begin(here.placement, here.ada)
    address = item_page(submission, "why", "save")
    browser = signed_in(here.ada)
    first, second = ({"page": name * 16, "revision": "0"} for name in "ab")
    for text in ("one", "one more"):  # a window may save as often as it likes
        assert browser.post(address, {**first, "text": text}).status_code == 200
    refused = browser.post(address, {**second, "text": "two"})
    assert refused.status_code == 409
    assert "another window" in refused.json()["error"]
    assert submission.responses.get(item__code="why").text == "one more"
    shown = browser.post(item_page(submission, "why"), {**second, "text": "two"}).content.decode()
    assert "one more" in shown
    assert ">\ntwo</textarea>" in shown


def test_what_cannot_be_kept_stays_in_the_field(here: World) -> None:
    submission = intake.begin(here.placement, here.ada)
    answer = signed_in(here.ada).post(item_page(submission, "why"), {"text": "kept \x00 typed"})
    assert answer.status_code == 409
    text = answer.content.decode()
    assert "NUL" in text
    assert "kept" in text
    assert "typed" in text


def test_the_result_shows_levels_the_next_level_and_what_to_practise(here: World) -> None:
    submission = here.routed(why="", pick="That one")
    text = signed_in(here.ada).get(reverse("grading:result", args=[submission.pk])).content.decode()
    for words in ("15</b> / 30", "Next level", "One thing right.", "<strong>chapter 3</strong>"):
        assert words in text
    assert "is on its way to your LMS" in text
    assert "No; that is the other one." in text  # the mark tells it anyway


def test_before_release_no_marks_are_shown(here: World) -> None:
    submission = here.routed()
    text = signed_in(here.ada).get(reverse("grading:result", args=[submission.pk])).content.decode()
    assert "A reviewer will look at this." in text
    assert "Next level" not in text
    assert "choice--right" not in text
    assert "Right." not in text


def test_polling_leaves_the_page_alone_until_something_happens(here: World) -> None:
    submission = here.routed()
    address = reverse("grading:result", args=[submission.pk])
    browser = signed_in(here.ada)
    assert browser.get(f"{address}?seen=routed-", headers={"HX-Request": "true"}).status_code == 204
    changed = browser.get(f"{address}?seen=handed_in-", headers={"HX-Request": "true"})
    assert changed.status_code == 200
    assert "<html" not in changed.content.decode()


def test_the_teacher_sees_where_everybody_is_and_sends_again(here: World) -> None:
    PersonName.objects.create(person=here.ada, name="Ada Okafor", email="")
    here.routed(why="")
    score = OutgoingScore.objects.get()
    OutgoingScore.objects.update(state=OutgoingScore.State.REFUSED, cause="The course is closed.")
    browser = signed_in(here.tomas)
    text = browser.get(reverse("grading:class", args=[here.link.pk])).content.decode()
    assert "Ada Okafor" in text
    assert "The course is closed." in text
    browser.post(reverse("grading:resend", args=[here.link.pk, score.pk]))
    score.refresh_from_db()
    assert score.state == OutgoingScore.State.QUEUED
    assert score.started_at == score.person.submissions.get().started_at


@pytest.mark.parametrize(
    ("code", "sent"),
    [
        ("pick", {"choice": "9" * 5000}),
        ("pick", {"choice": ["x", "²"]}),
        ("rate", {"text": "1", "action": "next", "next": "a b/../"}),
        ("rate", {"text": "9" * 90_000}),
        ("nope", {"text": "1"}),
    ],
)
def test_bad_input_gets_an_answer_and_never_a_fault(
    here: World, code: str, sent: dict[str, object]
) -> None:
    submission = intake.begin(here.placement, here.ada)
    answer = signed_in(here.ada).post(item_page(submission, code), sent)
    assert answer.status_code in (302, 404, 409)


def test_an_assessment_that_is_not_on_offer_cannot_be_chosen(here: World) -> None:
    address = reverse("grading:choose_for_link", args=[here.link.pk])
    for code in ("x", "", "1", "\x00"):
        assert signed_in(here.tomas).post(address, {"assessment": code}).status_code == 404


@pytest.mark.parametrize("name", ["home", "review:home"])
def test_pages_carry_a_strict_policy_and_the_reference(here: World, name: str) -> None:
    answer = signed_in(here.ada).get(reverse(name))
    policy = answer.headers["Content-Security-Policy"]
    assert "default-src 'none'" in policy
    assert "unsafe" not in policy
    assert "frame-ancestors 'self' https://lms.example" in policy
    assert len(answer.headers["X-Reference"]) == 8


def test_the_administration_is_never_framed(here: World) -> None:
    answer = signed_in(here.ada).get(reverse("admin:login"))
    assert "frame-ancestors 'none'" in answer.headers["Content-Security-Policy"]


def test_the_session_cookie_lives_inside_a_frame(here: World) -> None:
    submission = here.answered()
    browser = signed_in(here.ada)
    answer = browser.get(item_page(submission, "why"))
    cookie = answer.cookies["__Host-cograde"].OutputString()
    for word in ("Secure", "HttpOnly", "SameSite=None", "Partitioned", "Path=/"):
        assert word in cookie


def test_another_attempt_begins_only_when_the_learner_says_so(here: World) -> None:
    response = released(here)
    browser = signed_in(here.ada)
    result = reverse("grading:result", args=[response.submission_id])
    again = reverse("grading:again", args=[here.link.pk])
    assert again in browser.get(result).content.decode()
    start = browser.get(again).content.decode()
    assert "Begin" in start
    assert result in start
    assert here.ada.submissions.count() == 1
    begun = browser.post(reverse("grading:begin", args=[here.link.pk]), follow=True)
    assert result in begun.content.decode()  # the way back to what was marked
    assert browser.get(again).status_code == 302


def test_a_check_that_could_not_be_run_is_not_the_learners_to_mend(here: World) -> None:
    submission = here.answered(double="def double(x):\n    return x\n")
    response = submission.responses.get(item__code="double")
    diagnostics.execute(str(diagnostics.request(response).pk))
    steps = {step.code: step.state for step in Progress.of(submission).steps}
    assert steps["double"] == "failing"
    CheckResult.objects.filter(status="fail").update(status="error")
    steps = {step.code: step.state for step in Progress.of(submission).steps}
    assert steps["double"] == "answered"


def test_no_attempt_is_offered_where_none_can_begin(here: World) -> None:
    again = reverse("grading:again", args=[here.link.pk])
    submission = here.routed()
    browser = signed_in(here.ada)
    assert browser.get(again).headers["Location"] == reverse("grading:open", args=[here.link.pk])
    marked(submission.responses.get(item__code="why"), here.sofia)
    pipeline.advance(str(submission.pk))
    assert "Begin" in browser.get(again).content.decode()
    here.under(attempts=1)
    assert browser.get(again).status_code == 302
