"""Pages about assignments of the LMS itself, looked at by axe and on a phone."""

from __future__ import annotations

from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from django.core.management import call_command
from django.urls import reverse

from lti_tool.models import Asset, DeepLinkingRequest, HandIn
from tests.grading.test_assets import ESSAY, HEAD
from tests.grading.test_pages_in_browser import Answers, opened
from tests.world import World, signed_in

pytestmark = [pytest.mark.browser, pytest.mark.slow]


@pytest.fixture
def addresses(here: World, tmp_path: Path) -> dict[str, str]:
    file = tmp_path / "essay.yaml"
    file.write_text(f"{HEAD}assessment:\n  code: essay\n  title: An essay\n  items:{ESSAY}")
    call_command("import_assessment", str(file), publish=True, verbosity=0)
    handed_in = HandIn.objects.create(
        context=here.course,
        person=here.ada,
        digest="d",
        processor="p",
        activity_id="task",
        activity_title="Homework 3",
        assessment="essay",
        submission_id="s",
        report_url="https://lms.example/reports",
    )
    why = "Only text can be marked here: typed in, or as a file such as .py, .txt."
    asset = Asset.objects.create(
        handed_in=handed_in,
        asset_id="a",
        url="https://lms.example/a",
        report={"comment": why},
        problem="The LMS has a problem of its own (HTTP 503).",
    )
    asked = DeepLinkingRequest.objects.create(
        person=here.tomas,
        context=here.course,
        return_url="https://lms.example/return",
        accept_types=["ltiAssetProcessor"],
    )
    attached = reverse("grading:asset_processor", args=[here.course.pk])
    return {
        "report": reverse("grading:asset_report", args=[asset.pk]),
        "attached": f"{attached}?assessment=essay",
        "nothing attached": f"{attached}?assessment=gone",
        "choice": reverse("grading:choose", args=[asked.pk]),
    }


@pytest.mark.parametrize("which", ["report", "attached", "nothing attached", "choice"])
def test_axe_finds_nothing_and_nothing_is_too_wide(
    here: World, addresses: dict[str, str], which: str
) -> None:
    whole = signed_in(here.tomas).get(addresses[which])
    assert whole.status_code == 200
    with opened(Answers(whole), axe=True) as page:
        for scheme in ("light", "dark"):
            page.emulate_media(color_scheme=scheme, reduced_motion="reduce")
            for width in (390, 1280):
                page.set_viewport_size({"width": width, "height": 800})
                assert page.evaluate("document.documentElement.scrollWidth") <= width
                assert Axe().run(page).response["violations"] == []
