from __future__ import annotations

from datetime import timedelta

import pytest
from django.http import QueryDict
from django.urls import reverse
from django.utils import timezone
from hypothesis import given
from hypothesis import strategies as st

from grading.models import Response, RoutingDecision
from lti_tool.models import CourseGroup
from review import queue
from review.filters import Filter
from review.models import Flag, SavedView
from tests.world import REVIEWER, World, join, marked, released, signed_in

pytestmark = pytest.mark.django_db


@pytest.fixture
def here(here: World) -> World:
    """Where the machine's marks stand beside the reviewer's from the start."""
    here.under(blind=False)
    return here


def shown(here: World, **by: str) -> set[Response]:
    found = queue.open_work(here.tomas, here.course, Filter(**by))
    return {decision.response for decision in found.select_related("response")}


def two(here: World) -> tuple[Response, Response]:
    return here.waiting(here.ada), here.waiting(here.ben)


def test_by_item_learner_assessment_and_lane(here: World) -> None:
    one, other = two(here)
    assert shown(here, item="why") == {one, other}
    assert shown(here, item="double") == set()
    assert shown(here, learner=str(one.submission_id)) == {one}
    assert shown(here, assessment="small") == {one, other}
    assert shown(here, assessment="large") == set()
    RoutingDecision.objects.filter(response=one).update(lane="extended")
    assert shown(here, lane="extended") == {one}


def test_by_age(here: World) -> None:
    one, other = two(here)
    RoutingDecision.objects.filter(response=one).update(at=timezone.now() - timedelta(hours=5))
    assert shown(here, age="4") == {one}
    assert shown(here, age="0") == {one, other}


def test_by_what_the_machine_said_of_one_criterion(here: World) -> None:
    one, other = two(here)
    for response, confidence in ((one, 0.4), (other, 0.9)):
        mark = response.machine_marks.get(criterion__code="clarity")
        mark.level, mark.confidence = mark.criterion.levels.last(), confidence
        mark.flags = ["unfamiliar"] if response == one else []
        mark.save()
    assert shown(here, criterion="clarity", below="50") == {one}
    assert shown(here, criterion="correctness", below="50") == {one, other}  # no level at all
    assert shown(here, criterion="clarity", flag="unfamiliar") == {one}
    assert shown(here, criterion="correctness", flag="unfamiliar") == set()


def test_by_a_flag_of_a_reviewer(here: World) -> None:
    one, _other = two(here)
    browser = signed_in(here.sofia)
    address = reverse("review:flag", args=[one.pk])
    for _press in range(2):  # the same again says the same
        browser.post(address, {"up": "1"})
    assert shown(here, flag="raised") == {one}
    browser.post(address, {"up": "0"})
    assert shown(here, flag="raised") == set()
    flag = Flag.objects.get()
    assert (flag.raised_by, flag.lowered_by) == (here.sofia, here.sofia)


def test_by_reviewer(here: World) -> None:
    here.under(second_share=1.0)
    one, _other = two(here)
    join(here.course, "kofi", REVIEWER)
    marked(one, here.sofia)
    assert shown(here, reviewer=here.sofia.code) == {one}
    assert shown(here, reviewer=here.tomas.code) == set()


def test_by_group_of_learners(here: World) -> None:
    one, _other = two(here)
    group = CourseGroup.objects.create(context=here.course, lti_id="g", name="Group")
    here.ada.memberships.get().groups.add(group)
    assert shown(here, group=str(group.pk)) == {one}
    assert shown(here, group=str(group.pk + 1)) == set()


@given(st.dictionaries(st.sampled_from(sorted(Filter.__dataclass_fields__)), st.text(max_size=150)))
def test_nonsense_in_the_address_is_no_fault(given: dict[str, str]) -> None:
    data = QueryDict(mutable=True)
    data.update(given)
    narrowed = Filter.of(data)
    assert Filter.of(QueryDict(narrowed.query)) == narrowed


@pytest.mark.parametrize("name", sorted(Filter.__dataclass_fields__))
@pytest.mark.parametrize("text", ["'", "-1", "9" * 60, "\x00", "ü", "1e5", "٣"])
def test_no_filter_breaks_the_queue(here: World, name: str, text: str) -> None:
    page = signed_in(here.sofia).get(reverse("review:queue", args=[here.course.pk]), {name: text})
    assert page.status_code == 200


@pytest.mark.parametrize("name", sorted(Filter.__dataclass_fields__))
@pytest.mark.parametrize("text", ["1", "why", "x" * 400])
def test_next_takes_from_what_is_narrowed_down_to(here: World, name: str, text: str) -> None:
    here.waiting()
    address = reverse("review:next", args=[here.course.pk])
    assert signed_in(here.sofia).post(f"{address}?{name}={text}").status_code == 302
    keep = reverse("review:keep_view", args=[here.course.pk])
    assert signed_in(here.sofia).post(f"{keep}?{name}={text}", {"name": "x"}).status_code == 302


@pytest.mark.parametrize("rules", [{"blind": True}, {"mode": "shadow"}, {"audit_share": 1.0}])
def test_filters_tell_nothing_of_the_machine_before_it_may_be_seen(
    here: World, rules: dict[str, object]
) -> None:
    here.under(**{"blind": False, **rules})
    one = here.waiting()
    RoutingDecision.objects.update(lane="extended")
    mark = one.machine_marks.get(criterion__code="clarity")
    mark.level, mark.confidence, mark.flags = mark.criterion.levels.last(), 0.4, ["unfamiliar"]
    mark.save()
    assert shown(here, criterion="clarity", below="99") == set()
    assert shown(here, flag="unfamiliar") == set()
    assert shown(here, lane="extended") == set()
    assert one in shown(here, lane="review")
    page = signed_in(here.sofia).get(reverse("review:queue", args=[here.course.pk]))
    assert "with more time</td>" not in page.content.decode()


def test_a_view_is_kept_under_a_name_and_forgotten(here: World) -> None:
    here.waiting()
    browser = signed_in(here.sofia)
    keep = reverse("review:keep_view", args=[here.course.pk])
    page = browser.post(f"{keep}?item=why&below=60", {"name": "Doubtful <why>"}, follow=True)
    text = page.content.decode()
    assert "Doubtful &lt;why&gt;" in text
    view = SavedView.objects.get()
    assert (view.query, view.reviewer) == ("item=why&below=60", here.sofia)
    assert "Doubtful" not in signed_in(here.tomas).get(page.request["PATH_INFO"]).content.decode()
    signed_in(here.tomas).post(keep, {"forget": str(view.pk)})
    assert SavedView.objects.exists()
    browser.post(keep, {"forget": str(view.pk)})
    assert not SavedView.objects.exists()


def test_the_filter_goes_along_from_response_to_response(here: World) -> None:
    one, other = two(here)
    browser = signed_in(here.sofia)
    address = f"{reverse('review:next', args=[here.course.pk])}?item=why"
    first = browser.post(address)
    assert first.headers["Location"].endswith("?item=why")
    skipped = browser.post(first.headers["Location"].replace("?", "skip/?"), {"why": "later"})
    assert skipped.headers["Location"].endswith("?item=why")
    assert {one, other} == shown(here)


def test_a_learner_of_a_released_attempt_is_no_open_work(here: World) -> None:
    response = released(here)
    assert shown(here, learner=str(response.submission_id)) == set()
