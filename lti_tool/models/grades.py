"""Gradebook columns and the scores on their way there."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from lti_tool.models.courses import ResourceLink
from lti_tool.models.people import Person


class LineItem(models.Model):
    """A gradebook column of a resource link.

    ``url`` is empty while the column is only wanted: then it is found in the LMS or made there
    before the first score goes out. ``tag`` and ``resource_id`` are ours and tell our columns of
    one link apart. The ``read_`` fields are for ``lti_tool.read_back``.
    """

    resource_link = models.ForeignKey(
        ResourceLink, on_delete=models.CASCADE, related_name="line_items"
    )
    url = models.CharField(max_length=2000, blank=True)
    tag = models.CharField(max_length=255, blank=True)
    resource_id = models.CharField(max_length=255, blank=True)
    label = models.CharField(max_length=255, blank=True)
    maximum = models.DecimalField(max_digits=10, decimal_places=2, null=True, blank=True)
    scopes: models.Field[list[str], list[str]] = ArrayField(
        models.CharField(max_length=255), default=list, blank=True
    )
    seen_at = models.DateTimeField(default=timezone.now)
    read_due_at = models.DateTimeField(null=True, blank=True)
    read_at = models.DateTimeField(null=True, blank=True)
    read_failures = models.PositiveIntegerField(default=0)
    read_problem = models.TextField(blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["resource_link", "url"],
                name="lti_line_item_unique",
                condition=~models.Q(url=""),
            ),
            models.UniqueConstraint(
                fields=["resource_link"],
                name="lti_line_item_wanted",
                condition=models.Q(url=""),
            ),
        ]
        indexes = [
            models.Index(
                fields=["read_due_at"],
                name="lti_line_item_read_due",
                condition=models.Q(read_due_at__isnull=False),
            )
        ]

    def __str__(self) -> str:
        return self.label or str(self.resource_link)


class OutgoingScore(models.Model):
    """The newest score of one learner in one gradebook column, and where it is.

    ``sequence`` grows by one with every change; whoever sends a score settles the row only when
    the sequence is still the one that was sent. ``run_after`` is null when nothing is left to do.
    ``timestamp`` is the one last offered to the LMS (whole seconds), ``timestamp_sequence`` the
    change that it belongs to, ``offered_score`` of ``offered_maximum`` what went with it;
    ``sent_sequence`` is the change that the LMS took last.
    ``result_score`` of ``result_maximum`` is what its gradebook showed when we last looked.
    ``overwrite`` says that somebody wants ours there whatever it shows.
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
    started_at = models.DateTimeField(null=True, blank=True)
    submitted_at = models.DateTimeField()
    sequence = models.PositiveIntegerField(default=1)
    timestamp = models.DateTimeField(null=True, blank=True)
    timestamp_sequence = models.PositiveIntegerField(default=0)
    offered_score = models.DecimalField(max_digits=10, decimal_places=2, null=True, blank=True)
    offered_maximum = models.DecimalField(max_digits=10, decimal_places=2, null=True, blank=True)
    state = models.CharField(max_length=12, choices=State, default=State.QUEUED)
    cause = models.TextField(blank=True)
    attempts = models.PositiveIntegerField(default=0)
    checks = models.PositiveIntegerField(default=0)
    result_score = models.DecimalField(max_digits=12, decimal_places=4, null=True, blank=True)
    result_maximum = models.DecimalField(max_digits=12, decimal_places=4, null=True, blank=True)
    run_after = models.DateTimeField(null=True, blank=True)
    queued_at = models.DateTimeField(default=timezone.now)
    sent_at = models.DateTimeField(null=True, blank=True)
    sent_sequence = models.PositiveIntegerField(default=0)
    sent_submitted_at = models.DateTimeField(null=True, blank=True)
    overwrite = models.BooleanField(default=False)
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
    def held(self) -> bool:
        """Whether a newer grade of ours was not sent, because somebody gave one in the LMS."""
        return self.state == self.State.OVERRIDDEN and self.sent_sequence < self.sequence

    @property
    def words(self) -> str:
        """Where the grade is, as one sentence for the learner and the teacher."""
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

    def _overridden_words(self, given: str) -> str:
        if self.result_score is None:
            return _("Your LMS shows no grade where %(grade)s was sent.") % {"grade": given}
        shown = _figure(self.result_score)
        if self.result_maximum is not None:
            shown += f" / {_figure(self.result_maximum)}"
        said = _("Your LMS shows %(shown)s instead of %(grade)s: it was changed there.")
        if self.held:
            said = _(
                "Your LMS shows %(shown)s, which was given there. "
                "So %(grade)s was not sent, until a teacher decides."
            )
        return said % {"shown": shown, "grade": given}


def _figure(value: Decimal) -> str:
    """A number without trailing zeros: 7.50 → 7.5, 10.00 → 10."""
    text = f"{value:f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


def whole_second(moment: datetime) -> datetime:
    """The start of the second of ``moment``: LMSs compare score timestamps in whole seconds."""
    return moment.replace(microsecond=0)
