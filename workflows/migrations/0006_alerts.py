"""Whom a workspace tells of failed runs, and of which it was told."""

import django.contrib.postgres.fields
import django.db.models.deletion
import workspaces.ids
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("workspaces", "0003_retention"), ("workflows", "0005_outbox_leases")]

    operations = [
        migrations.CreateModel(
            name="AlertGroup",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        default=workspaces.ids.uuid7, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("code", models.CharField(max_length=60)),
                ("opened_at", models.DateTimeField()),
                ("closes_at", models.DateTimeField()),
                ("further", models.PositiveIntegerField(default=0)),
                ("last_run_id", models.UUIDField(null=True)),
            ],
            options={
                "db_table": "alert_group",
            },
        ),
        migrations.CreateModel(
            name="AlertSettings",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        default=workspaces.ids.uuid7, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("is_on", models.BooleanField(default=False)),
                (
                    "emails",
                    django.contrib.postgres.fields.ArrayField(
                        base_field=models.CharField(max_length=254), default=list
                    ),
                ),
                ("webhook_url", models.TextField(blank=True)),
                ("window_minutes", models.PositiveIntegerField(default=60)),
                ("secret", models.TextField(blank=True, editable=False)),
                ("secret_version", models.PositiveIntegerField(default=0, editable=False)),
                ("former_secret", models.TextField(blank=True, editable=False)),
                ("former_until", models.DateTimeField(editable=False, null=True)),
            ],
            options={
                "verbose_name_plural": "alert settings",
                "db_table": "alert_settings",
            },
        ),
        migrations.AddField(
            model_name="alertgroup",
            name="workflow",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.CASCADE, related_name="+", to="workflows.workflow"
            ),
        ),
        migrations.AddField(
            model_name="alertgroup",
            name="workspace",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.CASCADE, related_name="+", to="workspaces.workspace"
            ),
        ),
        migrations.AddField(
            model_name="alertsettings",
            name="workspace",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.CASCADE, related_name="+", to="workspaces.workspace"
            ),
        ),
        migrations.AddConstraint(
            model_name="alertgroup",
            constraint=models.UniqueConstraint(fields=("workflow", "code"), name="alert_group_once"),
        ),
        migrations.AddConstraint(
            model_name="alertsettings",
            constraint=models.UniqueConstraint(fields=("workspace",), name="alert_settings_once"),
        ),
    ]
