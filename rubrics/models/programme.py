from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _

from rubrics.models.fields import TITLE_LENGTH, code_field


class Programme(models.Model):
    """A certificate or course of study; everything else in this room belongs to one."""

    tenant = models.SlugField(
        _("tenant"),
        max_length=60,
        default="default",
        help_text=_("The organisation. Leave “default” when you serve only one."),
    )
    code = code_field()
    title = models.CharField(_("title"), max_length=TITLE_LENGTH)

    class Meta:
        verbose_name = _("programme")
        verbose_name_plural = _("programmes")
        ordering = ["tenant", "title"]
        constraints = [
            models.UniqueConstraint(
                fields=["tenant", "code"],
                name="rubrics_programme_unique",
                violation_error_message=_("There is a programme with this code already."),
            )
        ]

    def __str__(self) -> str:
        return self.title


class Competency(models.Model):
    """What a learner can do; criteria point here so that results add up across items."""

    programme = models.ForeignKey(
        Programme,
        on_delete=models.CASCADE,
        related_name="competencies",
        verbose_name=_("programme"),
    )
    code = code_field()
    title = models.CharField(_("title"), max_length=TITLE_LENGTH)
    description = models.TextField(_("description"), blank=True, default="")

    class Meta:
        verbose_name = _("competency")
        verbose_name_plural = _("competencies")
        ordering = ["programme", "code"]
        constraints = [
            models.UniqueConstraint(
                fields=["programme", "code"],
                name="rubrics_competency_unique",
                violation_error_message=_("The programme has a competency with this code already."),
            )
        ]

    def __str__(self) -> str:
        return self.title
