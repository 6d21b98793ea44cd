from __future__ import annotations

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("grading", "0001_initial"),
    ]

    operations = [
        migrations.AlterField(
            model_name="submission",
            name="state",
            field=models.CharField(
                choices=[
                    ("open", "being worked on"),
                    ("handed_in", "handed in"),
                    ("checked", "checked"),
                    ("marked", "marked by the machine"),
                    ("routed", "waiting for a reviewer"),
                    ("settled", "settled"),
                    ("released", "released"),
                    ("withdrawn", "withdrawn"),
                ],
                default="open",
                max_length=10,
            ),
        ),
    ]
