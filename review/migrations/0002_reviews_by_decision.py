"""Claims and reviews belong to one step of a response's way, not to the response."""

import django.db.models.deletion
from django.db import migrations, models

FILL = """
UPDATE review_review AS review SET decision_id = decision.id
FROM grading_routingdecision AS decision
WHERE decision.response_id = review.response_id;
"""
# Claims run out within minutes by themselves.
FORGET_CLAIMS = """
DELETE FROM review_claim;
SET CONSTRAINTS ALL IMMEDIATE; SET CONSTRAINTS ALL DEFERRED;
"""
# What is checked at the end of a transaction has to be checked before a table can be altered in it.
CHECK_NOW = "SET CONSTRAINTS ALL IMMEDIATE; SET CONSTRAINTS ALL DEFERRED;"


# A first choice is one that was made before the machine's marks were seen: in no other review.
FIRST_CHOICES = """
UPDATE review_reviewmark AS mark SET first_level_id = NULL
FROM review_review AS review
WHERE review.id = mark.review_id AND NOT review.blind;
"""


class Migration(migrations.Migration):
    dependencies = [("review", "0001_initial"), ("grading", "0009_people_settle")]

    operations = [
        migrations.RunSQL(FORGET_CLAIMS, migrations.RunSQL.noop),
        migrations.RemoveField("claim", "response"),
        migrations.AddField(
            "claim",
            "decision",
            models.OneToOneField(
                on_delete=django.db.models.deletion.CASCADE,
                related_name="claim",
                to="grading.routingdecision",
            ),
        ),
        migrations.RemoveConstraint("review", "review_one_per_reviewer"),
        migrations.AddField(
            "review",
            "decision",
            models.ForeignKey(
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="reviews",
                to="grading.routingdecision",
            ),
        ),
        migrations.RunSQL(FILL + FIRST_CHOICES + CHECK_NOW, migrations.RunSQL.noop),
        migrations.AlterField(
            "review",
            "decision",
            models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT,
                related_name="reviews",
                to="grading.routingdecision",
            ),
        ),
    ]
