from __future__ import annotations

from typing import Any
from urllib.parse import urlsplit

import pytest
from django.contrib.auth.models import Permission, User
from django.test import Client
from django.urls import reverse
from pytest_django import Settings

from audit.models import Entry
from lti_tool import invitations, keys, presets
from lti_tool.models import (
    ConsumerKey,
    Deployment,
    LaunchRefusal,
    OutgoingScore,
    Registration,
    RegistrationInvitation,
    ToolKey,
)
from tests.lti_tool import factories

pytestmark = pytest.mark.django_db
REGISTRATIONS = "registration_changelist"


@pytest.fixture
def staff(client: Client) -> Client:
    client.force_login(User.objects.create_superuser("operator", password="x"))
    return client


@pytest.fixture
def looker(client: Client) -> Client:
    """Somebody of ours who may look at everything here and change nothing."""
    user = User.objects.create_user("looker", password="x", is_staff=True)
    may = Permission.objects.filter(
        content_type__app_label="lti_tool", codename__startswith="view_"
    )
    user.user_permissions.set(may)
    client.force_login(user)
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


# Inviting


def invited(staff: Client, **values: str) -> str:
    url = reverse("admin:lti_tool_registration_invite")
    assert staff.get(url).status_code == 200
    answer = staff.post(url, {"note": "A school", "tenant": "north", "days": "3", **values})
    assert answer.status_code == 200, answer.content.decode()
    assert "no-store" in answer["Cache-Control"]
    return str(answer.content.decode())


def test_an_invitation_shows_its_address_once(staff: Client, settings: Settings) -> None:
    shown = invited(staff, approved="on")
    made = RegistrationInvitation.objects.get()
    assert (made.tenant, made.note, made.approved) == ("north", "A school", True)
    assert made.created_by == "operator"
    address = shown.split('id="invitation">')[1].split("<")[0]
    assert address.startswith(f"{settings.BASE_URL}/lti/register/north/")
    token = urlsplit(address).path.rstrip("/").rpartition("/")[2]
    assert invitations.find("north", token) == made
    assert "Add LTI Advantage" in shown
    listed = page(staff, "registrationinvitation_changelist")
    listed += page(staff, "registrationinvitation_change", made.pk)
    assert token not in listed
    assert made.token_digest not in listed


def test_a_renewal_names_its_connection(staff: Client) -> None:
    old = factories.make_registration(tenant="south")
    target = staff.get(reverse("admin:lti_tool_registration_renew", args=[old.pk]))
    assert f'value="{old.pk}" selected' in staff.get(target["Location"]).content.decode()
    invited(staff, renews=str(old.pk))
    made = RegistrationInvitation.objects.get()
    assert (made.renews, made.tenant) == (old, "south")


@pytest.mark.parametrize("wrong", [{"days": "0"}, {"days": "9999"}, {"tenant": "a b"}])
def test_a_wrong_invitation_keeps_what_was_typed(staff: Client, wrong: dict[str, str]) -> None:
    url = reverse("admin:lti_tool_registration_invite")
    fields = {"note": "A school", "tenant": "north", "days": "3", **wrong}
    shown = staff.post(url, fields).content.decode()
    assert "A school" in shown
    assert not RegistrationInvitation.objects.exists()


def test_an_invitation_can_be_taken_back(staff: Client) -> None:
    made, _url = invitations.invite(tenant="north", by="x")
    url = reverse("admin:lti_tool_registrationinvitation_delete", args=[made.pk])
    assert staff.post(url, {"post": "yes"}).status_code == 302
    assert not RegistrationInvitation.objects.exists()


# Approving


def test_what_waits_stands_at_the_top_and_is_approved_by_one_press(staff: Client) -> None:
    waiting = factories.make_registration(
        name="New Moodle",
        active=False,
        waiting=True,
        issuer="https://claimed.example",
        configuration_url="https://elsewhere.test/configuration",
    )
    shown = page(staff, REGISTRATIONS)
    assert "Waits for approval" in shown
    assert "which is another site" in shown
    assert "which is another site" in page(staff, "registration_change", waiting.pk)
    approve = reverse("admin:lti_tool_registration_approve", args=[waiting.pk])
    assert approve in shown
    assert staff.get(approve).status_code == 403
    assert staff.post(approve).status_code == 302
    waiting.refresh_from_db()
    assert (waiting.active, waiting.waiting) == (True, False)
    entry = Entry.objects.get(event="registration.approved")
    assert entry.actor == "staff:operator"
    assert "Waits for approval" not in page(staff, REGISTRATIONS)


def test_new_deployments_are_approved_by_one_press(staff: Client) -> None:
    registration = factories.make_registration()
    new = Deployment.objects.create(registration=registration, deployment_id="d-7", active=False)
    # One that worked and was switched off does not ask for anything.
    off = factories.make_context(registration, lti_id="c").deployment
    Deployment.objects.filter(pk=off.pk).update(active=False)
    shown = page(staff, REGISTRATIONS)
    approve = reverse("admin:lti_tool_deployment_approve", args=[new.pk])
    assert approve in shown
    assert reverse("admin:lti_tool_deployment_approve", args=[off.pk]) not in shown
    assert staff.post(approve).status_code == 302
    new.refresh_from_db()
    assert new.active


def test_several_are_approved_at_once(staff: Client) -> None:
    rows = [factories.make_registration(active=False, waiting=True) for _ in range(2)]
    staff.post(
        reverse(f"admin:lti_tool_{REGISTRATIONS}"),
        {"action": "approve_selected", "_selected_action": [row.pk for row in rows]},
    )
    assert Registration.objects.filter(active=True, waiting=False).count() == 2


def test_who_may_only_look_approves_invites_and_connects_nothing(looker: Client) -> None:
    waiting = factories.make_registration(active=False, waiting=True)
    new = Deployment.objects.create(registration=waiting, deployment_id="7", active=False)
    shown = page(looker, REGISTRATIONS)
    assert "Waits for approval" in shown
    for name, arguments in (
        ("registration_approve", [waiting.pk]),
        ("deployment_approve", [new.pk]),
        ("registration_invite", []),
        ("registration_connect", []),
        ("toolkey_rotate", []),
    ):
        url = reverse(f"admin:lti_tool_{name}", args=arguments)
        assert url not in shown or name.endswith(("invite", "connect")), name
        assert looker.post(url, {"note": "", "tenant": "x", "days": "3"}).status_code == 403, name
    waiting.refresh_from_db()
    assert not waiting.active


# By hand


@pytest.mark.parametrize("preset", presets.PRESETS, ids=lambda preset: preset.code)
def test_every_lms_has_its_steps_and_a_form(
    staff: Client, preset: presets.Preset, settings: Settings
) -> None:
    url = reverse("admin:lti_tool_registration_connect")
    assert preset.code in staff.get(url).content.decode()
    answer = staff.get(url, {"lms": preset.code, "address": "moodle.example.edu/"})
    shown = answer.content.decode()
    for found in preset.addresses("https://moodle.example.edu").values():
        assert found in shown
    assert f"{settings.BASE_URL}/lti/" in shown


def test_an_lms_is_connected_by_hand(staff: Client) -> None:
    url = (
        reverse("admin:lti_tool_registration_connect") + "?lms=brightspace&address=d2l.example.edu"
    )
    form = staff.get(url).context["form"]
    fields = {**form.initial, "client_id": " c-1 ", "deployment_id": "d-1"}
    answer = staff.post(url, fields)
    assert answer.status_code == 302, answer.content.decode()
    made = Registration.objects.get()
    assert answer["Location"] == reverse("lti_tool:health", args=[made.pk])
    assert (made.issuer, made.client_id) == ("https://d2l.example.edu", "c-1")
    assert made.product == "desire2learn"
    assert made.audience == "https://api.brightspace.com/auth/token"
    assert Deployment.objects.get().deployment_id == "d-1"


@pytest.mark.parametrize("wrong", ["http://lms.example/x", "javascript:alert(1)", "x", ""])
def test_only_addresses_that_we_call_are_taken(
    staff: Client, settings: Settings, wrong: str
) -> None:
    settings.INSECURE_PLATFORMS = False
    url = reverse("admin:lti_tool_registration_connect") + "?lms=moodle&address=m.example.edu"
    form = staff.get(url).context["form"]
    answer = staff.post(url, {**form.initial, "client_id": "typed", "jwks_url": wrong})
    assert answer.status_code == 200
    assert "typed" in answer.content.decode()
    assert not Registration.objects.exists()


def test_the_same_lms_twice_is_said_so(staff: Client) -> None:
    factories.make_registration(issuer="https://m.example.edu", client_id="c")
    url = reverse("admin:lti_tool_registration_connect") + "?lms=moodle&address=m.example.edu"
    form = staff.get(url).context["form"]
    answer = staff.post(url, {**form.initial, "client_id": "c"})
    assert answer.status_code == 200
    assert "already exists" in answer.content.decode()


def test_the_plain_form_leads_to_the_guided_one(staff: Client) -> None:
    answer = staff.get(reverse("admin:lti_tool_registration_add"))
    assert answer["Location"] == reverse("admin:lti_tool_registration_connect")


def changed(staff: Client, registration: Registration, **fields: Any) -> Any:
    form = {
        **{
            name: getattr(registration, name) or ""
            for name in ("tenant", "name", "issuer", "client_id", "audience", "product")
        },
        **{
            name: getattr(registration, name)
            for name in ("auth_login_url", "token_url", "jwks_url")
        },
        "active": "on",
        "deployments-TOTAL_FORMS": "0",
        "deployments-INITIAL_FORMS": "0",
        "consumer_keys-TOTAL_FORMS": "0",
        "consumer_keys-INITIAL_FORMS": "0",
        **fields,
    }
    url = reverse("admin:lti_tool_registration_change", args=[registration.pk])
    answer = staff.post(url, form)
    assert answer.status_code == 302, answer.content.decode()
    return answer


def test_a_secret_of_lti_1_1_is_written_and_never_shown(staff: Client) -> None:
    registration = factories.make_registration()
    changed(
        staff,
        registration,
        **{
            "consumer_keys-TOTAL_FORMS": "1",
            "consumer_keys-0-key": "old-key",
            "consumer_keys-0-secret": "very-secret",
        },
    )
    key = ConsumerKey.objects.get()
    assert key.secret == "very-secret"
    assert "very-secret" not in page(staff, "registration_change", registration.pk)
    changed(
        staff,
        registration,
        **{
            "consumer_keys-TOTAL_FORMS": "1",
            "consumer_keys-INITIAL_FORMS": "1",
            "consumer_keys-0-id": str(key.pk),
            "consumer_keys-0-registration": str(registration.pk),
            "consumer_keys-0-key": "newer-key",
            "consumer_keys-0-secret": "",
        },
    )
    key.refresh_from_db()
    assert (key.key, key.secret) == ("newer-key", "very-secret")


def test_switching_on_by_hand_is_an_approval(staff: Client) -> None:
    waiting = factories.make_registration(active=False, waiting=True)
    changed(staff, waiting)
    waiting.refresh_from_db()
    assert (waiting.active, waiting.waiting) == (True, False)
    assert Entry.objects.filter(event="registration.approved").exists()


# Keys


def test_a_new_key_is_made_by_a_button(staff: Client) -> None:
    old = keys.signing_key()
    url = reverse("admin:lti_tool_toolkey_rotate")
    assert "every LMS can have fetched it" in staff.get(url).content.decode()
    assert ToolKey.objects.count() == 1
    assert staff.post(url).status_code == 302
    assert ToolKey.objects.count() == 2
    assert keys.signing_key() == old
    staff.post(url, {"at_once": "yes"})
    assert not ToolKey.objects.filter(pk=old.pk).exists()
    listed = page(staff, "toolkey_changelist")
    assert "signs" in listed
    assert Entry.objects.filter(event="tool_key.rotated", actor="staff:operator").count() == 2
