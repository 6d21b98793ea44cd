"""Kinds of column that several tables share."""

from __future__ import annotations

from decimal import Decimal

from django.core.validators import MaxValueValidator, MinValueValidator, RegexValidator
from django.db import models
from django.utils.translation import gettext_lazy as _
from django_stubs_ext import StrOrPromise

CODE_PATTERN = r"^[a-z0-9][a-z0-9_-]*\Z"
CODE_LENGTH = 60
TITLE_LENGTH = 200
LARGEST_POINTS = Decimal("9999.99")


def code_field(help_text: StrOrPromise = "") -> models.CharField[str, str]:
    """A short name for files and addresses: small letters, digits, hyphens, underscores."""
    return models.CharField(
        _("code"),
        max_length=CODE_LENGTH,
        help_text=help_text
        or _("Short name for files and links: small letters, digits and hyphens."),
        validators=[
            RegexValidator(
                CODE_PATTERN,
                _("Use small letters, digits, hyphens and underscores, and no spaces."),
            )
        ],
    )


def points_field(
    label: StrOrPromise, *, default: Decimal | None = None, help_text: StrOrPromise = ""
) -> models.DecimalField[Decimal, Decimal]:
    """Points or a weight: 0 to 9999.99 in steps of 0.01."""
    if default is None:
        return models.DecimalField(
            label,
            max_digits=6,
            decimal_places=2,
            help_text=help_text,
            validators=[MinValueValidator(Decimal(0))],
        )
    return models.DecimalField(
        label,
        max_digits=6,
        decimal_places=2,
        default=default,
        help_text=help_text,
        validators=[MinValueValidator(Decimal(0))],
    )


def share_field(
    label: StrOrPromise, *, default: float, help_text: StrOrPromise
) -> models.FloatField[float, float]:
    """A share or confidence from 0 to 1."""
    return models.FloatField(
        label,
        default=default,
        help_text=help_text,
        validators=[MinValueValidator(0.0), MaxValueValidator(1.0)],
    )


def within_unit(field: str) -> models.Q:
    """The condition of a check constraint that holds `field` between 0 and 1."""
    return models.Q(**{f"{field}__gte": 0, f"{field}__lte": 1})
