"""A diagram, from the page to the mark."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path

import pytest
from django.core.management import call_command
from django.test import Client
from django.urls import reverse

from grading import diagnostics, intake, pipeline
from grading.models import Mark, Response, Submission
from tests.grading.test_pages_in_browser import Answers, look_at, opened
from tests.world import World, decision_of, signed_in

DRAWN = Path(__file__).parent / "diagram.yaml"
RIGHT = "flowchart TD\nClient -->|order| S[Web shop]\nS --> Queue --> D[(Orders)]\n"
SHORT_CUT = "@startuml\n[Client] --> [Shop]\n[Shop] --> [Database]\n[Queue] --> [Database]\n@enduml"
pytestmark = pytest.mark.django_db


@pytest.fixture
def attempt(here: World) -> Submission:
    call_command("import_assessment", str(DRAWN), publish=True, verbosity=0)
    here.placement.assessment_code = "drawn"
    here.placement.save()
    return intake.begin(here.placement, here.ada)


def response(attempt: Submission) -> Response:
    return attempt.responses.select_related("item").get()


def page(attempt: Submission, name: str = "item") -> str:
    return reverse(f"grading:{name}", args=[attempt.pk, "shop"])


def checked(browser: Client, attempt: Submission, text: str) -> str:
    """The page after Check was pressed and the worker has been."""
    browser.post(page(attempt), {"text": text, "action": "check"})
    diagnostics.execute(str(response(attempt).runs.latest("number").pk))
    return browser.get(page(attempt)).content.decode()


def handed_in(attempt: Submission, text: str) -> Mark | None:
    intake.save(response(attempt), text=text)
    intake.hand_in(attempt)
    pipeline.advance(str(attempt.pk))
    return Mark.objects.filter(response=response(attempt)).first()


def test_a_learner_sees_how_it_was_read_and_what_is_missing(
    here: World, attempt: Submission
) -> None:
    html = checked(signed_in(here.ada), attempt, SHORT_CUT)
    assert "As it was read: PlantUML, parts: 4, arrows and lines: 3" in html
    assert html.count('class="diagram__box"') == 4
    assert "No arrow leads from “Shop” to “Queue”" in html
    assert "an arrow leads from “Shop” to “Database”, which must not be" in html
    assert "What happens when the database is slow?" in html


def test_lines_that_were_not_understood_are_named(here: World, attempt: Submission) -> None:
    html = checked(signed_in(here.ada), attempt, "flowchart TD\nClient ==> \nClient --> Shop")
    assert "Not understood" in html
    assert "Line 2" in html


def test_labels_are_text_and_never_markup(here: World, attempt: Submission) -> None:
    text = 'flowchart TD\nA["<script>alert(1)</script>&quot;"] -->|<b onclick=x>| B\n'
    html = checked(signed_in(here.ada), attempt, text)
    drawing = html.split('<svg class="diagram__svg"')[1].split("</svg>")[0]
    assert "<script" not in drawing
    assert "onclick" not in drawing


def test_a_right_diagram_is_settled_by_the_machine(attempt: Submission) -> None:
    mark = handed_in(attempt, RIGHT)
    assert mark is not None
    assert mark.level.points == Decimal(4)


def test_what_is_surely_missing_is_settled_with_its_share(attempt: Submission) -> None:
    mark = handed_in(attempt, SHORT_CUT)
    assert mark is not None
    # All of the one check and a third of the other, by weight: two thirds, so half.
    assert mark.level.title == "Half"


@pytest.mark.parametrize(
    ("text", "why"),
    [
        (RIGHT.replace("Queue", "Buffer"), "under another name"),
        ("flowchart TD\nClient --> Shop\nShop ??> Queue\n", "could not be read"),
        ("I drew it on paper.", "could not be read"),
    ],
)
def test_what_may_have_been_misread_goes_to_a_person(
    attempt: Submission, text: str, why: str
) -> None:
    assert handed_in(attempt, text) is None
    assert why in " ".join(decision_of(response(attempt)).reasons)


def test_reviewers_and_learners_see_the_drawing_afterwards(
    here: World, attempt: Submission
) -> None:
    assert handed_in(attempt, RIGHT.replace("Queue", "Buffer")) is None
    pages = (
        (here.sofia, reverse("review:response", args=[response(attempt).pk])),
        (here.ada, reverse("grading:result", args=[attempt.pk])),
        (here.tomas, reverse("grading:learner_result", args=[attempt.pk])),
    )
    for person, address in pages:
        answer = signed_in(person).get(address)
        assert answer.status_code == 200
        assert answer.content.decode().count('class="diagram__box"') == 4


def test_the_author_tries_the_checks_with_their_own_diagram(attempt: Submission) -> None:
    item = response(attempt).item
    outcomes = diagnostics.judge(item, item.reference)
    assert [outcome.status for outcome in outcomes] == ["pass", "pass"]


@pytest.mark.browser
@pytest.mark.slow
@pytest.mark.parametrize("width", [1280, 390])
def test_everybody_can_read_the_drawing(here: World, attempt: Submission, width: int) -> None:
    browser = signed_in(here.ada)
    text = SHORT_CUT.replace("@enduml", "[Shop] ..> [Log] : writes what\nShop ???\n@enduml")
    checked(browser, attempt, text)
    with opened(Answers(browser.get(page(attempt))), axe=True) as open_page:
        open_page.set_viewport_size({"width": width, "height": 1500})
        look_at(open_page, "diagram")
