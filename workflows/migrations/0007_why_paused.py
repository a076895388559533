"""By whom and why a workflow was paused, and from when its failures count."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("workflows", "0006_alerts")]

    operations = [
        migrations.AddField(
            model_name="workflow",
            name="failures_since",
            field=models.DateTimeField(blank=True, null=True),
        ),
        migrations.AddField(
            model_name="workflow",
            name="pause_reason",
            field=models.CharField(blank=True, max_length=300),
        ),
        migrations.AddField(
            model_name="workflow",
            name="pause_run_id",
            field=models.UUIDField(blank=True, null=True),
        ),
        migrations.AddField(
            model_name="workflow",
            name="paused_by",
            field=models.CharField(blank=True, max_length=254),
        ),
    ]
