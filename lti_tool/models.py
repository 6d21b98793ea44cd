"""Who launches, from where, and which grades go back.

Names and e-mails stand in :class:`PersonName` only, encrypted; everything else knows a person by
an id of ours and by the LMS's own opaque ``sub``.
"""

from __future__ import annotations

import uuid
from datetime import datetime
from decimal import Decimal
from typing import Any

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from lti_tool.encryption import EncryptedTextField
from lti_tool.roles import Right


class Registration(models.Model):
    """One LMS that may launch us: an issuer together with the client id that it gave us.

    Canvas and Blackboard use one issuer for all schools, so only the pair names a school.
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
    created_at = models.DateTimeField(default=timezone.now)
    launched_at = models.DateTimeField(null=True, blank=True)

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

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["registration", "deployment_id"], name="lti_deployment_unique"
            )
        ]

    def __str__(self) -> str:
        return f"{self.registration} · {self.deployment_id}"


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


class PendingLaunch(models.Model):
    """One login initiation, waiting for its id_token; good for one use by one browser.

    Only digests of the state and of the browser's secret are stored. The hints come from the LMS
    and go back to it when the person opens the launch again in a window of its own.
    """

    state_digest = models.CharField(max_length=64, unique=True)
    browser_digest = models.CharField(max_length=64)
    nonce = models.CharField(max_length=64, unique=True)
    registration = models.ForeignKey(Registration, on_delete=models.CASCADE)
    target_link_uri = models.CharField(max_length=2000)
    deployment_hint = models.CharField(max_length=255, blank=True)
    login_hint = models.TextField(blank=True)
    message_hint = models.TextField(blank=True)
    expires_at = models.DateTimeField(db_index=True)
    consumed_at = models.DateTimeField(null=True)

    def __str__(self) -> str:
        return f"Launch from {self.registration}"


class LaunchRefusal(models.Model):
    """A launch that was refused; the person saw ``reference`` and can quote it."""

    reference = models.CharField(max_length=12, unique=True)
    code = models.CharField(max_length=40)
    registration = models.ForeignKey(Registration, null=True, on_delete=models.SET_NULL)
    claims: models.JSONField[Any, Any] = models.JSONField(default=dict)
    at = models.DateTimeField(default=timezone.now, db_index=True)

    def __str__(self) -> str:
        return f"{self.reference} {self.code}"


class Person(models.Model):
    """Somebody whom an LMS sent, known by the opaque ``sub`` of that LMS."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    registration = models.ForeignKey(Registration, on_delete=models.CASCADE, related_name="people")
    sub = models.CharField(max_length=255)
    created_at = models.DateTimeField(default=timezone.now)

    class Meta:
        verbose_name_plural = "people"
        constraints = [
            models.UniqueConstraint(fields=["registration", "sub"], name="lti_person_unique")
        ]

    def __str__(self) -> str:
        return self.code

    @property
    def code(self) -> str:
        """The pseudonym that other people see: eight hexadecimal digits."""
        return self.id.hex[:8]


class PersonName(models.Model):
    """The only place that holds a name or an e-mail address."""

    person = models.OneToOneField(
        Person, on_delete=models.CASCADE, primary_key=True, related_name="personal"
    )
    name = EncryptedTextField(blank=True, default="")
    email = EncryptedTextField(blank=True, default="")

    def __str__(self) -> str:
        return self.person.code


class Context(models.Model):
    """A course of an LMS.

    A link outside any course gets a context of its own (``of_link``; ``lti_id`` is then the id of
    the link), so that rights in one such link never reach another.
    """

    deployment = models.ForeignKey(Deployment, on_delete=models.CASCADE, related_name="contexts")
    lti_id = models.CharField(max_length=255)
    of_link = models.BooleanField(default=False)
    title = models.CharField(max_length=500, blank=True)
    label = models.CharField(max_length=500, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["deployment", "lti_id", "of_link"], name="lti_context_unique"
            )
        ]

    def __str__(self) -> str:
        return self.title or self.label or self.lti_id


class ResourceLink(models.Model):
    """A link to us in a course. ``custom`` is the custom claim of the latest launch."""

    context = models.ForeignKey(Context, on_delete=models.CASCADE, related_name="links")
    lti_id = models.CharField(max_length=255)
    title = models.CharField(max_length=500, blank=True)
    custom: models.JSONField[Any, Any] = models.JSONField(default=dict, blank=True)
    line_items_url = models.CharField(max_length=2000, blank=True)
    service_scopes: models.Field[list[str], list[str]] = ArrayField(
        models.CharField(max_length=255), default=list, blank=True
    )
    seen_at = models.DateTimeField(default=timezone.now)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["context", "lti_id"], name="lti_link_unique")
        ]

    def __str__(self) -> str:
        return self.title or self.lti_id


class Membership(models.Model):
    """What a person is in a course, replaced as a whole at every launch."""

    person = models.ForeignKey(Person, on_delete=models.CASCADE, related_name="memberships")
    context = models.ForeignKey(Context, on_delete=models.CASCADE, related_name="memberships")
    roles: models.JSONField[list[str], list[str]] = models.JSONField(default=list)
    rights: models.Field[list[str], list[str]] = ArrayField(
        models.CharField(max_length=16, choices=[(right.value, right.value) for right in Right]),
        default=list,
        blank=True,
    )
    seen_at = models.DateTimeField(default=timezone.now)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["person", "context"], name="lti_membership_unique")
        ]

    def __str__(self) -> str:
        return f"{self.person} in {self.context}"

    def has(self, right: Right) -> bool:
        return right.value in self.rights


class DeepLinkingRequest(models.Model):
    """A teacher is choosing what a new link in a course shall open; waits for our answer.

    ``data`` belongs to the LMS and goes back unchanged; null when it sent none.
    """

    person = models.ForeignKey(Person, on_delete=models.CASCADE)
    context = models.ForeignKey(Context, on_delete=models.CASCADE)
    return_url = models.CharField(max_length=2000)
    data = models.TextField(null=True)
    accept_multiple = models.BooleanField(default=False)
    accept_line_item = models.BooleanField(default=True)
    created_at = models.DateTimeField(default=timezone.now, db_index=True)
    answered_at = models.DateTimeField(null=True)

    def __str__(self) -> str:
        return f"New link in {self.context}"


class LineItem(models.Model):
    """The gradebook column of a resource link, as the LMS named it in its latest launch."""

    resource_link = models.ForeignKey(
        ResourceLink, on_delete=models.CASCADE, related_name="line_items"
    )
    url = models.CharField(max_length=2000)
    scopes: models.Field[list[str], list[str]] = ArrayField(
        models.CharField(max_length=255), default=list, blank=True
    )
    seen_at = models.DateTimeField(default=timezone.now)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["resource_link", "url"], name="lti_line_item_unique")
        ]

    def __str__(self) -> str:
        return str(self.resource_link)


class OutgoingScore(models.Model):
    """The newest score of one learner in one gradebook column, and where it is.

    ``sequence`` grows by one with every change; whoever sends a score settles the row only when
    the sequence is still the one that was sent. ``run_after`` is null when nothing is left to do.
    ``timestamp`` is the one last offered to the LMS (whole seconds), ``timestamp_sequence`` the
    change that it belongs to.
    """

    class State(models.TextChoices):
        QUEUED = "queued", gettext_lazy("waiting to be sent")
        SENT = "sent", gettext_lazy("sent")
        CONFIRMED = "confirmed", gettext_lazy("confirmed by the LMS")
        OVERRIDDEN = "overridden", gettext_lazy("changed in the LMS")
        REFUSED = "refused", gettext_lazy("refused by the LMS")

    line_item = models.ForeignKey(LineItem, on_delete=models.CASCADE, related_name="scores")
    person = models.ForeignKey(Person, on_delete=models.CASCADE, related_name="scores")
    score = models.DecimalField(max_digits=10, decimal_places=2)
    maximum = models.DecimalField(max_digits=10, decimal_places=2)
    comment = models.TextField(blank=True)
    submitted_at = models.DateTimeField()
    activity_progress = models.CharField(max_length=20)
    grading_progress = models.CharField(max_length=20)
    sequence = models.PositiveIntegerField(default=1)
    timestamp = models.DateTimeField(null=True, blank=True)
    timestamp_sequence = models.PositiveIntegerField(default=0)
    state = models.CharField(max_length=12, choices=State, default=State.QUEUED)
    cause = models.TextField(blank=True)
    attempts = models.PositiveIntegerField(default=0)
    checks = models.PositiveIntegerField(default=0)
    result_score = models.DecimalField(max_digits=12, decimal_places=4, null=True, blank=True)
    result_maximum = models.DecimalField(max_digits=12, decimal_places=4, null=True, blank=True)
    run_after = models.DateTimeField(null=True, blank=True)
    woken_until = models.DateTimeField(null=True, blank=True)
    leased_until = models.DateTimeField(null=True, blank=True)
    queued_at = models.DateTimeField(default=timezone.now)
    sent_at = models.DateTimeField(null=True, blank=True)
    sent_submitted_at = models.DateTimeField(null=True, blank=True)
    confirmed_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["line_item", "person"], name="lti_score_unique"),
            models.CheckConstraint(
                condition=models.Q(score__gte=0, maximum__gt=0), name="lti_score_range"
            ),
        ]
        indexes = [
            models.Index(
                fields=["run_after"],
                name="lti_score_due",
                condition=models.Q(run_after__isnull=False),
            )
        ]

    def __str__(self) -> str:
        return f"{self.person}: {_figure(self.score)} / {_figure(self.maximum)}"

    @property
    def final(self) -> bool:
        return self.grading_progress == "FullyGraded"

    @property
    def words(self) -> str:
        """Where the grade is, as one sentence for the learner and the teacher."""
        if not self.final:
            return self._handed_in_words()
        given = f"{_figure(self.score)} / {_figure(self.maximum)}"
        match self.state:
            case self.State.CONFIRMED:
                return _("Your LMS has confirmed %(grade)s.") % {"grade": given}
            case self.State.SENT:
                return _("%(grade)s was sent to your LMS.") % {"grade": given}
            case self.State.OVERRIDDEN:
                return self._overridden_words(given)
            case self.State.REFUSED:
                return _("Your LMS did not take %(grade)s: %(cause)s") % {
                    "grade": given,
                    "cause": self.cause,
                }
        if self.cause:
            return _("%(grade)s is waiting to be sent again: %(cause)s") % {
                "grade": given,
                "cause": self.cause,
            }
        return _("%(grade)s is on its way to your LMS.") % {"grade": given}

    def _handed_in_words(self) -> str:
        if self.state == self.State.QUEUED:
            return _("Your LMS will be told that this was handed in.")
        if self.state == self.State.REFUSED:
            return _("Your LMS could not be told that this was handed in: %(cause)s") % {
                "cause": self.cause
            }
        return _("Your LMS knows that this was handed in.")

    def _overridden_words(self, given: str) -> str:
        if self.result_score is None:
            return _("Your LMS shows no grade where %(grade)s was sent.") % {"grade": given}
        shown = _figure(self.result_score)
        if self.result_maximum is not None:
            shown += f" / {_figure(self.result_maximum)}"
        return _("Your LMS shows %(shown)s instead of %(grade)s: it was changed there.") % {
            "shown": shown,
            "grade": given,
        }


def _figure(value: Decimal) -> str:
    """A number without trailing zeros: 7.50 → 7.5, 10.00 → 10."""
    text = f"{value:f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


def whole_second(moment: datetime) -> datetime:
    """The start of the second of ``moment``: LMSs compare score timestamps in whole seconds."""
    return moment.replace(microsecond=0)
