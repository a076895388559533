"""How long a workspace keeps what its runs took and gave, and the runs themselves."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("workspaces", "0002_guards"),
    ]

    operations = [
        migrations.AddField(
            model_name="workspace",
            name="payload_days",
            field=models.PositiveSmallIntegerField(db_default=30, default=30),
        ),
        migrations.AddField(
            model_name="workspace",
            name="run_days",
            field=models.PositiveSmallIntegerField(db_default=90, default=90),
        ),
        migrations.AddConstraint(
            model_name="workspace",
            constraint=models.CheckConstraint(
                condition=models.Q(("payload_days__gte", 1), ("run_days__gte", models.F("payload_days"))),
                name="workspace_keeps_runs_as_long_as_payloads",
            ),
        ),
    ]
