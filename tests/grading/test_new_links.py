from __future__ import annotations

import base64
import html
import json
import re
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from grading import new_links
from lti_tool import columns
from lti_tool.models import DeepLinkingRequest
from rubrics.models import Assessment, Programme
from tests.world import World, signed_in

ITEMS = "https://purl.imsglobal.org/spec/lti-dl/claim/content_items"


def asked(here: World, **values: Any) -> DeepLinkingRequest:
    return DeepLinkingRequest.objects.create(
        person=here.tomas,
        context=here.course,
        return_url="https://lms.example/return",
        accept_types=["ltiResourceLink"],
        **values,
    )


def publish(here: World, *codes: str) -> None:
    """More assessments beside the one of the world; they have no items."""
    programme, policy = here.assessment.programme, here.assessment.policy
    for code in codes:
        made = Assessment.objects.create(
            programme=programme, code=code, version=1, title=f"About {code}", policy=policy
        )
        Assessment.objects.filter(pk=made.pk).update(published_at=timezone.now())


class Choosing:
    """Tomas at the page to which his LMS sent him."""

    def __init__(self, here: World, **values: Any) -> None:
        self.browser: Client = signed_in(here.tomas)
        self.address = reverse("grading:choose", args=[asked(here, **values).pk])

    def page(self) -> str:
        return self.browser.get(self.address).content.decode()

    def send(self, status: int = 200, **form: Any) -> str:
        answer = self.browser.post(self.address, form)
        assert answer.status_code == status
        return answer.content.decode()

    def items(self, **form: Any) -> list[dict[str, Any]]:
        """The content items that the LMS gets."""
        found = re.search(r'name="JWT" value="([^"]+)"', self.send(**form))
        assert found
        middle = html.unescape(found[1]).split(".")[1]
        claims = json.loads(base64.urlsafe_b64decode(middle + "=" * (-len(middle) % 4)))
        items: list[dict[str, Any]] = claims[ITEMS]
        return items

    def details(self, **changed: Any) -> dict[str, Any]:
        """The form of the second page for the world's assessment, with changes."""
        form = {
            "action": "add",
            "page": "details",
            "assessment": "small",
            "title-small": "Mine",
            "text-small": "",
            "column-small": "1",
            "points-small": "30",
            "opens-small": "",
            "due-small": "",
        }
        return {**form, **changed}


def test_one_press_adds_an_assessment_as_it_is(here: World) -> None:
    (item,) = Choosing(here).items(assessment="small", action="add")
    assert item["title"] == "A small assessment"
    assert item["custom"]["assessment"] == "small"
    assert item["lineItem"]["scoreMaximum"] == 30
    assert item["lineItem"]["tag"] == columns.TAG
    assert "available" not in item
    assert "submission" not in item


def test_several_are_chosen_where_the_lms_takes_several(here: World) -> None:
    publish(here, "loops")
    at = Choosing(here, accept_multiple=True)
    assert 'type="checkbox" name="assessment"' in at.page()
    items = at.items(assessment=["small", "loops"], action="add")
    assert {item["custom"]["assessment"] for item in items} == {"small", "loops"}


def test_where_the_lms_takes_one_there_is_one_list_to_choose_from(here: World) -> None:
    publish(here, "loops")
    at = Choosing(here)
    assert 'type="radio" name="assessment"' in at.page()
    text = at.send(422, assessment=["small", "loops"])
    assert "one activity at a time" in text


def test_nothing_chosen_or_no_longer_offered_is_said_on_the_page(here: World) -> None:
    at = Choosing(here)
    assert "Choose an assessment first." in at.send(422, action="add")
    assert "no longer on offer" in at.send(422, assessment="gone", action="details")
    assert "no longer on offer" in at.send(422, assessment="\x00", action="add")


def test_more_than_a_form_can_hold_are_not_taken_at_once(here: World) -> None:
    codes = [f"topic-{n}" for n in range(new_links.MOST_AT_ONCE + 1)]
    publish(here, *codes)
    at = Choosing(here, accept_multiple=True)
    assert "at most 50" in at.send(422, assessment=codes, action="details")
    assert len(at.items(assessment=codes[1:], action="add")) == 50


def test_cancel_goes_back_to_the_lms_also_from_an_empty_catalogue(here: World) -> None:
    assert Choosing(here).items(action="cancel") == []
    Programme.objects.update(tenant="another")
    at = Choosing(here)
    assert "No assessment is published yet" in at.page()
    assert at.items(action="cancel") == []


def test_a_long_list_is_narrowed_down_and_keeps_what_is_chosen(here: World) -> None:
    assert 'type="search"' not in Choosing(here).page()
    publish(here, *(f"topic-{n}" for n in range(9)))
    at = Choosing(here, accept_multiple=True)
    assert 'type="search"' in at.page()
    text = at.send(q="topic-3", assessment="small", action="search")
    assert "About topic-3" in text
    assert "About topic-4" not in text
    assert re.search(r'value="small"[^>]* checked', text)


def test_details_change_what_the_lms_gets(here: World) -> None:
    at = Choosing(here, accept_targets=["iframe", "window"])
    assert 'value="A small assessment"' in at.send(assessment="small", action="details")
    form = at.details(
        **{
            "text-small": "Read first.",
            "points-small": "12,5",
            "opens-small": "2027-03-01T09:00",
            "due-small": "2027-03-08T18:00",
            "window-small": "1",
            "zone": "Europe/Berlin",
        }
    )
    (item,) = at.items(**form)
    assert (item["title"], item["text"]) == ("Mine", "Read first.")
    assert item["lineItem"]["scoreMaximum"] == 12.5
    assert item["available"] == {"startDateTime": "2027-03-01T08:00:00Z"}
    assert item["submission"] == {"endDateTime": "2027-03-08T17:00:00Z"}
    assert "window" in item


def test_no_column_where_none_is_wanted_or_none_is_taken(here: World) -> None:
    at = Choosing(here)
    form = at.details(**{"column-small": "", "points-small": "nonsense"})
    assert "lineItem" not in at.items(**form)[0]
    refusing = Choosing(here, accept_line_item=False)
    assert "points-small" not in refusing.send(assessment="small", action="details")
    form = refusing.details(**{"column-small": "", "points-small": ""})
    assert "lineItem" not in refusing.items(**form)[0]


def test_a_window_is_offered_only_where_there_is_a_choice(here: World) -> None:
    for targets in (["iframe"], ["window"], []):
        at = Choosing(here, accept_targets=targets)
        assert "window-small" not in at.send(assessment="small", action="details")
        assert "window" not in at.items(**at.details(**{"window-small": "1"}))[0]


@pytest.mark.parametrize(
    ("name", "typed", "said"),
    [
        ("title", "", "Write a title"),
        ("title", "x" * 256, "at most 255"),
        ("text", "x" * 2001, "at most 2000"),
        ("points", "lots", "Write a number, such as"),
        ("points", "0", "above 0"),
        ("points", "1e9", "above 0"),
        ("points", "NaN", "above 0"),
        ("points", "1.234", "two digits"),
        ("opens", "tomorrow", "a day and a time"),
        ("due", "0001-01-01T00:00", "a day and a time"),
    ],
)
def test_what_cannot_be_understood_is_said_and_everything_typed_is_kept(
    here: World, name: str, typed: str, said: str
) -> None:
    at = Choosing(here)
    form = at.details(**{"text-small": "Kept.", "due-small": "2027-03-08T18:00"})
    text = at.send(422, **{**form, f"{name}-small": typed})
    assert said in text
    assert f"{name}-small-error" in text
    assert typed in text
    if name != "text":
        assert "Kept." in text
    if name != "due":
        assert "2027-03-08T18:00" in text


def test_a_due_date_before_the_opening_is_refused(here: World) -> None:
    at = Choosing(here)
    days = {"opens-small": "2027-03-09T09:00", "due-small": "2027-03-08T18:00"}
    assert "not after the moment" in at.send(422, **at.details(**days))


@pytest.mark.parametrize("zone", ["Nowhere/Town", "../../etc/passwd", "Europe", "\x00", "x" * 5000])
def test_an_unknown_time_zone_shifts_no_date(here: World, zone: str) -> None:
    at = Choosing(here)
    form = at.details(**{"due-small": "2027-03-08T18:00"})
    assert "time zone" in at.send(422, **form, zone=zone)


def test_a_teacher_finds_an_assessment_for_a_link_that_names_none(here: World) -> None:
    publish(here, *(f"topic-{n}" for n in range(9)))
    address = reverse("grading:choose_for_link", args=[here.link.pk])
    browser = signed_in(here.tomas)
    text = browser.post(address, {"q": "topic-7", "action": "search"}).content.decode()
    assert "About topic-7" in text
    assert "About topic-1" not in text
    assert browser.post(address, {"assessment": "topic-7"}).status_code == 302
