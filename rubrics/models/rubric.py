from __future__ import annotations

from decimal import Decimal

from django.db import models
from django.utils.translation import gettext_lazy as _

from rubrics.models.fields import TITLE_LENGTH, code_field, points_field
from rubrics.models.programme import Competency
from rubrics.models.versioned import Versioned


class Rubric(Versioned):
    """The standard by which a response is judged: criteria, each with its levels."""

    class Meta(Versioned.Meta):
        verbose_name = _("rubric")
        verbose_name_plural = _("rubrics")


class Criterion(models.Model):
    """One thing that is judged on its own; its weight counts against the other criteria."""

    rubric = models.ForeignKey(
        Rubric, on_delete=models.CASCADE, related_name="criteria", verbose_name=_("rubric")
    )
    position = models.PositiveIntegerField(_("order"), default=0)
    code = code_field()
    title = models.CharField(_("title"), max_length=TITLE_LENGTH)
    description = models.TextField(
        _("description"),
        blank=True,
        default="",
        help_text=_("What the reviewer looks at. Learners read this too."),
    )
    weight = points_field(
        _("weight"),
        default=Decimal(1),
        help_text=_("Against the other criteria: 2 counts twice as much as 1."),
    )
    competencies = models.ManyToManyField(
        Competency,
        blank=True,
        related_name="criteria",
        verbose_name=_("competencies"),
        help_text=_("What a learner shows who does well here."),
    )
    remediation = models.TextField(
        _("what to practise"),
        blank=True,
        default="",
        help_text=_("Shown to a learner who was weak here. Markdown."),
    )

    class Meta:
        verbose_name = _("criterion")
        verbose_name_plural = _("criteria")
        ordering = ["position", "pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["rubric", "code"],
                name="rubrics_criterion_unique",
                violation_error_message=_("The rubric has a criterion with this code already."),
            ),
            models.CheckConstraint(
                condition=models.Q(weight__gte=0), name="rubrics_criterion_weight_positive"
            ),
        ]

    def __str__(self) -> str:
        return self.title


class Level(models.Model):
    """One step of a criterion; the steps are ordered by their points."""

    criterion = models.ForeignKey(
        Criterion, on_delete=models.CASCADE, related_name="levels", verbose_name=_("criterion")
    )
    points = points_field(_("points"), help_text=_("The lowest level has 0 points."))
    title = models.CharField(_("title"), max_length=TITLE_LENGTH)
    descriptor = models.TextField(
        _("descriptor"),
        blank=True,
        default="",
        help_text=_("How a response at this level can be recognised."),
    )

    class Meta:
        verbose_name = _("level")
        verbose_name_plural = _("levels")
        ordering = ["points", "pk"]
        constraints = [
            models.CheckConstraint(
                condition=models.Q(points__gte=0), name="rubrics_level_points_positive"
            ),
        ]

    def __str__(self) -> str:
        return self.title


class Anchor(models.Model):
    """An example of a response at a level, so that reviewers mean the same by it."""

    level = models.ForeignKey(
        Level, on_delete=models.CASCADE, related_name="anchors", verbose_name=_("level")
    )
    text = models.TextField(_("example"), help_text=_("A response, or the part of one, verbatim."))
    note = models.TextField(
        _("note"), blank=True, default="", help_text=_("Why it belongs at this level.")
    )

    class Meta:
        verbose_name = _("anchor")
        verbose_name_plural = _("anchors")
        ordering = ["pk"]

    def __str__(self) -> str:
        return self.text[:60]
