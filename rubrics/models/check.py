from __future__ import annotations

from decimal import Decimal

from django.core.validators import MinValueValidator
from django.db import models
from django.utils.translation import gettext_lazy as _

from rubrics.models.fields import TITLE_LENGTH, code_field, points_field
from rubrics.models.item import Item
from rubrics.models.rubric import Criterion


class Check(models.Model):
    """Something that the machine tries on what the learner handed in."""

    class Kind(models.TextChoices):
        CALL = "call", _("Call: an expression and its value")
        IO = "io", _("Input and output: what the program prints")
        RUFF = "ruff", _("Style: rules of ruff")
        CONSTRUCT = "construct", _("Constructs that are required or forbidden")
        DIAGRAM = "diagram", _("Diagram: parts and arrows that it must or must not show")
        GENERATED = "generated", _("Generated: calls drawn anew for each attempt")
        CATCHES = "catches", _("Catches: the learner's own tests must notice a fault")
        SUITE = "suite", _("Suite: tests of pytest, unittest, doctest, Otter or Gradescope")

    class Compare(models.TextChoices):
        USUAL = "", _("as usual")
        EXACT = "exact", _("to the last character")
        WORDS = "words", _("the words, however spaced")
        UNORDERED = "unordered", _("in any order")
        PATTERN = "pattern", _("a regular expression")
        JSON = "json", _("the same JSON")
        CHECKER = "checker", _("by a program of yours")

    class Runner(models.TextChoices):
        PYTEST = "pytest", "pytest"
        UNITTEST = "unittest", "unittest"
        DOCTEST = "doctest", "doctest"
        OTTER = "otter", "Otter"
        GRADESCOPE = "gradescope", "Gradescope"
        JUNIT = "junit", _("any program that writes JUnit XML")

    item = models.ForeignKey(
        Item, on_delete=models.CASCADE, related_name="checks", verbose_name=_("item")
    )
    position = models.PositiveIntegerField(_("order"), default=0)
    code = code_field()
    kind = models.CharField(_("kind"), max_length=20, choices=Kind.choices, default=Kind.CALL)
    title = models.CharField(
        _("title"),
        max_length=TITLE_LENGTH,
        help_text=_("What the learner reads, for example: handles an empty log"),
    )
    criterion = models.ForeignKey(
        Criterion,
        on_delete=models.PROTECT,
        related_name="checks",
        null=True,
        blank=True,
        verbose_name=_("criterion"),
        help_text=_("Which criterion it feeds. Empty: the first of the rubric."),
    )
    weight = points_field(_("weight"), default=Decimal(1))
    call = models.TextField(
        _("call"), blank=True, default="", help_text=_("A Python expression, such as parse('').")
    )
    expected = models.TextField(
        _("expected"),
        blank=True,
        default="",
        help_text=_("For a call a Python literal, such as [1, 'a']; else the text printed."),
    )
    compare = models.CharField(
        _("compared"), max_length=12, choices=Compare.choices, blank=True, default=Compare.USUAL
    )
    checker = models.TextField(
        _("your program that judges"),
        blank=True,
        default="",
        help_text=_(
            "Python with check(got, expected, given), which returns True, False or what is wrong."
        ),
    )
    output_file = models.CharField(
        _("file that it writes"),
        max_length=100,
        blank=True,
        default="",
        help_text=_("Judged instead of what the program prints."),
    )
    tolerance = models.FloatField(
        _("tolerance"),
        default=0.0,
        validators=[MinValueValidator(0.0)],
        help_text=_("How far a number may be off."),
    )
    stdin = models.TextField(_("input"), blank=True, default="")
    arguments = models.JSONField(_("arguments"), default=list, blank=True)
    rules = models.TextField(
        _("rules"), blank=True, default="", help_text=_("Codes of ruff, such as E,F,B.")
    )
    complexity = models.PositiveIntegerField(
        _("complexity at most"),
        default=0,
        help_text=_("Of any function, for rule C901. 0: what ruff lets pass."),
    )
    generator = models.TextField(
        _("generator"),
        blank=True,
        default="",
        help_text=_("Python with cases(random), which gives the calls as texts."),
    )
    fault = models.TextField(
        _("module with a fault"),
        blank=True,
        default="",
        help_text=_("Your solution with one thing wrong that the learner's tests should notice."),
    )
    runner = models.CharField(
        _("runner"), max_length=12, choices=Runner.choices, blank=True, default=""
    )
    files: models.JSONField[dict[str, str], dict[str, str]] = models.JSONField(
        _("files"), default=dict, blank=True, help_text=_("Texts by their path.")
    )
    tests = models.PositiveIntegerField(
        _("how many tests"),
        default=0,
        help_text=_("Fewer or more results than that are looked at by a person. 0: any number."),
    )
    require = models.JSONField(_("required"), default=list, blank=True)
    forbid = models.JSONField(_("forbidden"), default=list, blank=True)
    hint = models.TextField(
        _("hint"), blank=True, default="", help_text=_("Shown when the check does not pass.")
    )
    show_expected = models.BooleanField(
        _("show what was expected"),
        default=True,
        help_text=_("Off: the learner sees only that it did not pass."),
    )

    class Meta:
        verbose_name = _("check")
        verbose_name_plural = _("checks")
        ordering = ["position", "pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["item", "code"],
                name="rubrics_check_unique",
                violation_error_message=_("The item has a check with this code already."),
            ),
            models.CheckConstraint(
                condition=models.Q(weight__gte=0), name="rubrics_check_weight_positive"
            ),
            models.CheckConstraint(
                condition=models.Q(tolerance__gte=0), name="rubrics_check_tolerance_positive"
            ),
        ]

    def __str__(self) -> str:
        return self.title
