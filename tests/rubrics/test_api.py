from __future__ import annotations

import pytest
from django.contrib.auth.models import Permission, User
from django.core.management import call_command
from django.test import Client

from rubrics import publishing
from rubrics.models import Assessment, Rubric
from tests.rubrics import samples

pytestmark = pytest.mark.django_db

LISTS = ["/api/rubrics/", "/api/assessments/"]


@pytest.fixture
def staff(client: Client) -> Client:
    user = User.objects.create_user("staff", password="x", is_staff=True)
    may = Permission.objects.filter(codename__in=["view_rubric", "view_assessment"])
    user.user_permissions.set(may)
    client.force_login(user)
    return client


@pytest.mark.parametrize("url", LISTS)
def test_nobody_but_staff_with_the_right_may_read(client: Client, url: str) -> None:
    assert client.get(url).status_code in (401, 403)
    user = User.objects.create_user("learner", password="x")
    user.user_permissions.set(Permission.objects.filter(codename__startswith="view_"))
    client.force_login(user)
    assert client.get(url).status_code == 403
    client.force_login(User.objects.create_user("clerk", password="x", is_staff=True))
    assert client.get(url).status_code == 403


@pytest.mark.parametrize("url", LISTS)
def test_nothing_can_be_written(staff: Client, url: str) -> None:
    samples.assessment()
    for method in (staff.post, staff.put, staff.patch, staff.delete):
        assert method(url).status_code in (403, 405)


def test_a_rubric_comes_with_criteria_levels_and_anchors(staff: Client) -> None:
    rubric = samples.rubric()
    answer = staff.get(f"/api/rubrics/{rubric.pk}/").json()
    assert (answer["programme"], answer["code"], answer["version"]) == ("basics", "explain", 1)
    clarity = answer["criteria"][0]
    assert (clarity["weight"], clarity["competencies"]) == ("1.50", ["explaining"])
    assert clarity["levels"][0]["anchors"] == [{"text": "no idea", "note": "empty"}]


def test_an_assessment_comes_with_items_choices_and_checks(staff: Client) -> None:
    assessment = samples.assessment()
    answer = staff.get(f"/api/assessments/{assessment.pk}/").json()
    assert answer["policy"]["mode"] == "assist"
    items = {item["code"]: item for item in answer["items"]}
    assert list(items) == [item.code for item in samples.ITEMS]
    assert items["which"]["choices"][0]["correct"] is True
    assert items["parse"]["rubric"]["code"] == "checks-passed"
    loop = items["parse"]["checks"][3]
    assert (loop["require"], loop["criterion"]) == (["def:parse"], None)


def test_an_assessment_takes_a_fixed_number_of_queries(
    staff: Client, django_assert_max_num_queries: object
) -> None:
    assert callable(django_assert_max_num_queries)
    assessment = samples.assessment()
    with django_assert_max_num_queries(12):
        staff.get(f"/api/assessments/{assessment.pk}/")


def codes(client: Client, url: str, **query: str) -> list[tuple[str, int]]:
    answer = client.get(url, query)
    assert answer.status_code == 200, answer.content
    return [(each["code"], each["version"]) for each in answer.json()["results"]]


def test_lists_are_filtered(staff: Client) -> None:
    publishing.new_draft(samples.published_assessment())
    url = "/api/assessments/"
    assert codes(staff, url, code="first-steps") == [("first-steps", 2), ("first-steps", 1)]
    assert codes(staff, url, version="1") == [("first-steps", 1)]
    assert codes(staff, url, published="false") == [("first-steps", 2)]
    assert codes(staff, url, programme="basics", tenant="default", published="true") == [
        ("first-steps", 1)
    ]
    assert codes(staff, url, code="none") == []
    assert ("explain", 1) in codes(staff, "/api/rubrics/")


@pytest.mark.parametrize("query", [{"version": "two"}, {"version": "²"}, {"published": "maybe"}])
def test_a_filter_that_makes_no_sense_is_told(staff: Client, query: dict[str, str]) -> None:
    answer = staff.get("/api/rubrics/", query)
    assert answer.status_code == 400
    assert list(answer.json()) == list(query)


def test_what_is_not_there_is_not_found(staff: Client) -> None:
    assert staff.get("/api/rubrics/999/").status_code == 404
    assert not Rubric.objects.exists()
    assert not Assessment.objects.exists()


def test_the_schema_describes_the_api_without_warnings(capsys: pytest.CaptureFixture[str]) -> None:
    call_command("spectacular", "--fail-on-warn")
    said = capsys.readouterr().out
    assert "/api/rubrics/{id}/" in said
    assert "Only this version." in said
