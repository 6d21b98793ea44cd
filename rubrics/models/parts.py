"""What an item is made of besides its question: choices, pairs and gaps."""

from __future__ import annotations

from decimal import Decimal

from django.core.validators import MinValueValidator
from django.db import models
from django.utils.translation import gettext_lazy as _

from rubrics.models.fields import TITLE_LENGTH, code_field, points_field
from rubrics.models.item import Item


class Choice(models.Model):
    """One possible answer of a choice item, or one step of an ordering item in its right place."""

    item = models.ForeignKey(
        Item, on_delete=models.CASCADE, related_name="choices", verbose_name=_("item")
    )
    position = models.PositiveIntegerField(_("order"), default=0)
    text = models.TextField(_("text"))
    correct = models.BooleanField(_("right"), default=False)
    feedback = models.TextField(
        _("feedback"),
        blank=True,
        default="",
        help_text=_("Shown with the result to a learner who chose this."),
    )

    class Meta:
        verbose_name = _("choice")
        verbose_name_plural = _("choices")
        ordering = ["position", "pk"]

    def __str__(self) -> str:
        return self.text[:60]


class Pair(models.Model):
    """Two things of a matching item that belong together. Without `text` it is a distractor."""

    item = models.ForeignKey(
        Item, on_delete=models.CASCADE, related_name="pairs", verbose_name=_("item")
    )
    position = models.PositiveIntegerField(_("order"), default=0)
    text = models.TextField(
        _("this"),
        blank=True,
        default="",
        help_text=_("Stands on the left. Empty: the partner belongs to nothing."),
    )
    partner = models.CharField(
        _("belongs to"), max_length=TITLE_LENGTH, help_text=_("Is chosen from a list.")
    )

    class Meta:
        verbose_name = _("pair")
        verbose_name_plural = _("pairs")
        ordering = ["position", "pk"]

    def __str__(self) -> str:
        return f"{self.text[:60]} – {self.partner[:60]}"


class Gap(models.Model):
    """A gap of a cloze item. With `wrong` it is a list to choose from, else it is typed in."""

    item = models.ForeignKey(
        Item, on_delete=models.CASCADE, related_name="gaps", verbose_name=_("item")
    )
    position = models.PositiveIntegerField(_("order"), default=0)
    code = code_field()
    answers: models.JSONField[list[str], list[str]] = models.JSONField(
        _("right answers"), default=list, help_text=_("Each of them is right. One per line.")
    )
    wrong: models.JSONField[list[str], list[str]] = models.JSONField(
        _("wrong answers"),
        default=list,
        blank=True,
        help_text=_("With some, the learner chooses from a list. One per line."),
    )
    match_case = models.BooleanField(
        _("capitals count"), default=False, help_text=_("Whether git and Git are different.")
    )
    tolerance = models.DecimalField(
        _("tolerance"),
        max_digits=24,
        decimal_places=10,
        null=True,
        blank=True,
        validators=[MinValueValidator(Decimal(0))],
        help_text=_("Makes it a number: how far off still counts as right."),
    )
    unit = models.CharField(
        _("unit"), max_length=40, blank=True, default="", help_text=_("Of the number.")
    )
    weight = points_field(_("weight"), default=Decimal(1))

    class Meta:
        verbose_name = _("gap")
        verbose_name_plural = _("gaps")
        ordering = ["position", "pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["item", "code"],
                name="rubrics_gap_unique",
                violation_error_message=_("The item has a gap with this code already."),
            ),
        ]

    def __str__(self) -> str:
        return self.code
