from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("lti_tool", "0008_what_was_offered")]

    operations = [
        migrations.RemoveField(model_name="outgoingscore", name="activity_progress"),
        migrations.RemoveField(model_name="outgoingscore", name="grading_progress"),
    ]
