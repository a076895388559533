"""Each member has their own checklist of first steps, until they hide it."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("workspaces", "0003_retention"),
    ]

    operations = [
        migrations.AddField(
            model_name="membership",
            name="first_steps_hidden_at",
            field=models.DateTimeField(blank=True, null=True),
        ),
    ]
