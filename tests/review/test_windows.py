"""One reviewer with two windows, and a policy that fills the machine's marks in."""

from __future__ import annotations

import re

import pytest
from django.urls import reverse

from grading.models import Response
from review import marking
from review.models import Review
from review.screen import screen_for
from tests.review.test_marking import form, with_proposals
from tests.world import World, decision_of, signed_in

pytestmark = pytest.mark.django_db


def opened(here: World, response: Response) -> dict[str, str]:
    """What the form of a newly opened page says of itself."""
    page = signed_in(here.sofia).get(reverse("review:response", args=[response.pk]))
    html = page.content.decode()
    return {
        name: re.search(rf'name="{name}" value="([^"]*)"', html)[1]  # type: ignore[index]
        for name in ("page", "revision", "stage")
    }


def test_an_older_window_does_not_overwrite_a_newer_one(here: World) -> None:
    response = here.waiting()
    one, other = opened(here, response), opened(here, response)
    browser = signed_in(here.sofia)
    autosave = reverse("review:autosave", args=[response.pk])
    page = reverse("review:response", args=[response.pk])
    first = {**form(response, 2, 1, clarity="Written here."), **one}
    assert browser.post(autosave, first).status_code == 200
    assert browser.post(autosave, first).status_code == 200  # the same window goes on
    second = {**form(response, 0, 0, clarity="Written there."), **other}
    refused = browser.post(autosave, second)
    assert (refused.status_code, "another window" in refused.json()["error"]) == (409, True)
    both = browser.post(page, second)
    html = both.content.decode()
    assert both.status_code == 409
    assert "Written here." in html.split("you, in the other window")[2]
    assert "Written there." in html
    assert Review.objects.get().marks.get(criterion__code="clarity").comment == "Written here."
    # Having seen both, the reviewer keeps this one.
    seen = re.search(r'name="revision" value="(\d+)"', html)
    assert seen is not None
    token = re.search(r'name="page" value="(\w+)"', html)
    assert token is not None
    kept = browser.post(page, {**second, "revision": seen[1], "page": token[1]})
    assert kept.status_code == 302
    assert response.marks.get(criterion__code="clarity").comment == "Written there."


def test_drafts_are_filled_in_for_low_stakes(here: World) -> None:
    here.under(blind=False, stakes="low", drafts=True, audit_share=0.0)
    response = with_proposals(here.waiting(), 2, 1)
    screen = screen_for(marking.open_review(here.sofia, decision_of(response)))
    assert screen.drafted
    assert [[row.chosen for row in panel.levels] for panel in screen.panels] == [
        [False, False, True],
        [False, True],
    ]
    html = signed_in(here.sofia).get(reverse("review:response", args=[response.pk]))
    assert "Filled in by the machine" in html.content.decode()


def test_beside_the_machine_nothing_is_filled_in(here: World) -> None:
    here.under(blind=False)
    response = with_proposals(here.waiting(), 2, 1)
    screen = screen_for(marking.open_review(here.sofia, decision_of(response)))
    assert screen.revealed
    assert not screen.drafted
    assert not [row for panel in screen.panels for row in panel.levels if row.chosen]
