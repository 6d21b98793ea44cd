"""Who was sent by an LMS, and what they are in which course.

Names and e-mails stand in :class:`PersonName` only, encrypted; everything else knows a person by
an id of ours and by the LMS's own opaque ``sub``.
"""

from __future__ import annotations

import uuid

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.utils import timezone

from lti_tool.encryption import EncryptedTextField
from lti_tool.models.courses import Context, CourseGroup
from lti_tool.models.registrations import Registration
from lti_tool.roles import Right


class Person(models.Model):
    """Somebody whom an LMS sent, known by the opaque ``sub`` of that LMS.

    The LMS did not say who an ``anonymous`` person is: then ``sub`` is an invention of ours that
    never leaves this house. ``legacy_id`` is the person's user id in LTI 1.1; ``preferences`` are
    how they want their pages (lti_tool/preferences.py).
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    registration = models.ForeignKey(Registration, on_delete=models.CASCADE, related_name="people")
    sub = models.CharField(max_length=255)
    anonymous = models.BooleanField(default=False)
    legacy_id = models.CharField(max_length=255, blank=True)
    created_at = models.DateTimeField(default=timezone.now)
    preferences: models.JSONField[dict[str, object], dict[str, object]] = models.JSONField(
        default=dict, db_default={}, blank=True
    )

    class Meta:
        verbose_name_plural = "people"
        constraints = [
            models.UniqueConstraint(fields=["registration", "sub"], name="lti_person_unique")
        ]
        indexes = [
            models.Index(
                fields=["registration", "legacy_id"],
                name="lti_person_legacy",
                condition=~models.Q(legacy_id=""),
            )
        ]

    # What stands in `sub` of an erased person, before an invention of ours: no LMS has sent it, so
    # a new launch makes a new person.
    TOMBSTONE = "erased:"

    def __str__(self) -> str:
        return self.code

    @property
    def is_erased(self) -> bool:
        return self.anonymous and self.sub.startswith(self.TOMBSTONE)

    @property
    def code(self) -> str:
        """The pseudonym that other people see: eight hexadecimal digits."""
        return self.id.hex[:8]


class PersonName(models.Model):
    """The only place that holds a name or an e-mail address.

    ``said`` is a keyed digest of what the latest launch said of both, which tells nothing but
    whether the next one says the same.
    """

    person = models.OneToOneField(
        Person, on_delete=models.CASCADE, primary_key=True, related_name="personal"
    )
    name = EncryptedTextField(blank=True, default="")
    email = EncryptedTextField(blank=True, default="")
    said = models.CharField(max_length=64, blank=True)

    def __str__(self) -> str:
        return self.person.code


class Membership(models.Model):
    """What a person is in a course, replaced as a whole by every launch and every roster.

    Somebody whom the LMS no longer lists has ``departed_at`` and no rights. ``seen_at`` is the
    latest launch (of those who never launched: the reading that found them), ``listed_at`` when
    the LMS first listed them since they joined; null for those whom it never lists, such as an
    administrator who only looks in.
    """

    person = models.ForeignKey(Person, on_delete=models.CASCADE, related_name="memberships")
    context = models.ForeignKey(Context, on_delete=models.CASCADE, related_name="memberships")
    roles: models.JSONField[list[str], list[str]] = models.JSONField(default=list)
    rights: models.Field[list[str], list[str]] = ArrayField(
        models.CharField(max_length=16, choices=[(right.value, right.value) for right in Right]),
        default=list,
        blank=True,
    )
    groups = models.ManyToManyField(CourseGroup, related_name="memberships", blank=True)
    seen_at = models.DateTimeField(default=timezone.now)
    listed_at = models.DateTimeField(null=True, blank=True)
    departed_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["person", "context"], name="lti_membership_unique")
        ]

    def __str__(self) -> str:
        return f"{self.person} in {self.context}"

    def has(self, right: Right) -> bool:
        return right.value in self.rights
