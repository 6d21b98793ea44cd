from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("lti_tool", "0009_only_final_scores")]

    operations = [
        migrations.AddField(
            model_name="lineitem",
            name="read_failures",
            field=models.PositiveIntegerField(default=0),
        ),
        migrations.AddField(
            model_name="lineitem",
            name="read_problem",
            field=models.TextField(blank=True, default=""),
            preserve_default=False,
        ),
    ]
