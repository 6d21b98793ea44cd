"""Where an assessment stands in an LMS, and what a learner handed in there."""

from __future__ import annotations

import hashlib
import uuid
from collections.abc import Iterable
from datetime import datetime, timedelta
from pathlib import PurePosixPath

from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from grading.files import archives, pictures
from lti_tool.models import Person, ResourceLink
from rubrics.models import Assessment, Item, Programme


class Placement(models.Model):
    """The assessment behind one activity of a course.

    It names the assessment, not a version: a new attempt gets the newest published version,
    an attempt that was begun keeps its own.
    """

    resource_link = models.OneToOneField(
        ResourceLink, on_delete=models.PROTECT, related_name="placement"
    )
    programme = models.ForeignKey(Programme, on_delete=models.PROTECT, related_name="placements")
    assessment_code = models.SlugField(max_length=100)
    chosen_at = models.DateTimeField(auto_now=True)

    def __str__(self) -> str:
        return f"{self.assessment_code} in {self.resource_link}"


class Submission(models.Model):
    """One attempt of one learner. The worker advances it from state to state under a lease."""

    class State(models.TextChoices):
        OPEN = "open", _("being worked on")
        HANDED_IN = "handed_in", _("handed in")
        CHECKED = "checked", _("checked")
        MARKED = "marked", _("marked by the machine")
        ROUTED = "routed", _("waiting for a reviewer")
        SETTLED = "settled", _("settled")
        RELEASED = "released", _("released")
        # Its learner had their data erased before there was a grade; nothing goes on.
        WITHDRAWN = "withdrawn", _("withdrawn")

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    placement = models.ForeignKey(Placement, on_delete=models.PROTECT, related_name="submissions")
    person = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="submissions")
    assessment = models.ForeignKey(Assessment, on_delete=models.PROTECT, related_name="submissions")
    number = models.PositiveSmallIntegerField()
    state = models.CharField(max_length=10, choices=State.choices, default=State.OPEN)
    started_at = models.DateTimeField(default=timezone.now)
    handed_in_at = models.DateTimeField(null=True, blank=True)

    # A worker holds the lease while it works; `woken_until` is until when a job that was queued
    # is trusted to come; `run_after` puts the next try off after a failure.
    leased_until = models.DateTimeField(null=True, blank=True)
    woken_until = models.DateTimeField(null=True, blank=True)
    run_after = models.DateTimeField(default=timezone.now)
    failures = models.PositiveSmallIntegerField(default=0)
    trouble = models.TextField(blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["placement", "person", "number"], name="grading_one_submission_per_number"
            ),
            models.UniqueConstraint(
                fields=["placement", "person"],
                condition=models.Q(state="open"),
                name="grading_one_open_submission",
            ),
        ]
        indexes = [
            models.Index(
                fields=["run_after"],
                condition=models.Q(state__in=["handed_in", "checked", "marked", "settled"]),
                name="grading_due",
            )
        ]

    def __str__(self) -> str:
        return f"{str(self.id)[:8]} · attempt {self.number}"

    @property
    def is_open(self) -> bool:
        return self.state == self.State.OPEN

    @property
    def closes_at(self) -> datetime | None:
        """When the time allowed is over; None without a time limit."""
        minutes = self.assessment.time_limit_minutes
        return self.started_at + timedelta(minutes=minutes) if minutes else None

    @property
    def due_at(self) -> datetime:
        """By when the programme promises the grade, whichever lane its responses take."""
        since = self.handed_in_at or self.started_at
        policy = self.assessment.policy
        return since + timedelta(hours=max(policy.sla_hours, policy.extended_hours))


class Response(models.Model):
    """The answer to one item.

    `text` holds code, prose or a number; `choices` ids of choices, of an ordering item in the
    learner's order; `parts` for a matching item the id of a chosen pair by the id of a pair, for a
    cloze item what was filled in by the code of the gap.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    submission = models.ForeignKey(Submission, on_delete=models.PROTECT, related_name="responses")
    item = models.ForeignKey(Item, on_delete=models.PROTECT, related_name="responses")
    text = models.TextField(blank=True)
    choices = models.JSONField(default=list, blank=True)
    parts: models.JSONField[dict[str, str], dict[str, str]] = models.JSONField(
        default=dict, blank=True
    )
    revision = models.PositiveIntegerField(default=0)
    # Which opened page wrote the newest revision, so that another one does not overwrite it unseen.
    saved_by = models.CharField(max_length=16, blank=True)
    saved_at = models.DateTimeField(null=True, blank=True)
    sha256 = models.CharField(max_length=64, blank=True)

    class Meta:
        ordering = ["submission", "item__position"]
        constraints = [
            models.UniqueConstraint(
                fields=["submission", "item"], name="grading_one_response_per_item"
            )
        ]

    def __str__(self) -> str:
        return f"response {self.code}"

    @property
    def code(self) -> str:
        """What people call it, since names are not shown while marking."""
        return str(self.id)[:4]

    @property
    def is_empty(self) -> bool:
        given = self.text.strip() or self.choices or any(map(str.strip, self.parts.values()))
        return not given and not self.uploads.exists()

    def digest(self) -> str:
        parts = (sorted(self.parts.items()),) if self.parts else ()
        content = repr((self.text, self.choices, *parts))
        return hashlib.sha256(content.encode("utf-8", "surrogatepass")).hexdigest()

    def source_digest(self, source: str) -> str:
        """Of `source` together with the files that lie beside it: what a run is over."""
        if not self.item.takes_files:
            return source_digest(source, ())
        return source_digest(source, self.uploads.order_by("name").values_list("name", "sha256"))


def source_digest(source: str, files: Iterable[tuple[str, str]]) -> str:
    """`files` are names and SHA-256 of what lies beside, in the order of their names."""
    digest = hashlib.sha256(source.encode("utf-8", "surrogatepass"))
    for name, sha256 in files:
        digest.update(f"\n{name}\n{sha256}".encode("utf-8", "surrogatepass"))
    return digest.hexdigest()


class Upload(models.Model):
    """A file handed in, `name` its path where it came in a folder. Kept in the database, so that it
    is as durable as the rest.
    """

    response = models.ForeignKey(Response, on_delete=models.PROTECT, related_name="uploads")
    name = models.CharField(max_length=255)
    size = models.PositiveIntegerField()
    sha256 = models.CharField(max_length=64)
    content = models.BinaryField()
    # Of a picture its pixels alone: what is shown, and all that reviewers get.
    shown = models.BinaryField(default=b"")
    at = models.DateTimeField(auto_now_add=True)

    def __str__(self) -> str:
        return self.name

    @property
    def is_packed(self) -> bool:
        """An archive beside a program, whose files are not there yet."""
        return self.response.item.kind == Item.Kind.CODE and archives.is_archive(self.name)

    @property
    def is_picture(self) -> bool:
        return pictures.is_picture(self.name)

    @property
    def neutral_name(self) -> str:
        """What reviewers see: people write their names into file names."""
        return f"file-{self.pk}{PurePosixPath(self.name).suffix[:10]}"
