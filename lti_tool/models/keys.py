"""Our own keys, the public keys of LMSs, and the service tokens that they gave us."""

from __future__ import annotations

from typing import Any

from django.db import models
from django.utils import timezone

from lti_tool.encryption import EncryptedTextField
from lti_tool.models.registrations import Registration


class ToolKey(models.Model):
    """An RSA key of ours. A retired key no longer signs but is still published for a while."""

    kid = models.CharField(max_length=64, unique=True)
    private_pem = EncryptedTextField()
    public_jwk = models.JSONField()
    created_at = models.DateTimeField(default=timezone.now)
    retired_at = models.DateTimeField(null=True, blank=True)

    def __str__(self) -> str:
        return self.kid


class PlatformKeySet(models.Model):
    """The public keys of an LMS as last fetched; ``attempted_at`` limits how often we ask."""

    registration = models.OneToOneField(
        Registration, on_delete=models.CASCADE, related_name="key_set"
    )
    jwks: models.JSONField[Any, Any] = models.JSONField(default=dict)
    fetched_at = models.DateTimeField(null=True)
    attempted_at = models.DateTimeField(null=True)

    def __str__(self) -> str:
        return f"Keys of {self.registration}"


class AccessToken(models.Model):
    """A service token of one registration for one set of scopes (sorted, space-separated)."""

    registration = models.ForeignKey(Registration, on_delete=models.CASCADE, related_name="tokens")
    scopes = models.TextField()
    token = EncryptedTextField(default="", blank=True)
    expires_at = models.DateTimeField(null=True)
    refreshing_until = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["registration", "scopes"], name="lti_token_unique")
        ]

    def __str__(self) -> str:
        return f"Token of {self.registration}"
