from decimal import Decimal
from importlib import import_module

import django.core.validators
import django.db.models.deletion
from django.db import migrations, models

_guards = import_module("rubrics.migrations.0002_published_never_changes")


class Migration(migrations.Migration):
    dependencies = [
        ("rubrics", "0004_partial_credit_and_figures"),
    ]

    operations = [
        migrations.AddField(
            model_name="item",
            name="cloze",
            field=models.TextField(
                blank=True,
                default="",
                help_text="Markdown. A gap is its code in double brackets: [[capital]].",
                verbose_name="text with gaps",
            ),
        ),
        migrations.AlterField(
            model_name="item",
            name="kind",
            field=models.CharField(
                choices=[
                    ("choice", "Choice"),
                    ("matching", "Matching"),
                    ("ordering", "Ordering"),
                    ("cloze", "Text with gaps"),
                    ("numeric", "Number"),
                    ("short_text", "Short text"),
                    ("essay", "Essay"),
                    ("code", "Code"),
                    ("file", "File"),
                ],
                max_length=20,
                verbose_name="kind",
            ),
        ),
        migrations.CreateModel(
            name="Pair",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("position", models.PositiveIntegerField(default=0, verbose_name="order")),
                (
                    "text",
                    models.TextField(
                        blank=True,
                        default="",
                        help_text="Stands on the left. Empty: the partner belongs to nothing.",
                        verbose_name="this",
                    ),
                ),
                (
                    "partner",
                    models.CharField(
                        help_text="Is chosen from a list.",
                        max_length=200,
                        verbose_name="belongs to",
                    ),
                ),
                (
                    "item",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="pairs",
                        to="rubrics.item",
                        verbose_name="item",
                    ),
                ),
            ],
            options={
                "verbose_name": "pair",
                "verbose_name_plural": "pairs",
                "ordering": ["position", "pk"],
            },
        ),
        migrations.CreateModel(
            name="Gap",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("position", models.PositiveIntegerField(default=0, verbose_name="order")),
                (
                    "code",
                    models.CharField(
                        help_text="Short name for files and links: small letters, digits and hyphens.",
                        max_length=60,
                        validators=[
                            django.core.validators.RegexValidator(
                                "^[a-z0-9][a-z0-9_-]*\\Z",
                                "Use small letters, digits, hyphens and underscores, and no spaces.",
                            )
                        ],
                        verbose_name="code",
                    ),
                ),
                (
                    "answers",
                    models.JSONField(
                        default=list,
                        help_text="Each of them is right. One per line.",
                        verbose_name="right answers",
                    ),
                ),
                (
                    "wrong",
                    models.JSONField(
                        blank=True,
                        default=list,
                        help_text="With some, the learner chooses from a list. One per line.",
                        verbose_name="wrong answers",
                    ),
                ),
                (
                    "match_case",
                    models.BooleanField(
                        default=False,
                        help_text="Whether git and Git are different.",
                        verbose_name="capitals count",
                    ),
                ),
                (
                    "tolerance",
                    models.DecimalField(
                        blank=True,
                        decimal_places=10,
                        help_text="Makes it a number: how far off still counts as right.",
                        max_digits=24,
                        null=True,
                        validators=[django.core.validators.MinValueValidator(Decimal("0"))],
                        verbose_name="tolerance",
                    ),
                ),
                (
                    "unit",
                    models.CharField(
                        blank=True,
                        default="",
                        help_text="Of the number.",
                        max_length=40,
                        verbose_name="unit",
                    ),
                ),
                (
                    "weight",
                    models.DecimalField(
                        decimal_places=2,
                        default=Decimal("1"),
                        max_digits=6,
                        validators=[django.core.validators.MinValueValidator(Decimal("0"))],
                        verbose_name="weight",
                    ),
                ),
                (
                    "item",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="gaps",
                        to="rubrics.item",
                        verbose_name="item",
                    ),
                ),
            ],
            options={
                "verbose_name": "gap",
                "verbose_name_plural": "gaps",
                "ordering": ["position", "pk"],
                "constraints": [
                    models.UniqueConstraint(
                        fields=("item", "code"),
                        name="rubrics_gap_unique",
                        violation_error_message="The item has a gap with this code already.",
                    )
                ],
            },
        ),
        _guards.part_guard("rubrics_pair", *_guards.OF_ITEM),
        _guards.part_guard("rubrics_gap", *_guards.OF_ITEM),
    ]
