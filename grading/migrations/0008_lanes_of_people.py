"""Responses are sent on: to second reviewers, to appeals. A decision is one step of that."""

import django.db.models.deletion
from django.db import migrations, models

FILL = """
UPDATE grading_routingdecision AS routing
SET due_hour = date_trunc('hour', due_at),
    stakes = CASE policy.stakes WHEN 'low' THEN 0 WHEN 'high' THEN 2 ELSE 1 END
FROM rubrics_policy AS policy
WHERE policy.id = routing.policy_id;
"""
# What is checked at the end of a transaction has to be checked before a table can be altered in it.
CHECK_NOW = "SET CONSTRAINTS ALL IMMEDIATE; SET CONSTRAINTS ALL DEFERRED;"


class Migration(migrations.Migration):
    dependencies = [
        ("grading", "0007_queue_by_course"),
        ("lti_tool", "0010_readings_that_failed"),
        ("rubrics", "0008_people_who_mark"),
    ]

    operations = [
        migrations.RemoveIndex("routingdecision", "grading_open_of_course"),
        migrations.RemoveIndex("routingdecision", "grading_open_of_item"),
        migrations.AddField("routingdecision", "audited", models.BooleanField(default=False)),
        migrations.AddField(
            "routingdecision", "stakes", models.PositiveSmallIntegerField(default=1)
        ),
        migrations.AddField("routingdecision", "expected_change", models.FloatField(default=0.0)),
        migrations.AddField("routingdecision", "due_hour", models.DateTimeField(null=True)),
        migrations.AddField(
            "routingdecision",
            "reserved_for",
            models.ForeignKey(
                blank=True,
                null=True,
                on_delete=django.db.models.deletion.CASCADE,
                related_name="+",
                to="lti_tool.person",
            ),
        ),
        migrations.RunSQL(FILL + CHECK_NOW, migrations.RunSQL.noop),
        migrations.AlterField("routingdecision", "due_hour", models.DateTimeField()),
    ]
