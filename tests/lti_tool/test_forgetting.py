from __future__ import annotations

from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone

from lti_tool import forgetting, state
from lti_tool.models import AccessToken, LaunchRefusal, UsedState
from tests.lti_tool.tokens import Lms

pytestmark = pytest.mark.django_db


def test_only_what_has_had_its_time_is_forgotten(client: Client, lms: Lms) -> None:
    registration = lms.register()
    lms.launch(client)
    lms.launch(client)
    old = UsedState.objects.first()
    assert old is not None
    old.used_at = timezone.now() - state.LIFETIME - state.REMEMBERED - timedelta(seconds=1)
    old.save()
    for days in (1, 31):
        LaunchRefusal.objects.create(
            reference=f"R{days}", code="nonce", at=timezone.now() - timedelta(days=days)
        )
    for days in (0, 2):
        AccessToken.objects.create(
            registration=registration,
            scopes=str(days),
            expires_at=timezone.now() - timedelta(days=days),
        )

    assert forgetting.forget_expired() == 3

    assert UsedState.objects.count() == 1
    assert [refusal.reference for refusal in LaunchRefusal.objects.all()] == ["R1"]
    assert [token.scopes for token in AccessToken.objects.all()] == ["0"]
    assert forgetting.forget_expired() == 0


def test_refusals_beyond_the_rate_are_only_logged(
    client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    from lti_tool import refusal_pages

    monkeypatch.setattr(refusal_pages, "ROWS_PER_MINUTE", 2)
    for _ in range(4):
        assert client.post("/lti/launch/").status_code == 400
    assert LaunchRefusal.objects.count() == 2
