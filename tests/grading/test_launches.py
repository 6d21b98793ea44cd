"""Whole launches, signed by an LMS, to the pages that do not hang on an activity alone."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from django.core.management import call_command
from django.test import Client

from grading import erasure, intake, placements
from grading.models import Placement, Submission
from lti_tool.messages import CLAIM, DATA_PRIVACY_REQUEST, SUBMISSION_REVIEW_REQUEST
from lti_tool.models import Person, ResourceLink
from lti_tool.roles import SYSTEM
from tests.lti_tool.tokens import (
    CUSTOM,
    INSTRUCTOR,
    MESSAGE_TYPE,
    REMOVED,
    RESOURCE_LINK,
    ROLES,
    Lms,
)
from tests.world import ASSESSMENT

pytestmark = pytest.mark.django_db
SMALL = {CUSTOM: {"assessment": "small"}}
FOR_USER = {CLAIM + "for_user": {"user_id": "user-1"}}
PRIVACY = {MESSAGE_TYPE: DATA_PRIVACY_REQUEST, RESOURCE_LINK: REMOVED}


@pytest.fixture
def lms() -> Iterator[Lms]:
    call_command("import_assessment", str(ASSESSMENT), publish=True, tenant="default", verbosity=0)
    with Lms().serving() as serving:
        serving.register()
        yield serving


def opened(lms: Lms, client: Client, **claims: Any) -> str:
    """The page on which a launch ends."""
    answer = lms.launch(client, claims={**SMALL, **claims})
    assert answer.status_code == 302, answer.content
    page = client.get(answer.headers["Location"], follow=True)
    assert page.status_code == 200
    return str(page.content.decode())


def handed_in(lms: Lms) -> Submission:
    """What Ada, who launched, has handed in."""
    opened(lms, Client())
    person = Person.objects.get(sub="user-1")
    placement = Placement.objects.get()
    return intake.hand_in(intake.begin(placement, person))


def test_a_teacher_comes_from_the_gradebook_to_what_was_handed_in(lms: Lms) -> None:
    handed_in(lms)
    review = {MESSAGE_TYPE: SUBMISSION_REVIEW_REQUEST, ROLES: [INSTRUCTOR], "sub": "teacher"}
    text = opened(lms, Client(), **review, **FOR_USER)
    assert "Ada Lovelace" in text
    assert "Being marked" in text


def test_a_learner_reads_and_erases_and_is_somebody_new_afterwards(lms: Lms) -> None:
    handed_in(lms)
    browser = Client()
    text = opened(lms, browser, **PRIVACY)
    assert "What is stored about you" in text
    assert "Erase for good" in text
    erasure.erase(*[Person.objects.get(sub="user-1")] * 2)
    assert "Begin" in opened(lms, browser)
    new = Person.objects.get(sub="user-1")
    assert not Submission.objects.filter(person=new).exists()


def test_an_administrator_of_the_lms_reads_about_somebody_else(lms: Lms) -> None:
    handed_in(lms)
    admin = {ROLES: [f"{SYSTEM}Administrator"], "sub": "admin"}
    assert "about Ada Lovelace" in opened(lms, Client(), **PRIVACY, **admin, **FOR_USER)
    teacher = {ROLES: [INSTRUCTOR], "sub": "teacher"}
    refused = lms.launch(Client(), claims={**PRIVACY, **teacher, **FOR_USER})
    assert refused.status_code != 302


def test_somebody_whom_the_lms_does_not_name_works_without_a_grade_going_back(lms: Lms) -> None:
    text = opened(lms, Client(), sub=REMOVED, name=REMOVED, email=REMOVED)
    assert "Your LMS did not say who you are" in text
    assert Person.objects.get().anonymous


def test_a_copy_of_a_link_made_here_opens_the_same(lms: Lms) -> None:
    opened(lms, Client())
    original = ResourceLink.objects.get()
    copied = {"id": "copy", "title": "Practical 2"}
    assert "Begin" in opened(lms, Client(), **{RESOURCE_LINK: copied})
    copy = ResourceLink.objects.get(lti_id="copy")
    assert copy.pk != original.pk
    assert placements.resolve(copy) is not None
