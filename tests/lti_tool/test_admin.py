from __future__ import annotations

import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.urls import reverse

from lti_tool import keys
from lti_tool.models import LaunchRefusal, OutgoingScore
from tests.lti_tool import factories

pytestmark = pytest.mark.django_db


@pytest.fixture
def staff(client: Client) -> Client:
    client.force_login(User.objects.create_superuser("operator", password="x"))
    return client


def page(staff: Client, name: str, *arguments: object) -> str:
    answer = staff.get(reverse(f"admin:lti_tool_{name}", args=arguments))
    assert answer.status_code == 200
    return answer.content.decode()


def test_no_private_key_is_shown(staff: Client) -> None:
    key = keys.create()
    shown = page(staff, "toolkey_changelist") + page(staff, "toolkey_change", key.pk)
    assert key.kid in shown
    assert "PRIVATE" not in shown
    assert "private_pem" not in shown


def test_grades_are_listed_in_words_and_without_names(staff: Client) -> None:
    link = factories.make_link()
    ada = factories.make_person(link, name="Ada Lovelace", email="ada@example.org")
    score = factories.make_score(factories.make_line_item(link), ada, state="confirmed")
    shown = page(staff, "outgoingscore_changelist") + page(staff, "outgoingscore_change", score.pk)
    assert "Your LMS has confirmed 78 / 100." in shown
    assert ada.code in shown
    assert "Lovelace" not in shown
    assert "ada@example.org" not in shown


def test_a_grade_can_be_sent_again(staff: Client) -> None:
    link = factories.make_link()
    score = factories.make_score(
        factories.make_line_item(link), factories.make_person(link), state="refused", run_after=None
    )
    answer = staff.post(
        reverse("admin:lti_tool_outgoingscore_changelist"),
        {"action": "send_again", "_selected_action": [score.pk]},
    )
    assert answer.status_code == 302
    score.refresh_from_db()
    assert score.state == OutgoingScore.State.QUEUED
    assert score.run_after is not None


def test_a_refusal_is_found_by_its_reference_and_explained(staff: Client) -> None:
    refusal = LaunchRefusal.objects.create(reference="BCDF2345", code="audience", claims={"a": "<"})
    listed = staff.get(reverse("admin:lti_tool_launchrefusal_changelist"), {"q": "BCDF2345"})
    assert b"BCDF2345" in listed.content
    shown = page(staff, "launchrefusal_change", refusal.pk)
    assert "aud must hold our client id" in shown
    assert "&lt;" in shown


def test_registrations_and_deployments_can_be_edited(staff: Client) -> None:
    context = factories.make_context()
    registration = context.deployment.registration
    assert registration.client_id in page(staff, "registration_change", registration.pk)
    assert str(registration) in page(staff, "deployment_changelist")
