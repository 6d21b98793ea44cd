from __future__ import annotations

from decimal import Decimal

from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.utils.translation import gettext_lazy as _

from rubrics.languages import PYTHON
from rubrics.models.assessment import Assessment
from rubrics.models.fields import TITLE_LENGTH, code_field, points_field
from rubrics.models.rubric import Rubric


class Item(models.Model):
    """One question. Which of the lower fields count depends on its kind."""

    class Kind(models.TextChoices):
        CHOICE = "choice", _("Choice")
        MATCHING = "matching", _("Matching")
        ORDERING = "ordering", _("Ordering")
        CLOZE = "cloze", _("Text with gaps")
        NUMERIC = "numeric", _("Number")
        SHORT_TEXT = "short_text", _("Short text")
        ESSAY = "essay", _("Essay")
        CODE = "code", _("Code")
        DIAGRAM = "diagram", _("Diagram")
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

    cloze = models.TextField(
        _("text with gaps"),
        blank=True,
        default="",
        help_text=_("Markdown. A gap is its code in double brackets: [[capital]]."),
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
        _("starter"), blank=True, default="", help_text=_("What the editor shows at first.")
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

    max_files = models.PositiveSmallIntegerField(
        _("files at most"),
        default=1,
        validators=[MinValueValidator(1), MaxValueValidator(200)],
        help_text=_(
            "With more than 1 a folder or an archive may be handed in; for code, beside the editor."
        ),
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
    def is_checked(self) -> bool:
        """Whether checks look at what was handed in, and the learner may ask for them."""
        return self.kind in (self.Kind.CODE, self.Kind.DIAGRAM)

    @property
    def has_key(self) -> bool:
        """Whether its author said what is right, apart from levels and checks."""
        return self.kind in (
            *(self.Kind.CHOICE, self.Kind.MATCHING, self.Kind.ORDERING),
            *(self.Kind.CLOZE, self.Kind.NUMERIC),
        )

    @property
    def takes_files(self) -> bool:
        """Whether files may be handed in, alone or beside what is typed."""
        return self.kind == self.Kind.FILE or (self.kind == self.Kind.CODE and self.max_files > 1)

    @property
    def extension_list(self) -> list[str]:
        """The accepted endings, small letters with the dot; empty means any."""
        return [ending.strip().lower() for ending in self.extensions.split(",") if ending.strip()]
