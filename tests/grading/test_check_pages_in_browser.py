"""What checks found, on a narrow screen."""

from __future__ import annotations

import pytest
from django.urls import reverse

from grading import diagnostics, intake
from grading.models import CheckResult
from tests.grading.test_pages_in_browser import Answers, look_at, opened
from tests.world import World, signed_in

pytestmark = [pytest.mark.browser, pytest.mark.slow]


def test_long_lines_do_not_widen_the_page(here: World) -> None:
    submission = intake.begin(here.placement, here.ada)
    response = submission.responses.get(item__code="double")
    intake.save(response, text="def double(x):\n    return x\n")
    run = diagnostics.request(response)
    diagnostics.execute(str(run.pk))
    line = "helper.py, line 1: a long remark without an end " * 20
    CheckResult.objects.filter(run=run).update(detail=line.replace(" ", "_"), summary=line)
    page_of = reverse("grading:item", args=[submission.pk, "double"])
    with opened(Answers(signed_in(here.ada).get(page_of)), axe=True) as page:
        page.set_viewport_size({"width": 390, "height": 900})
        for details in page.locator("#results details").all():
            details.evaluate("each => { each.open = true; }")
        look_at(page, "check-details")
