"""From an assignment of the LMS itself to a report on it, against a platform of its own process."""

from __future__ import annotations

import html
import json
import re
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.core.cache import cache
from django.core.management import call_command
from django.test import Client
from django.utils import timezone
from pytest_django import Settings

from audit.models import Entry
from config.management.commands.run_scheduler import run_round
from grading import assets, erasure, intake, pipeline, privacy
from grading.models import Grade, Submission
from lti_tool import asset_reports, notice_services
from lti_tool.models import (
    Asset,
    HandIn,
    Membership,
    Notice,
    NoticeService,
    OutgoingScore,
    Person,
    Registration,
)
from lti_tool.notice_services import ASSET_SUBMISSION
from practice_lms.seed import CLIENT_ID, DEPLOYMENT_ID
from review import marking
from tests.practice_lms.platform import Platform, forms
from tests.practice_lms.visitor import Visitor
from tests.world import RIGHT_CODE, decision_of, signed_in

pytestmark = pytest.mark.django_db(transaction=True)
State = Submission.State
COURSE = "pa-aut"

HEAD = """\
cograde: 1
programme: {code: small, title: A small programme}
competencies: [{code: reading, title: Reading, description: Reading.}]
rubrics:
  - code: explain
    title: Explain
    criteria:
      - code: correctness
        title: Correctness
        description: Is it right?
        weight: 1
        competencies: [reading]
        remediation: Read chapter 3.
        levels:
          - {points: 0, title: Not shown, descriptor: Nothing right.}
          - {points: 2, title: Fully, descriptor: All right.}
policy: {code: usual, title: Usual, mode: auto, stakes: medium, blind: true, auto_threshold: 0.8,
         extended_threshold: 0.3, attempts: 2, checks_limit: 0, cooldown_seconds: 0, sla_hours: 48,
         audit_share: 0}
"""
CODE = """
    - code: double
      kind: code
      title: Double it
      points: 10
      prompt: "Write `double(x)`."
      filename: solution.py
      starter: "def double(x):\\n    pass\\n"
      checks:
        - {code: three, kind: call, title: doubles three, call: double(3), expected: "6"}
        - {code: four, kind: call, title: doubles four, call: double(4), expected: "8"}
"""
ESSAY = """
    - {code: why, kind: essay, title: Why, points: 10, prompt: Why?, rubric: explain}
"""
ASSESSMENTS = {
    "code": ("Doubling", CODE),
    "essay": ("An essay", ESSAY),
    "both": ("Both", CODE + ESSAY),
}


@pytest.fixture(scope="module")
def running(live_server: Any) -> Iterator[Platform]:
    with Platform(tool_url=live_server.url) as platform:
        yield platform


@pytest.fixture
def platform(
    running: Platform, settings: Settings, live_server: Any, db: None, tmp_path: Path
) -> Iterator[Platform]:
    settings.BASE_URL = live_server.url
    cache.clear()
    running.reset()
    running.manner()
    running.misbehave_all([])
    for code, (title, items) in ASSESSMENTS.items():
        file = tmp_path / f"{code}.yaml"
        assessment = f"assessment:\n  code: {code}\n  title: {title}\n  items:{items}"
        file.write_text(HEAD + assessment)
        call_command("import_assessment", str(file), publish=True, verbosity=0)
    call_command(
        "register_platform",
        issuer=running.url,
        client_id=CLIENT_ID,
        auth_login_url=f"{running.url}/lti/authorize",
        token_url=f"{running.url}/lti/token",
        jwks_url=f"{running.url}/lti/jwks.json",
        deployment_id=[DEPLOYMENT_ID],
    )
    yield running
    # A notice still on its way would meet the tables while they are emptied.
    running.notices()


def opened(platform: Platform, user: str, **choice: Any) -> Any:
    """The page on which a launch ends."""
    client = Client()
    form = platform.launch(client, user=user, **choice)
    answer = client.post(form.path, form.fields)
    assert answer.status_code == 302, answer.content.decode()
    return client.get(answer.headers["Location"], follow=True)


def attached(platform: Platform, code: str = "code", id: str = "task", **values: Any) -> None:
    """An assignment in the LMS with an assessment of ours attached; its notices are wanted."""
    opened(platform, "tomas")
    notice_services.subscribe(NoticeService.objects.get().pk)
    processor = {"title": "Cograde", "custom": {"assessment": code}, **values}
    platform.assignment(id, title="Homework 3", processors=[processor])


def told(platform: Platform, user: str = "ada", assignment: str = "task", **work: str) -> Notice:
    """The notice of what somebody handed in to the LMS."""
    platform.hand_in(user, assignment, **work)
    assert {sent["status"] for sent in platform.notices(ASSET_SUBMISSION)} == {200}
    return Notice.objects.filter(kind=ASSET_SUBMISSION).latest("received_at")


def processed(notice: Notice) -> HandIn:
    Notice.objects.filter(pk=notice.pk, due_at__isnull=False).update(due_at=timezone.now())
    assets.process(notice.pk)
    return HandIn.objects.latest("received_at")


def handed_in(platform: Platform, user: str = "ada", **work: str) -> Submission:
    """The attempt that became of what somebody handed in to the LMS."""
    return attempt_of(processed(told(platform, user, **work)))


def attempt_of(made: HandIn) -> Submission:
    assert made.work is not None, [asset.report for asset in made.assets.all()]
    return Submission.objects.get(pk=made.work)


def advanced(submission: Submission) -> Submission:
    pipeline.advance(str(submission.pk))
    submission.refresh_from_db()
    return submission


def reported(platform: Platform) -> list[dict[str, Any]]:
    """What the LMS shows, once everything that is due has been sent."""
    assets.report_due()
    asset_reports.deliver(Registration.objects.get().pk)
    return [report["values"] for report in platform.reports()]


def report_on(platform: Platform, made: HandIn) -> dict[str, Any]:
    """What the LMS shows on the first thing of a hand-in."""
    reported(platform)
    asset_id = made.assets.order_by("pk")[0].asset_id
    found = [report["values"] for report in platform.reports() if report["asset"] == asset_id]
    return dict(found[0])


def refused(platform: Platform, **work: str) -> dict[str, Any]:
    """The report on something that cannot be marked; there is no attempt."""
    notice = told(platform, **work)
    made = processed(notice)
    assert made.work is None
    notice.refresh_from_db()
    assert (notice.due_at, notice.claims) == (None, {})
    return report_on(platform, made)


def settled(submission: Submission, reviewer: Person) -> Submission:
    """Marked by a reviewer with the best level of everything."""
    response = submission.responses.get()
    review = marking.open_review(reviewer, decision_of(response))
    best = response.item.rubric.criteria.get().levels.order_by("points").last()
    assert best is not None
    for _look in range(2):  # blind first, then with the machine's marks
        chosen = marking.choices_from(response, {"level-correctness": str(best.pk)})
        review = marking.save(review, chosen)
        if review.settled_at is not None:
            break
    return advanced(submission)


# From a hand-in to a report


@pytest.mark.parametrize("manner", ["strict", "canvas", "d2l"])
def test_code_that_is_handed_in_to_the_lms_is_marked_and_reported(
    platform: Platform, manner: str
) -> None:
    platform.manner(manner)
    attached(platform)
    submission = handed_in(platform, solution_py=RIGHT_CODE)
    assert submission.responses.get().text == RIGHT_CODE
    assert submission.state == State.HANDED_IN
    assert advanced(submission).state == State.RELEASED
    (report,) = reported(platform)
    assert report["title"] == "Doubling"
    assert report["result"] == "10/10"
    assert (report["processingProgress"], report["priority"]) == ("Processed", 0)
    assert report["visibleToOwner"]
    assert report["indicationAlt"]
    # The grade is the teacher's to give, in the LMS.
    assert not OutgoingScore.objects.exists()
    assert HandIn.objects.get().settled
    notice = Notice.objects.get(kind=ASSET_SUBMISSION)
    assert (notice.due_at, notice.claims) == (None, {})
    assert Entry.objects.filter(event="submission.handed_in").count() == 1


def test_the_scheduler_alone_takes_a_hand_in_through(platform: Platform) -> None:
    attached(platform)
    notice = told(platform, solution_py="def double(x):\n    return 3\n")
    run_round()
    advanced(attempt_of(processed(notice)))
    run_round()
    (report,) = reported(platform)
    assert (report["result"], report["priority"]) == ("0/10", 1)


def test_what_a_reviewer_must_see_is_reported_as_waiting_and_then_as_done(
    platform: Platform,
) -> None:
    attached(platform, "essay")
    submission = advanced(handed_in(platform, text="<p>Because it <b>is</b>.</p><p>So.</p>"))
    assert submission.state == State.ROUTED
    response = submission.responses.get()
    assert response.text == "Because it is.\n\nSo."
    (report,) = reported(platform)
    assert report["processingProgress"] == "PendingManual"
    assert "result" not in report
    assert assets.report_due() == 0
    opened(platform, "sofia")
    settled(submission, Person.objects.get(sub=platform.sub("sofia")))
    (report,) = reported(platform)
    assert (report["processingProgress"], report["result"]) == ("Processed", "10/10")


def test_a_notice_handled_twice_makes_one_attempt(platform: Platform) -> None:
    attached(platform)
    notice = told(platform, solution_py=RIGHT_CODE)
    processed(notice)
    processed(notice)
    Notice.objects.filter(pk=notice.pk).update(due_at=timezone.now(), claims=notice.claims)
    processed(notice)
    assert Submission.objects.count() == 1


def test_a_worker_that_dies_leaves_the_notice_to_the_next(
    platform: Platform, monkeypatch: pytest.MonkeyPatch
) -> None:
    attached(platform)
    notice = told(platform, solution_py=RIGHT_CODE)

    class Killed(BaseException):
        pass

    def killed(_submission: Submission) -> Submission:
        raise Killed

    with monkeypatch.context() as patched:
        patched.setattr(intake, "hand_in", killed)
        with pytest.raises(Killed):
            assets.process(notice.pk)
    assert not Submission.objects.exists()
    assets.process(notice.pk)
    assert not Submission.objects.exists()  # somebody may still be at it
    assert processed(notice).work is not None
    assert Submission.objects.get().responses.get().text == RIGHT_CODE


def test_a_teacher_who_has_it_sent_again_gets_the_report_again(platform: Platform) -> None:
    attached(platform)
    advanced(handed_in(platform, solution_py=RIGHT_CODE))
    reported(platform)
    before = platform.control("reports", method="GET")[0]["timestamp"]
    hand_in = HandIn.objects.get()
    again = f"/submissions/{hand_in.submission_id}/notice"
    Visitor(platform, "tomas").post(again, "/assignments/task")
    platform.notices(ASSET_SUBMISSION)
    processed(Notice.objects.filter(kind=ASSET_SUBMISSION).latest("received_at"))
    reported(platform)
    (report,) = platform.reports()
    assert report["timestamp"] > before
    assert Submission.objects.count() == 1


def test_a_second_attempt_waits_for_the_marks_of_the_first(platform: Platform) -> None:
    attached(platform, "essay")
    first = advanced(handed_in(platform, text="One."))
    second = told(platform, text="Two.")
    waiting = processed(second)
    assert waiting.work is None
    second.refresh_from_db()
    assert second.due_at is not None
    assert second.due_at > timezone.now()
    assert report_on(platform, waiting)["processingProgress"] == "Processing"
    # Something newer still is handed in: then that is the one that counts.
    third = told(platform, text="Three.")
    processed(third)
    processed(second)
    assert report_on(platform, waiting)["processingProgress"] == "NotProcessed"
    opened(platform, "sofia")
    settled(first, Person.objects.get(sub=platform.sub("sofia")))
    assert attempt_of(processed(third)).responses.get().text == "Three."


def test_attempts_end_where_the_policy_says(platform: Platform) -> None:
    attached(platform)
    for _attempt in range(2):
        advanced(handed_in(platform, solution_py=RIGHT_CODE))
    report = refused(platform, solution_py=RIGHT_CODE)
    assert (report["processingProgress"], report["errorCode"]) == ("Failed", "ATTEMPTS_USED")
    assert "attempts" in report["comment"]


# What is the answer, and what is none


def test_of_several_things_the_one_that_fits_is_marked(platform: Platform) -> None:
    attached(platform)
    submission = handed_in(platform, text="see the file", solution_py=RIGHT_CODE, notes_txt="x")
    assert submission.responses.get().text == RIGHT_CODE
    advanced(submission)
    progress = sorted(report["processingProgress"] for report in reported(platform))
    assert progress == ["NotProcessed", "NotProcessed", "Processed"]


@pytest.mark.parametrize(
    ("code", "work", "error", "words"),
    [
        ("code", {"plan_pdf": "%PDF"}, "UNSUPPORTED_ASSET_TYPE", ".py"),
        ("essay", {"plan_docx": "PK"}, "UNSUPPORTED_ASSET_TYPE", ".md"),
        ("code", {"a_py": "x = 1", "b_py": "x = 2"}, "SEVERAL_ANSWERS", "one of them"),
        ("essay", {"text": "<p> &nbsp; </p>"}, "ASSET_TOO_SMALL", "empty"),
        ("essay", {"a_txt": "long " * 30_000}, "ASSET_TOO_LARGE", "characters"),
        ("essay", {"a_txt": "x" * 1_100_000}, "ASSET_TOO_LARGE", "1 MB"),
        ("essay", {"a_txt": "a\0b"}, "UNSUPPORTED_ASSET_TYPE", "not text"),
        ("both", {"text": "x"}, "UNSUITABLE_ASSESSMENT", "more than one"),
        ("unknown", {"text": "x"}, "NO_ASSESSMENT", "no assessment"),
        ("", {"text": "x"}, "NO_ASSESSMENT", "no assessment"),
    ],
)
def test_what_cannot_be_marked_is_refused_in_words(
    platform: Platform, code: str, work: dict[str, str], error: str, words: str
) -> None:
    attached(platform, code)
    report = refused(platform, **work)
    assert (report["processingProgress"], report["errorCode"]) == ("Failed", error)
    assert words in report["comment"]
    assert report["priority"] > 0
    assert "result" not in report


def test_an_asset_that_the_lms_does_not_give_out_is_asked_for_again(platform: Platform) -> None:
    attached(platform)
    platform.misbehave("assets", status=500, times=4)
    notice = told(platform, solution_py=RIGHT_CODE)
    assert processed(notice).work is None
    notice.refresh_from_db()
    assert "problem of its own" in notice.problem
    assert notice.due_at is not None
    assert reported(platform) == []
    platform.misbehave_all([])
    assert processed(notice).work is not None


def test_an_asset_that_is_gone_is_reported(platform: Platform) -> None:
    attached(platform)
    platform.misbehave("assets", status=404)
    report = refused(platform, solution_py=RIGHT_CODE)
    assert report["errorCode"] == "DOWNLOAD_FAILED"
    assert "no longer has" in report["comment"]


# Opening a report


def review(platform: Platform) -> dict[str, Any]:
    """What launches the review of the newest report."""
    report = platform.control("reports", method="GET")[-1]
    return {
        "message": "report_review",
        "processor": report["processor"],
        "asset": report["asset"],
        "type": report["type"],
    }


@pytest.mark.parametrize("manner", ["strict", "canvas"])
def test_a_report_opens_the_result_for_its_learner_and_for_the_teacher(
    platform: Platform, manner: str
) -> None:
    platform.manner(manner)
    attached(platform)
    advanced(handed_in(platform, solution_py=RIGHT_CODE))
    reported(platform)
    own = opened(platform, "ada", **review(platform))
    assert own.status_code == 200
    assert "Doubling" in own.content.decode()
    assert "Try again" not in own.content.decode()
    theirs = opened(platform, "tomas", **review(platform)).content.decode()
    assert "Ada Okafor" in theirs
    assert "10</b> / 10" in theirs


def test_a_report_on_what_waits_opens_the_reviewers_screen(platform: Platform) -> None:
    attached(platform, "essay")
    submission = advanced(handed_in(platform, text="Because."))
    reported(platform)
    page = opened(platform, "sofia", **review(platform))
    response = submission.responses.get()
    assert str(response.pk) in page.redirect_chain[-1][0]


def test_a_report_on_what_was_not_marked_says_why(platform: Platform) -> None:
    attached(platform)
    refused(platform, plan_pdf="%PDF")
    page = opened(platform, "tomas", **review(platform)).content.decode()
    assert "Only text can be marked here" in page


def test_nobody_else_opens_a_report(platform: Platform) -> None:
    attached(platform)
    advanced(handed_in(platform, solution_py=RIGHT_CODE))
    opened(platform, "ben")
    asset = Asset.objects.get()
    ben = signed_in(Person.objects.get(sub=platform.sub("ben")))
    assert ben.get(f"/assess/report/{asset.pk}/").status_code == 404
    assert Client().get(f"/assess/report/{asset.pk}/").status_code == 403
    Membership.objects.update(rights=[])
    tomas = signed_in(Person.objects.get(sub=platform.sub("tomas")))
    assert tomas.get(f"/assess/report/{asset.pk}/").status_code == 404


def test_a_learner_cannot_begin_here_what_is_handed_in_there(platform: Platform) -> None:
    attached(platform)
    submission = advanced(handed_in(platform, solution_py=RIGHT_CODE))
    opened(platform, "ada")
    ada = signed_in(submission.person)
    answer = ada.post(f"/assess/link/{submission.placement.resource_link_id}/begin/")
    assert answer.status_code == 409
    assert "in your LMS" in answer.content.decode()
    assert Submission.objects.count() == 1


# Attaching


def chosen(platform: Platform, code: str) -> str:
    """Tomas attaches an assessment by deep linking; what the LMS says to it."""
    client = Client()
    form = platform.launch(client, user="tomas", message="deep_linking", assignment="task")
    page = client.post(form.path, form.fields)
    assert page.status_code == 302, page.content.decode()
    address = page.headers["Location"]
    shown = client.get(address).content.decode()
    assert "Doubling" in shown
    assert "Both" not in shown
    assert "Title, points and dates" not in shown
    token = html.unescape(re.findall(r'csrfmiddlewaretoken" value="([^"]+)', shown)[0])
    choice = {"assessment": code, "action": "add", "csrfmiddlewaretoken": token}
    answer = client.post(address, choice)
    fields = next(form.fields for form in forms(answer.content.decode()) if "JWT" in form.fields)
    return platform.deep_linking_return(fields["JWT"]).text


def test_a_teacher_attaches_an_assessment_and_it_marks(platform: Platform) -> None:
    # The first launch of all, and no worker has had the time to ask for notices.
    platform.assignment("task", title="Homework 3")
    assert "Doubling" in chosen(platform, "code")
    advanced(handed_in(platform, solution_py=RIGHT_CODE))
    (report,) = reported(platform)
    assert report["result"] == "10/10"


def test_an_assessment_that_does_not_fit_cannot_be_attached(platform: Platform) -> None:
    opened(platform, "tomas")
    platform.assignment("task", title="Homework 3")
    with pytest.raises(StopIteration):
        chosen(platform, "both")


def test_the_page_of_what_is_attached_is_for_teachers(platform: Platform) -> None:
    attached(platform)
    handed_in(platform, solution_py=RIGHT_CODE)
    course = HandIn.objects.get().context
    address = f"/assess/attached/{course.pk}/"
    tomas = signed_in(Person.objects.get(sub=platform.sub("tomas")))
    page = tomas.get(address, {"assessment": "code"}).content.decode()
    assert "Doubling" in page
    assert "1 hand-in" in page
    assert "No assessment is attached" in tomas.get(address).content.decode()
    opened(platform, "ada")
    ada = signed_in(Person.objects.get(sub=platform.sub("ada")))
    assert ada.get(address).status_code == 404


# A person's data


def test_a_person_reads_what_was_handed_in_to_the_lms(platform: Platform) -> None:
    attached(platform)
    submission = advanced(handed_in(platform, solution_py=RIGHT_CODE))
    reported(platform)
    document = json.loads("".join(privacy.document(submission.person)))
    (row,) = document["handed_in_to_lms"]
    assert (row["activity"], row["attempt"]) == ("Homework 3", str(submission.pk))
    assert row["assets"][0]["report"]["result"] == "10/10"
    assert any("Hand-ins" in kind.what for kind in privacy.holdings(submission.person))


def test_who_is_erased_is_reported_on_no_more(platform: Platform) -> None:
    attached(platform, "essay")
    submission = advanced(handed_in(platform, text="Because."))
    reported(platform)
    waiting = told(platform, text="More.")
    erasure.erase(submission.person, submission.person)
    assert not HandIn.objects.exists()
    assets.process(waiting.pk)
    assert not HandIn.objects.exists()
    before = json.dumps(platform.reports())
    reported(platform)
    assert json.dumps(platform.reports()) == before


def test_times_of_waiting_do_not_block_others(platform: Platform) -> None:
    attached(platform)
    for user in ("ada", "ben"):
        told(platform, user, solution_py=RIGHT_CODE)
    assert assets.process_due() == 2
    for notice in Notice.objects.filter(kind=ASSET_SUBMISSION):
        processed(notice)
    assert Submission.objects.count() == 2
    assert Grade.objects.count() == 0
    later = timezone.now() + timedelta(hours=1)
    assert Notice.objects.filter(due_at__lt=later).count() == 0
