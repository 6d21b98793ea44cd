from __future__ import annotations

from decimal import Decimal

from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.utils.translation import gettext_lazy as _

from rubrics.languages import PYTHON
from rubrics.models.fields import TITLE_LENGTH, code_field, points_field
from rubrics.models.policy import Policy
from rubrics.models.rubric import Criterion, Rubric
from rubrics.models.versioned import Versioned


class Assessment(Versioned):
    """What a learner opens: instructions and items, under one policy."""

    instructions = models.TextField(
        _("instructions"),
        blank=True,
        default="",
        help_text=_("Shown before the first item. Markdown."),
    )
    policy = models.ForeignKey(
        Policy, on_delete=models.PROTECT, related_name="assessments", verbose_name=_("policy")
    )
    time_limit_minutes = models.PositiveIntegerField(
        _("time limit"),
        null=True,
        blank=True,
        validators=[MinValueValidator(1)],
        help_text=_("Minutes. Leave empty for no limit."),
    )

    class Meta(Versioned.Meta):
        verbose_name = _("assessment")
        verbose_name_plural = _("assessments")


class Item(models.Model):
    """One question. Which of the lower fields count depends on its kind."""

    class Kind(models.TextChoices):
        CHOICE = "choice", _("Choice")
        NUMERIC = "numeric", _("Number")
        SHORT_TEXT = "short_text", _("Short text")
        ESSAY = "essay", _("Essay")
        CODE = "code", _("Code")
        FILE = "file", _("File")

    assessment = models.ForeignKey(
        Assessment, on_delete=models.CASCADE, related_name="items", verbose_name=_("assessment")
    )
    position = models.PositiveIntegerField(_("order"), default=0)
    code = code_field()
    kind = models.CharField(_("kind"), max_length=20, choices=Kind.choices)
    title = models.CharField(_("title"), max_length=TITLE_LENGTH)
    prompt = models.TextField(
        _("question"), blank=True, default="", help_text=_("What is asked. Markdown.")
    )
    points = points_field(_("points"), default=Decimal(10))
    rubric = models.ForeignKey(
        Rubric, on_delete=models.PROTECT, related_name="items", verbose_name=_("rubric")
    )

    accept_multiple = models.BooleanField(
        _("several right choices"),
        default=False,
        help_text=_("The learner may tick more than one."),
    )
    partial_credit = models.BooleanField(
        _("partial credit"),
        default=False,
        help_text=_("Right ones ticked, less wrong ones ticked, earn a share of the levels."),
    )

    numeric_answer = models.DecimalField(
        _("right answer"), max_digits=24, decimal_places=10, null=True, blank=True
    )
    numeric_tolerance = models.DecimalField(
        _("tolerance"),
        max_digits=24,
        decimal_places=10,
        default=Decimal(0),
        validators=[MinValueValidator(Decimal(0))],
        help_text=_("How far off still counts as right, in the unit of the answer."),
    )
    numeric_unit = models.CharField(
        _("unit"),
        max_length=40,
        blank=True,
        default="",
        help_text=_("For example ms or kg. An answer in a related unit is converted."),
    )
    numeric_figures = models.PositiveSmallIntegerField(
        _("significant figures"),
        default=0,
        validators=[MaxValueValidator(30)],
        help_text=_("With how many it is to be written. 0: any."),
    )

    words_min = models.PositiveIntegerField(_("words at least"), null=True, blank=True)
    words_max = models.PositiveIntegerField(_("words at most"), null=True, blank=True)

    language = models.CharField(
        _("language"),
        max_length=32,
        default=PYTHON.code,
        help_text=_("Of the learner's program."),
    )
    filename = models.CharField(_("file name"), max_length=100, default="solution.py")
    flags: models.JSONField[list[str], list[str]] = models.JSONField(
        _("words for the compiler"),
        default=list,
        blank=True,
        help_text=_("For example -Wall -Werror. Python has none."),
    )
    starter = models.TextField(
        _("starter code"), blank=True, default="", help_text=_("What the editor shows at first.")
    )
    prelude = models.TextField(
        _("given code"),
        blank=True,
        default="",
        help_text=_("Names that the question gives; executed before the learner's code."),
    )
    reference = models.TextField(
        _("your own solution"),
        blank=True,
        default="",
        help_text=_(
            "Never shown to learners. It gives the expected values of generated checks, is what"
            " learners' tests must accept, and is tried against all checks by dry_run."
        ),
    )
    cpu_seconds = models.PositiveIntegerField(
        _("CPU time"),
        default=2,
        validators=[MinValueValidator(1), MaxValueValidator(60)],
        help_text=_("Seconds per check."),
    )
    memory_mb = models.PositiveIntegerField(
        _("memory"),
        default=128,
        validators=[MinValueValidator(16), MaxValueValidator(2048)],
        help_text=_("Megabytes."),
    )

    extensions = models.CharField(
        _("kinds of file"),
        max_length=200,
        blank=True,
        default="",
        help_text=_("For example .pdf, .txt"),
    )
    max_file_mb = models.PositiveIntegerField(
        _("largest file"),
        default=10,
        validators=[MinValueValidator(1), MaxValueValidator(100)],
        help_text=_("Megabytes."),
    )

    class Meta:
        verbose_name = _("item")
        verbose_name_plural = _("items")
        ordering = ["position", "pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["assessment", "code"],
                name="rubrics_item_unique",
                violation_error_message=_("The assessment has an item with this code already."),
            ),
            models.CheckConstraint(
                condition=models.Q(points__gte=0), name="rubrics_item_points_positive"
            ),
            models.CheckConstraint(
                condition=models.Q(numeric_tolerance__gte=0),
                name="rubrics_item_tolerance_positive",
            ),
        ]

    def __str__(self) -> str:
        return self.title

    @property
    def extension_list(self) -> list[str]:
        """The accepted endings, small letters with the dot; empty means any."""
        return [ending.strip().lower() for ending in self.extensions.split(",") if ending.strip()]


class Choice(models.Model):
    """One possible answer of a choice item."""

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


class Check(models.Model):
    """Something that the machine tries on the learner's code."""

    class Kind(models.TextChoices):
        CALL = "call", _("Call: an expression and its value")
        IO = "io", _("Input and output: what the program prints")
        RUFF = "ruff", _("Style: rules of ruff")
        CONSTRUCT = "construct", _("Constructs that are required or forbidden")
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
