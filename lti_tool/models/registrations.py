"""LMSs that may launch us, how they came to us, and their installations of the tool."""

from __future__ import annotations

from typing import Any

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy

from lti_tool.encryption import EncryptedTextField


class Registration(models.Model):
    """One LMS that may launch us: an issuer together with the client id that it gave us.

    Canvas and Blackboard use one issuer for all schools, so only the pair names a school.
    ``waiting`` marks one that registered itself and has not been approved yet. Until
    ``paused_until`` no grade service of this LMS is called, because it asked for a pause; until
    ``delivering_until`` one worker has its grades in hand.
    """

    tenant = models.SlugField(max_length=50, default="default")
    name = models.CharField(max_length=200)
    issuer = models.CharField(max_length=255)
    client_id = models.CharField(max_length=255)
    auth_login_url = models.URLField(max_length=1000)
    token_url = models.URLField(max_length=1000)
    jwks_url = models.URLField(max_length=1000)
    audience = models.CharField(
        max_length=1000,
        blank=True,
        help_text=gettext_lazy("Only when the LMS asks for one other than its token URL."),
    )
    product = models.CharField(max_length=100, blank=True)
    origins: models.Field[list[str], list[str]] = ArrayField(
        models.CharField(max_length=255), default=list, blank=True
    )
    active = models.BooleanField(default=True)
    waiting = models.BooleanField(default=False, editable=False)
    configuration_url = models.CharField(max_length=1000, blank=True, editable=False)
    created_at = models.DateTimeField(default=timezone.now)
    launched_at = models.DateTimeField(null=True, blank=True)
    paused_until = models.DateTimeField(null=True, blank=True, editable=False)
    delivering_until = models.DateTimeField(null=True, blank=True, editable=False)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["issuer", "client_id"], name="lti_registration_unique")
        ]

    def __str__(self) -> str:
        return self.name


class Deployment(models.Model):
    """One installation of the tool inside an LMS (the whole site, an account, a course)."""

    registration = models.ForeignKey(
        Registration, on_delete=models.CASCADE, related_name="deployments"
    )
    deployment_id = models.CharField(max_length=255)
    active = models.BooleanField(default=True)
    created_at = models.DateTimeField(default=timezone.now)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["registration", "deployment_id"], name="lti_deployment_unique"
            )
        ]

    def __str__(self) -> str:
        return f"{self.registration} · {self.deployment_id}"


class RegistrationInvitation(models.Model):
    """Lets one LMS register itself, once, until ``expires_at``; only a digest of the token is kept.

    ``approved`` switches the LMS on as soon as it has registered. ``renews`` is the registration
    that the LMS comes back to replace.
    """

    tenant = models.SlugField(max_length=50, default="default")
    token_digest = models.CharField(max_length=64, unique=True)
    note = models.CharField(max_length=200, blank=True)
    approved = models.BooleanField(default=False)
    renews = models.ForeignKey(
        Registration, null=True, blank=True, on_delete=models.CASCADE, related_name="renewals"
    )
    created_by = models.CharField(max_length=150, blank=True)
    created_at = models.DateTimeField(default=timezone.now)
    expires_at = models.DateTimeField()
    used_at = models.DateTimeField(null=True, blank=True)
    registration = models.ForeignKey(
        Registration, null=True, blank=True, on_delete=models.SET_NULL, related_name="invitations"
    )

    def __str__(self) -> str:
        return self.note or f"{self.tenant} · {self.created_at:%Y-%m-%d}"


class ConsumerKey(models.Model):
    """A key and secret of LTI 1.1 with which an LMS proves who its people and links were then."""

    registration = models.ForeignKey(
        Registration, on_delete=models.CASCADE, related_name="consumer_keys"
    )
    key = models.CharField(max_length=255)
    secret = EncryptedTextField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["registration", "key"], name="lti_consumer_key_unique")
        ]

    def __str__(self) -> str:
        return self.key


class HealthReport(models.Model):
    """What the latest examination of a connection found: a list of steps, see ``lti_tool.health``.

    While ``running_until`` lies ahead, an examination is under way.
    """

    registration = models.OneToOneField(
        Registration, on_delete=models.CASCADE, related_name="health"
    )
    steps: models.JSONField[Any, Any] = models.JSONField(default=list)
    examined_at = models.DateTimeField(null=True)
    running_until = models.DateTimeField(null=True)

    def __str__(self) -> str:
        return f"Health of {self.registration}"
