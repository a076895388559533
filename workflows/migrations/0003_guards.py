"""What the database itself refuses: a published version never changes; and room in a page of runs for in-page updates."""

import django.db.models.deletion
import workspaces.ids
from django.db import migrations, models

FREEZE = """
CREATE FUNCTION workflow_version_frozen() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  RAISE EXCEPTION 'a published version never changes' USING ERRCODE = 'integrity_constraint_violation';
END $$;
CREATE TRIGGER workflow_version_frozen BEFORE UPDATE OF definition, sha256 ON workflow_version
  FOR EACH ROW WHEN (OLD.definition IS DISTINCT FROM NEW.definition OR OLD.sha256 IS DISTINCT FROM NEW.sha256)
  EXECUTE FUNCTION workflow_version_frozen();
"""
THAW = "DROP TRIGGER workflow_version_frozen ON workflow_version; DROP FUNCTION workflow_version_frozen();"


class Migration(migrations.Migration):
    dependencies = [("workflows", "0002_initial")]

    operations = [
        migrations.CreateModel(
            name="RunNumber",
            fields=[
                (
                    "id",
                    models.UUIDField(default=workspaces.ids.uuid7, editable=False, primary_key=True, serialize=False),
                ),
                ("last", models.PositiveBigIntegerField()),
                (
                    "workflow",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.CASCADE, related_name="+", to="workflows.workflow"
                    ),
                ),
                (
                    "workspace",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="+", to="workspaces.workspace"
                    ),
                ),
            ],
            options={"db_table": "run_number"},
        ),
        migrations.RunSQL(FREEZE, THAW),
        migrations.RunSQL("ALTER TABLE run SET (fillfactor = 80)", "ALTER TABLE run RESET (fillfactor)"),
    ]
