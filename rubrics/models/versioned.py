from __future__ import annotations

from django.core.validators import MinValueValidator
from django.db import models
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from rubrics.models.fields import TITLE_LENGTH, code_field
from rubrics.models.programme import Programme


class Versioned(models.Model):
    """Something that is written as a draft, published once, and never changed afterwards.

    The database refuses UPDATE and DELETE of a published row and any change of its parts
    (migration 0002), so a mark can always be read against the very words it was given under.
    """

    programme = models.ForeignKey(
        Programme,
        on_delete=models.PROTECT,
        related_name="%(class)s_versions",
        verbose_name=_("programme"),
    )
    code = code_field()
    version = models.PositiveIntegerField(
        _("version"), default=1, editable=False, validators=[MinValueValidator(1)]
    )
    title = models.CharField(_("title"), max_length=TITLE_LENGTH)
    published_at = models.DateTimeField(_("published"), null=True, blank=True, editable=False)

    class Meta:
        abstract = True
        ordering = ["programme", "code", "-version"]
        constraints = [
            models.UniqueConstraint(
                fields=["programme", "code", "version"],
                name="%(app_label)s_%(class)s_version_unique",
                violation_error_message=_("The programme has one with this code already."),
            ),
            models.CheckConstraint(
                condition=models.Q(version__gte=1), name="%(app_label)s_%(class)s_version_counts"
            ),
        ]

    def __str__(self) -> str:
        state = "" if self.is_published else gettext(", draft")
        return gettext("%(title)s (version %(version)d%(state)s)") % {
            "title": self.title,
            "version": self.version,
            "state": state,
        }

    @property
    def is_published(self) -> bool:
        return self.published_at is not None
