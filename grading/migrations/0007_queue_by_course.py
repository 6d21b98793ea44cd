"""The course and the item's code on each routing decision, so that the queue is one index scan."""

import django.db.models.deletion
from django.db import migrations, models

FILL = """
UPDATE grading_routingdecision AS routing
SET context_id = link.context_id, item_code = item.code
FROM grading_response AS response
JOIN rubrics_item AS item ON item.id = response.item_id
JOIN grading_submission AS submission ON submission.id = response.submission_id
JOIN grading_placement AS placement ON placement.id = submission.placement_id
JOIN lti_tool_resourcelink AS link ON link.id = placement.resource_link_id
WHERE response.id = routing.response_id;
"""
# What is checked at the end of a transaction has to be checked before a table can be altered in it.
CHECK_NOW = "SET CONSTRAINTS ALL IMMEDIATE; SET CONSTRAINTS ALL DEFERRED;"


class Migration(migrations.Migration):
    dependencies = [
        ("grading", "0006_pictures_shown"),
        ("lti_tool", "0010_readings_that_failed"),
    ]

    operations = [
        migrations.AddField(
            model_name="routingdecision",
            name="context",
            field=models.ForeignKey(
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to="lti_tool.context",
            ),
        ),
        migrations.AddField(
            model_name="routingdecision",
            name="item_code",
            field=models.CharField(default="", max_length=60),
            preserve_default=False,
        ),
        migrations.RunSQL(FILL + CHECK_NOW, migrations.RunSQL.noop),
        migrations.AlterField(
            model_name="routingdecision",
            name="context",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to="lti_tool.context",
            ),
        ),
        migrations.RemoveIndex(model_name="routingdecision", name="grading_open_work"),
        migrations.AddIndex(
            model_name="routingdecision",
            index=models.Index(
                condition=models.Q(("settled_at", None)),
                fields=["context", "due_at", "response"],
                name="grading_open_of_course",
            ),
        ),
        migrations.AddIndex(
            model_name="routingdecision",
            index=models.Index(
                condition=models.Q(("settled_at", None)),
                fields=["context", "item_code", "due_at", "response"],
                name="grading_open_of_item",
            ),
        ),
    ]
