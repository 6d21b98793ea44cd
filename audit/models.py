"""The record of what was decided, by whom and why. Rows are added and never changed.

Triggers in the first migration hold that in the database itself, so that neither the admin, nor
a shell, nor a fault in this code can rewrite history. A superuser of the database still could;
`manage.py verify_audit --against FILE`, with chain heads kept elsewhere, finds that too.
"""

from __future__ import annotations

from django.db import models


class Chain(models.Model):
    """One chain per thing under record (a submission, a model), so appends never wait for others.

    The row is the lock of its chain and remembers its length and newest hash, which lets
    verification notice entries that were cut off at the end.
    """

    id = models.UUIDField(primary_key=True, editable=False)
    length = models.PositiveIntegerField(default=0)
    head = models.CharField(max_length=64, blank=True, default="")

    def __str__(self) -> str:
        return str(self.id)


class Entry(models.Model):
    chain = models.ForeignKey(Chain, on_delete=models.PROTECT, related_name="entries")
    sequence = models.PositiveIntegerField()
    at = models.DateTimeField()
    event = models.CharField(max_length=100)
    # A pseudonymous id or the name of a part of the system; never a person's name or address.
    actor = models.CharField(max_length=100)
    detail = models.JSONField(default=dict)
    previous = models.CharField(max_length=64, blank=True)
    hash = models.CharField(max_length=64)

    class Meta:
        verbose_name_plural = "entries"
        ordering = ["chain", "sequence"]
        constraints = [
            models.UniqueConstraint(fields=["chain", "sequence"], name="audit_one_entry_per_place")
        ]
        indexes = [models.Index(fields=["event", "at"], name="audit_event_at")]

    def __str__(self) -> str:
        return f"{self.chain_id}#{self.sequence} {self.event}"
