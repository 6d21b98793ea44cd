from __future__ import annotations

import pytest

from grading import placements
from grading.errors import NotAccepted
from grading.models import Placement
from lti_tool.models import Context, ResourceLink
from tests.world import World, course_of, world


@pytest.fixture
def chosen(here: World) -> ResourceLink:
    """A link that names nothing; its teacher has chosen the assessment here."""
    link = link_in(here.course, "chosen")
    placements.place(link, here.assessment)
    return link


def link_in(
    course: Context, name: str, copied_from: ResourceLink | None = None, **custom: str
) -> ResourceLink:
    return ResourceLink.objects.create(
        context=course, lti_id=name, title=name, custom=custom, copied_from=copied_from
    )


def copy_of(here: World) -> Context:
    return course_of(here.course.deployment.registration, "Spring")


def test_a_copied_link_gets_what_was_chosen_for_its_original(
    here: World, chosen: ResourceLink
) -> None:
    placement = placements.resolve(link_in(copy_of(here), "copy", chosen))
    assert placement is not None
    assert placement.assessment_code == "small"
    assert placement.resource_link.context.title == "Spring"


def test_a_copy_of_a_copy_that_nobody_opened_is_followed_back(
    here: World, chosen: ResourceLink
) -> None:
    course = copy_of(here)
    between = link_in(course, "between", chosen)
    placement = placements.resolve(link_in(course, "last", between))
    assert placement is not None
    assert not Placement.objects.filter(resource_link=between).exists()


def test_a_new_choice_for_the_copy_stands_apart_from_the_original(
    here: World, chosen: ResourceLink
) -> None:
    copy = link_in(copy_of(here), "copy", chosen)
    placements.resolve(copy)
    Placement.objects.filter(resource_link=copy).update(assessment_code="other")
    again = placements.resolve(copy)
    assert again is not None
    assert again.assessment_code == "other"
    assert Placement.objects.get(resource_link=chosen).assessment_code == "small"


def test_a_link_that_names_its_assessment_needs_no_original(here: World) -> None:
    placement = placements.resolve(link_in(copy_of(here), "copy", assessment="small"))
    assert placement is not None
    assert placement.assessment_code == "small"


def test_what_the_link_names_goes_before_its_original(here: World, chosen: ResourceLink) -> None:
    with pytest.raises(NotAccepted, match="“gone”"):
        placements.resolve(link_in(copy_of(here), "copy", chosen, assessment="gone"))


def test_links_copied_in_a_circle_have_no_placement(here: World) -> None:
    course = copy_of(here)
    first = link_in(course, "first")
    second = link_in(course, "second", first)
    ResourceLink.objects.filter(pk=first.pk).update(copied_from=second)
    first.refresh_from_db()
    assert placements.resolve(first) is None


def test_nothing_is_taken_over_from_another_organisation(here: World) -> None:
    other = world(tenant="other", name="other-lms")
    original = link_in(other.course, "chosen")
    placements.place(original, other.assessment)
    assert placements.resolve(link_in(copy_of(here), "copy", original)) is None
