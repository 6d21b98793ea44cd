"""What has had its time is deleted, a little at a time."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from django.db.models import QuerySet
from django.utils import timezone

from lti_tool import state
from lti_tool.models import (
    AccessToken,
    DataPrivacyRequest,
    DeepLinkingRequest,
    LaunchRefusal,
    UsedState,
)

REFUSALS_KEPT = timedelta(days=30)
AT_ONCE = 1000


def forget_expired() -> int:
    """Delete what has had its time, at most a thousand rows of each kind; returns how many."""
    now = timezone.now()
    day = now - timedelta(days=1)
    old: tuple[QuerySet[Any], ...] = (
        UsedState.objects.filter(used_at__lt=now - state.LIFETIME - state.REMEMBERED),
        LaunchRefusal.objects.filter(at__lt=now - REFUSALS_KEPT),
        DeepLinkingRequest.objects.filter(created_at__lt=day),
        DataPrivacyRequest.objects.filter(created_at__lt=day),
        AccessToken.objects.filter(expires_at__lt=day),
    )
    count = 0
    for rows in old:
        keys = list(rows.values_list("pk", flat=True)[:AT_ONCE])
        if keys:
            count += rows.model._default_manager.filter(pk__in=keys).delete()[0]
    return count
