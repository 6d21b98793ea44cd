"""What reviewers say of themselves, and which questions to the queue they keep."""

from __future__ import annotations

from django.contrib.postgres.fields import ArrayField
from django.core.validators import MinValueValidator
from django.db import models
from django.utils.translation import gettext_lazy as _

from lti_tool.models import Context, Person
from rubrics.models import Competency


class Reviewer(models.Model):
    """What somebody can and wants to mark. `languages` are programming languages, `reads` those in
    which people write, as language tags. Whichever of them is empty keeps nothing out.
    """

    person = models.OneToOneField(
        Person, on_delete=models.CASCADE, primary_key=True, related_name="reviewer"
    )
    per_day = models.PositiveIntegerField(
        _("responses a day"), null=True, blank=True, validators=[MinValueValidator(1)]
    )
    competencies = models.ManyToManyField(Competency, blank=True, related_name="+")
    languages: models.Field[list[str], list[str]] = ArrayField(
        models.CharField(max_length=20), default=list, blank=True
    )
    reads: models.Field[list[str], list[str]] = ArrayField(
        models.CharField(max_length=35), default=list, blank=True
    )

    def __str__(self) -> str:
        return self.person.code


class SavedView(models.Model):
    """A question to the queue under a name; `query` is the end of its address."""

    reviewer = models.ForeignKey(Person, on_delete=models.CASCADE, related_name="saved_views")
    course = models.ForeignKey(Context, on_delete=models.CASCADE, related_name="+")
    name = models.CharField(max_length=60)
    query = models.TextField()

    class Meta:
        ordering = ["name"]
        constraints = [
            models.UniqueConstraint(
                fields=["reviewer", "course", "name"], name="review_one_view_per_name"
            )
        ]

    def __str__(self) -> str:
        return self.name
