"""Which runs have lost their payloads, and a quick way to runs that are held back."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("workflows", "0007_why_paused")]

    operations = [
        migrations.AddField(
            model_name="run",
            name="pruned_at",
            field=models.DateTimeField(null=True),
        ),
        migrations.AddIndex(
            model_name="run",
            index=models.Index(
                condition=models.Q(("status", "quarantined")), fields=["workspace"], name="run_held_back"
            ),
        ),
    ]
